/** A filter checked here, on a row of a remote source: with SQL's third value for what is missing. */
import type { Column } from '../../catalog/model.js';
import type { RemoteFilter, RemoteRow } from './remoteSource.js';

/** Null where it cannot be known because a value is missing. */
export function evaluateFilter(filter: RemoteFilter, row: RemoteRow): boolean | null {
  switch (filter.op) {
    case 'and': return every(filter.of.map((part) => evaluateFilter(part, row)));
    case 'or': {
      const none = every(filter.of.map((part) => not(evaluateFilter(part, row))));
      return not(none);
    }
    case 'not': return not(evaluateFilter(filter.of, row));
    case 'isNull': return ((row[filter.column.name] ?? null) === null) === filter.value;
    case 'in': {
      const value = row[filter.column.name] ?? null;
      return value === null ? null : filter.values.some((one) => compareValues(filter.column.kind, value, one) === 0);
    }
    case 'match': return matches(filter, row[filter.column.name]);
    case 'list': {
      const value = row[filter.column.name];
      if (!Array.isArray(value)) return null;
      const has = (wanted: unknown): boolean => value.some((one) => compareValues(filter.column.item ?? 'text', one, wanted) === 0);
      return filter.test === 'containsAll' ? filter.values.every(has) : filter.values.some(has);
    }
    case 'compare': {
      const value = row[filter.column.name] ?? null;
      if (value === null || filter.value === null || filter.value === undefined) return null;
      const order = compareValues(filter.column.kind, value, filter.value);
      switch (filter.comparison) {
        case 'eq': return order === 0;
        case 'ne': return order !== 0;
        case 'lt': return order < 0;
        case 'lte': return order <= 0;
        case 'gt': return order > 0;
        case 'gte': return order >= 0;
      }
    }
  }
}

function matches(filter: Extract<RemoteFilter, { op: 'match' }>, value: unknown): boolean | null {
  if (typeof value !== 'string') return null;
  switch (filter.match) {
    case 'startsWith': return value.startsWith(filter.value);
    case 'endsWith': return value.endsWith(filter.value);
    case 'contains': return value.includes(filter.value);
    case 'like': case 'ilike': throw new Error(`${filter.match} is not asked of remote sources`);
  }
}

/** Negative, 0 or positive; texts by code point, as `COLLATE "C"` has them. */
export function compareValues(kind: Column['kind'], a: unknown, b: unknown): number {
  switch (kind) {
    case 'int32': case 'float': return Number(a) - Number(b);
    case 'int64': return sign(BigInt(String(a)) - BigInt(String(b)));
    case 'decimal': return compareDecimals(String(a), String(b));
    case 'boolean': return Number(a === true || a === 'true') - Number(b === true || b === 'true');
    case 'datetime': return Date.parse(String(a)) - Date.parse(String(b));
    default: return Buffer.compare(Buffer.from(String(a), 'utf8'), Buffer.from(String(b), 'utf8'));
  }
}

function compareDecimals(a: string, b: string): number {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  return sign(x.digits * 10n ** BigInt(scale - x.scale) - y.digits * 10n ** BigInt(scale - y.scale));
}

function scaled(text: string): { readonly digits: bigint; readonly scale: number } {
  const [, minus = '', whole = '0', fraction = '', exponent = '0'] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = BigInt(`${minus === '-' ? '-' : ''}${whole}${fraction}` || '0');
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

function every(values: readonly (boolean | null)[]): boolean | null {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function not(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}
