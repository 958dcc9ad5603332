/** A value of a stranger's answer as the column's kind shows it: 64-bit integers and decimals as text, instants in UTC, null where missing. */
import type { Column, ColumnKind } from '../../catalog/model.js';

/** A value that is none of the column's kind. Names the column, never the value. */
export class CellMistake extends Error {}

/** @throws CellMistake */
export function cellOf(column: Pick<Column, 'name' | 'kind' | 'item' | 'values'>, raw: unknown): unknown {
  if (raw === null || raw === undefined) return null;
  const mistake = (): CellMistake => new CellMistake(`has something else than ${words[column.kind]} in ${column.name}`);
  if (column.kind === 'list') {
    if (!Array.isArray(raw)) throw mistake();
    return raw.map((item) => (item === null ? null : scalarOf(column.item ?? 'text', undefined, item, mistake)));
  }
  return scalarOf(column.kind, column.values, raw, mistake);
}

const words: Readonly<Record<ColumnKind, string>> = {
  text: 'a text', int32: 'a whole number of 32 bits', int64: 'a whole number of 64 bits', decimal: 'a decimal number', float: 'a number', boolean: 'true or false', date: 'a date', datetime: 'an instant', time: 'a time of day',
  duration: 'a duration', yearmonth: 'a month', enum: 'one of its values', json: 'JSON', geopoint: 'a point', list: 'a list of its kind',
};

function scalarOf(kind: ColumnKind, values: readonly string[] | undefined, raw: unknown, mistake: () => CellMistake): unknown {
  switch (kind) {
    case 'json': return raw;
    case 'text': case 'time': case 'duration': case 'yearmonth':
      if (typeof raw === 'string') return raw;
      if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
      throw mistake();
    case 'enum':
      if (typeof raw === 'string' && (values ?? []).includes(raw)) return raw;
      throw mistake();
    case 'boolean':
      if (typeof raw === 'boolean') return raw;
      throw mistake();
    case 'int32': {
      const number = numberOf(raw);
      if (number === undefined || !Number.isInteger(number) || Math.abs(number) > 0x7fffffff) throw mistake();
      return number;
    }
    case 'float': {
      const number = numberOf(raw);
      if (number === undefined) throw mistake();
      return number;
    }
    case 'int64':
      // A number beyond 2⁵³ has lost digits on its way through JSON; nobody can tell which.
      if (typeof raw === 'number' ? Number.isSafeInteger(raw) : typeof raw === 'string' && /^-?\d{1,19}$/.test(raw.trim()) && BigInt.asIntN(64, BigInt(raw.trim())) === BigInt(raw.trim())) return String(raw).trim();
      throw mistake();
    case 'decimal':
      if ((typeof raw === 'number' && Number.isFinite(raw)) || (typeof raw === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(raw.trim()))) return String(raw).trim();
      throw mistake();
    case 'date': {
      const text = typeof raw === 'string' ? /^(\d{4}-\d\d-\d\d)(T00:00:00(\.0+)?(Z|\+00:00)?)?$/.exec(raw)?.[1] : undefined;
      if (text === undefined || Number.isNaN(Date.parse(`${text}T00:00:00Z`))) throw mistake();
      return text;
    }
    case 'datetime': {
      const at = typeof raw === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(raw) ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(raw) ? raw : `${raw}Z`) : Number.NaN;
      if (Number.isNaN(at)) throw mistake();
      return new Date(at).toISOString();
    }
    case 'geopoint':
      if (typeof raw === 'object') return raw;
      throw mistake();
    case 'list': throw mistake();
  }
}

function numberOf(raw: unknown): number | undefined {
  const number = typeof raw === 'number' ? raw : typeof raw === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(raw) ? Number(raw) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
