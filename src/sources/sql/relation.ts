/** The readable relation as SQL: the version's segments, hidden rows left out, cells transformed. */
import type { Column } from '../../catalog/model.js';
import type { ColumnAccess, ReadableRelation } from '../../policy/relation.js';
import { columnSqlType } from './codec.js';
import { predicateSql, type PredicateContext } from './predicate.js';
import { literal, type StatementWriter } from './statement.js';

export const rowNumberColumn = '_rid';

/** `from` text under `alias`. Withheld columns are not in it, so a mistake above it is an error and no leak. */
export function relationSql(relation: ReadableRelation, alias: string, writer: StatementWriter): string {
  const { table } = relation.at;
  const whole = relation.rows.op === 'constant' && relation.rows.value && table.columns.every((column) => relation.access(column).kind === 'plain');
  const base = segmentsSql(relation);
  if (whole) return `${base} ${alias}`;
  const inner = writer.alias();
  const columns = table.columns.flatMap((column) => {
    const expression = cellSql(relation.access(column), column, `${inner}.${column.physical}`, writer);
    return expression === undefined ? [] : [`${expression} as ${column.physical}`];
  });
  const context: PredicateContext = {
    writer,
    column: (column) => `${inner}.${column.physical}`,
    rowNumber: `${inner}.${rowNumberColumn}`,
    related: () => { throw new Error('a rule does not lead to another table'); },
  };
  return `(select ${[`${inner}.${rowNumberColumn}`, ...columns].join(', ')} from ${base} ${inner} where ${predicateSql(relation.rows, context)}) ${alias}`;
}

function segmentsSql(relation: ReadableRelation): string {
  const { segments } = relation.at.table;
  const names = segments.map((segment) => `dure_data.${segment.physical}`);
  if (names.length === 1) return names[0]!;
  if (names.length === 0) throw new Error(`table ${relation.at.table.name} has no segment`);
  const columns = [rowNumberColumn, ...relation.at.table.columns.map((column) => column.physical)].join(', ');
  return `(${names.map((name) => `select ${columns} from ${name}`).join(' union all ')})`;
}

/** What is read instead of a cell; undefined where the column is withheld. */
function cellSql(access: ColumnAccess, column: Column, sql: string, writer: StatementWriter): string | undefined {
  switch (access.kind) {
    case 'plain': return sql;
    case 'null': return writer.dialect.null(columnSqlType(column));
    case 'withheld': return undefined;
    case 'mask': return maskSql(access, sql, writer);
  }
}

/** The ends are kept only where something between them is hidden; the length is not told. */
function maskSql(access: Extract<ColumnAccess, { kind: 'mask' }>, sql: string, writer: StatementWriter): string {
  const { keepStart, keepEnd } = access;
  const cover = writer.parameter(() => access.with, 'text');
  if (keepStart + keepEnd === 0) return `case when ${sql} is null then null else ${cover} end`;
  const masked = [keepStart > 0 ? `left(${sql}, ${keepStart})` : literal(''), cover, keepEnd > 0 ? `right(${sql}, ${keepEnd})` : literal('')].join(' || ');
  return `case when ${sql} is null then null when length(${sql}) <= ${keepStart + keepEnd} then ${cover} else ${masked} end`;
}
