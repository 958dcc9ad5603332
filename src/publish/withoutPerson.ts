/** A segment once more, without one person's rows. Row numbers stay, so that cursors do. */
import type { Pool } from 'pg';
import type { CellIndex } from '../policy/cellIndexes.js';
import type { PersonInSegment } from './findPerson.js';
import { loaderSession, loaderTransaction } from './loaderConnection.js';
import { holdSegment } from './segments.js';
import { cellIndexSql, createSegmentSql, dataSchema, lookupIndexes, uniqueIndexes } from './segmentSql.js';

interface JobOf { readonly id: string; readonly signal: AbortSignal }

/** Fills a registered segment from another one; resolves to its number of rows. @param indexes what the rules ask for */
export async function copyWithoutPerson(pool: Pool, job: JobOf, from: string, to: string, { table, rows, cells }: PersonInSegment, indexes: readonly CellIndex[]): Promise<number> {
  const parameters: unknown[] = [[...rows]];
  const values = table.columns.map(({ physical }) => {
    const emptied = cells.get(physical);
    if (!emptied) return physical;
    parameters.push([...emptied]);
    return `case when _rid = any($${parameters.length}::bigint[]) then null else ${physical} end`;
  });
  const names = table.columns.map(({ physical }) => physical).join(', ');
  return copied(pool, job, to, async (query) => {
    await query(createSegmentSql(to, table.columns));
    const { rowCount } = await query(`insert into ${dataSchema}.${to} (_rid, ${names}) select _rid, ${values.join(', ')} from ${dataSchema}.${from} where _rid <> all($1::bigint[]) order by _rid`, parameters);
    await query(`alter table ${dataSchema}.${to} add primary key (_rid)`);
    for (const sql of [...uniqueIndexes(to, table).map((index) => index.sql), ...lookupIndexes(to, table), ...indexes.map((index) => cellIndexSql(to, index).sql)]) await query(sql);
    return rowCount ?? 0;
  });
}

/** The same for the hashes of a column. */
export async function copyHashesWithoutPerson(pool: Pool, job: JobOf, from: string, to: string, rows: readonly string[]): Promise<number> {
  return copied(pool, job, to, async (query) => {
    await query(`create table ${dataSchema}.${to} (_rid bigint not null, h text collate "C" not null)`);
    const { rowCount } = await query(`insert into ${dataSchema}.${to} (_rid, h) select _rid, h from ${dataSchema}.${from} where _rid <> all($1::bigint[]) order by _rid`, [rows]);
    await query(`alter table ${dataSchema}.${to} add primary key (_rid)`);
    await query(`create index on ${dataSchema}.${to} (h, _rid)`);
    return rowCount ?? 0;
  });
}

type Query = (sql: string, parameters?: unknown[]) => Promise<{ readonly rowCount: number | null }>;

async function copied(pool: Pool, job: JobOf, to: string, work: (query: Query) => Promise<number>): Promise<number> {
  const rows = await loaderTransaction(pool, job.id, job.signal, async (client) => {
    if (!(await holdSegment(client, to))) throw new Error(`Segment ${to} is no longer this job's.`);
    return work((sql, parameters) => client.query(sql, parameters));
  });
  await loaderSession(pool, job.signal, (client) => client.query(`vacuum (freeze, analyze) ${dataSchema}.${to}`));
  return rows;
}
