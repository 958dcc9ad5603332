import { DureError, type ErrorCode } from '../errors.js';
import { jobChannel, queueChannel } from './channels.js';
import { confirmLease } from './confirmLease.js';
import type { HeldJob } from './heldJob.js';
import type { Job, JobError, JobKind } from './job.js';
import { AttemptContext, type ContextOptions } from './jobContext.js';
import { endJob, startJob, type Ending } from './lease.js';
import { pause } from './pause.js';

export interface AttemptOptions extends ContextOptions {
  /** Wait before the second attempt; doubled for each further one, up to a minute. */
  readonly backoffMs: number;
}

/** DureErrors that are not the asker's doing: the job is tried again as after any other fault of the system. */
const systemCodes: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'DATABASE_UNAVAILABLE']);

/** One attempt, from INITIALIZING to its end. Never rejects: what cannot be written is left to the lease, which then runs out. */
export async function runAttempt(kind: JobKind, job: Job, held: HeldJob, options: AttemptOptions): Promise<void> {
  const context = new AttemptContext(job, held, options);
  let ending: Ending;
  try {
    if (job.datasetId !== undefined) context.touches(job.datasetId);
    const started = await startJob(options.pool, held);
    options.notifier.hint(jobChannel, job.id);
    if (!started) await confirmLease(options.pool, held, options.leaseMs);
    held.signal.throwIfAborted();
    ending = { as: 'COMPLETE', result: await kind.run(context) };
  } catch (error) {
    ending = endingOf(error, job, held, options);
  }
  await context.end();
  if (ending.as !== 'COMPLETE') await cleanUpHeld(kind, job, held, options);
  await writeEnding(job, held, ending, options);
}

function endingOf(error: unknown, job: Job, held: HeldJob, options: AttemptOptions): Ending {
  if (held.cause === 'cancel') return { as: 'CANCELED' };
  if (held.cause === 'ended') return { as: 'CANCELED', note: `Canceled, since it may go on no more. ${held.ended?.message ?? ''}`.trim() };
  if (held.cause === 'shutdown') return { as: 'RETURN', note: 'The worker was shut down; the job is queued again.' };
  if (error instanceof DureError && !systemCodes.has(error.code)) {
    const details = Object.keys(error.details).length > 0 ? error.details : undefined;
    return { as: 'EXECUTOR_ERROR', error: { code: error.code, message: error.message, details } };
  }
  if (held.cause !== 'lost') options.log('A job failed for a reason that is not in its input.', { jobId: job.id, kind: job.kind, attempt: job.attempts, error });
  return {
    as: 'RETRY', delayMs: Math.min(options.backoffMs * 2 ** (job.attempts - 1), 60_000),
    note: `Attempt ${job.attempts} failed for a reason inside Dure; the job is tried again.`, error: systemError,
  };
}

const systemError: JobError = { code: 'INTERNAL', message: 'The job failed for a reason inside Dure, not in what was asked. Its operator finds the reason in the log under the id of the job.' };

/** What a later holder of the lease has made by now must not be removed: without a lease there is no cleaning up. */
async function cleanUpHeld(kind: JobKind, job: Job, held: HeldJob, options: AttemptOptions): Promise<void> {
  try {
    await confirmLease(options.pool, held, options.leaseMs);
  } catch (error) {
    options.log('The lease of a job could not be confirmed before cleaning up; that is left to whoever takes the job next.', { jobId: job.id, error });
    held.stop('lost');
  }
  if (held.cause !== 'lost') await cleanUp(kind, job, options);
}

/** Tried a few times; what then remains is logged, since a job must come to an end. */
export async function cleanUp(kind: JobKind, job: Job, options: Pick<AttemptOptions, 'pool' | 'log'>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await kind.cleanUp(job, options.pool);
    } catch (error) {
      options.log('What an attempt of a job left behind could not be removed.', { jobId: job.id, kind: job.kind, attempt, error });
      if (attempt === 3) return;
      await pause(200 * attempt);
    }
  }
}

/** Goes on trying while the lease is held: an end that is not recorded would make the job run again. */
export async function writeEnding(
  job: Job, held: HeldJob, ending: Ending, { pool, notifier, log }: Pick<AttemptOptions, 'pool' | 'notifier' | 'log'>,
): Promise<void> {
  for (let attempt = 1; held.cause !== 'lost'; attempt += 1) {
    try {
      const ended = await endJob(pool, held, ending);
      if (!ended) return held.stop('lost');
      notifier.hint(jobChannel, job.id);
      if (ended.state === 'QUEUED') notifier.hint(queueChannel, job.id);
      return;
    } catch (error) {
      log('The end of a job could not be written; it is tried again.', { jobId: job.id, error });
      await pause(Math.min(100 * attempt, 1_000));
    }
  }
}
