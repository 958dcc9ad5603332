import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { DureError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Transaction, Within } from '../transaction.js';
import { cancelChannel, jobChannel, queueChannel } from './channels.js';
import { finalStates, type Job, type JobEvent } from './job.js';
import type { JobFilter } from './jobFilter.js';
import {
  cancelJob, insertJob, insertJobIn, requeueJob, selectByKey, selectEvents, selectJobs, selectPage, selectPositions, type JobPosition, type NewJob,
} from './jobStatements.js';
import type { Notifier } from './notifier.js';
import { isJobId } from './rows.js';

export interface JobPageRequest extends JobFilter {
  readonly first?: number;
  /** The id of the job that ended the page before. */
  readonly after?: string;
}

export interface JobPage {
  readonly nodes: readonly Job[];
  readonly hasNextPage: boolean;
}

const defaultPage = 20;
const maxPage = 200;
const maxEvents = 1_000;

/** The jobs as rows: what may be asked of them from outside a worker. It does not judge who may ask. */
export class JobStore {
  constructor(private readonly pool: Pool, private readonly notifier: Notifier) {}

  /**
   * Makes a job, or returns the one that its creator made under the same key; `within` is called for one that is made.
   * @throws DureError CONFLICT if that one asks for something else; BAD_USER_INPUT for a key without a creator.
   */
  async enqueue(job: NewJob, within?: Within<Job>): Promise<Job> {
    const createdBy = creatorOf(job.identity);
    if (job.idempotencyKey !== undefined && (createdBy === undefined || !/^\P{Cc}{1,200}$/u.test(job.idempotencyKey))) {
      throw new DureError('BAD_USER_INPUT', 'An idempotency key has 1 to 200 printable characters and needs a signed-in caller.');
    }
    const made = await (within ? this.insertWithin(job, createdBy, within) : insertJob(this.pool, job, createdBy));
    if (made) {
      this.notifier.hint(queueChannel, made.id);
      this.notifier.hint(jobChannel, made.id);
      return made;
    }
    const taken = await selectByKey(this.pool, job, createdBy!);
    if (!taken) return this.enqueue(job, within); // deleted in between
    if (!taken.same) {
      throw new DureError('CONFLICT', `The idempotency key was used for job ${taken.job.id}, which asks for something else. Use a new key for a new job.`, { jobId: taken.job.id });
    }
    return taken.job;
  }

  /**
   * Makes a job together with a change, in the change's transaction: neither is there without the other. Call `announce` when that has committed.
   * @returns its id, and how to announce it
   */
  async enqueueIn(transaction: Transaction, job: Omit<NewJob, 'idempotencyKey'>): Promise<{ readonly id: string; announce(): void }> {
    const id = randomUUID();
    await insertJobIn(transaction, id, job, creatorOf(job.identity));
    return {
      id,
      announce: () => {
        this.notifier.hint(queueChannel, id);
        this.notifier.hint(jobChannel, id);
      },
    };
  }

  async get(id: string): Promise<Job | undefined> {
    return (await this.getMany([id]))[0];
  }

  /** Those of the jobs that exist, in no order. */
  async getMany(ids: readonly string[]): Promise<Job[]> {
    const legal = ids.filter(isJobId);
    return legal.length === 0 ? [] : selectJobs(this.pool, legal);
  }

  /** Newest first. */
  async list(request: JobPageRequest = {}): Promise<JobPage> {
    const first = request.first ?? defaultPage;
    if (!Number.isInteger(first) || first < 0 || first > maxPage) throw new DureError('BAD_USER_INPUT', `"first" is a whole number from 0 to ${maxPage}.`);
    if (request.after !== undefined && !(await this.get(request.after))) {
      throw new DureError('BAD_USER_INPUT', 'The cursor "after" names no job. Use the end cursor of an earlier page, or none to begin.');
    }
    const jobs = await selectPage(this.pool, request, first + 1, request.after);
    return { nodes: jobs.slice(0, first), hasNextPage: jobs.length > first };
  }

  /** How far the newest jobs are, all that are not over, and those named: a cheap look for what has changed. */
  async positions(newest: number, named: readonly string[] = []): Promise<JobPosition[]> {
    return selectPositions(this.pool, newest, named);
  }

  /** In order, beginning after the event numbered `after`. Empty for a job that does not exist. */
  async events(jobId: string, after = 0, limit = maxEvents): Promise<JobEvent[]> {
    if (!isJobId(jobId)) return [];
    return selectEvents(this.pool, jobId, after, Math.min(limit, maxEvents));
  }

  /**
   * A waiting job is CANCELED at once, a running one CANCELING until its worker has cleaned up. Asking again changes nothing.
   * @throws DureError NOT_FOUND, or CONFLICT if the job is over (unless it was canceled).
   */
  async requestCancel(id: string): Promise<Job> {
    const changed = isJobId(id) ? await cancelJob(this.pool, id) : undefined;
    if (changed) {
      this.notifier.hint(cancelChannel, changed.id);
      this.notifier.hint(jobChannel, changed.id);
      return changed;
    }
    const job = await this.existing(id);
    if (job.state === 'CANCELING') return job;
    if (finalStates.has(job.state)) throw new DureError('CONFLICT', `Job ${id} is over (${job.state}) and cannot be canceled.`, { state: job.state });
    return this.requestCancel(id); // queued again between the two statements
  }

  /**
   * Queues a failed or canceled job again, with all its attempts; its events go on being numbered. It then runs under the rights of who
   * retries it (`identity`), not under those that its first asker once had.
   * @throws DureError NOT_FOUND, or CONFLICT if the job is in another state.
   */
  async retry(id: string, identity?: Identity): Promise<Job> {
    const changed = isJobId(id) ? await requeueJob(this.pool, id, identity) : undefined;
    if (changed) {
      this.notifier.hint(queueChannel, changed.id);
      this.notifier.hint(jobChannel, changed.id);
      return changed;
    }
    const { state } = await this.existing(id);
    throw new DureError('CONFLICT', `Job ${id} is ${state}. Only a job that failed or was canceled can be retried.`, { state });
  }

  private async insertWithin(job: NewJob, createdBy: string | undefined, within: Within<Job>): Promise<Job | undefined> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      const made = await insertJob(client, job, createdBy);
      if (made) await within(client, made);
      await client.query('commit');
      client.release();
      return made;
    } catch (error) {
      // Nobody knows what state the connection is in where the rollback fails, too.
      await client.query('rollback').then(() => client.release(), (broken: Error) => client.release(broken));
      throw error;
    }
  }

  private async existing(id: string): Promise<Job> {
    const job = await this.get(id);
    if (!job) throw new DureError('NOT_FOUND', 'There is no such job.');
    return job;
  }
}

/** Under which name a job's creator is kept. */
export function creatorOf(identity: Identity): string | undefined {
  return identity.subject ?? (identity.kind === 'system' ? 'dure:system' : undefined);
}
