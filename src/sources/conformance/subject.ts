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

/** No retries and no breaker, so that each fault is seen as it is; and time enough for a slow source. */
export const plainLimits: Partial<ClientLimits> = Object.freeze({ timeoutMs: 30_000, retries: 0, breakerFailures: 1_000_000, retryBaseMs: 1 });

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

/** Identifiers of the form of a known one: its longest number counted up, or where that is short all its characters, each within its class. */
export function likeKey(key: string, count: number): readonly string[] {
  const run = [...key.matchAll(/\d+/g)].toSorted((a, b) => b[0].length - a[0].length)[0];
  const digits = run?.[0].length ?? 0;
  const atEnd = run !== undefined && run.index + digits === key.length;
  if (run !== undefined && (10 ** digits > count * 2 || atEnd)) {
    const [before, after] = [key.slice(0, run.index), key.slice(run.index + digits)];
    return Array.from({ length: count }, (_, i) => `${before}${10 ** digits > count * 2 ? String(i + 1).padStart(digits, '0') : String(10 ** 6 + i)}${after}`);
  }
  return Array.from({ length: count }, (_, i) => countedUp(key, i + 1)).filter((one) => one !== undefined);
}

const classes = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'] as const;

function countedUp(key: string, by: number): string | undefined {
  const characters = [...key];
  let carry = by;
  for (let i = characters.length - 1; i >= 0 && carry > 0; i -= 1) {
    const letters = classes.find((one) => one.includes(characters[i]!));
    if (!letters) continue;
    const at = letters.indexOf(characters[i]!) + carry;
    characters[i] = letters[at % letters.length]!;
    carry = Math.floor(at / letters.length);
  }
  return carry === 0 ? characters.join('') : undefined;
}
