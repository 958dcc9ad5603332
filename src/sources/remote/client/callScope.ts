/** The time that one request has: ended by its caller or by its deadline, whichever is first. */
import { setMaxListeners } from 'node:events';
import type { RemoteCall } from '../remoteSource.js';
import { AttemptTimedOut, CallCancelled } from './failure.js';

export class CallScope {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = (): void => this.controller.abort(new CallCancelled());

  constructor(private readonly call: RemoteCall) {
    // One caller may have many requests under way; each listens to its signal.
    setMaxListeners(0, call.signal);
    if (call.signal.aborted) this.onAbort();
    else call.signal.addEventListener('abort', this.onAbort, { once: true });
    this.timer = setTimeout(() => this.controller.abort(new AttemptTimedOut()), Math.max(0, Math.min(call.deadline - performance.now(), 2 ** 31 - 1)));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get deadline(): number {
    return this.call.deadline;
  }

  leftMs(): number {
    return this.call.deadline - performance.now();
  }

  throwIfEnded(): void {
    if (this.signal.aborted) throw this.signal.reason;
    if (this.leftMs() <= 0) throw new AttemptTimedOut();
  }

  /** A part of this scope that ends after `ms` at the latest. */
  limited(ms: number): { readonly signal: AbortSignal; readonly end: () => void } {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(this.signal.reason);
    if (this.signal.aborted) onAbort();
    else this.signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => controller.abort(new AttemptTimedOut()), ms);
    return {
      signal: controller.signal,
      end: () => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', onAbort);
      },
    };
  }

  /** The work's result, or the reason why this scope ended before it. */
  async race<T>(work: Promise<T>): Promise<T> {
    if (this.signal.aborted) throw this.signal.reason;
    let onAbort!: () => void;
    const ended = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.signal.reason as Error);
      this.signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([work, ended]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      work.catch(() => undefined);
    }
  }

  /** Resolves after `ms`; throws where the scope ends before. */
  async pause(ms: number): Promise<void> {
    if (ms <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await this.race(new Promise<void>((resolve) => { timer = setTimeout(resolve, ms); }));
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    clearTimeout(this.timer);
    this.call.signal.removeEventListener('abort', this.onAbort);
  }
}
