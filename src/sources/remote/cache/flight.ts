/** One question under way, shared by all who ask it at the same time. It ends when nobody waits for it any more. */
import { SourceError, type RemoteCall } from '../remoteSource.js';

export class Flight<T> {
  readonly result: Promise<T>;
  private readonly controller = new AbortController();
  private waiting = 0;

  /** @param start called after this returns */
  constructor(readonly deadline: number, start: (signal: AbortSignal) => Promise<T>) {
    this.result = Promise.resolve().then(() => start(this.controller.signal));
    this.result.catch(() => undefined);
  }

  /** False once everybody has gone: then its end is no answer to anybody. */
  get alive(): boolean {
    return !this.controller.signal.aborted;
  }

  /**
   * Waits as long as this caller does.
   * @throws SourceError SOURCE_TIMEOUT where its deadline is first, the signal's reason where it goes away, else what the question ended with
   */
  async wait(call: RemoteCall, source: string): Promise<T> {
    call.signal.throwIfAborted();
    this.waiting += 1;
    let end!: () => void;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([this.result, new Promise<never>((_, reject) => {
        end = () => reject(call.signal.reason as Error);
        call.signal.addEventListener('abort', end, { once: true });
        if (call.deadline < this.deadline) timer = setTimeout(() => reject(new SourceError('SOURCE_TIMEOUT', `${source} did not answer in time.`, { source })), Math.max(0, call.deadline - performance.now()));
      })]);
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', end);
      this.waiting -= 1;
      if (this.waiting === 0) this.controller.abort(new Error('nobody waits for this answer'));
    }
  }
}
