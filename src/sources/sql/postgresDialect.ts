/** PostgreSQL 16 or later: JSON by the SQL/JSON constructors, everything else as it is. */
import type { Column } from '../../catalog/model.js';
import { periodCell, placeCell, stepCell } from '../../policy/postgresCells.js';
import type { Dialect, FilterDialect, JsonDialect } from './dialect.js';
import { literal } from './literal.js';
import { postgresFilters } from './postgresFilters.js';

/** What is written by functions of ours where the database has them (schema `dure`), and in full where it does not. */
export interface PostgresWords extends Pick<FilterDialect, 'match' | 'search'> {
  /** The ISO 8601 text of an interval. */
  readonly isoDuration: (sql: string) => string;
}

export function postgresDialectWith({ isoDuration, match, search }: PostgresWords): Dialect {
  const jsonColumn = (column: Pick<Column, 'kind' | 'item'>, sql: string): string => jsonOf(column, sql, isoDuration);
  const keyText: Dialect['keyText'] = (column, sql) => (column.kind === 'datetime' || column.kind === 'duration' ? jsonColumn(column, sql) : `${sql}::text`);
  return {
    ...values, ...postgresFilters, match, search, keyText,
    json: { ...json, column: jsonColumn },
    // As answers show it: a 64-bit number would lose digits where the mark is read.
    linkText: (column, sql) => `to_json(${jsonColumn(column, sql)})::text`,
    wire: (column, sql) => (column.kind === 'list' || column.kind === 'json' || column.kind === 'geopoint' ? `to_json(${jsonColumn(column, sql)})::text` : keyText(column, sql)),
  };
}

const json: Omit<JsonDialect, 'column'> = {
  string: literal,
  text: (sql) => sql,
  plain: (sql) => sql,
  // `json_object` keeps the order of its keys and takes any number of them; `json_build_object` stops at fifty.
  object: (entries) => `json_object(${entries.map(([key, sql]) => `${literal(key)}: ${sql}`).join(', ')} returning json)`,
  list: (sql, { order, filter }) => `coalesce(json_agg(${sql}${order})${filter}, '[]'::json)`,
};

const values: Omit<Dialect, keyof FilterDialect | 'keyText' | 'json' | 'wire' | 'linkText'> = {
  parameter: (number, type) => `$${number}::${type}`,
  argument: (_type, value) => value,
  cast: (sql, type) => `${sql}::${type}`,
  null: (type) => `null::${type}`,
  now: 'statement_timestamp()',
  keepsOrder: true,
  talliesBeside: true,
  comparesRows: true,
  text: (_type, sql) => `${sql}::text`,
  textArray: (texts) => `json_build_array(${texts.join(', ')})::text`,
  hex: (sql) => `encode(convert_to(${sql}, 'UTF8'), 'hex')`,
  listText: (items) => `{${items.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`,
  numbered: (list, alias) => `unnest(${list}) with ordinality ${alias}(v, n)`,
  point: (part, sql) => `(${sql})[${part === 'longitude' ? 0 : 1}]`,
  percentile: (continuous, place, sql) => (continuous ? `percentile_cont(${place}) within group (order by ${sql}::float8)` : `percentile_disc(${place}) within group (order by ${sql})`),
  sum: (_column, sql) => `sum(${sql})`,
  mean: (column, figure, sql) => (column.kind === 'decimal' ? `${figure}(${sql})` : `(${figure}(${sql}))::float8`),
  comparable: (_type, sql) => sql,
  truncate: (unit, column, sql) => (column.kind === 'date' ? `date_trunc('${unit.toLowerCase()}', ${sql}::timestamp)::date` : `date_trunc('${unit.toLowerCase()}', ${sql}, 'UTC')`),
  transforms: { step: stepCell, period: periodCell, place: placeCell },
};

export const postgresDialect: Dialect = postgresDialectWith({ ...postgresFilters, isoDuration: (sql) => `dure.iso_duration(${sql})` });

/** An expression of type json (or one that PostgreSQL turns into the right JSON by itself) for a column's value. */
function jsonOf(column: Pick<Column, 'kind' | 'item'>, sql: string, isoDuration: (sql: string) => string): string {
  switch (column.kind) {
    case 'int64': case 'decimal': case 'time': return `${sql}::text`;
    case 'duration': return isoDuration(sql);
    case 'datetime': return instant(sql);
    case 'geopoint': return `case when ${sql} is null then null else json_build_object('longitude', (${sql})[0], 'latitude', (${sql})[1]) end`;
    case 'list': return listExpression(column, sql, isoDuration);
    default: return sql;
  }
}

function instant(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function listExpression(column: Pick<Column, 'item'>, sql: string, isoDuration: (sql: string) => string): string {
  switch (column.item) {
    case 'int64': case 'decimal': case 'time': return `${sql}::text[]`;
    case 'datetime': return eachItem(sql, instant('i'));
    case 'duration': return eachItem(sql, isoDuration('i'));
    default: return sql;
  }
}

function eachItem(sql: string, item: string): string {
  return `case when ${sql} is null then null else (select coalesce(json_agg(${item} order by n), '[]') from unnest(${sql}) with ordinality u(i, n)) end`;
}
