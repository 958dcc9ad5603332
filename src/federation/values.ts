/** Values of remote rows compared as PostgreSQL compares them: conditions are three-valued, text goes by its bytes, decimals are exact. */
import type { Column, ColumnKind } from '../catalog/model.js';
import type { Comparison } from '../plan/predicate.js';

/** Negative, zero or positive; undefined where one of the two is no value of the kind. */
export function compareValues(column: Pick<Column, 'kind' | 'item'>, a: unknown, b: unknown): number | undefined {
  return compareKind(column.kind === 'list' ? column.item! : column.kind, a, b);
}

function compareKind(kind: ColumnKind, a: unknown, b: unknown): number | undefined {
  switch (kind) {
    case 'int32': case 'float': return order(number(a), number(b));
    case 'int64': case 'decimal': return compareDecimals(String(a), String(b));
    case 'boolean': return typeof a === 'boolean' && typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
    case 'datetime': return order(Date.parse(String(a)), Date.parse(String(b)));
    case 'json': case 'geopoint': case 'list': case 'duration': return undefined;
    default: return a === b ? 0 : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
  }
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : Number(value);
}

function order(a: number, b: number): number | undefined {
  return Number.isNaN(a) || Number.isNaN(b) ? undefined : a - b;
}

/** Exact, without arithmetic on floats. */
function compareDecimals(a: string, b: string): number | undefined {
  const [left, right] = [scaled(a), scaled(b)];
  if (!left || !right) return undefined;
  const scale = Math.max(left.scale, right.scale);
  const difference = left.digits * 10n ** BigInt(scale - left.scale) - right.digits * 10n ** BigInt(scale - right.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function scaled(text: string): { readonly digits: bigint; readonly scale: number } | undefined {
  const match = /^([+-]?)(\d{1,1000})(?:\.(\d{1,1000}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${sign}${whole}${fraction}`) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  return { digits, scale: Math.max(scale, 0) };
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
