/** A look-up by key as every source does it: each key once, in batches side by side, and what one batch fails at is no other's affair. */
import { SourceError, type LookupAnswer, type RemoteRow, type TreatedColumn } from './remoteSource.js';

export interface Batch {
  /** By the key as it was asked for. */
  readonly rows: ReadonlyMap<string, RemoteRow>;
  /** Keys of this batch of which the source gave an error. */
  readonly failed?: ReadonlyMap<string, SourceError>;
  readonly fetchedAt: Date;
  readonly release?: string;
  readonly treated?: readonly TreatedColumn[];
}

export interface BatchOptions {
  readonly batch: number;
  /** The most characters that the keys of a batch may have together, each by `weight`. */
  readonly characters?: number;
  readonly weight?: (key: string) => number;
}

/**
 * @param fetch one batch; counts its requests in the tally, also where it throws
 * @throws SourceError where no batch was answered; anything else that `fetch` throws, such as the signal's reason
 */
export async function lookupInBatches(keys: readonly string[], options: BatchOptions, tally: { readonly requests: number }, fetch: (batch: readonly string[]) => Promise<Batch>): Promise<LookupAnswer> {
  const batches = batchesOf([...new Set(keys)], options);
  const rows = new Map<string, RemoteRow>();
  const failed = new Map<string, SourceError>();
  let oldest: Date | undefined;
  let release: string | undefined;
  let first: SourceError | undefined;
  const treated = new Map<string, TreatedColumn>();
  const settled = await Promise.allSettled(batches.map(fetch));
  settled.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') {
      for (const [key, row] of outcome.value.rows) rows.set(key, row);
      for (const [key, error] of outcome.value.failed ?? []) failed.set(key, error);
      if (oldest === undefined || outcome.value.fetchedAt < oldest) oldest = outcome.value.fetchedAt;
      release = outcome.value.release ?? release;
      for (const one of outcome.value.treated ?? []) treated.set(one.column, one);
      return;
    }
    const error: unknown = outcome.reason;
    if (!(error instanceof SourceError)) throw error;
    first ??= error;
    for (const key of batches[index]!) failed.set(key, error);
  });
  if (oldest === undefined && first) throw first;
  return { rows, failed, info: { fetchedAt: oldest ?? new Date(), ...(release === undefined ? {} : { release }), requests: tally.requests, ...(treated.size === 0 ? {} : { treated: [...treated.values()] }) } };
}

function batchesOf(keys: readonly string[], { batch, characters = Infinity, weight = (key) => key.length }: BatchOptions): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let room = 0;
  for (const key of keys) {
    const last = batches.at(-1);
    if (last && last.length < batch && weight(key) <= room) {
      last.push(key);
      room -= weight(key);
    } else {
      batches.push([key]);
      room = characters - weight(key);
    }
  }
  return batches;
}
