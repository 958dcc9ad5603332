/**
 * What is read instead of a cell. PostgreSQL may evaluate these on rows that a rule hides, before it applies the rule, so each is total:
 * no value of the column can make one raise an error, and what it cannot transform it turns into null.
 */
import type { Column } from '../../catalog/model.js';
import { maskCell } from '../../policy/postgresCells.js';
import type { ColumnAccess } from '../../policy/relation.js';
import { columnSqlType } from './codec.js';
import type { StatementWriter } from './statement.js';

export function hashColumn(column: Pick<Column, 'physical'>): string {
  return `h_${column.physical}`;
}

/** @param row the alias of the row; undefined where the column is withheld. */
export function cellSql(access: ColumnAccess, column: Column, row: string, writer: StatementWriter): string | undefined {
  const sql = `${row}.${column.physical}`;
  const { dialect } = writer;
  switch (access.kind) {
    case 'plain': return sql;
    case 'null': return dialect.null(columnSqlType(column));
    case 'withheld': return undefined;
    case 'mask': return maskCell(access, sql);
    case 'hash': return `${row}.${hashColumn(column)}`;
    case 'round': case 'bin': return dialect.transforms?.step(access.kind, column.kind, access.step, sql) ?? dialect.null(columnSqlType(column));
    case 'generalise': return dialect.transforms?.period(column.kind, access.to, sql) ?? dialect.null(columnSqlType(column));
    case 'place': return dialect.transforms?.place(access.degrees, sql) ?? dialect.null(columnSqlType(column));
  }
}
