/** A remote GraphQL server as a source: by a file of directives, or by its own schema where only the fields that give rows are named. */
import { buildClientSchema, getIntrospectionQuery, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import { DureError } from '../../errors.js';
import type { OpenedSource, SourceBuilder, SourceDeclaration, SourceSurroundings } from '../remote/builder.js';
import type { Credential } from '../remote/client/options.js';
import type { RemoteCall, RemoteSource } from '../remote/remoteSource.js';
import type { OpenClient } from '../remote/openClient.js';
import { draftSource, introspectedOptions } from './draftSource.js';
import { ask, type GraphqlEndpoint } from './endpoint.js';
import { GraphqlTable } from './graphqlTable.js';
import { parseGraphqlSource } from './parseGraphqlSource.js';
import type { GraphqlSourceSpec } from './spec.js';

const openingMs = 20_000;

export function graphqlBuilder(openClient: OpenClient): SourceBuilder {
  return {
    async open(declaration: SourceDeclaration, surroundings: SourceSurroundings): Promise<OpenedSource> {
      const text = declaration.text ?? (await drafted(declaration, surroundings, openClient));
      const spec = parseGraphqlSource(text, declaration.name);
      const { maxUrlLength: _, ...limits } = spec.limits;
      const endpoint: GraphqlEndpoint = {
        source: spec.definition.id, url: declaration.url ?? spec.url, client: openClient({ source: spec.definition.id, limits, surroundings, secrets: spec.credentials.map(({ secret }) => secret) }),
        credentials: spec.credentials.map((one): Credential => ({ ...one, in: one.in === 'QUERY' ? 'query' : 'header' })),
      };
      const remote = graphqlSource(spec, endpoint);
      return { definition: spec.definition, remote, close: () => remote.close() };
    },
  };
}

export function graphqlSource(spec: GraphqlSourceSpec, endpoint: GraphqlEndpoint): RemoteSource {
  const { client } = endpoint;
  return {
    id: spec.definition.id,
    tables: new Map(spec.tables.map((table) => [table.definition.name, new GraphqlTable(endpoint, table)])),
    health: () => client.health(),
    onHealth: (listener) => client.onHealth(listener),
    close: () => client.close(),
  };
}

async function drafted({ url, options }: SourceDeclaration, surroundings: SourceSurroundings, openClient: OpenClient): Promise<string> {
  if (url === undefined) throw new DureError('BAD_USER_INPUT', 'A GraphQL source needs a text with directives, or an address and options that say which fields of Query give rows.');
  const read = introspectedOptions.safeParse(options ?? {});
  if (!read.success) throw new DureError('BAD_USER_INPUT', `options: ${read.error.issues.map((issue) => `${issue.path.join('.') || 'all'}: ${issue.message}`).join('; ')}.`, { problems: read.error.issues.map((issue) => issue.message) });
  const client = openClient({ source: read.data.id, surroundings });
  try {
    return draftSource(await introspect({ source: read.data.id, url, client }, { signal: AbortSignal.timeout(openingMs), deadline: performance.now() + openingMs, requestId: 'opening' }), url, read.data);
  } finally {
    await client.close();
  }
}

/** @throws SourceError; DureError SOURCE_INVALID where the answer is no schema */
export async function introspect(endpoint: GraphqlEndpoint, call: RemoteCall): Promise<GraphQLSchema> {
  const { data } = await ask(endpoint, { query: getIntrospectionQuery({ descriptions: false }), variables: {}, label: 'introspection' }, call, { requests: 0 });
  try {
    return buildClientSchema(data as unknown as IntrospectionQuery);
  } catch {
    throw new DureError('SOURCE_INVALID', `${endpoint.source} does not tell its schema, or tells one that is none. Declare it by a text with directives.`, { source: endpoint.source });
  }
}
