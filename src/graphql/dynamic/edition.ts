/** What differs between the schema of the whole server and that of a collection. */
import type { GraphQLFieldConfig, GraphQLFieldConfigMap, GraphQLNamedType, GraphQLSchema } from 'graphql';
import type { Dataset } from '../../catalog/model.js';
import type { RequestContext } from '../context.js';
import { staticNode } from '../static/staticNode.js';
import { entityField } from './entityType.js';
import type { TypeRegistry } from './typeRegistry.js';

export interface Further {
  readonly fields: GraphQLFieldConfigMap<unknown, RequestContext>;
  readonly types: readonly GraphQLNamedType[];
}

export interface Edition {
  readonly description: string;
  /** How `node(id:)` is told of, and answers for ids that are no row's. */
  readonly node: { readonly description: string; readonly resolve: NonNullable<GraphQLFieldConfig<unknown, RequestContext, { id: string }>['resolve']> };
  /** Further root fields and the types that they need, by the datasets that the schema shows. */
  readonly further?: (registry: TypeRegistry, datasets: ReadonlySet<Dataset>, base: GraphQLSchema) => Further;
  /** Whether only those types are shown that something leads to. */
  readonly small: boolean;
}

export const wholeServer: Edition = {
  description: 'Datasets of laboratories and of international databases behind one schema.',
  node: {
    description: 'The object with this global id: a row, an organization, a dataset, a job. Null where there is none that you may see.',
    resolve: (_source, { id }, context) => staticNode(id, context) ?? null,
  },
  further: (registry, _datasets, base) => entityField(registry, base),
  small: false,
};
