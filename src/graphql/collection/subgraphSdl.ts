/** The schema as a gateway composes it: with keys of rows, and shared types marked as such. */
import { Kind, print, visit, type ConstDirectiveNode, type DefinitionNode, type GraphQLSchema, type ObjectTypeDefinitionNode } from 'graphql';
import type { EntityTypes } from '../../plan/representations.js';
import { clientDocument } from './sdl.js';

const header = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])\n\n';
const texts = new WeakMap<GraphQLSchema, string>();

/** @param shared names of the object types that every collection has alike: another subgraph may have them too */
export function subgraphSdl(schema: GraphQLSchema, types: EntityTypes, shared: ReadonlySet<string>): string {
  let text = texts.get(schema);
  if (text === undefined) texts.set(schema, (text = made(schema, types, shared)));
  return text;
}

function made(schema: GraphQLSchema, types: EntityTypes, shared: ReadonlySet<string>): string {
  const document = clientDocument(schema);
  const definitions = document.definitions.flatMap((definition): DefinitionNode[] => {
    // The schema's own definition only says that Query is the root, and carries the description.
    if (definition.kind === Kind.SCHEMA_DEFINITION) return [];
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) return [objectType(definition, types, shared)];
    return [definition];
  });
  // Composition does not know @oneOf; this server holds to it whoever asks.
  const marked = visit({ ...document, definitions }, { [Kind.DIRECTIVE]: (node) => (node.name.value === 'oneOf' ? null : undefined) });
  return `${header}${print(marked)}\n`;
}

function objectType(definition: ObjectTypeDefinitionNode, types: EntityTypes, shared: ReadonlySet<string>): ObjectTypeDefinitionNode {
  const name = definition.name.value;
  if (name === 'Query') {
    // `node(id:)` finds rows of this subgraph only, which is no promise that a supergraph can make.
    const fields = definition.fields?.filter((field) => field.name.value !== 'node').map((field) => ({ ...field, directives: [...(field.directives ?? []), directive('shareable')] }));
    return { ...definition, fields };
  }
  const entity = types.get(name);
  if (entity) {
    const { table } = entity.at;
    const fields = table.primaryKey.map((key) => table.columns.find((column) => column.name === key)!.field).join(' ');
    return { ...definition, directives: [...(definition.directives ?? []), directive('key', fields), directive('key', 'id')] };
  }
  return shared.has(name) ? { ...definition, directives: [...(definition.directives ?? []), directive('shareable')] } : definition;
}

function directive(name: string, fields?: string): ConstDirectiveNode {
  const argument = fields === undefined ? [] : [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'fields' }, value: { kind: Kind.STRING, value: fields } } as const];
  return { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: name }, arguments: argument };
}
