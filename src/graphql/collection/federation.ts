/** A collection as a subgraph: https://www.apollographql.com/docs/graphos/reference/federation/subgraph-spec */
import { GraphQLError, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLScalarType, GraphQLString, GraphQLUnionType, Kind, valueFromASTUntyped, visit, type ValueNode } from 'graphql';
import type { Dataset, Table } from '../../catalog/model.js';
import { bind } from '../../plan/binding.js';
import { Opaque } from '../../plan/inputs.js';
import type { EntityType } from '../../plan/representations.js';
import type { Further } from '../dynamic/edition.js';
import type { TypeRegistry } from '../dynamic/typeRegistry.js';
import { subgraphSdl } from './subgraphSdl.js';

/** Values are checked one by one when they are read: a wrong one spoils no other. */
const anyScalar = new GraphQLScalarType<Opaque>({
  name: '_Any',
  description: 'A representation of a row: `__typename` with `id`, or with the columns of the primary key.',
  parseValue: (value) => new Opaque(value),
  parseLiteral: (node) => new Opaque(literalValue(node)),
});

const service = new GraphQLObjectType({ name: '_Service', description: 'This schema as a subgraph.', fields: { sdl: { type: new GraphQLNonNull(GraphQLString), description: 'The schema with the directives of Apollo Federation 2.' } } });

/** @param shared names of the object types that every collection has alike */
export function federation(registry: TypeRegistry, datasets: ReadonlySet<Dataset>, shared: ReadonlySet<string>): Further {
  const types = entityTypes(registry, datasets);
  const serviceField: Further['fields'][string] = {
    type: new GraphQLNonNull(service), description: 'For the composition of a supergraph.',
    resolve: (_source, _arguments, _context, { schema }) => ({ sdl: subgraphSdl(schema, types, shared) }),
  };
  if (types.size === 0) return { fields: { _service: serviceField }, types: [anyScalar, service] };
  const entity = new GraphQLUnionType({ name: '_Entity', description: 'A row of a table with a primary key.', types: () => [...types.values()].map(({ type }) => type) });
  return {
    fields: {
      _service: serviceField,
      _entities: {
        type: new GraphQLNonNull(new GraphQLList(entity)), description: 'The rows that other subgraphs refer to, in the same order; null where there is none that you may see.',
        args: { representations: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(anyScalar))), description: 'By what they refer to them.' } },
        extensions: bind({ kind: 'entities', types }),
      },
    },
    types: [anyScalar, service, entity],
  };
}

function entityTypes(registry: TypeRegistry, datasets: ReadonlySet<Dataset>): ReadonlyMap<string, EntityType> {
  const types = new Map<string, EntityType>();
  for (const dataset of datasets) {
    for (const major of registry.majorsOf(dataset)) {
      for (const table of major.version.tables) {
        if (!hasKey(table)) continue;
        const { row: type, at } = registry.tableTypes(major, table.name);
        types.set(type.name, { type, at });
      }
    }
  }
  return types;
}

/** Rows of remote sources are searched, not looked up by many keys at once. */
function hasKey(table: Table): boolean {
  return table.primaryKey.length > 0 && table.remote === undefined && table.primaryKey.every((name) => {
    const kind = table.columns.find((column) => column.name === name)?.kind;
    return kind !== undefined && kind !== 'json' && kind !== 'geopoint' && kind !== 'list';
  });
}

function literalValue(node: ValueNode): unknown {
  visit(node, { [Kind.VARIABLE]: () => { throw new GraphQLError('A representation is written whole, or the list of them is one variable.', { nodes: node, extensions: { code: 'BAD_USER_INPUT' } }); } });
  return valueFromASTUntyped(node);
}
