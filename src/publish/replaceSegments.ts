/** The step that puts segments without a person in the place of those with one, for all versions at once. */
import type { PoolClient } from 'pg';
import type { Found, VersionTables } from './findPerson.js';
import { refuseFrozen } from './frozen.js';
import { withdrawReleases } from './releases.js';

export interface Replacement {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly hashes: readonly { readonly from: string; readonly to: string; readonly rows: number }[];
}

export interface Replacing {
  readonly jobId: string;
  readonly erasureId: string;
  readonly datasetId: string;
  readonly versions: readonly VersionTables[];
  readonly found: Found;
  readonly replacements: readonly Replacement[];
}

/**
 * In a transaction under the job's fence. Undefined where the segments are no longer what was read (another erasure came before): begin again.
 * @returns the catalog's revision
 */
export async function replaceSegments(client: PoolClient, { jobId, erasureId, datasetId, versions, found, replacements }: Replacing): Promise<bigint | undefined> {
  const { rows: [state] } = await client.query<{ revision: string }>('update dure.catalog_state set revision = revision + 1 returning revision');
  await refuseFrozen(client, datasetId);
  const { rows: live } = await client.query(`select 1 from dure.segment where physical = any($1) and state = 'LIVE' for update`, [replacements.map(({ from }) => from)]);
  const { rows: now } = await client.query<{ count: number }>('select count(*)::int as count from dure.version where dataset_id = $1', [datasetId]);
  if (live.length !== replacements.length || now[0]!.count !== versions.length) return undefined;
  for (const { from, to, rows, hashes } of replacements) {
    await take(client, jobId, from, to, rows);
    await client.query('update dure.version_segment set physical = $2 where physical = $1', [from, to]);
    for (const hash of hashes) {
      await take(client, jobId, hash.from, hash.to, hash.rows);
      await client.query('insert into dure.derived_segment (segment, column_name, scope, key_id, physical) select $2, column_name, scope, key_id, $4 from dure.derived_segment where segment = $1 and physical = $3', [from, to, hash.from, hash.to]);
    }
    // Hashes that were computed meanwhile go with what they were computed of; they are computed again.
    await client.query(`update dure.segment set state = 'ERASED', job_id = $2 where physical in (select physical from dure.derived_segment where segment = $1)`, [from, jobId]);
  }
  for (const { id, tables, segments } of versions) {
    for (const { name } of tables) {
      const parts = (segments.get(name) ?? []).flatMap((physical) => found.get(physical) ?? []);
      if (parts.length === 0) continue;
      const rows = parts.reduce((sum, part) => sum + part.rows.size, 0);
      const cells = parts.reduce((sum, part) => sum + [...part.cells.values()].reduce((count, held) => count + held.size, 0), 0);
      await client.query('insert into dure.erasure_version (erasure_id, version_id, table_name, rows, cells) values ($1, $2, $3, $4, $5)', [erasureId, id, name, rows, cells]);
    }
  }
  await withdrawReleases(client, versions.filter(({ segments }) => [...segments.values()].flat().some((physical) => found.has(physical))).map(({ id }) => id));
  // The key is forgotten in the instant in which its rows are.
  await client.query('update dure.erasure set completed_at = clock_timestamp(), sealed = null where id = $1', [erasureId]);
  await client.query('update dure.dataset set revision = $2 where id = $1', [datasetId, state!.revision]);
  return BigInt(state!.revision);
}

/** The new segment belongs to the job that published the old one, as far as anybody asks later; the old one to this job, which drops it. */
async function take(client: PoolClient, jobId: string, from: string, to: string, rows: number): Promise<void> {
  const { rowCount } = await client.query(
    `update dure.segment t set state = 'LIVE', rows = $4, job_id = f.job_id from dure.segment f where t.physical = $2 and t.job_id = $3 and t.state = 'LOADING' and f.physical = $1`, [from, to, jobId, rows],
  );
  if (rowCount !== 1) throw new Error(`Segment ${to} is no longer this job's.`);
  await client.query(`update dure.segment set state = 'ERASED', job_id = $2 where physical = $1`, [from, jobId]);
}
