/** The statements of JobStore, one a function. Those that change a job write its next event in the same statement. */
import type { Pool, PoolClient } from 'pg';
import type { Transaction } from '../transaction.js';
import type { Identity } from '../identity/identity.js';
import type { Job, JobEvent, JobKindName, JobState } from './job.js';
import { values, type JobFilter } from './jobFilter.js';
import { jsonb } from './jsonb.js';
import { eventColumns, jobColumns, toEvent, toJob, type JobEventRow, type JobRow } from './rows.js';

export interface NewJob {
  readonly kind: JobKindName;
  readonly input: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  readonly organizationId?: string;
  readonly datasetId?: string;
  /** The same key by the same creator names the same job. */
  readonly idempotencyKey?: string;
}

/** Undefined if the creator's key is taken. */
export async function insertJob(pool: Pool | PoolClient, job: NewJob, createdBy: string | undefined): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `with made as (
       insert into dure.job (kind, state, input, identity, organization_id, dataset_id, created_by, created_issuer, idempotency_key, last_seq)
       values ($1, 'QUEUED', $2, $3, $4, $5, $6, $7, $8, 1)
       on conflict (created_by, (coalesce(created_issuer, '')), idempotency_key) where idempotency_key is not null do nothing
       returning ${jobColumns}
     ), event as (
       insert into dure.job_event (job_id, seq, state) select id, last_seq, state from made
     )
     select * from made`,
    [job.kind, jsonb(job.input), jsonb(job.identity), job.organizationId ?? null, job.datasetId ?? null, createdBy ?? null, job.identity.issuer ?? null, job.idempotencyKey ?? null],
  );
  return rows[0] && toJob(rows[0]);
}

/** A job of this id, in a transaction of whoever changes something that the job is to go on with. */
export async function insertJobIn(transaction: Transaction, id: string, job: NewJob, createdBy: string | undefined): Promise<void> {
  await transaction.query(
    `with made as (
       insert into dure.job (id, kind, state, input, identity, organization_id, dataset_id, created_by, created_issuer, last_seq) values ($1, $2, 'QUEUED', $3, $4, $5, $6, $7, $8, 1) returning id, last_seq, state
     ) insert into dure.job_event (job_id, seq, state) select id, last_seq, state from made`,
    [id, job.kind, jsonb(job.input), jsonb(job.identity), job.organizationId ?? null, job.datasetId ?? null, createdBy ?? null, job.identity.issuer ?? null],
  );
}

/** The job that has the creator's key, and whether it asks for the same. */
export async function selectByKey(pool: Pool, job: NewJob, createdBy: string): Promise<{ job: Job; same: boolean } | undefined> {
  const { rows } = await pool.query<JobRow & { same: boolean }>(
    `select ${jobColumns}, kind = $3 and input = $4::jsonb and organization_id is not distinct from $5::uuid as same
     from dure.job where created_by = $1 and idempotency_key = $2 and created_issuer is not distinct from $6`,
    [createdBy, job.idempotencyKey, job.kind, jsonb(job.input), job.organizationId ?? null, job.identity.issuer ?? null],
  );
  return rows[0] && { job: toJob(rows[0]), same: rows[0].same };
}

export async function selectJobs(pool: Pool, ids: readonly string[]): Promise<Job[]> {
  const { rows } = await pool.query<JobRow>(`select ${jobColumns} from dure.job where id = any($1::uuid[])`, [ids]);
  return rows.map(toJob);
}

/** Newest first, beginning below the job `after`. */
export async function selectPage(pool: Pool, filter: JobFilter, limit: number, after: string | undefined): Promise<Job[]> {
  const { where = {}, visibleTo } = filter;
  const { rows } = await pool.query<JobRow>(
    `select ${jobColumns} from dure.job
     where ($1::text[] is null or state = any($1)) and ($2::text[] is null or kind = any($2))
       and ($3::text[] is null or organization_id::text = any($3)) and ($4::text[] is null or dataset_id::text = any($4))
       and ($5::text is null or (created_by = $5 and created_issuer is not distinct from $11))
       and ($6 or (created_by = $7 and created_issuer is not distinct from $12) or organization_id::text = any($8::text[]) or identity->>'tokenId' = $13)
       and ($9::uuid is null or (created_at, id) < (select created_at, id from dure.job where id = $9))
     order by created_at desc, id desc limit $10`,
    [
      values(where.state), values(where.kind), values(where.organizationId), values(where.datasetId), where.createdBy?.subject ?? null,
      visibleTo === undefined, visibleTo?.createdBy?.subject ?? null, visibleTo?.organizationIds ?? [], after ?? null, limit,
      where.createdBy?.issuer ?? null, visibleTo?.createdBy?.issuer ?? null, visibleTo?.tokenId ?? null,
    ],
  );
  return rows.map(toJob);
}

/** How far a job's events are. */
export interface JobPosition {
  readonly id: string;
  readonly state: JobState;
  readonly lastSeq: number;
}

/** Of the newest jobs, those that are not over, and those named. */
export async function selectPositions(pool: Pool, newest: number, named: readonly string[]): Promise<JobPosition[]> {
  const { rows } = await pool.query<JobPosition>(
    `with newest as (select id from dure.job order by created_at desc, id desc limit $1)
     select id, state, last_seq as "lastSeq" from dure.job where id in (
       select id from newest
       union select id from dure.job where state in ('QUEUED')
       union select id from dure.job where state in ('INITIALIZING', 'RUNNING', 'CANCELING')
       union select unnest($2::uuid[]))`,
    [newest, named],
  );
  return rows;
}

export async function selectEvents(pool: Pool, jobId: string, after: number, limit: number): Promise<JobEvent[]> {
  const { rows } = await pool.query<JobEventRow>(
    `select ${eventColumns} from dure.job_event where job_id = $1 and seq > $2 order by seq limit $3`, [jobId, after, limit],
  );
  return rows.map(toEvent);
}

/** Cancels a waiting job, asks a running one to stop; undefined if it is neither. */
export async function cancelJob(pool: Pool, id: string): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `with changed as (
       update dure.job set
         state = case when state in ('QUEUED', 'PAUSED') then 'CANCELED' else 'CANCELING' end,
         finished_at = case when state in ('QUEUED', 'PAUSED') then clock_timestamp() end,
         last_seq = last_seq + 1
       where id = $1 and state in ('QUEUED', 'PAUSED', 'INITIALIZING', 'RUNNING')
       returning ${jobColumns}
     ), event as (
       insert into dure.job_event (job_id, seq, at, state) select id, last_seq, clock_timestamp(), state from changed
     )
     select * from changed`,
    [id],
  );
  return rows[0] && toJob(rows[0]);
}

/** Queues a job again that did not reach its aim; undefined if it is in another state. */
export async function requeueJob(pool: Pool, id: string, identity: Identity | undefined): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `with changed as (
       update dure.job set
         state = 'QUEUED', attempts = 0, identity = coalesce($2, identity), run_after = now(), progress = null, result = null, error = null,
         started_at = null, finished_at = null, last_seq = last_seq + 1
       where id = $1 and state in ('EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED')
       returning ${jobColumns}
     ), event as (
       insert into dure.job_event (job_id, seq, at, state) select id, last_seq, clock_timestamp(), state from changed
     )
     select * from changed`,
    [id, identity === undefined ? null : JSON.stringify(identity)],
  );
  return rows[0] && toJob(rows[0]);
}
