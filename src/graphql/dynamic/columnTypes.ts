/** How a column appears in the schema: its output type and the comparison by which it is filtered. Shared per scalar. */
import {
  GraphQLBoolean, GraphQLEnumType, GraphQLFloat, GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString,
  type GraphQLInputFieldConfig, type GraphQLOutputType, type GraphQLScalarType,
} from 'graphql';
import type { Column, ColumnKind } from '../../catalog/model.js';
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

const text: Record<string, GraphQLInputFieldConfig> = {
  startsWith: { type: GraphQLString, description: 'Begins with exactly this text.' },
  contains: { type: GraphQLString, description: 'Has exactly this text in it.' },
  like: { type: GraphQLString, description: 'Matches a pattern: `%` any text, `_` one character, `\\` takes the next character as it is.' },
  ilike: { type: GraphQLString, description: 'Like `like`, without regard to case.' },
};

const comparisons = {
  text: comparison(GraphQLString, 'StringComparison', 'A test of a text. Order is by code point.', true, text),
  int32: comparison(GraphQLInt, 'IntComparison', 'A test of an integer.', true),
  int64: comparison(Int64Scalar, 'Int64Comparison', 'A test of a 64-bit integer.', true),
  float: comparison(GraphQLFloat, 'FloatComparison', 'A test of a number.', true),
  decimal: comparison(DecimalScalar, 'DecimalComparison', 'A test of an exact decimal number.', true),
  boolean: comparison(GraphQLBoolean, 'BooleanComparison', 'A test of a truth value.', false),
  date: comparison(DateScalar, 'DateComparison', 'A test of a day.', true),
  datetime: comparison(DateTimeScalar, 'DateTimeComparison', 'A test of an instant.', true),
  time: comparison(TimeScalar, 'TimeComparison', 'A test of a time of day.', true),
  duration: comparison(DurationScalar, 'DurationComparison', 'A test of a length of time.', true),
} as const;

/** Types that every dynamic schema may name. */
export const sharedTypes = [...Object.values(comparisons), ...new Set(Object.values(scalars))];

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
    case 'json': case 'geopoint': case 'list': return undefined;
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
