/** Transformed cells in PostgreSQL's words. Rules are checked when they are set, so steps are finite and above 0. */
import type { Column } from '../../catalog/model.js';
import { sqlType } from '../../catalog/sqlType.js';
import type { TransformDialect } from './dialect.js';
import { literal } from './literal.js';

export const postgresTransforms: TransformDialect = { step: stepSql, period: periodSql, place: placeSql };

/** Between these, numeric has room for the quotient and the product. Beyond them, and for NaN and the infinities, the cell is null. */
const room: Record<string, string> = { float: '1e300', decimal: '1e100' };
const least: Record<string, readonly [string, string]> = { int32: ['-2147483648', '2147483647'], int64: ['-9223372036854775808', '9223372036854775807'] };

/** Reckoned in numeric: exact, no division underflows, and 0.1 stays 0.1. */
function stepSql(how: 'round' | 'bin', kind: Column['kind'], step: number, sql: string): string {
  const width = numberSql(step);
  const value = `${how === 'round' ? 'round' : 'floor'}(${sql}::numeric / ${width}) * ${width}`;
  const bounds = least[kind];
  if (bounds) return `case when ${sql} is not null then least(greatest(${value}, ${bounds[0]}), ${bounds[1]})::${sqlType(kind)} end`;
  const most = room[kind]!;
  return `case when ${sql} > -${most}::${sqlType(kind)} and ${sql} < ${most}::${sqlType(kind)} then (${value})::${sqlType(kind)} end`;
}

function periodSql(kind: Column['kind'], period: string, sql: string): string {
  // Beyond these years a cast to timestamp can fail.
  if (kind === 'date') return `case when ${sql} between date '0001-01-01' and date '9999-12-31' then date_trunc(${literal(period)}, ${sql}::timestamp)::date end`;
  return `case when ${sql} between timestamptz '0001-01-02 00:00:00Z' and timestamptz '9999-12-30 00:00:00Z' then date_trunc(${literal(period)}, ${sql}, 'UTC') end`;
}

/** The middle of the cell, within the globe. */
function placeSql(degrees: number, sql: string): string {
  const width = numberSql(degrees);
  const middle = (part: number, most: number): string => `greatest(-${most}, least(${most}, floor((${sql})[${part}]::numeric / ${width}) * ${width} + ${width} / 2))::float8`;
  return `case when (${sql})[0] between -180 and 180 and (${sql})[1] between -90 and 90 then point(${middle(0, 180)}, ${middle(1, 90)}) end`;
}

/** A number of a rule as text: it was checked to be finite, and is written by us. */
function numberSql(value: number): string {
  if (!Number.isFinite(value) || value <= 0) throw new Error('a step is a number above 0');
  return `${String(value)}::numeric`;
}
