/**
 * A source that answers over the network: an external database or another site. It is asked for rows by key in batches, or for a page
 * of a search; it never sees rules, plans or GraphQL. What it cannot do itself (filter, order, count) it must not pretend to do: the
 * capabilities say what may be pushed down, and federation does the rest and says so.
 */
import type { Column } from '../../catalog/model.js';
import type { Comparison, TextMatch } from '../../plan/predicate.js';

/** A row by column name. Values as the answer shows them: 64-bit integers and decimals as text, instants in UTC, lists as arrays, null where missing. */
export type RemoteRow = Readonly<Record<string, unknown>>;

/** A filter with its values in place. */
export type RemoteFilter =
  | { readonly op: 'and' | 'or'; readonly of: readonly RemoteFilter[] }
  | { readonly op: 'not'; readonly of: RemoteFilter }
  | { readonly op: 'compare'; readonly column: Column; readonly comparison: Comparison; readonly value: unknown }
  | { readonly op: 'in'; readonly column: Column; readonly values: readonly unknown[] }
  | { readonly op: 'isNull'; readonly column: Column; readonly value: boolean }
  | { readonly op: 'match'; readonly column: Column; readonly match: TextMatch; readonly value: string }
  /** Of a column that is a list: all of these are in it, or one of them is. */
  | { readonly op: 'list'; readonly column: Column; readonly test: 'containsAll' | 'overlaps'; readonly values: readonly unknown[] };

export interface RemoteOrder { readonly column: Column; readonly direction: 'ASC' | 'DESC' }

export interface RemoteCapabilities {
  /** The column whose values `lookup` takes; absent where rows cannot be had by key. */
  readonly key?: string;
  /** Keys in one request; 1 where the source has no batch form. */
  readonly batch: number;
  /** Whether `search` is there at all. */
  readonly search: boolean;
  /** Whether this filter can be answered by the source exactly. Parts of an `and` are asked one by one. */
  readonly filter: (filter: RemoteFilter) => boolean;
  /** Whether the source answers this filter with more rows than it means (letter case, word by word): then it may be asked, and the rows are checked again. */
  readonly narrows?: (filter: RemoteFilter) => boolean;
  /** What conditions a search needs that this filter does not give, as a sentence for who asked; undefined where it needs none. */
  readonly lacking?: (filter: RemoteFilter | undefined) => string | undefined;
  readonly order: (order: readonly RemoteOrder[]) => boolean;
  /** Whether a search tells how many rows there are in all. */
  readonly counts: boolean;
  /** The most rows that one page of a search can have. */
  readonly page: number;
}

/** What every request to a source runs under. */
export interface RemoteCall {
  readonly signal: AbortSignal;
  /** `performance.now()` after which nobody waits any more. Time-outs, retries and waits for a free slot stay within it. */
  readonly deadline: number;
  readonly requestId: string;
  /** A signed token that tells another Dure site who asks and for what purpose, or nothing for who is nobody; only for sources that pass identity on. */
  readonly onBehalfOf?: () => Promise<string | undefined>;
  /** With `onBehalfOf`: a digest of who asks and for what. An answer to one is never kept for another. */
  readonly rights?: string;
}

export interface TreatedColumn { readonly column: string; readonly treatment: string }

/** Where an answer came from. */
export interface RemoteAnswerInfo {
  /** When the source gave it; of an answer of several parts the oldest. */
  readonly fetchedAt: Date;
  /** The release that the source says it answered from. */
  readonly release?: string;
  /** Requests that went out for it, retries included. */
  readonly requests: number;
  /** Values that were not of their column's kind: they are shown as null. */
  readonly unreadable?: number;
  /** Columns that the source, by its own rules, does not give to this caller as they are: `WITHHELD`, `MASKED`… */
  readonly treated?: readonly TreatedColumn[];
  /** Milliseconds since `fetchedAt`, where a part of the answer was kept from before. */
  readonly age?: number;
  /** Of a look-up: when the source gave the records that were kept, by key. */
  readonly kept?: ReadonlyMap<string, Date>;
  /** Kept records stand in although their time is over, because the source failed so. */
  readonly staleBecause?: SourceErrorCode;
}

export interface LookupAnswer {
  /** By the key as it was asked for. A key that the source does not know is absent. */
  readonly rows: ReadonlyMap<string, RemoteRow>;
  /** Keys whose batch failed, with the error; the other batches' rows are there all the same. */
  readonly failed: ReadonlyMap<string, SourceError>;
  readonly info: RemoteAnswerInfo;
}

export interface SearchQuery {
  /** Only what the capabilities allow is given. */
  readonly filter?: RemoteFilter;
  readonly order: readonly RemoteOrder[];
  readonly columns: readonly Column[];
  /** At most this many rows; may be above the source's page, then several are fetched. */
  readonly first: number;
  /** What `next` was in the answer before. */
  readonly after?: string;
}

export interface SearchAnswer {
  readonly rows: readonly RemoteRow[];
  readonly total?: number;
  /** Where to go on; absent at the end. */
  readonly next?: string;
  readonly info: RemoteAnswerInfo;
}

export interface RemoteTable {
  readonly name: string;
  readonly capabilities: RemoteCapabilities;
  /** Rows by key. Deduplicates and batches; joins by the id in the answer, never by position. Throws SourceError only where nothing at all could be had. */
  lookup(keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer>;
  /** A page of a search. Throws SourceError. */
  search(query: SearchQuery, call: RemoteCall): Promise<SearchAnswer>;
}

export type SourceErrorCode = 'SOURCE_TIMEOUT' | 'SOURCE_DOWN' | 'SOURCE_LIMITED' | 'SOURCE_INVALID';

/** A source that did not answer, or not as it should. The message is ours: an upstream's text is never passed on. */
export class SourceError extends Error {
  constructor(readonly code: SourceErrorCode, message: string, readonly details: { readonly source: string; readonly status?: number; readonly retryAfterMs?: number }) {
    super(message);
    this.name = 'SourceError';
  }
}

export type HealthState = 'UNKNOWN' | 'UP' | 'DEGRADED' | 'DOWN';
export interface SourceHealth {
  readonly state: HealthState;
  /** Breaker open, half open or closed. */
  readonly breaker: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly lastSuccessAt?: Date;
  readonly lastFailureAt?: Date;
  readonly lastError?: SourceErrorCode;
  readonly requests: number;
  readonly failures: number;
}

export interface RemoteSource {
  /** Unique on this server, e.g. `uniprot`. */
  readonly id: string;
  readonly tables: ReadonlyMap<string, RemoteTable>;
  health(): SourceHealth;
  /** Told of each change of health; returns how to stop. */
  onHealth(listener: (health: SourceHealth) => void): () => void;
  /** Ends connections and timers. */
  close(): Promise<void>;
}
