/** A collection's schema as text. */
import { Kind, parse, print, printSchema, type DefinitionNode, type DocumentNode, type GraphQLSchema } from 'graphql';

const documents = new WeakMap<GraphQLSchema, DocumentNode>();
const texts = new WeakMap<GraphQLSchema, string>();

/** The schema without what makes it a subgraph: that is for gateways. */
export function clientDocument(schema: GraphQLSchema): DocumentNode {
  let document = documents.get(schema);
  if (!document) documents.set(schema, (document = withoutFederation(parse(printSchema(schema), { noLocation: true }))));
  return document;
}

/** For clients and for generators of their code. The same schema always gives the same text. */
export function clientSdl(schema: GraphQLSchema): string {
  let text = texts.get(schema);
  if (text === undefined) texts.set(schema, (text = `${print(clientDocument(schema))}\n`));
  return text;
}

const federationTypes: ReadonlySet<string> = new Set(['_Any', '_Service', '_Entity']);
const federationFields: ReadonlySet<string> = new Set(['_service', '_entities']);

function withoutFederation(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.flatMap((definition): DefinitionNode[] => {
    if ('name' in definition && definition.name && federationTypes.has(definition.name.value)) return [];
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Query') return [definition];
    return [{ ...definition, fields: definition.fields?.filter((field) => !federationFields.has(field.name.value)) }];
  });
  return { ...document, definitions };
}
