/** A job and its events as values. States after GA4GH TES 1.1. */
import type { Pool, PoolClient } from 'pg';
import type { Identity } from '../identity/identity.js';

export const jobStates = ['QUEUED', 'INITIALIZING', 'RUNNING', 'PAUSED', 'COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELING', 'CANCELED'] as const;
export type JobState = (typeof jobStates)[number];
export const finalStates: ReadonlySet<JobState> = new Set(['COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED']);

export const jobKindNames = ['PUBLISH', 'PREPARE_COLUMNS', 'MAKE_RELEASES', 'SYNC', 'ERASE_PERSON', 'EXPORT'] as const;
export type JobKindName = (typeof jobKindNames)[number];

export interface Progress {
  readonly phase?: string;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: string;
  readonly message?: string;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

export interface Job {
  readonly id: string;
  readonly kind: JobKindName;
  readonly state: JobState;
  readonly organizationId?: string;
  readonly datasetId?: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The asker as asserted when the job was made (JSON of Identity). */
  readonly identity: Identity;
  readonly createdBy?: string;
  /** Who asserted the subject that made it. */
  readonly createdIssuer?: string;
  readonly attempts: number;
  readonly fence: number;
  readonly lastSeq: number;
  readonly progress?: Progress;
  readonly result?: unknown;
  readonly error?: JobError;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

export interface JobEvent extends Progress {
  readonly jobId: string;
  /** 1, 2, 3… without gaps, in the order of commit. */
  readonly seq: number;
  readonly at: Date;
  readonly state: JobState;
  /** E.g. the validation errors of a refused package. */
  readonly details?: unknown;
}

/** What a running job may do. Every write is fenced: after the lease was lost it throws and nothing is written. */
export interface JobContext {
  readonly job: Job;
  /** Aborted on cancel, on a lost lease and on shutdown. */
  readonly signal: AbortSignal;
  readonly pool: Pool;
  /** From here on the job stops when this dataset is frozen, as it does by the one that it was asked for. */
  touches(datasetId: string): void;
  /** Records progress; calls are merged so that at most a few events a second are written. Never blocks the work. */
  progress(progress: Progress): void;
  /** Writes one event at once (a change of phase, a validation report). */
  event(progress: Progress & { readonly details?: unknown }): Promise<void>;
  /**
   * One transaction that first locks the job's row and checks its fence. What it commits, it commits as the holder of the lease; events
   * written inside it commit with it. Refused once a cancel was asked for. Keep it short: a cancel waits for the row.
   */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
}

/** One kind of work; a file each in jobs/kinds. */
export interface JobKind {
  readonly name: JobKindName;
  /** It goes on after the asker's token has ended: the rules in force ask for this work, or it must not end half way. */
  readonly outlastsAsker?: boolean;
  /** Returns the job's result (JSON). A DureError becomes EXECUTOR_ERROR, anything else SYSTEM_ERROR (retried while attempts remain). */
  run(context: JobContext): Promise<unknown>;
  /** Removes whatever an attempt left behind (after failure, cancel or a lost worker). Idempotent. */
  cleanUp(job: Job, pool: Pool): Promise<void>;
}
