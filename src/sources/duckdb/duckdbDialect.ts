/**
 * DuckDB 1.5. JSON is written as text, piece by piece, so that numbers, spaces and the order of keys come out as PostgreSQL writes them.
 * Instants are kept as TIMESTAMP in UTC, points as STRUCT(longitude, latitude), JSON as its text. `dure_…` are the macros and functions
 * of functions.ts.
 */
import type { Column } from '../../catalog/model.js';
import { columnSqlType } from '../../catalog/sqlType.js';
import type { Dialect, JsonDialect } from '../sql/dialect.js';
import { literal } from '../sql/literal.js';
import { duckdbArgument } from './argument.js';
import { duckdbFilters } from './duckdbFilters.js';
import { duckdbTransforms } from './duckdbTransforms.js';

const json: JsonDialect = {
  string: (text) => literal(JSON.stringify(text)),
  text: (sql) => `to_json(${sql})::varchar`,
  plain: (sql) => `(${sql})::varchar`,
  column: jsonColumn,
  object(entries) {
    if (entries.length === 0) return `'{}'`;
    const parts = entries.flatMap(([key, sql], index) => [
      literal(`${index === 0 ? '{' : ', '}${JSON.stringify(key)} : `),
      sql === 'null' ? `'null'` : `coalesce(${sql}, 'null')`,
    ]);
    return `concat(${[...parts, `'}'`].join(', ')})`;
  },
  list: (sql, { order, filter }) => `concat('[', string_agg(coalesce(${sql}, 'null'), ', '${order})${filter}, ']')`,
};

export const duckdbDialect: Dialect = {
  parameter: (number, type) => cast(`$${number}`, type),
  argument: duckdbArgument,
  cast,
  null: (type) => `null::${duckdbType(type)}`,
  now: `(now() at time zone 'UTC')`,
  keepsOrder: false,
  talliesBeside: false,
  comparesRows: false,
  json,
  text(type, sql) {
    switch (type) {
      case 'float8': return `dure_float(${sql})`;
      case 'timestamptz': return `(${sql})::varchar || '+00'`;
      default: return `(${sql})::varchar`;
    }
  },
  keyText(column, sql) {
    switch (column.kind) {
      case 'datetime': return instant(sql);
      case 'duration': return `dure_iso_duration(${sql})`;
      case 'float': return `dure_float(${sql})`;
      default: return `(${sql})::varchar`;
    }
  },
  wire: (column, sql) => (column.kind === 'list' || column.kind === 'json' || column.kind === 'geopoint' ? jsonColumn(column, sql) : duckdbDialect.keyText(column, sql)),
  textArray: (texts) => `concat('[', ${texts.map((text) => `coalesce(to_json(${text})::varchar, 'null')`).join(`, ', ', `)}, ']')`,
  linkText: (column, sql) => jsonColumn(column, sql),
  hex: (sql) => `lower(hex(${sql}))`,
  listText: (items) => `[${items.map((item) => `'${item.replaceAll('\\', '\\\\').replaceAll(`'`, `\\'`)}'`).join(', ')}]`,
  numbered: (list, alias) => `unnest(${list}) with ordinality ${alias}(v, n)`,
  ...duckdbFilters,
  point: (part, sql) => `(${sql}).${part}`,
  percentile: (continuous, place, sql) => (continuous ? `dure_percentile(list((${sql})::double order by ${sql}) filter (where ${sql} is not null), ${place})` : `quantile_disc(${sql}, ${place})`),
  sum: ({ kind }, sql) => (kind === 'float' ? `dure_finite(sum(${sql}))` : `sum(${sql})`),
  mean: ({ kind }, figure, sql) => (kind === 'decimal' ? `try_cast(${figure}(${sql}) as decimal(38, 12))` : `dure_finite(${figure}(${sql}))`),
  // Within a list DuckDB would round what is asked for to the column's own digits.
  comparable: (type, sql) => (type.startsWith('numeric') ? `try_cast(${sql} as ${duckdbType(type)})` : sql),
  truncate: (unit, column, sql) => `date_trunc('${unit.toLowerCase()}', ${sql})${column.kind === 'date' ? '::date' : ''}`,
  transforms: duckdbTransforms,
};

/** DuckDB knows most of PostgreSQL's names of types. */
export function duckdbType(type: string): string {
  if (type.endsWith('[]')) return `${duckdbType(type.slice(0, -2))}[]`;
  switch (type) {
    case 'numeric': return 'decimal(38, 18)';
    case 'timestamptz': return 'timestamp';
    case 'jsonb': return 'varchar';
    case 'point': return 'struct(longitude double, latitude double)';
    default: return type;
  }
}

/** The type that a column of this kind has in a relation; `numeric` stands for a decimal of any precision and scale. */
export function duckdbColumnType(column: Pick<Column, 'kind' | 'item'>): string {
  return duckdbType(columnSqlType(column));
}

/** A decimal beyond 38 digits is no error: its argument was brought within bounds before. */
function cast(sql: string, type: string): string {
  return type.startsWith('numeric') ? `try_cast(${sql} as ${duckdbType(type)})` : `${sql}::${duckdbType(type)}`;
}

function instant(sql: string): string {
  return `strftime(${sql}, '%Y-%m-%dT%H:%M:%S.%gZ')`;
}

/** The JSON text of a value; null where the value is. */
function jsonColumn(column: Pick<Column, 'kind' | 'item'>, sql: string): string {
  switch (column.kind) {
    case 'int32': case 'boolean': case 'json': return `(${sql})::varchar`;
    case 'float': return `dure_json_float(${sql})`;
    case 'int64': case 'decimal': case 'time': case 'date': return quoted(`(${sql})::varchar`);
    case 'datetime': return quoted(instant(sql));
    case 'duration': return quoted(`dure_iso_duration(${sql})`);
    case 'geopoint': return `case when ${sql} is null then null else concat('{"longitude" : ', dure_float((${sql}).longitude), ', "latitude" : ', dure_float((${sql}).latitude), '}') end`;
    case 'list': return list(sql, column.item ?? 'text');
    default: return `to_json(${sql})::varchar`;
  }
}

function quoted(sql: string): string {
  return `'"' || ${sql} || '"'`;
}

/** PostgreSQL puts a space after the comma where it makes the list from its items, and none where it turns a whole array into JSON. */
function list(sql: string, item: NonNullable<Column['item']>): string {
  const between = item === 'datetime' || item === 'duration' ? ', ' : ',';
  return `'[' || array_to_string(list_transform(${sql}, lambda i: coalesce(${jsonColumn({ kind: item }, 'i')}, 'null')), '${between}') || ']'`;
}
