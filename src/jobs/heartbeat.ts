import type { Pool } from 'pg';
import type { HeldJob } from './heldJob.js';
import { beat } from './lease.js';
import type { JobLog } from './log.js';
import { SingleFlight } from '../singleFlight.js';

/** Keeps the leases of this process alive, all with one statement, and stops the work of those that were lost or asked to cancel. */
export class Heartbeat {
  private readonly held = new Map<string, HeldJob>();
  private readonly flight = new SingleFlight(() => this.beatAll());
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly pool: Pool, private readonly leaseMs: number, private readonly beatMs: number, private readonly log: JobLog) {}

  start(): void {
    this.timer = setInterval(() => void this.now(), this.beatMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flight.idle();
  }

  add(job: HeldJob): void {
    this.held.set(job.id, job);
  }

  remove(job: HeldJob): void {
    if (this.held.get(job.id) === job) this.held.delete(job.id);
  }

  /** The jobs whose leases are held as far as is known here. */
  get ids(): string[] {
    return this.live().map((job) => job.id);
  }

  has(id: string): boolean {
    return this.held.has(id);
  }

  async now(): Promise<void> {
    this.stopExpired(); // also when the last beat still waits for a database that does not answer
    await this.flight.run();
  }

  private async beatAll(): Promise<void> {
    const jobs = this.live();
    if (jobs.length === 0) return;
    const askedAt = performance.now();
    try {
      const rows = new Map((await beat(this.pool, jobs, this.leaseMs)).map((row) => [row.id, row]));
      for (const job of jobs) {
        const row = rows.get(job.id);
        if (row?.fence !== job.fence) job.stop('lost');
        else if (row.state === 'CANCELING') job.stop('cancel');
        if (row?.fence === job.fence) job.extended(askedAt);
      }
    } catch (error) {
      this.log('The leases of the running jobs could not be extended.', { error });
      this.stopExpired();
    }
  }

  private live(): HeldJob[] {
    return [...this.held.values()].filter((job) => job.cause !== 'lost');
  }

  private stopExpired(): void {
    for (const job of this.held.values()) if (job.expired) job.stop('lost');
  }
}
