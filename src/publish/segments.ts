/** Segments in the making: registered before their table is made, so that what an attempt leaves can be found. */
import type { Pool, PoolClient } from 'pg';
import { dataSchema } from './segmentSql.js';
import { endLoaders } from './loaderConnection.js';

/** In a transaction under the job's fence: a worker that lost its lease registers nothing. */
export async function registerSegments(client: PoolClient, jobId: string, count: number): Promise<string[]> {
  const { rows } = await client.query<{ physical: string }>(
    `insert into dure.segment (physical, job_id, state) select 's' || nextval('dure.segment_number'), $1, 'LOADING' from generate_series(1, $2) returning physical`,
    [jobId, count],
  );
  return rows.map((row) => row.physical);
}

/** False if the segment was taken away meanwhile. Its row stays locked, so it cannot be while it is loaded. */
export async function holdSegment(client: PoolClient, physical: string): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 from dure.segment where physical = $1 and state = 'LOADING' for key share`, [physical]);
  return rowCount === 1;
}

/** Drops the tables of the job's segments that no version took, and forgets them. */
export async function dropLoading(pool: Pool, jobId: string): Promise<void> {
  await endLoaders(pool, jobId);
  const { rows } = await pool.query<{ physical: string }>(`select physical from dure.segment where job_id = $1 and state = 'LOADING'`, [jobId]);
  for (const { physical } of rows) await dropOne(pool, physical, 'LOADING', '10s');
}

async function dropOne(pool: Pool, physical: string, state: 'LOADING' | 'ERASED', patience: string): Promise<void> {
  if (!/^s\d+$/.test(physical)) throw new Error(`Not a segment: ${physical}`);
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(`set local lock_timeout = '${patience}'`);
    if (state === 'ERASED') await dropHashesOf(client, physical);
    const { rowCount } = await client.query(`delete from dure.segment where physical = $1 and state = $2`, [physical, state]);
    if (rowCount === 1) await client.query(`drop table if exists ${dataSchema}.${physical}`);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => { broken = failure; });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Drops what the job replaced, with the hashes that were made of it; their rows are gone from then on. */
export async function dropErased(pool: Pool, jobId: string): Promise<void> {
  const { rows } = await pool.query<{ physical: string }>(`select physical from dure.segment where job_id = $1 and state = 'ERASED' order by physical`, [jobId]);
  for (const { physical } of rows) await dropOne(pool, physical, 'ERASED', '60s');
}

/** Also those that were computed while the segment was being replaced. */
async function dropHashesOf(client: PoolClient, physical: string): Promise<void> {
  const { rows } = await client.query<{ physical: string }>('delete from dure.derived_segment where segment = $1 or physical = $1 returning physical', [physical]);
  for (const hashes of rows) {
    if (hashes.physical === physical) continue;
    await client.query('delete from dure.segment where physical = $1', [hashes.physical]);
    await client.query(`drop table if exists ${dataSchema}.${hashes.physical}`);
  }
}
