/**
 * Who may run now, who waits, and who is told to come back. Stands before the pool of database connections, for every transport.
 *
 * Work that was measured to be long (or was never measured) may hold only a part of the places, and only half of them for one
 * organization, so short questions always find one soon. Whoever waits is served by start-time fair queueing (Goyal, Vin, Cheng 1996):
 * organizations share alike, and callers within one; what a question is expected to take is what it is charged. Where the queue is full
 * the longest line loses its youngest, and what could not be served in time is refused at once rather than at the end of its wait.
 */
import { DureError } from '../errors.js';
import { AdmissionQueue, type Line, type Share } from './admissionQueue.js';
import { callerOf } from './caller.js';
import type { RequestContext } from './context.js';

export interface AdmissionLimits {
  /** Operations that run at a time: the connections of the pool. */
  readonly concurrency: number;
  /** Operations that wait. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** What an operation is known to take; kept with its compiled plan. */
export interface Load {
  readonly cost: number;
  /** Moving average; absent until it ran once. */
  milliseconds?: number;
}

export interface Pass {
  leave(): void;
}

export interface AdmissionState {
  readonly running: number;
  readonly waiting: number;
  readonly refused: Readonly<Record<'full' | 'late', number>>;
}

const longMs = 500;
const weightOfNewest = 0.3;

export function expectedMs({ milliseconds, cost }: Load): number {
  return milliseconds ?? Math.min(Math.max(cost / 20, 5), 1_000);
}

export class Admission {
  private running = 0;
  private longRunning = 0;
  private elsewhere = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private readonly refused = { full: 0, late: 0 };
  private readonly queue = new AdmissionQueue();
  private readonly longPlaces: number;
  private readonly longPlacesOfOne: number;

  constructor(private readonly limits: AdmissionLimits) {
    this.longPlaces = Math.max(1, limits.concurrency - Math.max(1, Math.floor(limits.concurrency / 4)));
    this.longPlacesOfOne = Math.max(1, Math.floor(limits.concurrency / 2));
  }

  get state(): AdmissionState {
    return { running: this.running, waiting: this.queue.length, refused: { ...this.refused } };
  }

  /**
   * Work that waits for sources elsewhere: it has no place here meanwhile, and there is as much of it at a time as may wait here.
   * @throws DureError OVERLOADED
   */
  async away<T>(work: () => Promise<T>): Promise<T> {
    if (this.elsewhere >= this.limits.maxWaiting) throw this.overloaded('full', 1_000);
    this.elsewhere += 1;
    try {
      return await work();
    } finally {
      this.elsewhere -= 1;
    }
  }

  /**
   * At once where there is a place, which costs a comparison and a counter.
   * @throws DureError OVERLOADED, CANCELLED
   */
  enter(load: Load, context: Pick<RequestContext, 'identity' | 'address' | 'signal'>): Pass | Promise<Pass> {
    const long = isLong(load);
    // Whenever a place is free, nobody who waits could take it: this one passes nobody by.
    if (!long && this.running < this.limits.concurrency) return this.begin(load, undefined);
    const caller = callerOf(context.identity, context.address);
    const share = this.queue.share(caller.group);
    if (long && this.running < this.limits.concurrency && this.mayBegin(true, share)) return this.begin(load, share);
    return this.wait(load, this.queue.line(share, `${caller.key}${long ? ' long' : ''}`, long), context.signal);
  }

  private mayBegin(long: boolean, share: Share): boolean {
    return !long || (this.longRunning < this.longPlaces && share.longRunning < this.longPlacesOfOne);
  }

  private begin(load: Load, longOf: Share | undefined): Pass {
    this.running += 1;
    if (longOf) {
      this.longRunning += 1;
      longOf.longRunning += 1;
    }
    const expected = expectedMs(load);
    const started = performance.now();
    return {
      leave: () => {
        const took = performance.now() - started;
        load.milliseconds = load.milliseconds === undefined ? took : load.milliseconds + weightOfNewest * (took - load.milliseconds);
        this.running -= 1;
        if (longOf) {
          this.longRunning -= 1;
          longOf.longRunning -= 1;
          longOf.virtual += Math.max(0, took - expected);
        }
        if (this.queue.length > 0) this.serve();
      },
    };
  }

  private wait(load: Load, line: Line, signal: AbortSignal): Promise<Pass> {
    const expected = this.waitOf(line);
    if (expected > this.limits.maxWaitMs) throw this.overloaded('late', expected);
    if (this.queue.length >= this.limits.maxWaiting) this.sweep();
    if (this.queue.length >= this.limits.maxWaiting) {
      const youngest = this.queue.youngestOfLongest(line.share);
      if (!youngest) throw this.overloaded('full', expected);
      this.queue.remove(youngest);
      youngest.fail(this.overloaded('full', this.waitOf(youngest.line)));
    }
    return new Promise<Pass>((done, fail) => {
      this.queue.add({ line, signal, since: performance.now(), expectedMs: expectedMs(load), begin: () => done(this.begin(load, line.long ? line.share : undefined)), fail });
      this.sweeper ??= setInterval(() => this.sweep(), Math.min(100, this.limits.maxWaitMs / 2));
    });
  }

  /** Lets go of who went away or waited too long. One timer for all: a listener and a timer for each would cost more than the rest of waiting. */
  private sweep(): void {
    const oldest = performance.now() - this.limits.maxWaitMs;
    for (const waiting of this.queue.all()) {
      if (!waiting.signal.aborted && waiting.since > oldest) continue;
      this.queue.remove(waiting);
      waiting.fail(waiting.signal.aborted ? cancelled() : this.overloaded('late', this.waitOf(waiting.line)));
    }
    if (this.queue.length > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }

  /** In milliseconds, were nobody else there. */
  private waitOf({ long, share }: Line): number {
    return long ? share.expectedMs.long / this.longPlacesOfOne : share.expectedMs.short / this.limits.concurrency;
  }

  private serve(): void {
    while (this.running < this.limits.concurrency) {
      const next = this.queue.take((line) => this.mayBegin(line.long, line.share));
      if (!next) return;
      if (next.signal.aborted) next.fail(cancelled());
      else next.begin();
    }
  }

  private overloaded(reason: 'full' | 'late', waitMs: number): DureError {
    this.refused[reason] += 1;
    const retryAfterSeconds = Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), 30);
    return new DureError('OVERLOADED', `The server has more to do than it can at the moment. Ask again in ${retryAfterSeconds} s, with fewer requests at a time.`, { retryAfterSeconds });
  }
}

function cancelled(): DureError {
  return new DureError('CANCELLED', 'The request was cancelled before it was answered.');
}

function isLong({ milliseconds }: Load): boolean {
  return milliseconds === undefined || milliseconds >= longMs;
}
