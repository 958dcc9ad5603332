/**
 * The statements of a worker. A lease is a job's id and the fence it was taken under: whoever takes the job later holds a higher fence, and
 * every write under a lower one changes nothing. All clocks are the database's.
 */
import type { Pool, PoolClient } from 'pg';
import type { Job, JobError, JobEvent, Progress } from './job.js';
import { jsonb, plainText } from './jsonb.js';
import { eventColumns, jobColumns, toEvent, toJob, type JobEventRow, type JobRow } from './rows.js';

export interface Lease {
  readonly id: string;
  readonly fence: number;
}

/** Takes the job that has waited longest. */
export async function takeNext(pool: Pool, owner: string, leaseMs: number, kinds: readonly string[]): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `with taken as (
       update dure.job set
         state = 'INITIALIZING', lease_owner = $1, lease_until = clock_timestamp() + $2 * interval '1 ms', fence = fence + 1,
         attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), last_seq = last_seq + 1
       where id = (
         select id from dure.job where state in ('QUEUED') and run_after <= now() and kind = any($3::text[])
         order by run_after, created_at, id limit 1 for update skip locked)
       returning ${jobColumns}
     ), event as (
       insert into dure.job_event (job_id, seq, at, state) select id, last_seq, clock_timestamp(), state from taken
     )
     select * from taken`,
    [owner, leaseMs, kinds],
  );
  return rows[0] && toJob(rows[0]);
}

/** Takes over a job whose lease ran out, so that its last holder can write no more. Its state stays until it has been cleaned up. */
export async function takeLost(pool: Pool, owner: string, leaseMs: number, kinds: readonly string[], except: readonly string[]): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `update dure.job set lease_owner = $1, lease_until = clock_timestamp() + $2 * interval '1 ms', fence = fence + 1
     where id = (
       select id from dure.job
       where state in ('INITIALIZING', 'RUNNING', 'CANCELING') and lease_until < now() and kind = any($3::text[]) and id <> all($4::uuid[])
       order by lease_until limit 1 for update skip locked)
     returning ${jobColumns}`,
    [owner, leaseMs, kinds, except],
  );
  return rows[0] && toJob(rows[0]);
}

export async function startJob(pool: Pool, lease: Lease): Promise<Job | undefined> {
  const { rows } = await pool.query<JobRow>(
    `with started as (
       update dure.job set state = 'RUNNING', last_seq = last_seq + 1 where id = $1 and fence = $2 and state = 'INITIALIZING'
       returning ${jobColumns}
     ), event as (
       insert into dure.job_event (job_id, seq, at, state) select id, last_seq, clock_timestamp(), state from started
     )
     select * from started`,
    [lease.id, lease.fence],
  );
  return rows[0] && toJob(rows[0]);
}

/**
 * Extends the leases and tells the present fence and state of each job, without waiting for any lock: a job that is locked by its own
 * transaction is safe meanwhile (takeLost skips it) and its transaction extends the lease itself.
 */
export async function beat(pool: Pool, leases: readonly Lease[], leaseMs: number): Promise<(Lease & { readonly state: string })[]> {
  const { rows } = await pool.query<Lease & { state: string }>(
    `with held as (
       select job.id from dure.job join unnest($1::uuid[], $2::int[]) as lease (id, fence) on job.id = lease.id and job.fence = lease.fence
       where job.state in ('INITIALIZING', 'RUNNING', 'CANCELING') for update of job skip locked
     ), beaten as (
       update dure.job set lease_until = clock_timestamp() + $3 * interval '1 ms' where id in (select id from held)
     )
     select id, fence, state from dure.job where id = any($1::uuid[])`,
    [leases.map((lease) => lease.id), leases.map((lease) => lease.fence), leaseMs],
  );
  return rows;
}

/** Undefined if the lease is no longer held. */
export async function writeEvent(
  db: Pool | PoolClient, lease: Lease, { details, ...progress }: Progress & { readonly details?: unknown },
): Promise<JobEvent | undefined> {
  const { rows } = await db.query<JobEventRow>(
    `with held as (
       update dure.job set last_seq = last_seq + 1, progress = $3::jsonb
       where id = $1 and fence = $2 and state in ('INITIALIZING', 'RUNNING', 'CANCELING')
       returning id, last_seq, state
     )
     insert into dure.job_event (job_id, seq, at, state, phase, done, total, unit, message, details)
     select id, last_seq, clock_timestamp(), state, $4, $5, $6, $7, $8, $9 from held
     returning ${eventColumns}`,
    [
      lease.id, lease.fence, jsonb(progress), plainText(progress.phase), progress.done ?? null, progress.total ?? null,
      plainText(progress.unit), plainText(progress.message), jsonb(details),
    ],
  );
  return rows[0] && toEvent(rows[0]);
}

/** Locks the job's row until the transaction ends, if the lease is held and the job shall go on; extends the lease. */
export async function lockJob(client: PoolClient, lease: Lease, leaseMs: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `update dure.job set lease_until = clock_timestamp() + $3 * interval '1 ms' where id = $1 and fence = $2 and state in ('INITIALIZING', 'RUNNING')`,
    [lease.id, lease.fence, leaseMs],
  );
  return rowCount === 1;
}

/** How an attempt ended. A job that was asked to cancel and did not complete is CANCELED whatever else happened. */
export type Ending =
  | { readonly as: 'COMPLETE'; readonly result: unknown }
  | { readonly as: 'CANCELED'; readonly note?: string }
  | { readonly as: 'EXECUTOR_ERROR'; readonly error: JobError }
  /** Queued again while attempts remain, otherwise SYSTEM_ERROR. */
  | { readonly as: 'RETRY'; readonly delayMs: number; readonly note: string; readonly error: JobError }
  /** Queued again; the attempt does not count. */
  | { readonly as: 'RETURN'; readonly note: string };

export async function endJob(pool: Pool, lease: Lease, ending: Ending): Promise<Job | undefined> {
  const error = 'error' in ending ? ending.error : undefined;
  const { rows } = await pool.query<JobRow>(
    `with held as (
       select id, case
         when state = 'CANCELING' and $3 <> 'COMPLETE' then 'CANCELED'
         when $3 = 'RETURN' or ($3 = 'RETRY' and attempts < max_attempts) then 'QUEUED'
         when $3 = 'RETRY' then 'SYSTEM_ERROR'
         else $3 end as next
       from dure.job where id = $1 and fence = $2 and state in ('INITIALIZING', 'RUNNING', 'CANCELING') for update
     ), ended as (
       update dure.job as job set
         state = held.next, lease_owner = null, lease_until = null, last_seq = last_seq + 1,
         attempts = attempts - (case when $3 = 'RETURN' and held.next = 'QUEUED' then 1 else 0 end),
         run_after = case when held.next = 'QUEUED' then now() + $4 * interval '1 ms' else run_after end,
         finished_at = case when held.next <> 'QUEUED' then clock_timestamp() end,
         result = case when held.next = 'COMPLETE' then $5::jsonb end,
         error = case when held.next in ('EXECUTOR_ERROR', 'SYSTEM_ERROR') then $6::jsonb end
       from held where job.id = held.id
       returning ${jobColumns.split(', ').map((column) => `job.${column}`).join(', ')}
     ), event as (
       insert into dure.job_event (job_id, seq, at, state, message, details)
       select id, last_seq, clock_timestamp(), state, case when state = 'QUEUED' or $3 = 'CANCELED' then $7 else error ->> 'message' end, error -> 'details' from ended
     )
     select * from ended`,
    [
      lease.id, lease.fence, ending.as, 'delayMs' in ending ? ending.delayMs : 0,
      'result' in ending ? jsonb(ending.result) : null, jsonb(error), 'note' in ending ? ending.note ?? null : null,
    ],
  );
  return rows[0] && toJob(rows[0]);
}
