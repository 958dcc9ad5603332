/** PostgreSQL 16 or later: JSON by the SQL/JSON constructors, everything else as it is. */
import type { Column } from '../../catalog/model.js';
import type { Dialect, JsonDialect } from './dialect.js';
import { literal } from './literal.js';
import { postgresFilters } from './postgresFilters.js';
import { postgresTransforms } from './postgresTransforms.js';

const json: JsonDialect = {
  string: literal,
  text: (sql) => sql,
  plain: (sql) => sql,
  column: jsonColumn,
  // `json_object` keeps the order of its keys and takes any number of them; `json_build_object` stops at fifty.
  object: (entries) => `json_object(${entries.map(([key, sql]) => `${literal(key)}: ${sql}`).join(', ')} returning json)`,
  list: (sql, { order, filter }) => `coalesce(json_agg(${sql}${order})${filter}, '[]'::json)`,
};

export const postgresDialect: Dialect = {
  parameter: (number, type) => `$${number}::${type}`,
  argument: (_type, value) => value,
  cast: (sql, type) => `${sql}::${type}`,
  null: (type) => `null::${type}`,
  now: 'statement_timestamp()',
  keepsOrder: true,
  comparesRows: true,
  json,
  text: (_type, sql) => `${sql}::text`,
  keyText: (column, sql) => (column.kind === 'datetime' || column.kind === 'duration' ? jsonColumn(column, sql) : `${sql}::text`),
  wire: (column, sql) => (column.kind === 'list' || column.kind === 'json' || column.kind === 'geopoint' ? `to_json(${jsonColumn(column, sql)})::text` : postgresDialect.keyText(column, sql)),
  textArray: (texts) => `json_build_array(${texts.join(', ')})::text`,
  // As answers show it: a 64-bit number would lose digits where the mark is read.
  linkText: (column, sql) => `to_json(${jsonColumn(column, sql)})::text`,
  hex: (sql) => `encode(convert_to(${sql}, 'UTF8'), 'hex')`,
  listText: (items) => `{${items.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`,
  numbered: (list, alias) => `unnest(${list}) with ordinality ${alias}(v, n)`,
  ...postgresFilters,
  point: (part, sql) => `(${sql})[${part === 'longitude' ? 0 : 1}]`,
  percentile: (continuous, place, sql) => (continuous ? `percentile_cont(${place}) within group (order by ${sql}::float8)` : `percentile_disc(${place}) within group (order by ${sql})`),
  sum: (_column, sql) => `sum(${sql})`,
  mean: (column, figure, sql) => (column.kind === 'decimal' ? `${figure}(${sql})` : `(${figure}(${sql}))::float8`),
  comparable: (_type, sql) => sql,
  truncate: (unit, column, sql) => (column.kind === 'date' ? `date_trunc('${unit.toLowerCase()}', ${sql}::timestamp)::date` : `date_trunc('${unit.toLowerCase()}', ${sql}, 'UTC')`),
  transforms: postgresTransforms,
};

/** An expression of type json (or one that PostgreSQL turns into the right JSON by itself) for a column's value. */
function jsonColumn(column: Pick<Column, 'kind' | 'item'>, sql: string): string {
  switch (column.kind) {
    case 'int64': case 'decimal': case 'time': return `${sql}::text`;
    case 'duration': return `dure.iso_duration(${sql})`;
    case 'datetime': return instant(sql);
    case 'geopoint': return `case when ${sql} is null then null else json_build_object('longitude', (${sql})[0], 'latitude', (${sql})[1]) end`;
    case 'list': return listExpression(column, sql);
    default: return sql;
  }
}

function instant(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function listExpression(column: Pick<Column, 'item'>, sql: string): string {
  switch (column.item) {
    case 'int64': case 'decimal': case 'time': return `${sql}::text[]`;
    case 'datetime': return eachItem(sql, instant('i'));
    case 'duration': return eachItem(sql, 'dure.iso_duration(i)');
    default: return sql;
  }
}

function eachItem(sql: string, item: string): string {
  return `case when ${sql} is null then null else (select coalesce(json_agg(${item} order by n), '[]') from unnest(${sql}) with ordinality u(i, n)) end`;
}
