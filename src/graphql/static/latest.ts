/**
 * Values as they come. For a slow reader only the last of each key is kept, so what waits is bounded by the keys.
 * @param listen is given where to put values; returns how to stop
 */
export async function* latest<T>(signal: AbortSignal, keyOf: (value: T) => string, listen: (put: (value: T) => void) => () => void, first: readonly T[] = []): AsyncGenerator<T, void> {
  const waiting = new Map(first.map((value) => [keyOf(value), value]));
  let wake = (): void => undefined;
  const stop = listen((value) => {
    waiting.set(keyOf(value), value);
    wake();
  });
  const aborted = (): void => wake();
  signal.addEventListener('abort', aborted);
  try {
    while (!signal.aborted) {
      const [next] = waiting;
      if (next) {
        waiting.delete(next[0]);
        yield next[1];
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    stop();
    signal.removeEventListener('abort', aborted);
  }
}
