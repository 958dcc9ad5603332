/**
 * What a column of PostgreSQL becomes: its kind, and its value as statements of ours expect it. Values that our kinds do not have
 * (infinite dates, NaN) are null, so that every operator stays total whatever the partner's tables hold.
 */
import type { Column, ColumnKind } from '../../catalog/model.js';
import { isLegalEnumValue } from '../../catalog/naming.js';
import { literal } from '../sql/literal.js';

/** A type as pg_catalog tells it, domains resolved to what they stand for. */
export interface CatalogType {
  /** `int4`, `text`… of pg_catalog, or another schema's with the schema before it. */
  readonly name: string;
  readonly category: string;
  /** Of an enum its values in order. */
  readonly labels?: readonly string[];
  /** Of an array what it holds. */
  readonly item?: CatalogType;
}

export interface TypedColumn {
  readonly kind: ColumnKind;
  readonly item?: Column['item'];
  readonly values?: readonly string[];
  readonly value: (sql: string) => string;
}

type Scalar = Exclude<ColumnKind, 'list' | 'json' | 'geopoint' | 'enum'>;

/** Compared and ordered by code point, as published texts are. */
export function textValue(sql: string): string {
  return `(${sql})::text collate "C"`;
}

const asText: { readonly kind: Scalar; readonly value: (sql: string) => string } = { kind: 'text', value: textValue };
const plain = (type: string) => (sql: string): string => `(${sql})::${type}`;
const within = (least: string, most: string, value: (sql: string) => string = (sql) => sql) => (sql: string): string => `case when ${sql} between ${least} and ${most} then ${value(sql)} end`;
const float = within(`'-1.7976931348623157e308'::float8`, `'1.7976931348623157e308'::float8`);

function scalars(timeZone: string): Readonly<Record<string, { readonly kind: Scalar; readonly value: (sql: string) => string }>> {
  const stamp = (sql: string): string => (timeZone === 'UTC' ? `(${sql} at time zone 'UTC')` : `(${sql} at time zone ${literal(timeZone)})`);
  return {
    bool: { kind: 'boolean', value: plain('bool') }, int2: { kind: 'int32', value: plain('int4') }, int4: { kind: 'int32', value: plain('int4') }, int8: { kind: 'int64', value: plain('int8') }, oid: { kind: 'int64', value: plain('int8') },
    // A float's own digits: widened as it is, 0.1 would become 0.10000000149011612.
    float4: { kind: 'float', value: (sql) => float(`((${sql})::text::float8)`) }, float8: { kind: 'float', value: (sql) => float(`(${sql})::float8`) },
    numeric: { kind: 'decimal', value: (sql) => `case when (${sql})::numeric > '-Infinity'::numeric and (${sql})::numeric < 'Infinity'::numeric then (${sql})::numeric end` },
    text: asText, varchar: asText, bpchar: asText, char: asText, name: asText, uuid: asText, xml: asText, inet: asText, cidr: asText, macaddr: asText, macaddr8: asText,
    date: { kind: 'date', value: (sql) => within(`'0001-01-01'::date`, `'9999-12-31'::date`)(`(${sql})::date`) },
    timestamptz: { kind: 'datetime', value: (sql) => within(`'0001-01-02 00:00:00Z'::timestamptz`, `'9999-12-30 00:00:00Z'::timestamptz`)(`(${sql})::timestamptz`) },
    timestamp: { kind: 'datetime', value: (sql) => within(`'0001-01-03 00:00:00'::timestamp`, `'9999-12-29 00:00:00'::timestamp`, stamp)(`(${sql})::timestamp`) },
    time: { kind: 'time', value: plain('time') },
    interval: { kind: 'duration', value: (sql) => `case when isfinite((${sql})::interval) then (${sql})::interval end` },
  };
}

const jsonTypes: Readonly<Record<string, (sql: string) => string>> = {
  jsonb: plain('jsonb'),
  // A json may hold what no jsonb can: NUL, half of a character, numbers beyond numeric.
  json: (sql) => `case when pg_input_is_valid((${sql})::text, 'jsonb') then (${sql})::text::jsonb end`,
};

/** @returns what the column becomes, or why it cannot be shown */
export function typedColumn(type: CatalogType, timeZone: string): TypedColumn | string {
  const known = scalars(timeZone);
  const scalar = known[type.name];
  if (scalar) return scalar;
  const json = jsonTypes[type.name];
  if (json) return { kind: 'json', value: json };
  if (type.labels) return enumColumn(type.labels);
  if (type.name === 'point') return { kind: 'geopoint', value: (sql) => `case when (${sql})[0] between -180 and 180 and (${sql})[1] between -90 and 90 then ${sql} end` };
  if (type.category === 'S') return asText;
  const item = type.item && (type.item.labels ? asText : known[type.item.name] ?? (type.item.category === 'S' ? asText : undefined));
  if (item) return { kind: 'list', item: item.kind, value: (sql) => listValue(sql, item) };
  return `is of the type ${type.name.slice(0, 60)}, which cannot be shown: leave it out (omit), read it as text (kind: "text"), or make a view of what it means`;
}

function enumColumn(labels: readonly string[]): TypedColumn {
  if (!labels.every(isLegalEnumValue)) return asText;
  // A value that was added since has no name in the schema.
  return { kind: 'enum', values: labels, value: (sql) => `case when (${sql})::text in (${labels.map(literal).join(', ')}) then ${textValue(sql)} end` };
}

/** Arrays of several dimensions are no lists. */
function listValue(sql: string, item: { readonly kind: Scalar; readonly value: (sql: string) => string }): string {
  const type = item.kind === 'text' ? 'text[]' : '';
  const items = `(select coalesce(array_agg(${item.value('i')} order by n), '{}') from unnest(${sql}) with ordinality u(i, n))`;
  return `case when coalesce(array_ndims(${sql}), 1) = 1 and ${sql} is not null then ${items}${type === '' ? '' : `::${type}`} end`;
}
