import { Bell } from './bell.js';
import type { Job } from './job.js';
import { concerns, matches, type JobFilter } from './jobFilter.js';

/** Changes that wait for a slow reader, and jobs remembered as already told. */
const maxWaiting = 1_000;
const maxTold = 5_000;

/** One reader's view of many jobs: changes of one job are merged while the reader is slow, so that memory is bounded by the jobs. */
export class JobFeed {
  private readonly waiting = new Map<string, Job>();
  /** The last event of each job that was told, and whether it matched then. */
  private readonly told = new Map<string, { readonly seq: number; readonly matched: boolean }>();
  private readonly bell = new Bell();
  /** True when changes may have been missed: the reader begins with a new snapshot. */
  stale = true;

  constructor(readonly filter: JobFilter) {}

  /** The snapshot comes before the changes that were told while it was read. */
  begin(snapshot: readonly Job[]): void {
    const meanwhile = [...this.waiting.values()];
    this.waiting.clear();
    for (const job of [...snapshot, ...meanwhile]) this.offer(job);
  }

  offer(job: Job): void {
    if (!concerns(this.filter, job)) return;
    const told = this.told.get(job.id);
    if (told && told.seq >= job.lastSeq) return;
    const waiting = this.waiting.get(job.id);
    if (waiting && waiting.lastSeq >= job.lastSeq) return;
    // A job that leaves the filter (it was RUNNING, now it is COMPLETE) is told once more, else the reader would go on showing it.
    if (!matches(this.filter, job) && !told?.matched && !waiting) return;
    if (this.waiting.size >= maxWaiting && !waiting) return this.lose();
    this.waiting.set(job.id, job);
    this.bell.ring();
  }

  /** Changes were missed. */
  lose(): void {
    this.waiting.clear();
    this.stale = true;
    this.bell.ring();
  }

  take(): Job | undefined {
    for (const [id, job] of this.waiting) {
      this.waiting.delete(id);
      this.told.delete(id);
      this.told.set(id, { seq: job.lastSeq, matched: matches(this.filter, job) });
      this.forget();
      return job;
    }
    return undefined;
  }

  async more(signal: AbortSignal): Promise<void> {
    if (this.waiting.size === 0 && !this.stale) await this.bell.next(signal);
  }

  /** Ids of the jobs that the reader shows now. */
  get shown(): readonly string[] {
    return [...this.told].filter(([, { matched }]) => matched).map(([id]) => id);
  }

  private forget(): void {
    for (const id of this.told.keys()) {
      if (this.told.size <= maxTold) return;
      this.told.delete(id);
    }
  }
}
