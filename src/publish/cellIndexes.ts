/** Makes and drops the indexes over transformed cells of segments that are being read. The database knows best which there are, so nothing else keeps a list. */
import type { Pool } from 'pg';
import type { CellIndex } from '../policy/cellIndexes.js';
import { loaderSession, loaderTransaction } from './loaderConnection.js';
import { cellIndexSql, dataSchema, type NamedIndex } from './segmentSql.js';

interface JobOf { readonly id: string; readonly signal: AbortSignal }

export interface IndexChange {
  readonly segment: string;
  readonly make: readonly NamedIndex[];
  readonly drop: readonly string[];
}

/** What is missing and what nobody asks for, only of segments where there is any. */
export async function cellIndexChanges(pool: Pick<Pool, 'query'>, wanted: ReadonlyMap<string, readonly CellIndex[]>): Promise<readonly IndexChange[]> {
  const { rows } = await pool.query<{ segment: string; name: string; valid: boolean }>(
    `select t.relname as segment, i.relname as name, x.indisvalid as valid from pg_class t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
      where t.relnamespace = $2::regnamespace and t.relname = any($1) and i.relname ~ '^s\\d+_cell_[0-9a-f]{12}$'`, [[...wanted.keys()], dataSchema],
  );
  const changes: IndexChange[] = [];
  for (const [segment, indexes] of wanted) {
    const named = indexes.map((index) => cellIndexSql(segment, index));
    const there = rows.filter((row) => row.segment === segment);
    const make = named.filter(({ name }) => !there.some((row) => row.name === name && row.valid));
    // One that is not valid was being dropped when it was asked for again.
    const drop = there.filter(({ name, valid }) => !valid || !named.some((index) => index.name === name)).map(({ name }) => name);
    if (make.length + drop.length > 0) changes.push({ segment, make, drop });
  }
  return changes;
}

/** Readers go on meanwhile. Two jobs that want the same wait for each other and make it once. False where the segment is no longer there. */
export async function makeCellIndexes(pool: Pool, job: JobOf, segment: string, indexes: readonly NamedIndex[]): Promise<boolean> {
  return loaderTransaction(pool, job.id, job.signal, async (client) => {
    const { rows: [found] } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [`${dataSchema}.${segment}`]);
    if (!found!.there) return false;
    await client.query(`lock table ${dataSchema}.${segment} in share update exclusive mode`);
    for (const { sql } of indexes) await client.query(sql.replace('create index', 'create index if not exists'));
    // Without figures of the cells the planner would guess how many rows a value has.
    await client.query(`analyze ${dataSchema}.${segment}`);
    return true;
  });
}

/** Longer than any statement of a reader should take. */
const patience = 60_000;

/** Without keeping readers out; an index that one of them still uses is left to the next job. */
export async function dropCellIndexes(pool: Pool, job: JobOf, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!/^s\d+_cell_[0-9a-f]{12}$/.test(name)) throw new Error(`Not an index of cells: ${name}`);
    const enough = AbortSignal.timeout(patience);
    try {
      await loaderSession(pool, AbortSignal.any([job.signal, enough]), (client) => client.query(`drop index concurrently if exists ${dataSchema}.${name}`));
    } catch (error) {
      if (!enough.aborted || job.signal.aborted) throw error;
    }
  }
}
