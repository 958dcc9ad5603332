/** Rows of dure.job and dure.job_event as values. */
import type { Identity } from '../identity/identity.js';
import type { Job, JobError, JobEvent, JobKindName, JobState, Progress } from './job.js';

export interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly organization_id: string | null;
  readonly dataset_id: string | null;
  readonly input: Record<string, unknown>;
  readonly identity: Identity;
  readonly created_by: string | null;
  readonly created_issuer: string | null;
  readonly attempts: number;
  readonly fence: number;
  readonly last_seq: number;
  readonly progress: Progress | null;
  readonly result: unknown;
  readonly error: JobError | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

export const jobColumns = [
  'id', 'kind', 'state', 'organization_id', 'dataset_id', 'input', 'identity', 'created_by', 'created_issuer', 'attempts', 'fence', 'last_seq',
  'progress', 'result', 'error', 'created_at', 'started_at', 'finished_at',
].join(', ');

export function toJob(row: JobRow): Job {
  return Object.freeze({
    id: row.id,
    kind: row.kind as JobKindName,
    state: row.state as JobState,
    organizationId: row.organization_id ?? undefined,
    datasetId: row.dataset_id ?? undefined,
    input: row.input,
    identity: row.identity,
    createdBy: row.created_by ?? undefined,
    createdIssuer: row.created_issuer ?? undefined,
    attempts: row.attempts,
    fence: row.fence,
    lastSeq: row.last_seq,
    progress: row.progress ?? undefined,
    result: row.result ?? undefined,
    error: row.error ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  });
}

export interface JobEventRow {
  readonly job_id: string;
  readonly seq: number;
  readonly at: Date;
  readonly state: string;
  readonly phase: string | null;
  readonly done: number | null;
  readonly total: number | null;
  readonly unit: string | null;
  readonly message: string | null;
  readonly details: unknown;
}

export const eventColumns = 'job_id, seq, at, state, phase, done, total, unit, message, details';

export function toEvent(row: JobEventRow): JobEvent {
  return Object.freeze({
    jobId: row.job_id,
    seq: row.seq,
    at: row.at,
    state: row.state as JobState,
    phase: row.phase ?? undefined,
    done: row.done ?? undefined,
    total: row.total ?? undefined,
    unit: row.unit ?? undefined,
    message: row.message ?? undefined,
    details: row.details ?? undefined,
  });
}

export function isJobId(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id);
}
