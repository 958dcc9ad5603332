/** How a column appears in the schema: its output type and the comparison by which it is filtered. Shared per scalar. */
import {
  GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString,
  type GraphQLInputFieldConfig, type GraphQLOutputType, type GraphQLScalarType,
} from 'graphql';
import type { Column, ColumnKind } from '../../catalog/model.js';
import { datePartMeanings, datePartsOf } from '../../plan/dateParts.js';
import { DateScalar, DateTimeScalar, DecimalScalar, DurationScalar, GeoPointScalar, Int64Scalar, JSONScalar, TimeScalar } from '../scalars.js';

export type ScalarKind = Exclude<ColumnKind, 'list' | 'enum'>;

const scalars: Record<ScalarKind, GraphQLScalarType> = {
  text: GraphQLString, yearmonth: GraphQLString, int32: GraphQLInt, int64: Int64Scalar, float: GraphQLFloat, decimal: DecimalScalar, boolean: GraphQLBoolean,
  date: DateScalar, datetime: DateTimeScalar, time: TimeScalar, duration: DurationScalar, json: JSONScalar, geopoint: GeoPointScalar,
};

/** Named by the kind of value, not by the scalar: a Float is compared as a Float in every table. */
function comparison(scalar: GraphQLScalarType | GraphQLEnumType, name: string, description: string, ordered: boolean, further: Record<string, GraphQLInputFieldConfig> = {}): GraphQLInputObjectType {
  const list = new GraphQLList(new GraphQLNonNull(scalar));
  const order = (what: string): GraphQLInputFieldConfig => ({ type: scalar, description: what });
  return new GraphQLInputObjectType({
    name, description,
    fields: {
      eq: { type: scalar, description: 'Equal to.' },
      ne: { type: scalar, description: 'Not equal to. Missing values are neither equal nor unequal: use isNull.' },
      in: { type: list, description: 'One of these.' },
      notIn: { type: list, description: 'None of these.' },
      isNull: { type: GraphQLBoolean, description: 'Missing (true) or present (false).' },
      ...(ordered ? { lt: order('Less than.'), lte: order('At most.'), gt: order('Greater than.'), gte: order('At least.') } : {}),
      ...further,
    },
  });
}

const words: GraphQLInputFieldConfig = {
  type: GraphQLString,
  description: 'Has all of these words, in any order and case, accents aside: `word`, `begun*`, `"a phrase"`, `-without`, `-"without this"`. Korean, Japanese, Chinese and Thai are found inside words too.',
};
const text: Record<string, GraphQLInputFieldConfig> = {
  startsWith: { type: GraphQLString, description: 'Begins with exactly this text.' },
  endsWith: { type: GraphQLString, description: 'Ends with exactly this text.' },
  contains: { type: GraphQLString, description: 'Has exactly this text in it.' },
  like: { type: GraphQLString, description: 'Matches a pattern: `%` any text, `_` one character, `\\` takes the next character as it is.' },
  ilike: { type: GraphQLString, description: 'Like `like`, without regard to case.' },
  matches: words,
};

const integer = comparison(GraphQLInt, 'IntComparison', 'A test of an integer.', true);
/** Tests of the parts of a day, instant or time of day. */
const parts = (kind: 'date' | 'datetime' | 'time'): Record<string, GraphQLInputFieldConfig> => Object.fromEntries(datePartsOf(kind).map((part) => [part, { type: integer, description: `${datePartMeanings[part]}${kind === 'datetime' ? ' In UTC.' : ''}` }]));

const comparisons = {
  text: comparison(GraphQLString, 'StringComparison', 'A test of a text. Order is by code point.', true, text),
  int32: integer,
  int64: comparison(Int64Scalar, 'Int64Comparison', 'A test of a 64-bit integer.', true),
  float: comparison(GraphQLFloat, 'FloatComparison', 'A test of a number.', true),
  decimal: comparison(DecimalScalar, 'DecimalComparison', 'A test of an exact decimal number.', true),
  boolean: comparison(GraphQLBoolean, 'BooleanComparison', 'A test of a truth value.', false),
  date: comparison(DateScalar, 'DateComparison', 'A test of a day.', true, parts('date')),
  datetime: comparison(DateTimeScalar, 'DateTimeComparison', 'A test of an instant.', true, parts('datetime')),
  time: comparison(TimeScalar, 'TimeComparison', 'A test of a time of day.', true, parts('time')),
  duration: comparison(DurationScalar, 'DurationComparison', 'A test of a length of time.', true),
} as const;

const point = (name: string, description: string, fields: Record<string, string>): GraphQLInputObjectType => new GraphQLInputObjectType({
  name, description, fields: Object.fromEntries(Object.entries(fields).map(([field, meaning]) => [field, { type: new GraphQLNonNull(GraphQLFloat), description: meaning }])),
});
const near = point('GeoNear', 'Within a distance of a point, over the sphere.', { longitude: 'Degrees, -180 to 180.', latitude: 'Degrees, -90 to 90.', kilometres: 'The greatest distance.' });
const box = point('GeoBox', 'Between two meridians and two parallels. West greater than east crosses the 180th meridian.', { west: 'Degrees.', south: 'Degrees.', east: 'Degrees.', north: 'Degrees.' });
const present = { isNull: { type: GraphQLBoolean, description: 'Missing (true) or present (false).' } };
const geoComparison = new GraphQLInputObjectType({
  name: 'GeoPointComparison', description: 'A test of a point.', fields: { ...present, near: { type: near, description: 'Within a distance.' }, inBox: { type: box, description: 'In a box.' } },
});
const jsonAt = new GraphQLInputObjectType({
  name: 'JSONPathComparison', description: 'A test of the value at a path in a JSON value. A value that is not there is missing, and so is null.',
  fields: {
    path: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))), description: 'Keys of objects and positions in arrays (from 0) from the outermost to the innermost: `["sites", "0", "element"]`.' },
    eq: { type: JSONScalar, description: 'Equal to.' }, ne: { type: JSONScalar, description: 'Not equal to; a missing value is neither.' },
    in: { type: new GraphQLList(new GraphQLNonNull(JSONScalar)), description: 'One of these.' }, notIn: { type: new GraphQLList(new GraphQLNonNull(JSONScalar)), description: 'None of these.' },
    isNull: { type: GraphQLBoolean, description: 'Missing or null (true), or present (false).' },
    ...Object.fromEntries(Object.entries({ lt: 'Less than', lte: 'At most', gt: 'Greater than', gte: 'At least' }).map(([name, what]) => [name, { type: JSONScalar, description: `${what}; numbers compare with numbers, texts with texts by code point.` }])),
    ...Object.fromEntries(Object.entries(text).filter(([name]) => name !== 'matches')),
  },
});
const jsonComparison = new GraphQLInputObjectType({
  name: 'JSONComparison', description: 'A test of a JSON value.',
  fields: { ...present, containsJson: { type: JSONScalar, description: 'Holds all of this: objects by their keys, arrays by their items.' }, hasKey: { type: GraphQLString, description: 'Is an object with this key, or an array with this text.' }, at: { type: new GraphQLList(new GraphQLNonNull(jsonAt)), description: 'Tests of values inside it; all must hold.' } },
});
const listItems = ['text', 'int32', 'int64', 'float', 'decimal', 'boolean', 'date', 'datetime', 'time', 'duration', 'yearmonth'] as const;
const listComparisons = new Map(listItems.map((kind) => {
  const items = new GraphQLList(new GraphQLNonNull(scalars[kind]));
  return [kind, new GraphQLInputObjectType({
    name: `${kind === 'yearmonth' ? 'YearMonth' : scalars[kind].name}ListComparison`, description: `A test of a list of ${scalars[kind].name}.`,
    fields: { ...present, containsAll: { type: items, description: 'Has every one of these.' }, overlaps: { type: items, description: 'Has at least one of these.' }, ...(kind === 'text' ? { matches: words } : {}) },
  })] as const;
}));

/** Types that every dynamic schema may name. */
export const sharedTypes = [...Object.values(comparisons), ...new Set(Object.values(scalars)), near, box, geoComparison, jsonAt, jsonComparison, ...listComparisons.values()];

export function scalarOf(kind: ScalarKind): GraphQLScalarType {
  return scalars[kind];
}

/** The comparison of a kind of scalar that has one. */
export function comparisonOf(kind: ScalarKind): GraphQLInputObjectType {
  return comparisons[kind as keyof typeof comparisons];
}

export function outputType(column: Column, enumType: GraphQLEnumType | undefined): GraphQLOutputType {
  if (column.kind === 'list') return new GraphQLList(scalars[column.item ?? 'text']);
  return column.kind === 'enum' ? enumType! : scalars[column.kind];
}

/** Undefined where columns of this kind cannot be filtered. */
export function comparisonType(column: Column, enumComparison: GraphQLInputObjectType | undefined): GraphQLInputObjectType | undefined {
  switch (column.kind) {
    case 'enum': return enumComparison;
    case 'yearmonth': return comparisons.text;
    case 'json': return jsonComparison;
    case 'geopoint': return geoComparison;
    case 'list': return listComparisons.get((column.item ?? 'text') as (typeof listItems)[number]);
    default: return comparisons[column.kind];
  }
}

export function isOrderable(column: Column): boolean {
  return column.kind !== 'json' && column.kind !== 'geopoint' && column.kind !== 'list';
}

export function enumTypeOf(name: string, column: Column): GraphQLEnumType {
  return new GraphQLEnumType({
    name,
    description: `The values of ${column.title ?? column.name}.`,
    values: Object.fromEntries((column.values ?? []).map((value) => [value, { value }])),
  });
}

export function enumComparisonOf(name: string, type: GraphQLEnumType): GraphQLInputObjectType {
  return comparison(type, name, `A test of a ${type.name}.`, false);
}
