/**
 * An async generator that can be left at any time. A generator's own return() waits for the value it is about to produce, which for a live
 * stream may never come; here it aborts the signal given to the generator first.
 */
export function stream<T>(outer: AbortSignal, generate: (signal: AbortSignal) => AsyncGenerator<T, void>): AsyncIterableIterator<T> {
  const leaving = new AbortController();
  const generator = generate(AbortSignal.any([outer, leaving.signal]));
  return {
    next: () => generator.next(),
    async return() {
      leaving.abort();
      await generator.return();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      leaving.abort();
      await generator.return();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
