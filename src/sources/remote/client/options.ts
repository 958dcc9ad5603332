/** How one source is spoken to. Times are in milliseconds, sizes in bytes. */
import type { Logger } from 'pino';
import type { AddressPolicy } from './addressPolicy.js';
import type { Resolver } from './guardedConnector.js';
import type { SecretStore } from './secrets.js';

export interface ClientLimits {
  /** Requests at one time. */
  readonly concurrency: number;
  /** Requests a second, and how many may go at once after a pause. Without it there is no limit. */
  readonly requestsPerSecond?: number;
  readonly burst?: number;
  /** One attempt, from its connection to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Attempts after the first; only of requests that are safe to repeat. */
  readonly retries: number;
  /** The wait before attempt n + 1 is up to `retryBaseMs` · 2ⁿ. */
  readonly retryBaseMs: number;
  readonly maxResponseBytes: number;
  /** Arrays and objects within each other. */
  readonly maxDepth: number;
  readonly maxRedirects: number;
  /** Failures one after another until the breaker opens. */
  readonly breakerFailures: number;
  /** How long it stays open before one request may try. */
  readonly breakerOpenMs: number;
  /** An attempt that its caller cuts off sooner says nothing of the source. */
  readonly patienceMs: number;
}

export const defaultLimits: ClientLimits = Object.freeze({
  concurrency: 4, timeoutMs: 10_000, retries: 2, retryBaseMs: 200, maxResponseBytes: 32 * 1024 ** 2, maxDepth: 64, maxRedirects: 3,
  breakerFailures: 5, breakerOpenMs: 15_000, patienceMs: 1_000,
});

export interface ClientOptions {
  readonly source: string;
  readonly limits?: Partial<ClientLimits>;
  readonly addresses: AddressPolicy;
  readonly secrets?: SecretStore;
  readonly log?: Logger;
  readonly resolver?: Resolver;
  readonly userAgent?: string;
}

/** Where a secret goes: `?serviceKey=VALUE`, or `authorization: Bearer VALUE` with a prefix of `Bearer `. */
export interface Credential {
  readonly in: 'query' | 'header';
  readonly name: string;
  readonly secret: string;
  readonly prefix?: string;
}

export interface SourceRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  /** What the caller may say of it in a log: a table and an operation, no keys. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it may be sent twice. By default a GET may; a POST that only reads may be said to. */
  readonly repeatable?: boolean;
  readonly credentials?: readonly Credential[];
  /** What the answer is read as: JSON with its depth bounded, or text. */
  readonly expect?: 'json' | 'text';
  /** Judges an answer before it is parsed. Without it, or where it says nothing, the status decides. */
  readonly judge?: (answer: RawAnswer) => Verdict | undefined;
}

export interface RawAnswer {
  readonly status: number;
  /** One value a name, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** `empty`: the source has nothing for this; no error, and no body is parsed. */
export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly code: 'SOURCE_DOWN' | 'SOURCE_LIMITED' | 'SOURCE_INVALID' | 'SOURCE_TIMEOUT'; readonly retry: boolean; /** Ours, without the upstream's words. */ readonly reason: string; readonly retryAfterMs?: number };

export interface SourceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON or the text; undefined where the verdict was `empty`. */
  readonly body: unknown;
  readonly fetchedAt: Date;
  /** Where it came from after redirects, without credentials; `next` links are read against it. */
  readonly url: string;
}

/** Counts what was sent, also where it failed in the end. */
export interface Tally { requests: number }
