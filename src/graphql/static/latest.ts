import { Bell } from '../../jobs/bell.js';

/**
 * Values as they come. For a slow reader only the last of each key is kept, so what waits is bounded by the keys.
 * @param listen is given where to put values; returns how to stop
 */
export async function* latest<T>(signal: AbortSignal, keyOf: (value: T) => string, listen: (put: (value: T) => void) => () => void, first: readonly T[] = []): AsyncGenerator<T, void> {
  const bell = new Bell();
  const waiting = new Map(first.map((value) => [keyOf(value), value]));
  const stop = listen((value) => {
    waiting.set(keyOf(value), value);
    bell.ring();
  });
  try {
    while (!signal.aborted) {
      const [next] = waiting;
      if (next) {
        waiting.delete(next[0]);
        yield next[1];
      } else {
        await bell.next(signal);
      }
    }
  } finally {
    stop();
  }
}
