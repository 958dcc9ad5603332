/** What a file's column becomes: its kind, and its value in the form that statements over DuckDB expect. */
import type { Column, ColumnKind } from '../../catalog/model.js';

export interface TypedColumn {
  readonly kind: ColumnKind;
  readonly item?: Column['item'];
  /** The value, from an expression of the file's own type. */
  readonly value: (sql: string) => string;
}

type Scalar = Exclude<ColumnKind, 'list' | 'json' | 'geopoint' | 'enum'>;

const scalars: Readonly<Record<string, { readonly kind: Scalar; readonly value?: (sql: string) => string }>> = {
  BOOLEAN: { kind: 'boolean' }, VARCHAR: { kind: 'text' }, UUID: { kind: 'text', value: (sql) => `${sql}::varchar` },
  TINYINT: { kind: 'int32', value: integer }, SMALLINT: { kind: 'int32', value: integer }, INTEGER: { kind: 'int32' }, UTINYINT: { kind: 'int32', value: integer }, USMALLINT: { kind: 'int32', value: integer },
  UINTEGER: { kind: 'int64', value: (sql) => `${sql}::bigint` }, BIGINT: { kind: 'int64' }, UBIGINT: { kind: 'decimal', value: (sql) => `${sql}::decimal(20, 0)` },
  // A float's own digits: widened as it is, 0.1 would become 0.10000000149011612.
  FLOAT: { kind: 'float', value: (sql) => finite(sql, `${sql}::varchar::double`) }, DOUBLE: { kind: 'float', value: (sql) => finite(sql, sql) },
  DATE: { kind: 'date', value: (sql) => finite(sql, sql) }, TIME: { kind: 'time' }, INTERVAL: { kind: 'duration' },
  TIMESTAMP: { kind: 'datetime', value: (sql) => finite(sql, sql) }, TIMESTAMP_S: { kind: 'datetime', value: instant }, TIMESTAMP_MS: { kind: 'datetime', value: instant }, TIMESTAMP_NS: { kind: 'datetime', value: instant },
  'TIMESTAMP WITH TIME ZONE': { kind: 'datetime', value: (sql) => finite(sql, `(${sql} at time zone 'UTC')`) },
};

/** Digits before and after the point that a decimal can have and still be compared with every other (DuckDB holds 38 in all). */
const wholeDigits = 20;
const fractionDigits = 17;

/** @returns what the column becomes, or why it cannot be shown */
export function typedColumn(type: string): TypedColumn | string {
  const scalar = scalars[type];
  if (scalar) return { kind: scalar.kind, value: scalar.value ?? ((sql) => sql) };
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    if (precision - scale <= wholeDigits && scale <= fractionDigits) return { kind: 'decimal', value: (sql) => sql };
    return `is ${type}: at most ${wholeDigits} digits before the point and ${fractionDigits} after it can be compared; declare it as float or text`;
  }
  if (type.startsWith('ENUM(')) return { kind: 'text', value: (sql) => `${sql}::varchar` };
  if (/^STRUCT\("?(longitude|lon)"? (DOUBLE|FLOAT), "?(latitude|lat)"? (DOUBLE|FLOAT)\)$/i.test(type)) {
    return { kind: 'geopoint', value: (sql) => `case when ${sql} is not null then struct_pack(longitude := struct_extract(${sql}, 1)::double, latitude := struct_extract(${sql}, 2)::double) end` };
  }
  const list = /^(.+)\[\]$/.exec(type);
  if (list) {
    const item = scalars[list[1]!];
    if (item) return { kind: 'list', item: item.kind, value: (sql) => (item.value ? `list_transform(${sql}, lambda i: ${item.value('i')})` : sql) };
  }
  if (type === 'JSON') return { kind: 'json', value: (sql) => `${sql}::varchar` };
  if (/^(STRUCT|MAP|UNION)\(/.test(type) || list) return { kind: 'json', value: (sql) => `to_json(${sql})::varchar` };
  return `is ${type.slice(0, 60)}, which cannot be shown: leave it out (omit) or declare it as text`;
}

const declared: Partial<Record<ColumnKind, string>> = { text: 'varchar', int32: 'integer', int64: 'bigint', float: 'double', boolean: 'boolean', date: 'date', datetime: 'timestamp', time: 'time', duration: 'interval' };
export const declarableKinds = [...(Object.keys(declared) as ColumnKind[]), 'decimal', 'json'] as const;

/** A column as somebody declared it, whatever the file's own type is. A value that is none of the kind is an error of the file. */
export function declaredColumn(kind: ColumnKind, scale: number): TypedColumn {
  if (kind === 'json') return { kind, value: (sql) => `${sql}::varchar::json::varchar` };
  const type = kind === 'decimal' ? `decimal(${wholeDigits + scale}, ${scale})` : declared[kind]!;
  const value = (sql: string): string => `${sql}::${type}`;
  return { kind, value: kind === 'float' || kind === 'date' || kind === 'datetime' ? (sql) => finite(value(sql), value(sql)) : value };
}

export const maxScale = fractionDigits;

function finite(sql: string, value: string): string {
  return `case when isfinite(${sql}) then ${value} end`;
}

function integer(sql: string): string {
  return `${sql}::integer`;
}

function instant(sql: string): string {
  return finite(`${sql}::timestamp`, `${sql}::timestamp`);
}
