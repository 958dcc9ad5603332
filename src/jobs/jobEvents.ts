import { jobChannel } from './channels.js';
import { finalStates, type Job, type JobEvent } from './job.js';
import { JobFeed } from './jobFeed.js';
import type { JobFilter } from './jobFilter.js';
import type { JobPosition } from './jobStatements.js';
import type { JobStore } from './jobStore.js';
import { JobTail } from './jobTail.js';
import type { Listener } from './listener.js';
import type { JobLog } from './log.js';
import { isJobId } from './rows.js';
import { SingleFlight } from '../singleFlight.js';
import { stream } from './stream.js';

export interface JobEventsOptions {
  readonly store: JobStore;
  readonly listener: Listener;
  /** How often rows are looked at whose hint may have been lost. */
  readonly pollMs?: number;
  /** Jobs in the snapshot that a feed begins with. */
  readonly snapshot?: number;
  readonly log?: JobLog;
}

/** Jobs that a poll looks at besides those that are not over: the newest. */
const newest = 100;

/** Jobs as they happen. The rows are read; a hint only says when, and a poll takes the place of a hint that was lost. */
export class JobEvents {
  private readonly tails = new Map<string, JobTail>();
  private readonly feeds = new Set<JobFeed>();
  /** Jobs that were told to have changed and are read next, once for all feeds. */
  private readonly changed = new Set<string>();
  /** What the last poll saw, while there are feeds. */
  private seen: ReadonlyMap<string, JobPosition> | undefined;
  private readonly reading = new SingleFlight(() => this.readChanged());
  private readonly polling = new SingleFlight(() => this.poll());
  private readonly closing = new AbortController();
  private readonly unlisten: () => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: JobEventsOptions) {
    this.unlisten = options.listener.on(jobChannel, (jobId) => this.hinted(jobId));
  }

  /**
   * A job's events after the one numbered `after`: those that are there, then each as it is committed, every one once and in order. Ends
   * after the event with which the job is over; a job that is queued again can be followed again from there.
   * @throws (when iterated) DureError NOT_FOUND, or BAD_USER_INPUT if `after` is no number of an event.
   */
  follow(jobId: string, after: number, signal: AbortSignal): AsyncIterableIterator<JobEvent> {
    return stream(this.until(signal), (inner) => this.followed(jobId.toLowerCase(), after, inner));
  }

  /**
   * The newest jobs that match, oldest first, and then each job that changes, in its latest state (changes that a slow reader did not take
   * are merged). A job that ceases to match is told once more.
   */
  changes(filter: JobFilter, signal: AbortSignal): AsyncIterableIterator<Job> {
    return stream(this.until(signal), (inner) => this.fed(filter, inner));
  }

  /** Ends every stream. */
  async close(): Promise<void> {
    this.unlisten();
    this.closing.abort();
    clearInterval(this.timer);
    await Promise.all([this.reading.idle(), this.polling.idle()]);
  }

  private async *followed(jobId: string, after: number, signal: AbortSignal): AsyncGenerator<JobEvent, void> {
    const tail = this.tails.get(jobId) ?? new JobTail(jobId, this.options.store);
    this.tails.set(jobId, tail);
    tail.followers += 1;
    this.watch();
    try {
      await tail.join(after);
      for (let cursor = after; ;) {
        const events = await tail.next(cursor, signal);
        if (events.length === 0) return;
        for (const event of events) {
          if (signal.aborted) return;
          yield event;
          cursor = event.seq;
        }
      }
    } catch (error) {
      // A read that was on its way when the reader left fails for nobody.
      if (!signal.aborted) throw error;
    } finally {
      tail.followers -= 1;
      if (tail.followers === 0) this.tails.delete(jobId);
      this.watch();
    }
  }

  private async *fed(filter: JobFilter, signal: AbortSignal): AsyncGenerator<Job, void> {
    const feed = new JobFeed(filter);
    this.feeds.add(feed);
    this.watch();
    try {
      if (!this.seen) await this.polling.run(); // what changes after this is found by the next poll at the latest
      while (!signal.aborted) {
        if (feed.stale) await this.snapshot(feed);
        for (let job = feed.take(); job && !signal.aborted; job = feed.take()) yield job;
        await feed.more(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.feeds.delete(feed);
      this.watch();
    }
  }

  private async snapshot(feed: JobFeed): Promise<void> {
    feed.stale = false;
    const { store, snapshot = 50 } = this.options;
    const { nodes } = await store.list({ ...feed.filter, first: snapshot });
    // What the reader shows may have ceased to match meanwhile.
    feed.begin([...[...nodes].reverse(), ...await store.getMany(feed.shown)]);
  }

  private hinted(jobId: string | undefined): void {
    if (jobId === undefined) {
      for (const tail of this.tails.values()) this.refresh(tail);
      for (const feed of this.feeds) feed.lose();
      return;
    }
    const tail = this.tails.get(jobId);
    if (tail) this.refresh(tail);
    if (this.feeds.size === 0 || !isJobId(jobId)) return;
    this.changed.add(jobId);
    this.readSoon();
  }

  private refresh(tail: JobTail): void {
    tail.refresh().catch((error: unknown) => this.failed(error));
  }

  private readSoon(): void {
    this.reading.run().catch((error: unknown) => {
      for (const feed of this.feeds) feed.lose();
      this.failed(error);
    });
  }

  private async readChanged(): Promise<void> {
    const ids = [...this.changed];
    this.changed.clear();
    for (const job of await this.options.store.getMany(ids)) for (const feed of this.feeds) feed.offer(job);
  }

  private async poll(): Promise<void> {
    const tails = [...this.tails.values()];
    const before = this.seen;
    const open = [...(before?.values() ?? [])].filter(({ state }) => !finalStates.has(state));
    const ids = [...tails.map((tail) => tail.jobId), ...open.map(({ id }) => id)].filter(isJobId);
    const now = new Map((await this.options.store.positions(newest, ids)).map((position) => [position.id, position]));
    for (const tail of tails) {
      const position = now.get(tail.jobId);
      if (!position) tail.vanished();
      else if (position.lastSeq > tail.lastSeq) this.refresh(tail);
    }
    if (this.feeds.size > 0) this.seen = now;
    if (!before) return;
    for (const { id, lastSeq } of now.values()) if (before.get(id)?.lastSeq !== lastSeq) this.changed.add(id);
    if (this.changed.size > 0) this.readSoon();
  }

  /** Polls while somebody reads. */
  private watch(): void {
    const wanted = this.tails.size + this.feeds.size > 0 && !this.closing.signal.aborted;
    if (this.feeds.size === 0) this.seen = undefined;
    if (wanted && !this.timer) {
      this.timer = setInterval(() => void this.polling.run().catch((error: unknown) => this.failed(error)), this.options.pollMs ?? 1_000);
    } else if (!wanted) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }

  private until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.closing.signal]);
  }

  private failed(error: unknown): void {
    this.options.log?.('Jobs could not be read for those who follow them; it is tried again.', { error });
  }
}
