/** The shared types of aggregates: figures over a column, their order and their tests; one of each a kind of value. */
import { GraphQLEnumType, GraphQLFloat, GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, type GraphQLNamedType } from 'graphql';
import type { Column, ColumnKind } from '../../catalog/model.js';
import { aggregateFunctions, dateUnits, figureKind, figuresOf, type AggregateFunction } from '../../plan/aggregate.js';
import { disclosureTypes } from './disclosureTypes.js';
import { comparisonOf, scalarOf, type ScalarKind } from './columnTypes.js';

const names: Partial<Record<ColumnKind, string>> = {
  text: 'String', int32: 'Int', int64: 'Int64', float: 'Float', decimal: 'Decimal', boolean: 'Boolean', date: 'Date', datetime: 'DateTime', time: 'Time', duration: 'Duration',
};

const meanings: Record<AggregateFunction, string> = {
  count: 'How many rows have a value.', countDistinct: 'How many different values there are.', min: 'The least value.', max: 'The greatest value.', sum: 'The sum.',
  avg: 'The arithmetic mean.', stddev: 'The sample standard deviation; null for fewer than two values.',
  percentile: 'The value below which the fraction `p` of the values lies: interpolated between numbers, an actual value for exact numbers and dates.',
};

/** Enum columns are told apart by text. */
function shape(kind: ColumnKind): ColumnKind {
  return kind === 'enum' || kind === 'yearmonth' ? 'text' : kind;
}

const aggregates = new Map<ColumnKind, GraphQLObjectType>();
const havings = new Map<ColumnKind, GraphQLInputObjectType>();
for (const [kind, name] of Object.entries(names) as [ScalarKind, string][]) {
  aggregates.set(kind, new GraphQLObjectType({
    name: `${name}Aggregate`, description: `Figures over the present values of a column of ${name}.`,
    fields: Object.fromEntries(figuresOf(kind).map((figure) => {
      const type = scalarOf(figureKind(kind, figure) as ScalarKind);
      return [figure, {
        type: figure === 'count' || figure === 'countDistinct' ? new GraphQLNonNull(type) : type, description: meanings[figure],
        ...(figure === 'percentile' ? { args: { p: { type: new GraphQLNonNull(GraphQLFloat), description: 'Between 0 and 1.' } } } : {}),
      }];
    })),
  }));
  havings.set(kind, new GraphQLInputObjectType({
    name: `${name}Having`, description: `Tests of figures over a column of ${name}.`,
    fields: Object.fromEntries(figuresOf(kind).filter((f) => f !== 'percentile').map((figure) => [figure, { type: comparisonOf(figureKind(kind, figure) as ScalarKind), description: meanings[figure] }])),
  }));
}

export const dateUnitType = new GraphQLEnumType({
  name: 'DateUnit', description: 'A period; it begins in UTC, weeks on Monday.', values: Object.fromEntries(dateUnits.map((unit) => [unit, { value: unit }])),
});

/** Which figure to order groups by. */
export function figureOrderType(direction: GraphQLEnumType): GraphQLInputObjectType {
  return new GraphQLInputObjectType({
    name: 'FigureOrderBy', description: 'One figure to order groups by.', isOneOf: true,
    fields: Object.fromEntries(aggregateFunctions.filter((f) => f !== 'percentile').map((figure) => [figure, { type: direction, description: meanings[figure] }])),
  });
}

/** Undefined where there is nothing to tell about columns of this kind. */
export function aggregateType(column: Column): GraphQLObjectType | undefined {
  return aggregates.get(shape(column.kind));
}

export function havingType(column: Column): GraphQLInputObjectType | undefined {
  return havings.get(shape(column.kind));
}

/** By what columns rows can be grouped. */
export function isGroupable(column: Column): boolean {
  return column.kind !== 'json' && column.kind !== 'geopoint' && column.kind !== 'list';
}

export function isNumeric(column: Column): boolean {
  return column.kind === 'int32' || column.kind === 'int64' || column.kind === 'float' || column.kind === 'decimal';
}

export const sharedAggregateTypes: readonly GraphQLNamedType[] = [...aggregates.values(), ...havings.values(), dateUnitType, ...disclosureTypes];
