import type { ClientBase } from 'pg';
import type { ForeignKey, TableDefinition } from '../catalog/model.js';
import { shorten, type MistakeList } from './report.js';
import { dataSchema, physicalNames } from './segmentSql.js';

const mostTold = 1_000;

export interface LoadedTable {
  readonly table: TableDefinition;
  readonly physical: string;
  readonly file: string;
}

/** Tells each row whose foreign key leads to no row. A key with a missing part leads nowhere and need not. */
export async function tellDangling(client: ClientBase, child: LoadedTable, key: ForeignKey, parent: LoadedTable, mistakes: MistakeList): Promise<void> {
  const own = physicalNames(child.table, key.columns);
  const theirs = physicalNames(parent.table, key.referenced);
  const { rows } = await client.query<{ row: string; total: string; values: string[] }>(
    `select c._rid as row, array[${own.map((column) => `c.${column}::text`).join(', ')}] as values, count(*) over () as total
       from ${dataSchema}.${child.physical} c
      where ${own.map((column) => `c.${column} is not null`).join(' and ')}
        and not exists (select 1 from ${dataSchema}.${parent.physical} p where ${own.map((column, index) => `p.${theirs[index]!} = c.${column}`).join(' and ')})
      order by c._rid limit ${mostTold}`,
  );
  for (const { row, values } of rows) {
    const value = shorten(values.join(', '));
    mistakes.add('foreignKey', () => ({
      file: child.file, table: child.table.name, row: Number(row), column: key.columns.join(', '), value,
      message: `“${value}” is in no row of ${parent.table.name} (${key.referenced.join(', ')})`,
    }));
  }
  mistakes.count('foreignKey', Number(rows[0]?.total ?? 0) - rows.length);
}
