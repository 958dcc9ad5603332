import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool, PoolClient } from 'pg';
import type { DureError } from '../errors.js';
import { jobChannel } from './channels.js';
import { confirmLease } from './confirmLease.js';
import type { HeldJob } from './heldJob.js';
import type { Job, JobContext, Progress } from './job.js';
import { lockJob, writeEvent } from './lease.js';
import type { JobLog } from './log.js';
import type { Notifier } from './notifier.js';
import { ProgressQueue } from './progressQueue.js';

export interface ContextOptions {
  readonly pool: Pool;
  readonly notifier: Notifier;
  readonly leaseMs: number;
  /** Least time between two merged reports of progress. */
  readonly progressMs: number;
  readonly log: JobLog;
  /** Jobs stop when a dataset of theirs is frozen; returns how to stop watching. */
  readonly frozen?: (datasetId: string, ended: (error: DureError) => void) => () => void;
}

type Report = Progress & { readonly details?: unknown };

/** What an attempt writes, one write after the other, each under its lease. */
export class AttemptContext implements JobContext {
  private readonly queue = new ProgressQueue();
  /** The client of the transaction that the present call stands in: its events go by it, else they would wait for its lock for ever. */
  private readonly inside = new AsyncLocalStorage<PoolClient>();
  private chain: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private lastFlush = Number.NEGATIVE_INFINITY;
  private ended = false;
  private readonly unwatch: (() => void)[] = [];

  constructor(readonly job: Job, private readonly held: HeldJob, private readonly options: ContextOptions) {}

  get signal(): AbortSignal {
    return this.held.signal;
  }

  get pool(): Pool {
    return this.options.pool;
  }

  touches(datasetId: string): void {
    const unwatch = this.options.frozen?.(datasetId, (error) => this.held.end(error));
    if (unwatch) this.unwatch.push(unwatch);
  }

  progress(progress: Progress): void {
    if (this.ended || this.held.cause === 'lost') return;
    this.queue.report(progress);
    this.schedule();
  }

  async event(event: Report): Promise<void> {
    this.refuseIfEnded();
    const before = this.queue.drain();
    const { details: _details, ...progress } = event;
    this.queue.passed(progress);
    const client = this.inside.getStore();
    const write = async (): Promise<void> => {
      for (const report of [...before, event]) await this.write(report, client ?? this.pool);
    };
    await (client ? write() : this.inOrder(write));
  }

  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    this.refuseIfEnded();
    if (this.inside.getStore()) throw new Error('A transaction of a job cannot begin inside another one: it would wait for itself.');
    return this.inOrder(async () => {
      const client = await this.pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        await this.lock(client);
        const result = await this.inside.run(client, () => work(client));
        await this.lock(client); // a long transaction outlives its lease unnoticed; the lease must be good again when the lock goes
        await client.query('commit');
        this.options.notifier.hint(jobChannel, this.job.id);
        return result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => { broken = failure; });
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  /** Writes what waits and refuses everything later. The end of the job is written by whoever calls this, after it. */
  async end(): Promise<void> {
    this.ended = true;
    for (const unwatch of this.unwatch.splice(0)) unwatch();
    clearTimeout(this.timer);
    const before = this.queue.drain();
    await this.inOrder(async () => {
      for (const report of before) await this.write(report, this.pool);
    }).catch((error: unknown) => {
      if (this.held.cause !== 'lost') this.options.log('The last progress of a job could not be written.', { jobId: this.job.id, error });
    });
  }

  private schedule(): void {
    if (this.timer || this.ended) return;
    const wait = Math.max(0, this.lastFlush + this.options.progressMs - performance.now());
    this.timer = setTimeout(() => void this.flush(), wait);
  }

  private async flush(): Promise<void> {
    await this.inOrder(async () => {
      this.lastFlush = performance.now();
      for (let report = this.queue.take(); report; report = this.queue.take()) {
        try {
          await this.write(report, this.pool);
        } catch (error) {
          if (this.held.cause === 'lost') return;
          this.queue.putBack(report);
          this.options.log('Progress of a job could not be written; it is tried again.', { jobId: this.job.id, error });
          return;
        }
      }
    });
    this.timer = undefined;
    if (!this.queue.empty) this.schedule();
  }

  private async write(report: Report, db: Pool | PoolClient): Promise<void> {
    const event = await writeEvent(db, this.held, report);
    if (!event) this.lost();
    if (event.state === 'CANCELING') this.held.stop('cancel');
    this.options.notifier.hint(jobChannel, this.job.id);
  }

  private async lock(client: PoolClient): Promise<void> {
    this.signal.throwIfAborted();
    if (await lockJob(client, this.held, this.options.leaseMs)) return;
    await confirmLease(this.pool, this.held, this.options.leaseMs);
    if (!this.signal.aborted) this.held.stop('lost');
    throw this.signal.reason;
  }

  private lost(): never {
    this.held.stop('lost');
    throw this.signal.reason;
  }

  private refuseIfEnded(): void {
    if (this.ended) throw new Error('The attempt is over: its context writes nothing more.');
    if (this.held.cause === 'lost') throw this.signal.reason;
  }

  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = this.chain.then(work);
    this.chain = result.catch(() => undefined);
    return result;
  }
}
