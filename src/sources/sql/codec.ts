/** The codec from GraphQL values to parameters. How values are written as JSON stands in the dialects. */
import type { ColumnKind } from '../../catalog/model.js';

export { columnSqlType, sqlType } from '../../catalog/sqlType.js';

/**
 * A parameter's text. What is no value of the kind becomes null, which no comparison holds for: a statement can then never fail on
 * its parameters, whatever an attribute or an id contains.
 */
export function encode(kind: ColumnKind, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = value instanceof Date ? isoText(value) : typeof value === 'object' ? undefined : String(value as string | number | boolean | bigint);
  if (text === undefined || !valid(kind, text)) return null;
  // A number that is too small for a double would be an error of the database; here it has become 0.
  if (kind === 'float') return String(Number(text));
  return kind === 'duration' ? signedParts(text) : text;
}

/** PostgreSQL reads a sign before each part of a duration (`P-1D`), not before the whole (`-P1D`). */
function signedParts(text: string): string {
  return text.startsWith('-') ? text.slice(1).replace(/\d+(\.\d+)?/g, '-$&') : text;
}

export function encodeList(kind: ColumnKind, value: unknown): (string | null)[] | null {
  if (value === null || value === undefined) return null;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => encode(kind, item));
}

function isoText(value: Date): string | undefined {
  return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
}

const dateText = /^(\d{4})-(\d\d)-(\d\d)$/;
function valid(kind: ColumnKind, text: string): boolean {
  switch (kind) {
    case 'int32': return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= 0x7fffffff;
    case 'int64': return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
    case 'decimal': return text.length <= 1000 && /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(text);
    case 'float': return text.length <= 400 && text.trim() !== '' && Number.isFinite(Number(text)) && /^-?[\d.]+([eE][+-]?\d{1,3})?$/.test(text);
    case 'boolean': return text === 'true' || text === 'false';
    case 'date': return validDate(text);
    case 'datetime': return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$/.test(text) && validDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')));
    case 'time': return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(text);
    case 'duration': return /^-?P(?=.)(\d{1,6}Y)?(\d{1,6}M)?(\d{1,6}W)?(\d{1,6}D)?(T(?=.)(\d{1,8}H)?(\d{1,8}M)?(\d{1,8}(\.\d{1,6})?S)?)?$/.test(text);
    default: return !text.includes('\0');
  }
}

function validDate(text: string): boolean {
  const match = dateText.exec(text);
  if (!match || match[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(match[3]);
}
