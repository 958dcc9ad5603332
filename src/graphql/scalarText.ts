/** How the text of each scalar is read: canonical text, or undefined where it is not of that kind. */
import { GraphQLError, Kind, type ValueNode } from 'graphql';

export interface GeoPoint { readonly longitude: number; readonly latitude: number }

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const timePattern = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/;
const dateTimePattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const durationPattern = /^-?P(?=\d|T\d)(\d{1,9}Y)?(\d{1,9}M)?(\d{1,9}W)?(\d{1,9}D)?(T(?=\d)(\d{1,9}H)?(\d{1,9}M)?(\d{1,9}(\.\d{1,6})?S)?)?$/;
const decimalPattern = /^([+-]?)(\d{1,1000})(?:\.(\d{1,1000}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Year 0 is none of PostgreSQL's. */
export function date(text: string): string | undefined {
  const match = datePattern.exec(text);
  if (!match || match[1] === '0000') return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const instant = new Date(0);
  instant.setUTCFullYear(year, month - 1, day);
  return instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day ? text : undefined;
}

export function time(text: string): string | undefined {
  return timePattern.test(text) ? text : undefined;
}

/** RFC 3339 5.6, without the leap second. To microseconds, as PostgreSQL keeps it; further digits are cut. */
export function dateTime(text: string): string | undefined {
  const match = dateTimePattern.exec(text);
  if (!match) return undefined;
  const [, day, clock, fraction = '', offset] = match as unknown as [string, string, string, string | undefined, string];
  if (date(day) === undefined || time(clock) === undefined) return undefined;
  const instant = new Date(`${day}T${clock}${offset.toUpperCase()}`);
  const year = instant.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) return undefined;
  const digits = fraction.slice(0, 7).replace(/\.?0+$/, '');
  return instant.toISOString().replace('.000Z', `${digits === '' ? '.000' : digits.padEnd(4, '0')}Z`);
}

export function duration(text: string): string | undefined {
  return durationPattern.test(text) ? text : undefined;
}

export function int64(text: string): string | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value.toString() : undefined;
}

export function decimal(text: string): string | undefined {
  return decimalPattern.test(text) ? text.replace(/^\+/, '') : undefined;
}

/** JavaScript's shortest form; an integer beyond 2^53 has lost digits already and is refused (undefined). */
export function numberText(value: number): string | undefined {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)) return undefined;
  return String(value);
}

export function geoPoint(value: unknown): GeoPoint {
  if (typeof value === 'object' && value !== null && Object.keys(value).sort().join() === 'latitude,longitude') {
    const { longitude, latitude } = value as Record<string, unknown>;
    if (within(longitude, 180) && within(latitude, 90)) return { longitude, latitude };
  }
  throw badInput('This is not a GeoPoint: write {longitude: 126.98, latitude: 37.57}, in degrees (-180 to 180, -90 to 90).');
}

function within(value: unknown, limit: number): value is number {
  return typeof value === 'number' && value >= -limit && value <= limit;
}

/** PostgreSQL keeps neither the character NUL nor half a surrogate pair, so neither is taken. */
export function jsonValue(value: unknown): unknown {
  const text = JSON.stringify(value);
  if (text === undefined) throw badInput('This is not a JSON value.');
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(text)) throw badInput('A JSON text holds the character NUL or half a surrogate pair: remove it.');
  return value;
}

/** Own properties only, so that a key `__proto__` is a key like any other. */
export function jsonLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case Kind.STRING: case Kind.BOOLEAN: case Kind.ENUM: return node.value;
    case Kind.INT: case Kind.FLOAT: return Number(node.value);
    case Kind.NULL: return null;
    case Kind.LIST: return node.values.map((item) => jsonLiteral(item, variables));
    case Kind.OBJECT: return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonLiteral(field.value, variables)]));
    case Kind.VARIABLE: return variables[node.name.value] ?? null;
  }
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
