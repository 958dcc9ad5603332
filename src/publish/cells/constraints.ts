import { RE2JS } from 're2js';
import type { ColumnKind } from '../../catalog/model.js';
import type { FieldDescriptor } from '../descriptor.js';
import { Fault, type CellReader } from './fault.js';

/** A test of what a cell reader made; undefined where it holds. */
type Check = (value: string, cell: string) => Fault | undefined;

const ordered: ReadonlySet<ColumnKind> = new Set(['int32', 'int64', 'decimal', 'float', 'date', 'datetime', 'time', 'yearmonth']);

/** Adds the field's constraints (but `required` and `unique`, which are not of one value) to its reader. @throws Error that names the constraint that is wrong. */
export function constrain(field: FieldDescriptor, kind: ColumnKind, read: CellReader): CellReader {
  const checks = [...bounds(field, kind, read), ...lengths(field, kind), ...pattern(field, kind), ...choice(field, kind, read)];
  if (checks.length === 0) return read;
  return (cell) => {
    const value = read(cell);
    if (typeof value !== 'string') return value;
    for (const check of checks) {
      const fault = check(value, cell);
      if (fault) return fault;
    }
    return value;
  };
}

function bounds(field: FieldDescriptor, kind: ColumnKind, read: CellReader): Check[] {
  return (['minimum', 'maximum'] as const).flatMap((name) => {
    const given = field.constraints[name];
    if (given === undefined) return [];
    if (!ordered.has(kind)) throw new Error(`${name} does not apply to a column of type ${field.type}`);
    const limit = readOwn(given, name, read);
    const compare = comparison(kind, limit);
    const fault = new Fault(name, `is ${name === 'minimum' ? 'less than the minimum' : 'greater than the maximum'} ${String(given)}`);
    return [(value: string) => (name === 'minimum' ? compare(value) < 0 : compare(value) > 0) ? fault : undefined];
  });
}

/** Constraints are written as the values are, or as JSON numbers. */
function readOwn(given: string | number | boolean, name: string, read: CellReader): string {
  const value = read(String(given));
  if (value instanceof Fault) throw new Error(`${name} ${JSON.stringify(given)} ${value.message}`);
  return value;
}

function comparison(kind: ColumnKind, limit: string): (value: string) => number {
  switch (kind) {
    case 'int32': case 'float': { const number = Number(limit); return (value) => Number(value) - number; }
    case 'int64': { const number = BigInt(limit); return (value) => sign(BigInt(value), number); }
    case 'decimal': return (value) => compareDecimals(value, limit);
    case 'datetime': { const instant = Date.parse(limit); return (value) => Date.parse(value) - instant; }
    default: return (value) => sign(value, limit); // fixed-width forms order as text
  }
}

function sign<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareDecimals(a: string, b: string): number {
  const [left, right] = [scaled(a), scaled(b)];
  const scale = Math.max(left.scale, right.scale);
  return sign(left.digits * 10n ** BigInt(scale - left.scale), right.digits * 10n ** BigInt(scale - right.scale));
}

function scaled(text: string): { digits: bigint; scale: number } {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('+', '').split('.');
  const digits = BigInt(whole.replace('-', '') + fraction) * (mantissa.startsWith('-') ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function lengths(field: FieldDescriptor, kind: ColumnKind): Check[] {
  const { minLength, maxLength } = field.constraints;
  if (minLength === undefined && maxLength === undefined) return [];
  if (kind !== 'text' && kind !== 'enum') throw new Error(`minLength and maxLength do not apply to a column of type ${field.type}`);
  const short = new Fault('minLength', `is shorter than ${minLength} characters`);
  const long = new Fault('maxLength', `is longer than ${maxLength} characters`);
  return [(value) => {
    const length = /[\ud800-\udbff]/.test(value) ? [...value].length : value.length;
    if (minLength !== undefined && length < minLength) return short;
    return maxLength !== undefined && length > maxLength ? long : undefined;
  }];
}

const remembered = 10_000;

/** The whole value must match. RE2's engine takes linear time whatever the pattern, so a package cannot stop a worker. */
function pattern(field: FieldDescriptor, kind: ColumnKind): Check[] {
  const { pattern: source } = field.constraints;
  if (source === undefined) return [];
  if (kind !== 'text' && kind !== 'enum') throw new Error(`pattern does not apply to a column of type ${field.type}`);
  const expression = compile(source);
  const fault = new Fault('pattern', `does not match the pattern ${source}`);
  const known = new Map<string, boolean>();
  return [(value) => {
    let holds = known.get(value);
    if (holds === undefined) {
      holds = expression.matcher(value).matches();
      if (known.size < remembered) known.set(value, holds);
    }
    return holds ? undefined : fault;
  }];
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new Error(`pattern is not supported: ${(error as Error).message.slice(0, 200)} (look-around and back references are not, because their time has no bound)`, { cause: error });
  }
}

function choice(field: FieldDescriptor, kind: ColumnKind, read: CellReader): Check[] {
  const values = allowedValues(field);
  if (!values) return [];
  if (kind === 'json' || kind === 'geopoint' || kind === 'list') throw new Error(`enum does not apply to a column of type ${field.type}`);
  const allowed = new Set(values.map((value) => readOwn(value, 'enum value', read)));
  const shown = values.slice(0, 10).map(String).join(', ');
  const fault = new Fault('enum', `is none of the allowed values: ${shown}${values.length > 10 ? ', …' : ''}`);
  return [(value) => (allowed.has(value) ? undefined : fault)];
}

/** The closed list of a field's values: the constraint `enum`, or `categories` of Table Schema 2. */
export function allowedValues(field: FieldDescriptor): readonly (string | number | boolean)[] | undefined {
  return field.constraints.enum ?? field.categories;
}
