/**
 * Keyed hashes of columns, computed where the key is: in this process, never in a statement. They lie beside a segment in one of their
 * own (`_rid`, `h`), so that the segment stays as it was loaded, and can be indexed and joined like any column.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { TableDefinition } from '../catalog/model.js';
import type { RuleDocument } from '../policy/rule.js';
import { loaderSession, loaderTransaction } from './loaderConnection.js';
import { holdSegment } from './segments.js';
import { dataSchema } from './segmentSql.js';

export interface WantedHash {
  readonly table: string;
  readonly column: string;
  /** The column's name in segments. */
  readonly physical: string;
  readonly scope: 'dataset' | 'organization';
  readonly key: string;
}

/** The hash of a value within the scope, by the key of this id. @throws where the key is not in the ring */
export type HashValue = (scope: WantedHash['scope'], key: string) => (value: string) => string;

/** What the rules ask to be hashed of one version's tables, once each. */
export function wantedHashes(document: RuleDocument, major: number, tables: readonly TableDefinition[]): readonly WantedHash[] {
  const wanted = new Map<string, WantedHash>();
  for (const rule of document.rules) {
    if (rule.effect !== 'columns' || rule.transform.kind !== 'hash' || rule.transform.key === undefined) continue;
    if (rule.majors !== undefined && !rule.majors.includes(major)) continue;
    const { scope, key } = rule.transform;
    for (const table of tables) {
      if (rule.tables !== undefined && !rule.tables.includes(table.name)) continue;
      for (const column of table.columns) {
        if (column.kind === 'text' && rule.columns.includes(column.name)) wanted.set(JSON.stringify([table.name, column.name, scope, key]), { table: table.name, column: column.name, physical: column.physical, scope, key });
      }
    }
  }
  return [...wanted.values()];
}

const batch = 20_000;

/** Fills a registered segment with the hashes of a column; rows without a value have none. */
export async function loadHashes(pool: Pool, job: { readonly id: string; readonly signal: AbortSignal }, from: { readonly segment: string; readonly column: string }, physical: string, hash: (value: string) => string): Promise<number> {
  let rows = 0;
  // The rows come over a connection of their own, which the signal ends too: the stream would wait for them for ever.
  await loaderSession(pool, job.signal, (reader) => loaderTransaction(pool, job.id, job.signal, async (client) => {
    if (!(await holdSegment(client, physical))) throw new Error(`Segment ${physical} is no longer this job's.`);
    await client.query(`create table ${dataSchema}.${physical} (_rid bigint not null, h text collate "C" not null)`);
    const text = async function* (): AsyncGenerator<Buffer> {
      let last = '-9223372036854775808';
      for (;;) {
        const { rows: found } = await reader.query<{ _rid: string; v: string | null }>(`select _rid, ${from.column} as v from ${dataSchema}.${from.segment} where _rid > $1 order by _rid limit ${batch}`, [last]);
        if (found.length === 0) return;
        last = found.at(-1)!._rid;
        const present = found.filter((row) => row.v !== null);
        rows += present.length;
        if (present.length > 0) yield Buffer.from(present.map((row) => `${row._rid}\t${hash(row.v!)}\n`).join(''));
      }
    };
    await pipeline(Readable.from(text(), { objectMode: true, highWaterMark: 1 }), client.query(copyFrom(`copy ${dataSchema}.${physical} (_rid, h) from stdin with (freeze)`)), { signal: job.signal });
    await client.query(`alter table ${dataSchema}.${physical} add primary key (_rid)`);
    await client.query(`create index on ${dataSchema}.${physical} (h, _rid)`);
  }));
  await loaderSession(pool, job.signal, (client) => client.query(`vacuum (freeze, analyze) ${dataSchema}.${physical}`));
  return rows;
}

export interface HashesOf extends WantedHash {
  /** The segment that was hashed, and the one that holds the hashes. */
  readonly segment: string;
  readonly hashes: string;
  readonly rows: number;
}

/** Makes loaded hashes part of their segments, in the transaction that lets them be seen. */
export async function takeHashes(client: Pick<PoolClient, 'query'>, jobId: string, made: readonly HashesOf[]): Promise<void> {
  for (const { segment, column, scope, key, hashes, rows } of made) {
    const { rowCount } = await client.query(`update dure.segment set state = 'LIVE', rows = $3 where physical = $1 and job_id = $2 and state = 'LOADING'`, [hashes, jobId, rows]);
    if (rowCount !== 1) throw new Error(`Segment ${hashes} is no longer this job's.`);
    await client.query('insert into dure.derived_segment (segment, column_name, scope, key_id, physical) values ($1, $2, $3, $4, $5)', [segment, column, scope, key, hashes]);
  }
}
