/** Parameters as DuckDB reads them, from the text that PostgreSQL would take. What is no value of its type was made null before (the codec). */
import { LIST, VARCHAR, listValue, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { canonicalJson } from './jsonTests.js';

/** The values of a list travel as a list of texts that is cast. */
export function duckdbArgument(type: string, value: unknown): DuckDBValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return listValue(value.map((item) => (item === null ? null : scalar(type.replace(/\[\]$/, ''), String(item)))));
  return scalar(type, String(value as string | number | boolean));
}

export function duckdbArgumentType(value: unknown): DuckDBType {
  return value !== null && typeof value === 'object' ? LIST(VARCHAR) : VARCHAR;
}

function scalar(type: string, text: string): string | null {
  switch (type) {
    case 'jsonb': return canonicalJson(text);
    case 'timestamptz': return utc(text);
    case 'interval': return text.includes('P') ? interval(text) : text;
    case 'numeric': return decimal(text);
    default: return text;
  }
}

/** An instant without its zone, in UTC, to the microsecond (further digits are rounded, as PostgreSQL does). */
function utc(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d))?(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(text);
  if (!match) return text;
  const [, day, minute, second = '00', fraction = '', zone] = match as unknown as [string, string, string, string?, string?, string?];
  const offset = zone === 'Z' || zone === undefined ? 'Z' : `${zone.slice(0, 3)}:${zone.length > 3 ? zone.slice(-2) : '00'}`;
  const micros = Math.round(Number(`0.${fraction || '0'}`) * 1e6);
  const base = new Date(Date.parse(`${day}T${minute}:${second}${offset}`) + (micros === 1e6 ? 1000 : 0));
  return `${base.toISOString().slice(0, 19).replace('T', ' ')}.${String(micros % 1e6).padStart(6, '0')}`;
}

/** ISO 8601 (as PostgreSQL signs its parts) as DuckDB's units. */
function interval(text: string): string {
  const [date = '', time = ''] = text.replace(/^P/, '').split('T');
  const parts = (part: string, units: Readonly<Record<string, string>>): string[] => [...part.matchAll(/(-?[\d.]+)([A-Z])/g)].map(([, amount, unit]) => `${amount} ${units[unit!]}`);
  return [...parts(date, { Y: 'years', M: 'months', W: 'weeks', D: 'days' }), ...parts(time, { H: 'hours', M: 'minutes', S: 'seconds' })].join(' ');
}

const whole = 20;
const scale = 18;

/**
 * A decimal of at most 20 digits before the point and 18 after it. Columns have at most 17 after it, so a longer fraction is cut and marked by
 * a last 1: it compares as it would in full. What is larger compares as the largest.
 */
function decimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign, int, given = '', exponent = '0'] = match as unknown as [string, string, string, string?, string?];
  const shift = Number(exponent);
  const digits = int + given;
  const point = int.length + shift;
  const before = (point > 0 ? digits.slice(0, point).padEnd(point, '0') : '').replace(/^0+/, '') || '0';
  const after = point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  if (before.length > whole) return `${sign}${'9'.repeat(whole)}.${'9'.repeat(scale)}`;
  const kept = after.slice(0, scale - 1);
  const cut = /[1-9]/.test(after.slice(scale - 1)) ? '1' : '';
  return `${sign}${before}.${kept.padEnd(scale - 1, '0')}${cut}`;
}
