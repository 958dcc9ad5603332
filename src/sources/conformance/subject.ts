/** What is checked, and what every check needs of it. */
import type { Column } from '../../catalog/model.js';
import type { ClientLimits } from '../remote/client/options.js';
import type { SourceDefinition, SourceTableDefinition } from '../remote/definition.js';
import { SourceError, type RemoteCall, type RemoteFilter, type RemoteSource, type RemoteTable } from '../remote/remoteSource.js';
import type { Proxy } from './proxy.js';
import { Deviation } from './report.js';

export interface Subject {
  readonly definition: SourceDefinition;
  /** Where the source is. */
  readonly url: string;
  /** A connector for the source at this address, with these limits in the place of its own. */
  readonly open: (url: string, limits: Partial<ClientLimits>) => Promise<RemoteSource> | RemoteSource;
  /** Identifiers that the source knows, by table. Where there are none a search is asked for some. */
  readonly keys?: ReadonlyMap<string, readonly string[]>;
  /** Conditions that a search of this table cannot do without. */
  readonly where?: ReadonlyMap<string, RemoteFilter>;
  /** Longest address that the source reads, where it says so. */
  readonly maxUrlLength?: number;
}

/** One table with a fresh connector through the proxy. */
export interface Bench {
  readonly subject: Subject;
  readonly proxy: Proxy;
  readonly table: RemoteTable;
  readonly definition: SourceTableDefinition;
  readonly columns: readonly Column[];
  readonly base: RemoteFilter | undefined;
}

/** No retries and no breaker: each fault is seen as it is. */
export const plainLimits: Partial<ClientLimits> = Object.freeze({ retries: 0, breakerFailures: 1_000_000, retryBaseMs: 1 });

export function call(ms = 60_000): RemoteCall {
  return { signal: new AbortController().signal, deadline: performance.now() + ms, requestId: 'source-check' };
}

/** The error that work ends with. */
export async function sourceErrorOf(work: Promise<unknown>): Promise<SourceError> {
  const outcome = await work.then(() => undefined, (error: unknown) => error);
  if (outcome === undefined) throw new Deviation('it succeeded, and should have failed');
  if (!(outcome instanceof SourceError)) throw new Deviation(`it failed with something else than a SourceError: ${outcome instanceof Error ? outcome.message : String(outcome)}`);
  return outcome;
}

/** Identifiers of the form of a known one: its longest number counted up. */
export function likeKey(key: string, count: number): readonly string[] {
  const runs = [...key.matchAll(/\d+/g)].toSorted((a, b) => b[0].length - a[0].length);
  const run = runs[0];
  if (!run) return [];
  const [before, after] = [key.slice(0, run.index), key.slice(run.index + run[0].length)];
  const digits = run[0].length;
  return Array.from({ length: count }, (_, i) => `${before}${10 ** digits > count * 2 ? String(i + 1).padStart(digits, '0') : String(10 ** 6 + i)}${after}`);
}
