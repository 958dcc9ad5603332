/** The audit as it is kept: what verification, seals and bundles read, from a database or from the files of a bundle. */
import type { Head } from './chain.js';
import type { RetentionYears } from './event.js';
import type { PendingChange } from './pending.js';

export interface StoredEntry extends Head {
  readonly previous: string;
  readonly signature?: string;
  /** Absent where only the digest of the content is shown. */
  readonly body?: string;
  readonly content?: string;
  /** What the database repeats of the body, for its indexes. */
  readonly columns?: { readonly at: string; readonly kind: string; readonly dataset?: string; readonly actor: string };
}

/** One chain's entries of one month, sealed. */
export interface Segment {
  readonly chain: string;
  /** YYYY-MM, UTC. */
  readonly month: string;
  readonly retentionYears: RetentionYears;
  readonly first: number;
  readonly last: number;
  /** The hash before the first entry. */
  readonly previous: string;
  /** The hash of the last entry. */
  readonly hash: string;
}

/** The signed list of segments that were sealed together. */
export interface Root {
  readonly number: number;
  readonly at: string;
  /** Hash of the root before; empty for the first. */
  readonly previous: string;
  readonly segments: readonly Segment[];
}

export interface StoredRoot {
  readonly number: number;
  /** A Root in canonical JSON. */
  readonly body: string;
  readonly hash: string;
  readonly signature: string;
}

export interface Destruction {
  readonly chain: string;
  readonly month: string;
  readonly first: number;
  readonly last: number;
  readonly at: string;
}

/** A change that its transaction wrote down, with its age by the clock of the database. */
export interface WrittenChange { readonly id: string; readonly ageMs: number }

export interface PublicKeyRecord { readonly id: string; readonly publicKey: string }

export interface AuditArchive {
  keys(): Promise<readonly PublicKeyRecord[]>;
  chains(): Promise<readonly string[]>;
  roots(): Promise<readonly StoredRoot[]>;
  destructions(): Promise<readonly Destruction[]>;
  /** Heads of other chains that chains named when they began. */
  witnesses(): Promise<readonly Head[]>;
  /** In order of seq. */
  entries(chain: string): AsyncIterable<StoredEntry>;
  /** Those that have not been taken away since they are in a chain. */
  writtenChanges(): Promise<readonly WrittenChange[]>;
  /** As they were written down. */
  pending(ids: readonly string[]): Promise<readonly PendingChange[]>;
}

export function rootMessage({ number, hash }: Pick<StoredRoot, 'number' | 'hash'>): string {
  return `dure audit root\n${number}\n${hash}`;
}

/** The first instant at which a segment may be destroyed: its class of years after the end of its month. */
export function destroyableFrom({ month, retentionYears }: Pick<Segment, 'month' | 'retentionYears'>): Date {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year + retentionYears, number, 1));
}
