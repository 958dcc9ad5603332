/** A collection's schema as text. */
import { printSchema, type GraphQLSchema } from 'graphql';

const texts = new WeakMap<GraphQLSchema, string>();

/** For clients and for generators of their code. The same schema always gives the same text. */
export function clientSdl(schema: GraphQLSchema): string {
  let text = texts.get(schema);
  if (text === undefined) texts.set(schema, (text = `${printSchema(schema)}\n`));
  return text;
}
