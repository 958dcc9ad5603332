/** The static part of a collection's schema: what rows need, and what a dataset says of itself. Changes are made on the server's own endpoint. */
import { GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, isObjectType } from 'graphql';
import { sharedAggregateTypes } from '../dynamic/aggregateTypes.js';
import { typed } from '../visibleSchemas.js';

/** Of the type `Dataset`: enough to show and to cite it. */
const aboutFields: ReadonlySet<string> = new Set(['path', 'title', 'titleKo', 'description', 'homepage', 'license', 'licenses', 'citation', 'version']);

export function collectionBase(whole: GraphQLSchema): GraphQLSchema {
  const dataset = typed(whole, 'Dataset', GraphQLObjectType).toConfig();
  const about = new GraphQLObjectType({
    ...dataset, interfaces: [], description: 'What the package of a dataset says of itself.',
    fields: Object.fromEntries(Object.entries(dataset.fields).filter(([name]) => aboutFields.has(name))),
  });
  return new GraphQLSchema({
    assumeValid: true, query: new GraphQLObjectType({ name: 'Query', fields: {} }),
    types: [typed(whole, 'Node', GraphQLInterfaceType), typed(whole, 'PageInfo', GraphQLObjectType), typed(whole, 'SortDirection', GraphQLEnumType), about],
  });
}

/** Names of the object types that every collection has alike. */
export function sharedObjects(base: GraphQLSchema): ReadonlySet<string> {
  const own = Object.values(base.getTypeMap()).filter((type) => isObjectType(type) && type !== base.getQueryType() && !type.name.startsWith('__'));
  return new Set([...own, ...sharedAggregateTypes.filter(isObjectType)].map(({ name }) => name));
}
