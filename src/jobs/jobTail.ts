import { DureError } from '../errors.js';
import { Bell } from './bell.js';
import { finalStates, type JobEvent, type JobState } from './job.js';
import type { JobStore } from './jobStore.js';
import { SingleFlight } from '../singleFlight.js';

/** Events kept for the followers that are near the end; who is further behind reads pages of their own. */
const kept = 256;
const page = 200;

/**
 * The end of one job's events, shared by all who follow it here. Numbers are gapless and in the order of commit, so a follower is no more
 * than a number, and what comes next is found in the tail, or else in the table.
 */
export class JobTail {
  followers = 0;
  /** Events start … end, without gaps. */
  private events: JobEvent[] = [];
  private end = -1;
  private state: JobState | undefined;
  private gone = false;
  private readonly bell = new Bell();
  private readonly reading = new SingleFlight(() => this.read());

  constructor(readonly jobId: string, private readonly store: JobStore) {}

  get lastSeq(): number {
    return this.end;
  }

  /** Reads what is new; all who ask at the same time share the query. */
  refresh(): Promise<void> {
    return this.reading.run();
  }

  /**
   * Begins to follow after the event numbered `after`. It reads in any case: the tail may not know yet that a job was queued again.
   * @throws DureError NOT_FOUND, or BAD_USER_INPUT if `after` was never reached.
   */
  async join(after: number): Promise<void> {
    await this.refresh();
    if (!Number.isInteger(after) || after < 0 || after > this.end) {
      throw new DureError('BAD_USER_INPUT', `"after" is ${after}, but the job has the events 1 to ${this.end}. Give the "seq" of the last event you have seen, or 0 for all.`);
    }
  }

  /** The job was deleted: nothing more comes. */
  vanished(): void {
    this.gone = true;
    this.bell.ring();
  }

  /** The events after the one numbered `after`, waiting for them; nothing if the job is over and there are none. */
  async next(after: number, signal: AbortSignal): Promise<readonly JobEvent[]> {
    while (!signal.aborted) {
      if (after < this.end) {
        const start = this.end - this.events.length;
        return after >= start ? this.events.slice(after - start, after - start + page) : this.store.events(this.jobId, after, page);
      }
      if (this.gone || !this.state || finalStates.has(this.state)) return [];
      await this.bell.next(signal);
    }
    return [];
  }

  private async read(): Promise<void> {
    if (this.end < 0) {
      const job = await this.store.get(this.jobId);
      if (!job) throw new DureError('NOT_FOUND', 'There is no such job.');
      this.end = job.lastSeq;
      this.state = job.state;
    } else {
      await this.readNew();
    }
    this.bell.ring();
  }

  private async readNew(): Promise<void> {
    for (;;) {
      const fresh = await this.store.events(this.jobId, this.end, page);
      const last = fresh.at(-1);
      if (!last) return;
      this.events = [...this.events, ...fresh].slice(-kept);
      this.end = last.seq;
      this.state = last.state;
      if (fresh.length < page) return;
      this.bell.ring();
    }
  }
}
