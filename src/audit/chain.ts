/**
 * A hash chain: each entry's hash covers its place, the hash of the one before, and a digest of its content. The digest stands between so
 * that an entry can be shown as a digest alone (to an auditor of another dataset) and the chain still verifies.
 */
import { hash as hashOnce } from 'node:crypto';
import { canonicalJson } from '../canonicalJson.js';
import { accessPieces } from './accessBody.js';
import type { AccessEvent, AuditEvent, RetentionYears } from './event.js';

/** SHA-256, base64url without padding: 43 characters. */
export function digest(text: string): string {
  return hashOnce('sha256', text, 'base64url');
}

/** The hash before a chain's first entry. */
export const genesis = '';

export interface Link {
  /** UUID. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly previous: string;
  /** Digest of the entry's body. */
  readonly content: string;
}

/** SHA-256 of the link in canonical JSON (RFC 8785: names in order, no spaces). */
export function hashOf({ chain, seq, previous, content }: Link): string {
  return digest(`{"chain":"${chain}","content":"${content}","previous":"${previous}","seq":${seq}}`);
}

export interface Head {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** What is signed of a chain: its head says everything before it. */
export function headMessage({ chain, seq, hash }: Head): string {
  return `dure audit head\n${chain}\n${seq}\n${hash}`;
}

export interface ChainedEntry extends Head {
  /** RFC 3339 with milliseconds; never before that of the entry before. */
  readonly at: string;
  readonly body: string;
  readonly previous: string;
}

const unstorable = /\\u(?:0000|[dD][89a-fA-F])/;

/** NUL and halves of surrogate pairs, which PostgreSQL keeps neither as text nor in JSON, become U+FFFD: nobody may stop the audit by a text that cannot be written. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [storableText(name), storable(member)]));
}

function accessText(event: AccessEvent, at: string, salt: string, seq: number): string {
  const [before, between, after] = accessPieces(event);
  return `${before}${at}${between}${salt}","seq":${seq}${after}`;
}

/** One chain in the making. */
export class Chain {
  private seq = 0;
  private hash = genesis;
  private lastAt = 0;

  constructor(readonly id: string, readonly years: RetentionYears) {}

  get head(): Head {
    return { chain: this.id, seq: this.seq, hash: this.hash };
  }

  /** `content` gets its place, its instant and a salt: a digest that is shown must not be guessed from likely contents. */
  append(content: AuditEvent, now: number, salt: string): ChainedEntry {
    this.lastAt = Math.max(this.lastAt, now);
    this.seq += 1;
    const at = new Date(this.lastAt).toISOString();
    let body = content.kind === 'ACCESS' ? accessText(content, at, salt, this.seq) : canonicalJson({ ...content, at, salt, seq: this.seq });
    if (unstorable.test(body)) body = canonicalJson(storable({ ...content, at, salt, seq: this.seq }));
    const previous = this.hash;
    this.hash = hashOf({ chain: this.id, seq: this.seq, previous, content: digest(body) });
    return { chain: this.id, seq: this.seq, at, body, previous, hash: this.hash };
  }
}
