/** How long and how much is kept of a source's answers. */
import type { CacheTimes } from '../definition.js';

export interface CacheSettings {
  /** Milliseconds. */
  readonly freshMs: number;
  readonly whileRevalidateMs: number;
  readonly ifErrorMs: number;
  /** Bytes in memory, for one source in one process; 0: nothing is kept. */
  readonly maxBytes: number;
  /** Whether equal questions that are asked at one time go to the source once. */
  readonly singleFlight: boolean;
}

/** What the operator allows for all sources. */
export interface CacheBounds {
  readonly maxBytes: number;
  /** Seconds; absent: as long as each source says. */
  readonly maxAge?: number;
  readonly maxStale?: number;
}

export function cacheSettings(times: CacheTimes | undefined, { maxBytes, maxAge = Infinity, maxStale = Infinity }: CacheBounds): CacheSettings {
  const ms = (seconds: number | undefined, most: number): number => Math.min(seconds ?? 0, most) * 1000;
  return {
    freshMs: ms(times?.seconds, maxAge), whileRevalidateMs: ms(times?.staleWhileRevalidate, maxStale), ifErrorMs: ms(times?.staleIfError, maxStale),
    maxBytes: times === undefined ? 0 : maxBytes, singleFlight: true,
  };
}

export type Use = 'fresh' | 'refresh' | 'fallback' | 'none';

/** A source that does not know a key may know it tomorrow: that is believed for ten minutes at most. */
const unknownMs = 600_000;

/** What a kept answer of this age is good for. */
export function useOf(ageMs: number, known: boolean, settings: CacheSettings): Use {
  const fresh = known ? settings.freshMs : Math.min(settings.freshMs, unknownMs);
  if (ageMs < fresh) return 'fresh';
  if (ageMs < fresh + settings.whileRevalidateMs) return 'refresh';
  return ageMs < fresh + settings.ifErrorMs ? 'fallback' : 'none';
}
