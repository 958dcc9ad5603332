/** The static part of a collection's schema: what rows need, and what a dataset says of itself. Changes are made on the server's own endpoint. */
import { GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema } from 'graphql';
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
