import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { DureError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { runAttempt } from './attempt.js';
import { cancelChannel, queueChannel } from './channels.js';
import { HeldJob } from './heldJob.js';
import { Heartbeat } from './heartbeat.js';
import type { Job, JobKind } from './job.js';
import { takeNext } from './lease.js';
import type { Listener } from './listener.js';
import { silent, type JobLog } from './log.js';
import type { Notifier } from './notifier.js';
import { settledWithin } from './pause.js';
import { reap } from './reaper.js';
import { SingleFlight } from '../singleFlight.js';

/** Tells when nothing more may be done in somebody's name. */
export interface AskerStanding {
  watch(identity: Identity, ended: (error: DureError) => void): () => void;
}

export interface WorkerOptions {
  /** Wide enough for the work and the heartbeat at once: at least 2 × concurrency + 2. */
  readonly pool: Pool;
  readonly listener: Listener;
  readonly notifier: Notifier;
  readonly kinds: readonly JobKind[];
  /** Jobs stop when their asker's token ends or the person is suspended. Nothing is watched where absent. */
  readonly standing?: AskerStanding;
  /** Jobs stop when their dataset is frozen; returns how to stop watching. */
  readonly frozen?: (datasetId: string, ended: (error: DureError) => void) => () => void;
  /** Jobs at a time. */
  readonly concurrency?: number;
  /** Told in the lease, for an operator's eyes. */
  readonly id?: string;
  readonly log?: JobLog;
  readonly leaseMs?: number;
  readonly beatMs?: number;
  readonly reapMs?: number;
  readonly pollMs?: number;
  readonly progressMs?: number;
  readonly backoffMs?: number;
}

/** Runs queued jobs, and looks after those of workers that fell silent. */
export class Worker {
  readonly id: string;
  private readonly kinds: ReadonlyMap<string, JobKind>;
  private readonly log: JobLog;
  private readonly leaseMs: number;
  private readonly heartbeat: Heartbeat;
  private readonly running = new Map<HeldJob, Promise<void>>();
  private readonly filling = new SingleFlight(() => this.fill());
  private readonly reaping = new SingleFlight(() => this.reap());
  private readonly stopping = new AbortController();
  private readonly ends: (() => void)[] = [];

  constructor(private readonly options: WorkerOptions) {
    this.id = options.id ?? `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
    this.kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
    this.log = options.log ?? silent;
    this.leaseMs = options.leaseMs ?? 10_000;
    this.heartbeat = new Heartbeat(options.pool, this.leaseMs, options.beatMs ?? 2_500, this.log);
  }

  start(): void {
    const { listener, pollMs = 1_000, reapMs = 2_000 } = this.options;
    const poll = setInterval(() => void this.filling.run(), pollMs);
    const reaper = setInterval(() => void this.reaping.run(), reapMs * (0.9 + Math.random() / 5)); // not all workers at once
    this.ends.push(
      () => clearInterval(poll),
      () => clearInterval(reaper),
      listener.on(queueChannel, () => void this.filling.run()),
      listener.on(cancelChannel, (jobId) => {
        if (jobId === undefined || this.heartbeat.has(jobId)) void this.heartbeat.now();
      }),
    );
    this.heartbeat.start();
    void this.filling.run();
    void this.reaping.run();
  }

  /**
   * Takes no more jobs, lets the running ones end within `graceMs`, then has them stop and go back to the queue. A job that does not heed
   * its signal for `abortMs` is left to its lease.
   */
  async stop({ graceMs = 0, abortMs = 5_000 }: { readonly graceMs?: number; readonly abortMs?: number } = {}): Promise<void> {
    this.stopping.abort();
    for (const end of this.ends.splice(0)) end();
    await this.filling.idle();
    await this.drained(graceMs);
    for (const held of this.running.keys()) held.stop('shutdown');
    await this.drained(abortMs);
    await this.reaping.idle();
    await this.heartbeat.stop();
    if (this.running.size > 0) this.log('Jobs did not stop; another worker takes them when their leases run out.', { jobIds: this.heartbeat.ids });
  }

  private async drained(ms: number): Promise<void> {
    if (this.running.size === 0 || ms <= 0) return;
    await settledWithin(Promise.all(this.running.values()), ms);
  }

  private async fill(): Promise<void> {
    const { pool, concurrency = 2 } = this.options;
    try {
      while (this.running.size < concurrency && !this.stopping.signal.aborted) {
        const takenAt = performance.now();
        const job = await takeNext(pool, this.id, this.leaseMs, [...this.kinds.keys()]);
        if (!job) return;
        this.run(job, takenAt);
      }
    } catch (error) {
      this.log('No job could be taken from the queue; it is tried again.', { error });
    }
  }

  private run(job: Job, takenAt: number): void {
    const { pool, notifier, progressMs = 250, backoffMs = 1_000 } = this.options;
    const held = new HeldJob(job.id, job.fence, this.leaseMs, takenAt);
    this.heartbeat.add(held);
    const kind = this.kinds.get(job.kind)!;
    const unwatch = kind.outlastsAsker ? undefined : this.options.standing?.watch(job.identity, (error) => held.end(error));
    const attempt = runAttempt(kind, job, held, { pool, notifier, leaseMs: this.leaseMs, progressMs, backoffMs, log: this.log, frozen: this.options.frozen })
      .catch((error: unknown) => this.log('An attempt broke off.', { jobId: job.id, error }))
      .finally(() => {
        unwatch?.();
        this.heartbeat.remove(held);
        this.running.delete(held);
        if (!this.stopping.signal.aborted) void this.filling.run();
      });
    this.running.set(held, attempt);
  }

  private async reap(): Promise<void> {
    const { pool, notifier } = this.options;
    try {
      await reap({
        pool, notifier, log: this.log, leaseMs: this.leaseMs, owner: this.id, kinds: this.kinds, heartbeat: this.heartbeat, signal: this.stopping.signal,
      });
    } catch (error) {
      this.log('Lost jobs could not be looked for; it is tried again.', { error });
    }
  }
}
