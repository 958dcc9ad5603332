import type { ClientBase } from 'pg';
import type { TableDefinition } from '../catalog/model.js';
import { shorten, type MistakeList } from './report.js';
import { dataSchema, physicalNames } from './segmentSql.js';

const mostTold = 1_000;

/** Tells each row whose key an earlier row has. Rows with a missing part are never equal. */
export async function tellDuplicates(client: ClientBase, physical: string, file: string, table: TableDefinition, key: readonly string[], mistakes: MistakeList): Promise<void> {
  const columns = physicalNames(table, key);
  const { rows } = await client.query<{ row: string; first: string; total: string; values: string[] }>(
    `select row, first, values, count(*) over () as total
       from (select _rid as row, min(_rid) over (partition by ${columns.join(', ')}) as first, array[${columns.map((column) => `${column}::text`).join(', ')}] as values
               from ${dataSchema}.${physical} where ${columns.map((column) => `${column} is not null`).join(' and ')}) keyed
      where row <> first order by row limit ${mostTold}`,
  );
  const rule = key === table.primaryKey ? 'primaryKey' : 'unique';
  const what = rule === 'primaryKey' ? 'the primary key' : 'a unique key';
  for (const { row, first, values } of rows) {
    const value = shorten(values.join(', '));
    mistakes.add(rule, () => ({ file, table: table.name, row: Number(row), column: key.join(', '), value, message: `“${value}” is ${what} of row ${first} already` }));
  }
  mistakes.count(rule, Number(rows[0]?.total ?? 0) - rows.length);
}
