/** A field of Table Schema becomes a column of ours: its kind, and how its cells are read. */
import type { ColumnKind, Column } from '../catalog/model.js';
import { isLegalEnumValue } from '../catalog/naming.js';
import { allowedValues, constrain } from './cells/constraints.js';
import { dateReader, datetimeReader, durationReader, timeReader, yearmonthReader } from './cells/dates.js';
import type { CellReader } from './cells/fault.js';
import { identified } from './cells/identifiers.js';
import { booleanReader, decimalReader, floatReader, integerReader, yearReader } from './cells/numbers.js';
import { geopointReader, jsonReader, listReader } from './cells/structured.js';
import { formats, textReader } from './cells/text.js';
import type { FieldDescriptor, FieldType } from './descriptor.js';

export interface FieldReading {
  readonly kind: ColumnKind;
  readonly item?: Column['item'];
  readonly values?: readonly string[];
  readonly read: CellReader;
}

/** @throws Error that says what in the field is wrong, to follow its path. */
export function readField(field: FieldDescriptor): FieldReading {
  checkFormat(field);
  const plain = plainReading(field);
  return { ...plain, read: constrain(field, plain.kind, plain.read) };
}

function plainReading(field: FieldDescriptor): FieldReading {
  switch (field.type) {
    case 'string': {
      const kind = textKind(field);
      return { ...kind, read: kind.kind === 'enum' ? textReader(field.format) : identified(field['dure:namespace'], textReader(field.format)) };
    }
    case 'any': return { kind: 'text', read: identified(field['dure:namespace'], textReader(undefined)) };
    case 'integer': {
      const bits = fits32Bits(field) ? 32 : 64;
      return { kind: bits === 32 ? 'int32' : 'int64', read: identified(field['dure:namespace'], integerReader(field, bits)) };
    }
    case 'number': return field['dure:exact'] ? { kind: 'decimal', read: decimalReader(field) } : { kind: 'float', read: floatReader(field) };
    case 'boolean': return { kind: 'boolean', read: booleanReader(field) };
    case 'year': return { kind: 'int32', read: yearReader() };
    case 'yearmonth': return { kind: 'yearmonth', read: yearmonthReader() };
    case 'date': return { kind: 'date', read: dateReader(field.format) };
    case 'datetime': return { kind: 'datetime', read: datetimeReader(field.format) };
    case 'time': return { kind: 'time', read: timeReader(field.format) };
    case 'duration': return { kind: 'duration', read: durationReader() };
    case 'object': case 'array': case 'geojson': return { kind: 'json', read: jsonReader(field.type) };
    case 'geopoint': return { kind: 'geopoint', read: geopointReader(field.format) };
    case 'list': return listReading(field);
  }
}

/** Only a promise in the schema makes an integer 32 bits wide: the values of today do not bind those of tomorrow. */
function fits32Bits(field: FieldDescriptor): boolean {
  const { minimum, maximum } = field.constraints;
  if (minimum === undefined || maximum === undefined) return false;
  return Number(minimum) >= -2147483648 && Number(maximum) <= 2147483647;
}

function textKind(field: FieldDescriptor): { kind: 'enum'; values: readonly string[] } | { kind: 'text' } {
  const values = allowedValues(field);
  if (!values?.every((value): value is string => typeof value === 'string' && isLegalEnumValue(value))) return { kind: 'text' };
  return { kind: 'enum', values: [...new Set(values)] };
}

const itemKinds: Readonly<Record<NonNullable<FieldDescriptor['itemType']>, NonNullable<Column['item']>>> = {
  string: 'text', integer: 'int64', number: 'float', boolean: 'boolean', date: 'date', time: 'time', datetime: 'datetime',
};

function listReading(field: FieldDescriptor): FieldReading {
  const type = field.itemType ?? 'string';
  const { read } = plainReading({ ...field, type, format: undefined, constraints: {}, categories: undefined, itemType: undefined });
  return { kind: 'list', item: itemKinds[type], read: listReader(field.delimiter ?? ',', read) };
}

const withPattern: ReadonlySet<FieldType> = new Set(['date', 'datetime', 'time']);
const namedFormats: Partial<Record<FieldType, readonly string[]>> = { string: Object.keys(formats), geopoint: ['array', 'object'], geojson: [] };

function checkFormat(field: FieldDescriptor): void {
  const { format, type } = field;
  if (format === undefined || format === 'default' || withPattern.has(type)) return;
  const known = namedFormats[type];
  if (known === undefined || !known.includes(format)) throw new Error(`the format ${JSON.stringify(format)} is not known for ${type}; known are ${['default', ...(known ?? [])].join(', ')}`);
}
