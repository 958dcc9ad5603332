/** Parts of dates in filters. A year is a range of days, so that an index of the column answers it. */
import type { ColumnKind } from '../../catalog/model.js';
import type { Comparison, Predicate } from '../../plan/predicate.js';
import { encode, encodeList } from './codec.js';
import { comparisonOperators } from './operators.js';
import type { StatementWriter } from './statement.js';

type DatePartTest = Extract<Predicate, { op: 'datePart' }>;

export function datePartSql({ column, part, comparison, value }: DatePartTest, sql: string, writer: StatementWriter): string {
  if (part === 'year' && comparison !== 'in') return yearSql(column.kind, comparison, sql, (after) => writer.parameter((b) => startOfYear(column.kind, value.read(b), after), column.kind === 'date' ? 'date' : 'timestamptz'));
  const number = writer.dialect.datePart(part, column, sql);
  if (comparison === 'in') return `(${number} = any(${writer.parameter((b) => encodeList('int32', value.read(b)), 'numeric[]')}))`;
  return `(${number} ${comparisonOperators[comparison]} ${writer.parameter((b) => encode('int32', value.read(b)), 'numeric')})`;
}

function yearSql(kind: ColumnKind, comparison: Comparison, sql: string, start: (after: number) => string): string {
  switch (comparison) {
    case 'eq': return `(${sql} >= ${start(0)} and ${sql} < ${start(1)})`;
    case 'ne': return `(${sql} < ${start(0)} or ${sql} >= ${start(1)})`;
    case 'lt': return `(${sql} < ${start(0)})`;
    case 'lte': return `(${sql} < ${start(1)})`;
    case 'gt': return `(${sql} >= ${start(1)})`;
    case 'gte': return `(${sql} >= ${start(0)})`;
  }
}

/** Years that no column holds lie at the ends of time, so that comparisons with them hold as they should. */
function startOfYear(kind: ColumnKind, value: unknown, after: number): string | null {
  const text = encode('int32', value);
  if (text === null) return null;
  const year = Number(text) + after;
  if (year < 1) return '-infinity';
  if (year > 9999) return 'infinity';
  return `${String(year).padStart(4, '0')}-01-01${kind === 'date' ? '' : 'T00:00:00Z'}`;
}
