/** The types that a table needs for its aggregates and groups. */
import {
  GraphQLEnumType, GraphQLFloat, GraphQLInputObjectType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString,
  type GraphQLFieldConfigArgumentMap, type GraphQLInputFieldConfigMap, type GraphQLNamedType, type GraphQLOutputType,
} from 'graphql';
import type { Column, Table } from '../../catalog/model.js';
import { aggregateType, dateUnitType, havingType, isGroupable, isNumeric } from './aggregateTypes.js';
import { comparisonOf } from './columnTypes.js';
import type { StaticParts } from './tableTypes.js';

export const groupSuffixes = ['Aggregate', 'Column', 'GroupBy', 'GroupKey', 'GroupKeyOrder', 'Group', 'GroupConnection', 'GroupOrderBy', 'Having'] as const;

export class GroupTypes {
  readonly aggregate: GraphQLObjectType;
  /** Absent where no column can be a key. */
  readonly connection: GraphQLObjectType | undefined;
  private readonly inputs: { readonly by: GraphQLInputObjectType; readonly having: GraphQLInputObjectType; readonly orderBy: GraphQLInputObjectType } | undefined;
  private readonly types: GraphQLNamedType[];

  constructor(name: string, table: Table, parts: StaticParts, outputOf: (column: Column) => GraphQLOutputType) {
    const columns = table.columns.filter(isGroupable);
    this.aggregate = new GraphQLObjectType({
      name: `${name}Aggregate`, description: 'Figures over all rows that `where` chooses, whatever the page.',
      fields: () => ({
        count: { type: new GraphQLNonNull(GraphQLInt), description: 'How many rows.' },
        ...Object.fromEntries(columns.flatMap((column) => {
          const type = aggregateType(column);
          return type ? [[column.field, { type: new GraphQLNonNull(type), description: column.title }]] : [];
        })),
      }),
    });
    this.types = [this.aggregate];
    if (columns.length === 0) return;
    const column = new GraphQLEnumType({ name: `${name}Column`, description: 'The columns that rows can be grouped by.', values: enumValues(columns) });
    const key = new GraphQLObjectType({
      name: `${name}GroupKey`, description: 'What the rows of a group have in common; null for columns that are not in `by`.',
      fields: () => Object.fromEntries(columns.flatMap((c) => [
        [c.field, { type: outputOf(c), description: c.title }],
        ...(isNumeric(c) ? [[`${c.field}_bin`, { type: GraphQLFloat, description: 'The lower end of the bin.' }]] : []),
      ])),
    });
    const group = new GraphQLObjectType({ name: `${name}Group`, description: 'Rows with equal keys.', fields: () => ({ key: { type: new GraphQLNonNull(key) }, aggregate: { type: new GraphQLNonNull(this.aggregate) } }) });
    this.connection = new GraphQLObjectType({
      name: `${name}GroupConnection`, description: 'A page of groups.',
      fields: () => ({
        nodes: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(group))) },
        pageInfo: { type: new GraphQLNonNull(parts.pageInfo) },
        totalCount: { type: new GraphQLNonNull(GraphQLInt), description: 'How many groups there are on all pages.' },
      }),
    });
    const by = new GraphQLInputObjectType({
      name: `${name}GroupBy`, description: 'A key of the groups.',
      fields: { column: { type: new GraphQLNonNull(column) }, unit: { type: dateUnitType, description: 'Of a date or instant, the period.' }, bin: { type: GraphQLFloat, description: 'Of a number, the width of the bins.' } },
    });
    const having: GraphQLInputObjectType = new GraphQLInputObjectType({
      name: `${name}Having`, description: 'Which groups. All that is given must hold.',
      fields: (): GraphQLInputFieldConfigMap => ({
        and: { type: new GraphQLList(new GraphQLNonNull(having)) }, or: { type: new GraphQLList(new GraphQLNonNull(having)) }, not: { type: having },
        count: { type: comparisonOf('int32') },
        ...Object.fromEntries(columns.flatMap((c) => {
          const type = havingType(c);
          return type ? [[c.field, { type }]] : [];
        })),
      }),
    });
    const keyOrder = new GraphQLInputObjectType({ name: `${name}GroupKeyOrder`, description: 'Order by a key.', fields: { column: { type: new GraphQLNonNull(column) }, direction: { type: parts.sortDirection, defaultValue: 'ASC' } } });
    const orderBy = new GraphQLInputObjectType({
      name: `${name}GroupOrderBy`, description: 'One thing to order groups by; ties are settled by the keys.', isOneOf: true,
      fields: () => ({ count: { type: parts.sortDirection }, key: { type: keyOrder }, ...Object.fromEntries(columns.filter((c) => aggregateType(c)).map((c) => [c.field, { type: parts.figureOrder }])) }),
    });
    this.inputs = { by, having, orderBy };
    this.types.push(column, key, group, this.connection, by, having, keyOrder, orderBy);
  }

  all(): readonly GraphQLNamedType[] {
    return this.types;
  }

  groupArguments(): GraphQLFieldConfigArgumentMap {
    const { by, having, orderBy } = this.inputs!;
    return {
      by: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(by))), description: 'What rows of one group have in common.' },
      having: { type: having, description: 'Which groups.' },
      orderBy: { type: new GraphQLList(new GraphQLNonNull(orderBy)), description: 'In which order; by the keys where absent.' },
      first: { type: GraphQLInt, description: 'The first so many groups.' },
      after: { type: GraphQLString, description: 'Begin after this cursor.' },
    };
  }
}

/** `materialId` is the value MATERIAL_ID; two fields that would share a value get numbers. */
function enumValues(columns: readonly Column[]): Record<string, { value: string; description?: string }> {
  const values: Record<string, { value: string; description?: string }> = {};
  for (const column of columns) {
    const wanted = column.field.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
    let name = wanted;
    for (let number = 2; name in values; number += 1) name = `${wanted}_${number}`;
    values[name] = { value: column.field, description: column.title };
  }
  return values;
}
