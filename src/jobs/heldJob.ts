import { DureError } from '../errors.js';
import type { Lease } from './lease.js';

/** Why a job's signal was aborted. */
export type StopCause = 'cancel' | 'lost' | 'shutdown' | 'ended';

/** A lease that this process holds (or held: `cause` says so), and the signal of the work under it. */
export class HeldJob implements Lease {
  private readonly controller = new AbortController();
  /** By this process's own clock; a lease that could not be extended for so long may be somebody else's by now. */
  private safeUntil: number;
  cause: StopCause | undefined;
  /** Why the job may not go on in its asker's name. */
  ended: DureError | undefined;

  constructor(readonly id: string, readonly fence: number, private readonly leaseMs: number, takenAt: number) {
    this.safeUntil = takenAt + leaseMs;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  extended(askedAt: number): void {
    this.safeUntil = Math.max(this.safeUntil, askedAt + this.leaseMs);
  }

  get expired(): boolean {
    return performance.now() > this.safeUntil;
  }

  /** The asker may ask no more. */
  end(error: DureError): void {
    this.ended ??= error;
    this.stop('ended');
  }

  /** The first cause stands, but a lost lease outranks any: nothing can be written any more. */
  stop(cause: StopCause): void {
    if (this.cause === undefined || cause === 'lost') this.cause = cause;
    if (!this.controller.signal.aborted) this.controller.abort(reasons[cause]());
  }
}

/** Thrown into the work when its job is somebody else's. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

const reasons: Record<StopCause, () => Error> = {
  cancel: () => new DureError('CANCELLED', 'The job was canceled.'),
  lost: () => new LeaseLost('The lease of the job was lost; nothing more is written under it.'),
  ended: () => new DureError('CANCELLED', 'The job was canceled: who asked for it may ask no more.'),
  shutdown: () => new DureError('CANCELLED', 'The worker is shutting down; the job goes on elsewhere.'),
};
