/** The segments of a snapshot, copied from PostgreSQL into a DuckDB under the same names. */
import { LIST, listValue, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import type { Pool } from 'pg';
import type { CatalogSnapshot, Column } from '../../src/catalog/model.js';
import { duckdbArgument } from '../../src/sources/duckdb/argument.js';
import { DuckDatabase } from '../../src/sources/duckdb/duckDatabase.js';
import { duckdbColumnType, duckdbDialect } from '../../src/sources/duckdb/duckdbDialect.js';
import { columnSqlType } from '../../src/sources/sql/codec.js';

export async function copyToDuckdb(pool: Pool, snapshot: CatalogSnapshot): Promise<DuckDatabase> {
  const tables = [...snapshot.datasets.values()].flatMap((dataset) => dataset.versions.flatMap((version) => version.tables));
  return DuckDatabase.open({}, async (connection) => {
    const done = new Set<string>();
    for (const table of tables) {
      for (const { physical, derived = [] } of table.segments) {
        if (done.has(physical)) continue;
        done.add(physical);
        await copySegment(pool, connection, table.columns, physical);
        for (const hashes of derived) await copySegment(pool, connection, [{ physical: 'h', kind: 'text' }], hashes.physical);
      }
    }
  });
}

async function copySegment(pool: Pool, connection: DuckDBConnection, columns: readonly Pick<Column, 'physical' | 'kind' | 'item'>[], physical: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`set timezone = 'UTC'; set intervalstyle = 'iso_8601'`);
    const texts = await client.query<(string | null)[]>({ rowMode: 'array', text: `select ${['_rid::text', ...columns.map(({ kind, physical: name }) => (kind === 'list' ? `to_json(${name}::text[])::text` : `${name}::text`))].join(', ')} from dure_data.${physical} order by _rid` });
    const scales = await client.query<(number | null)[]>({ rowMode: 'array', text: `select ${['0', ...columns.map(({ kind, physical: name }) => (kind === 'decimal' ? `max(scale(${name}))` : '0'))].join(', ')} from dure_data.${physical}` });
    const types = columns.map((column, index) => (column.kind === 'decimal' ? `decimal(38, ${scales.rows[0]![index + 1] ?? 0})` : duckdbColumnType(column)));
    await connection.run(`create table dure_data.${physical} (_rid bigint, ${columns.map((column, index) => `${column.physical} ${types[index]!}`).join(', ')})`);
    for (let start = 0; start < texts.rows.length; start += 2000) {
      const rows = texts.rows.slice(start, start + 2000);
      const lists = ['_rid', ...columns].map((column, index) => listValue(rows.map((row) => (typeof column === 'string' ? row[index]! : value(column, row[index] ?? null)))));
      await connection.run(`insert into dure_data.${physical} select v0::bigint${columns.map((_, index) => `, v${index + 1}::${types[index]!}`).join('')} from (select ${lists.map((_, index) => `unnest($${index + 1}) as v${index}`).join(', ')})`, lists, lists.map(() => LIST(VARCHAR)));
    }
  } finally {
    client.release(true);
  }
}

/** PostgreSQL's text of a value as a text that DuckDB casts. */
function value(column: Pick<Column, 'kind' | 'item'>, text: string | null): string | null {
  if (text === null) return null;
  if (column.kind === 'list') return duckdbDialect.listText((JSON.parse(text) as unknown[]).map(String));
  if (column.kind === 'geopoint') return text.replace(/^\((.*),(.*)\)$/, `{'longitude': $1, 'latitude': $2}`);
  if (column.kind === 'decimal') return text;
  return duckdbArgument(columnSqlType(column), text) as string;
}
