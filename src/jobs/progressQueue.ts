import type { Progress } from './job.js';

/**
 * Progress that waits to be written. Reports within one phase are merged into the latest; the last one of a phase is kept when the next
 * phase begins.
 */
export class ProgressQueue {
  private readonly waiting: Progress[] = [];
  /** What the latest report said, so that a report may name only what changed. */
  private latest: Progress = {};

  report(progress: Progress): void {
    const samePhase = progress.phase === undefined || progress.phase === this.latest.phase;
    this.latest = samePhase ? { ...this.latest, ...progress } : progress;
    if (samePhase && this.waiting.length > 0) this.waiting.pop();
    this.waiting.push(this.latest);
  }

  /** An event was written past the queue: the next report builds on it. */
  passed(progress: Progress): void {
    this.latest = { ...progress };
  }

  /** Everything that waits, in order. */
  drain(): Progress[] {
    return this.waiting.splice(0);
  }

  take(): Progress | undefined {
    return this.waiting.shift();
  }

  putBack(progress: Progress): void {
    this.waiting.unshift(progress);
  }

  get empty(): boolean {
    return this.waiting.length === 0;
  }
}
