import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { TableDefinition } from '../catalog/model.js';
import type { CellIndex } from '../policy/cellIndexes.js';
import { copyText, type CopyTextOptions } from './copyText.js';
import { tellDuplicates } from './duplicates.js';
import { loaderSession, loaderTransaction } from './loaderConnection.js';
import { invalidPackage } from './report.js';
import { holdSegment } from './segments.js';
import { cellIndexSql, copySegmentSql, createSegmentSql, dataSchema, lookupIndexes, uniqueIndexes } from './segmentSql.js';
import type { TableDraft } from './tableDraft.js';

export interface LoadOptions extends CopyTextOptions {
  readonly pool: Pool;
  readonly jobId: string;
  readonly physical: string;
  /** What the rules ask for. */
  readonly cellIndexes: readonly CellIndex[];
  /** Told when the rows are in and the indexes begin. */
  indexing(): Promise<void>;
}

/** Thrown inside the load to leave it when the file has mistakes: they are in the list. */
class Refused extends Error {}

/**
 * Validates a table's file and loads it into a fresh segment in one pass; the segment's rows, or undefined where the file has mistakes (then no table
 * is left). The whole of it is one transaction: what is cut off was never there.
 */
export async function loadTable(source: Readable, draft: TableDraft, table: TableDefinition, options: LoadOptions): Promise<number | undefined> {
  const { pool, jobId, physical, signal, mistakes } = options;
  const before = mistakes.total;
  try {
    const rows = await loaderTransaction(pool, jobId, signal, async (client) => {
      if (!(await holdSegment(client, physical))) throw new Error(`Segment ${physical} is no longer this job's.`);
      await client.query(createSegmentSql(physical, table.columns));
      const loaded = await copyRows(client, source, draft, table, options);
      await options.indexing();
      await client.query(`alter table ${dataSchema}.${physical} add primary key (_rid)`);
      for (const { columns, sql } of uniqueIndexes(physical, table)) {
        await client.query('savepoint key');
        try {
          await client.query(sql);
        } catch (error) {
          if (!(error instanceof pg.DatabaseError) || error.code !== uniqueViolation) throw error;
          await client.query('rollback to savepoint key');
          await tellDuplicates(client, physical, draft.file, table, columns, mistakes);
        }
      }
      for (const sql of [...lookupIndexes(physical, table), ...options.cellIndexes.map((index) => cellIndexSql(physical, index).sql)]) await client.query(sql);
      return loaded;
    });
    // Rows are frozen already; this makes the visibility map and the planner's statistics.
    await loaderSession(pool, signal, (client) => client.query(`vacuum (freeze, analyze) ${dataSchema}.${physical}`));
    return mistakes.total > before ? undefined : rows;
  } catch (error) {
    source.destroy();
    if (error instanceof Refused) return undefined;
    throw databaseRefusal(error, draft, table);
  }
}

const uniqueViolation = '23505';

async function copyRows(client: PoolClient, source: Readable, draft: TableDraft, table: TableDefinition, options: LoadOptions): Promise<number> {
  const { mistakes, signal } = options;
  const before = mistakes.total;
  let rows = 0;
  const text = async function* (): AsyncGenerator<Buffer> {
    rows = yield* copyText(source, draft, options);
    // The copy must not end well: its rows are not all there.
    if (mistakes.total > before) throw new Refused();
  };
  await pipeline(Readable.from(text(), { objectMode: true, highWaterMark: 4 }), client.query(copyFrom(copySegmentSql(options.physical, table.columns))), { signal });
  return rows;
}

/** A value that the database does not take although the checks let it pass: told by its place, never by the database's own words. */
function databaseRefusal(error: unknown, draft: TableDraft, table: TableDefinition): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const isData = error.code?.startsWith('22') === true;
  const tooLarge = error.code === '54000';
  if (!isData && !tooLarge) return error;
  const place = /line (\d+)(?:, column (c\d+))?/.exec(error.where ?? '');
  const column = table.columns.find((candidate) => candidate.physical === place?.[2]);
  return invalidPackage(isData ? 'type' : 'size', isData ? 'The database cannot keep this value.' : 'A row or key is larger than the database can keep: split the table, or shorten the values of its keys.', {
    file: draft.file, table: table.name, ...(place && { row: Number(place[1]) }), ...(column && { column: column.name }),
  });
}
