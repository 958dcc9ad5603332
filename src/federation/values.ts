/** Values of remote rows compared as PostgreSQL compares them: conditions are three-valued, text goes by its bytes, decimals are exact. */
import type { Column, ColumnKind } from '../catalog/model.js';
import { compareDecimals, parseDecimal } from '../sources/decimal.js';
import type { Comparison } from '../plan/predicate.js';

/** Negative, zero or positive; undefined where one of the two is no value of the kind. */
export function compareValues(column: Pick<Column, 'kind' | 'item'>, a: unknown, b: unknown): number | undefined {
  return compareKind(column.kind === 'list' ? column.item! : column.kind, a, b);
}

function compareKind(kind: ColumnKind, a: unknown, b: unknown): number | undefined {
  switch (kind) {
    case 'int32': case 'float': return order(number(a), number(b));
    case 'int64': case 'decimal': return exactly(String(a), String(b));
    case 'boolean': return typeof a === 'boolean' && typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
    case 'datetime': return order(Date.parse(String(a)), Date.parse(String(b)));
    case 'json': case 'geopoint': case 'list': case 'duration': return undefined;
    default: return a === b ? 0 : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  }
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : Number(value);
}

function exactly(a: string, b: string): number | undefined {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  return left && right && compareDecimals(left, right);
}

function order(a: number, b: number): number | undefined {
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : a - b;
}

/** Null where it is not known, as in SQL. */
export function holds(column: Column, comparison: Comparison, value: unknown, with_: unknown): boolean | null {
  if (value === null || value === undefined || with_ === null || with_ === undefined) return null;
  const difference = compareValues(column, value, with_);
  if (difference === undefined) return null;
  switch (comparison) {
    case 'eq': return difference === 0;
    case 'ne': return difference !== 0;
    case 'lt': return difference < 0;
    case 'lte': return difference <= 0;
    case 'gt': return difference > 0;
    case 'gte': return difference >= 0;
  }
}
