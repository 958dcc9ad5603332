/** The readable relation as SQL: the version's segments, hidden rows left out, cells transformed. */
import type { ReadableRelation } from '../../policy/relation.js';
import { predicateSql, type PredicateContext } from './predicate.js';
import type { StatementWriter } from './statement.js';
import { cellSql, hashColumn } from './transform.js';

export const rowNumberColumn = '_rid';

/** `from` text under `alias`. Withheld columns are not in it, so a mistake above it is an error and no leak. */
export function relationSql(relation: ReadableRelation, alias: string, writer: StatementWriter): string {
  const { table } = relation.at;
  const whole = relation.rows.op === 'constant' && relation.rows.value && table.columns.every((column) => relation.access(column).kind === 'plain');
  const base = segmentsSql(relation, writer);
  if (whole) return `${base} ${alias}`;
  const inner = writer.alias();
  const columns = table.columns.flatMap((column) => {
    const expression = cellSql(relation.access(column), column, inner, writer);
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

/** The segments' rows; beside a column whose hash is read, `h_…` from the segment's derived table. A row without one has a null there, never the value. */
function segmentsSql(relation: ReadableRelation, writer: StatementWriter): string {
  const { dialect } = writer;
  const { segments, columns } = relation.at.table;
  const hashes = columns.flatMap((column) => {
    const access = relation.access(column);
    return access.kind === 'hash' ? [{ column, derived: access.derived }] : [];
  });
  const parts = segments.map((segment, index) => ({ name: `dure_data.${segment.physical}`, hashes: hashes.map(({ column, derived }) => ({ column, name: `dure_data.${derived[index]!}` })) }));
  if (parts.length === 0 && dialect.tableOf) return dialect.tableOf(relation, writer);
  if (parts.length === 0) throw new Error(`table ${relation.at.table.name} has no segment`);
  if (parts.length === 1 && hashes.length === 0) return parts[0]!.name;
  const own = [rowNumberColumn, ...columns.map((column) => column.physical)];
  if (hashes.length === 0) return `(${parts.map(({ name }) => `select ${own.join(', ')} from ${name}`).join(' union all ')})`;
  return `(${parts.map((part) => {
    const selected = [...own.map((name) => `s.${name}`), ...part.hashes.map(({ column }, index) => `d${index}.h as ${hashColumn(column)}`)];
    const joins = part.hashes.map(({ name }, index) => ` left join ${name} d${index} on d${index}.${rowNumberColumn} = s.${rowNumberColumn}`);
    return `select ${selected.join(', ')} from ${part.name} s${joins.join('')}`;
  }).join(' union all ')})`;
}
