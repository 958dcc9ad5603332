/**
 * Transformed cells in PostgreSQL's words. Statements read them and publishing indexes them (policy/cellIndexes.ts), so both take the one
 * text from here: constants stand in it as they are, and every function is immutable. Rules are checked when they are set, so steps are
 * finite and above 0.
 *
 * All are total: the database may evaluate them on rows that a rule hides, and evaluates them on every row to make an index.
 */
import type { ColumnKind } from '../catalog/model.js';
import { literal } from '../catalog/sqlLiteral.js';
import { sqlType } from '../catalog/sqlType.js';
import type { DatePeriod } from './rule.js';

/** Between these, numeric has room for the products. Beyond them, and for NaN and the infinities, the cell is null. */
const room: Record<string, string> = { float: '1e300', decimal: '1e100' };
const bounds: Record<string, readonly [bigint, bigint]> = { int32: [-(2n ** 31n), 2n ** 31n - 1n], int64: [-(2n ** 63n), 2n ** 63n - 1n] };

/** Exact: of floats as far as their first fifteen digits, so that 0.1 stays 0.1. */
export function stepCell(how: 'round' | 'bin', kind: ColumnKind, step: number, sql: string): string {
  const range = bounds[kind];
  if (range) return integerStep(how, BigInt(step), range, sql, sqlType(kind));
  const most = room[kind]!;
  return `case when ${sql} > -${most}::${sqlType(kind)} and ${sql} < ${most}::${sqlType(kind)} then (${exactStep(how, numberSql(step), `${sql}::numeric`)})::${sqlType(kind)} end`;
}

/** By `div` and `mod`, which do not round: a quotient that `/` rounds up would lie in the next bin, or be the value itself. */
function exactStep(how: 'round' | 'bin', width: string, value: string): string {
  if (how === 'bin') return `(div(${value}, ${width}) - (mod(${value}, ${width}) < 0)::int) * ${width}`;
  return `sign(${value}) * div(2 * abs(${value}) + ${width}, 2 * ${width}) * ${width}`;
}

/** Whole numbers stay whole. Where the multiple is none of the type's, its least or greatest value is read. */
function integerStep(how: 'round' | 'bin', step: bigint, [least, greatest]: readonly [bigint, bigint], sql: string, type: string): string {
  const [value, width] = [`${sql}::int8`, integer(step)];
  const half = how === 'round' ? (step + 1n) / 2n : 0n;
  // The values whose multiple is of the type.
  const low = (least / step) * step - (how === 'round' ? half - 1n : 0n);
  const high = how === 'round' ? (greatest / step) * step + half - 1n : greatest;
  const quotient = how === 'bin'
    ? `(${value} / ${width} - (${value} % ${width} < 0)::int)`
    : `(${value} / ${width} + (2 * (${value} % ${width}) >= ${width})::int - (2 * (${value} % ${width}) <= -${width})::int)`;
  const cases = [
    ...(low > least ? [`when ${value} < ${integer(low)} then ${integer(least)}`] : []),
    ...(high < greatest ? [`when ${value} > ${integer(high)} then ${integer(greatest)}`] : []),
  ];
  const stepped = `${quotient} * ${width}`;
  return cases.length === 0 ? `(${stepped})::${type}` : `(case ${cases.join(' ')} else ${stepped} end)::${type}`;
}

export function periodCell(kind: ColumnKind, period: DatePeriod, sql: string): string {
  // Beyond these years a cast to timestamp can fail.
  if (kind === 'date') return `case when ${sql} between date '0001-01-01' and date '9999-12-31' then date_trunc('${period}', ${sql}::timestamp)::date end`;
  return `case when ${sql} between timestamptz '0001-01-02 00:00:00Z' and timestamptz '9999-12-30 00:00:00Z' then date_trunc('${period}', ${sql} at time zone 'UTC') at time zone 'UTC' end`;
}

/** The middle of the cell, within the globe. */
export function placeCell(degrees: number, sql: string): string {
  const width = numberSql(degrees);
  const middle = (part: number, most: number): string => `greatest(-${most}, least(${most}, ${exactStep('bin', width, `(${sql})[${part}]::numeric`)} + ${width} * 0.5))::float8`;
  return `case when (${sql})[0] between -180 and 180 and (${sql})[1] between -90 and 90 then point(${middle(0, 180)}, ${middle(1, 90)}) end`;
}

/** The ends are kept only where something between them is hidden; the length is not told. In DuckDB's words, too. */
export function maskCell({ keepStart, keepEnd, with: text }: { readonly keepStart: number; readonly keepEnd: number; readonly with: string }, sql: string): string {
  const cover = `${literal(text)}::text`;
  if (keepStart + keepEnd === 0) return `case when ${sql} is null then null else ${cover} end`;
  const masked = [...(keepStart > 0 ? [`left(${sql}, ${keepStart})`] : []), cover, ...(keepEnd > 0 ? [`right(${sql}, ${keepEnd})`] : [])].join(' || ');
  return `case when ${sql} is null then null when length(${sql}) <= ${keepStart + keepEnd} then ${cover} else ${masked} end`;
}

/** A number of a rule as text: it was checked to be finite, and is written by us. */
function numberSql(value: number): string {
  if (!Number.isFinite(value) || value <= 0) throw new Error('a step is a number above 0');
  return `${String(value)}::numeric`;
}

/** Quoted, since the sign of a bare number is no part of it, and the least one is none without its sign. */
function integer(value: bigint): string {
  return `'${value}'::int8`;
}
