import { cleanUp, writeEnding, type AttemptOptions } from './attempt.js';
import { HeldJob } from './heldJob.js';
import type { Heartbeat } from './heartbeat.js';
import type { JobKind } from './job.js';
import { takeLost } from './lease.js';

export interface ReaperOptions extends Pick<AttemptOptions, 'pool' | 'notifier' | 'log' | 'leaseMs'> {
  readonly owner: string;
  readonly kinds: ReadonlyMap<string, JobKind>;
  readonly heartbeat: Heartbeat;
  readonly signal: AbortSignal;
}

/** Takes over the jobs whose worker fell silent, cleans up after them and queues them again (or ends them). */
export async function reap(options: ReaperOptions): Promise<void> {
  const { pool, owner, leaseMs, kinds, heartbeat, log } = options;
  while (!options.signal.aborted) {
    const takenAt = performance.now();
    const job = await takeLost(pool, owner, leaseMs, [...kinds.keys()], heartbeat.ids);
    if (!job) return;
    const held = new HeldJob(job.id, job.fence, leaseMs, takenAt);
    heartbeat.add(held);
    try {
      log('The worker of a job was lost.', { jobId: job.id, kind: job.kind, attempt: job.attempts });
      await cleanUp(kinds.get(job.kind)!, job, options);
      await writeEnding(job, held, {
        as: 'RETRY', delayMs: 0, note: `The worker of attempt ${job.attempts} was lost; the job is queued again.`,
        error: { code: 'INTERNAL', message: `The worker was lost in each of ${job.attempts} attempts. The job is not tried again by itself.` },
      }, options);
    } finally {
      heartbeat.remove(held);
    }
  }
}
