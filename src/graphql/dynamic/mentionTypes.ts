/** The types by which a namespace's links are followed: one field for each table that mentions its identifiers. */
import { GraphQLInputObjectType, GraphQLObjectType, type GraphQLNamedType } from 'graphql';
import { datasetPath } from '../../catalog/model.js';
import { bind } from '../../plan/binding.js';
import type { TableAt } from '../../plan/link.js';
import type { Mention } from '../../plan/linkIndex.js';
import type { TableTypes } from './tableTypes.js';

export class MentionTypes {
  readonly links: GraphQLObjectType;
  readonly where: GraphQLInputObjectType;

  constructor(name: string, readonly namespace: string, places: readonly Mention[], typesAt: (at: TableAt) => TableTypes) {
    this.links = new GraphQLObjectType({
      name, description: `What mentions an identifier of the namespace ${namespace}, by dataset and table.`,
      fields: () => Object.fromEntries(places.map((place) => {
        const types = typesAt(place.at);
        return [place.field, { type: types.connection, args: types.connectionArguments(), description: describe(place), extensions: bind({ kind: 'mention', field: place.field }) }];
      })),
    });
    this.where = new GraphQLInputObjectType({
      name: `${name}Where`, description: `Conditions on what mentions an identifier of the namespace ${namespace}. All that is given must hold.`,
      fields: () => Object.fromEntries(places.map((place) => [place.field, { type: typesAt(place.at).filter, description: describe(place) }])),
    });
  }

  all(): readonly GraphQLNamedType[] {
    return [this.links, this.where];
  }
}

function describe({ at, column }: Mention): string {
  return `Rows of ${at.table.title ?? at.table.name} in ${datasetPath(at.dataset)} whose ${column.name} is the same.`;
}
