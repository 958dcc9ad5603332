/** `entity(id:)`: where a walk by an identifier begins. Its fields depend on what the schema shows: records of sources, and the tables that mention it. */
import { GraphQLID, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString, type GraphQLFieldConfigMap, type GraphQLSchema } from 'graphql';
import { graphqlName, upperFirst } from '../../catalog/graphqlName.js';
import { entityId, normaliseIdentifier, parseEntityId, type EntityId } from '../../catalog/identifiers.js';
import { datasetPath } from '../../catalog/model.js';
import { knownNamespaces } from '../../catalog/namespaces.js';
import { DureError } from '../../errors.js';
import { bind } from '../../plan/binding.js';
import type { RequestContext } from '../context.js';
import { mappingsOf, mentionsOf } from '../entityWalk.js';
import type { Further } from './edition.js';
import type { TypeRegistry } from './typeRegistry.js';

export function entityField(registry: TypeRegistry, base: GraphQLSchema): Further {
  const text = new GraphQLNonNull(GraphQLString);
  const part = (name: string): GraphQLNonNull<GraphQLList<GraphQLNonNull<GraphQLObjectType>>> => new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(base.getType(name) as GraphQLObjectType)));
  const type = new GraphQLObjectType<EntityId, RequestContext>({
    name: 'Entity', description: 'A thing that databases know by an identifier: what its authority says of it, and what mentions it.',
    fields: () => {
      const fields: GraphQLFieldConfigMap<EntityId, RequestContext> = {
        id: { type: new GraphQLNonNull(GraphQLID), description: 'The namespace, a colon, the identifier in its usual form.', resolve: entityId },
        namespace: { type: text, description: 'The prefix of the namespace in the Bioregistry.' },
        identifier: { type: text, description: 'The identifier in its usual form.' },
        mentions: {
          type: part('Mention'), description: 'The tables that hold the identifier, with how many rows of each you may see. Tables without one are left out.',
          args: { dataset: { type: GraphQLID, description: 'Only of this dataset, as `organization/name`.' } },
          resolve: (entity, { dataset }: { dataset?: string | null }, context) => mentionsOf(entity, registry, context, dataset ?? undefined),
        },
        mappings: { type: part('Mapping'), description: 'Other identifiers that stand beside this one in records and rows that you may read, each with who says so.', resolve: (entity, _arguments, context) => mappingsOf(entity, registry, context) },
      };
      for (const { namespace, links } of registry.mentionFrames()) {
        fields[`${graphqlName(namespace)}Mentions`] = { type: links, description: `The rows that mention it; null where it is no identifier of ${namespace}.`, extensions: bind({ kind: 'entityMentions', namespace }) };
      }
      for (const namespace of registry.links.recordNamespaces()) {
        for (const { at } of registry.links.recordTables(namespace)) {
          const wanted = at.table.remote!.linkField!;
          const name = wanted in fields ? `${graphqlName(namespace)}${upperFirst(wanted)}` : wanted;
          if (name in fields) continue;
          fields[name] = { type: registry.typesAt(at).row, description: `The record of ${datasetPath(at.dataset)}; null where it is no identifier of ${namespace}.`, extensions: bind({ kind: 'entityRecord', namespace, dataset: at.dataset.id, table: at.table.name }) };
        }
      }
      return fields;
    },
  });
  return {
    types: [type],
    fields: {
      entity: {
        type, description: 'The thing that this identifier names, for example `uniprot:P05067`.',
        args: { id: { type: new GraphQLNonNull(GraphQLID), description: 'The prefix of a namespace, a colon, an identifier.' } },
        extensions: bind({ kind: 'entity' }),
        resolve: (_source: unknown, { id }: { id: string }) => requireEntity(id, registry),
      },
    },
  };
}

/** @throws DureError BAD_USER_INPUT or UNKNOWN_ID */
function requireEntity(id: string, { links }: TypeRegistry): EntityId {
  const parsed = parseEntityId(id);
  if (!parsed) throw new DureError('BAD_USER_INPUT', `${JSON.stringify(id.slice(0, 100))} has no prefix: write the namespace, a colon and the identifier, for example "uniprot:P05067".`, { argument: 'id' });
  if (!links.knows(parsed.namespace) && !knownNamespaces.has(parsed.namespace)) throw new DureError('UNKNOWN_ID', `No namespace ${JSON.stringify(parsed.namespace)} is known here. The field namespaces lists those that are.`, { argument: 'id' });
  const identifier = normaliseIdentifier(parsed.namespace, parsed.identifier);
  if (identifier === undefined) throw new DureError('UNKNOWN_ID', `${JSON.stringify(parsed.identifier.slice(0, 100))} is no identifier of ${parsed.namespace}; one looks like ${knownNamespaces.get(parsed.namespace)?.example}.`, { argument: 'id' });
  return { namespace: parsed.namespace, identifier };
}
