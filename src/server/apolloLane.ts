/**
 * The wide lane: Apollo Server answers everything that the prepared lane has not seen yet, with its CSRF prevention, persisted
 * queries and checks of requests. What runs is the same engine, so an operation means the same in both lanes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ApolloServer, HeaderMap, type ApolloServerPlugin, type HTTPGraphQLRequest } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled, ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled, ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { documentTooDeep, stackExhausted } from '../graphql/nesting.js';
import { answerText, type Answer, type Engine, type VisibleSchema } from '../graphql/engine.js';
import type { RequestContext } from '../graphql/context.js';
import { completeAnswer, failureOf, FormattedError, withRequestId } from './failure.js';
import { Lru } from '../lru.js';
import { TextCache } from './textCache.js';
import type { TrustedDocuments } from './trustedDocuments.js';

/** Rows as JSON text, carried through Apollo's pipeline without parsing. */
class JsonText {
  constructor(readonly text: string) {}
}

interface Passage {
  readonly request: RequestContext;
  /** What the engine answered, or the errors of a document that could not be parsed; absent where Apollo refused the request itself. */
  answer?: Answer;
}

interface ApolloContext { readonly passage: Passage }

export interface ApolloReply {
  readonly status?: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly answer?: Answer;
}

export class ApolloLane {
  private readonly servers: Lru<string, Promise<ApolloServer<ApolloContext>>>;
  private readonly passages = new AsyncLocalStorage<Passage>();
  private readonly registered = new TextCache(10_000_000);
  /** Ids of trusted documents are found where clients look for hashes of queries that they registered. */
  private readonly persistedQueries = {
    get: async (key: string) => this.trusted?.text(key.replace(/^apq:/, '')) ?? this.registered.get(key),
    set: (key: string, text: string) => this.registered.set(key, text),
    delete: (key: string) => this.registered.delete(key),
  };

  constructor(private readonly engine: Engine, private readonly log: Logger, limit: number, private readonly trusted?: TrustedDocuments) {
    this.servers = new Lru(limit);
  }

  async run(schema: VisibleSchema, http: Omit<HTTPGraphQLRequest, 'headers'>, headers: Readonly<Record<string, string | string[] | undefined>>, request: RequestContext): Promise<ApolloReply> {
    const server = await this.serverFor(schema);
    const passage: Passage = { request };
    const map = new HeaderMap();
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) map.set(name, Array.isArray(value) ? value.join(', ') : value);
    }
    // Judged already (csrf.ts), and better than by headers alone.
    if (http.method === 'GET') map.set('apollo-require-preflight', 'judged');
    const reply = await this.passages.run(passage, () => server.executeHTTPGraphQLRequest({ httpGraphQLRequest: { ...http, headers: map }, context: async () => ({ passage }) }));
    if (reply.body.kind !== 'complete') throw new Error('Apollo Server answered in parts, which nobody asked for.');
    return { status: reply.status, headers: reply.headers, body: reply.body.string, answer: passage.answer };
  }

  private serverFor(schema: VisibleSchema): Promise<ApolloServer<ApolloContext>> {
    let server = this.servers.get(schema.key);
    if (!server) {
      server = this.start(schema);
      server.catch(() => this.servers.delete(schema.key));
      this.servers.set(schema.key, server);
    }
    return server;
  }

  private async start(schema: VisibleSchema): Promise<ApolloServer<ApolloContext>> {
    const server = new ApolloServer<ApolloContext>({
      gateway: {
        onSchemaLoadOrUpdate: (listener) => {
          listener({ apiSchema: schema.schema, coreSupergraphSdl: '' });
          return () => undefined;
        },
        load: async () => ({ executor: (context) => this.execute(schema, context.source, context.request, (context.context as unknown as ApolloContext).passage) }),
        stop: async () => undefined,
      },
      introspection: true,
      // The engine validates (with suggestions hidden) as it prepares: one set of rules for HTTP, WebSocket and event streams.
      dangerouslyDisableValidation: true,
      csrfPrevention: true,
      allowBatchedHttpRequests: false,
      persistedQueries: { cache: this.persistedQueries, ttl: null },
      cache: this.persistedQueries,
      documentStore: null,
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
      nodeEnv: 'production',
      logger: { debug: () => undefined, info: () => undefined, warn: (message) => this.log.warn(message), error: (message) => this.log.error(message) },
      formatError: (formatted, error) => this.format(formatted, error),
      stringifyResult: (result) => stringify(result),
      plugins: [
        ApolloServerPluginCacheControlDisabled(), ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginLandingPageDisabled(),
        ApolloServerPluginSchemaReportingDisabled(), ApolloServerPluginUsageReportingDisabled(), this.parseFailures(),
      ],
    });
    await server.start();
    return server;
  }

  private async execute(schema: VisibleSchema, query: string, request: { operationName?: string; variables?: Record<string, unknown> }, passage: Passage): Promise<FormattedExecutionResult<Record<string, unknown>> & { errors?: FormattedError[] }> {
    const answer = completeAnswer(await this.answer(schema, query, request, passage.request), passage.request.requestId);
    passage.answer = answer;
    return {
      ...(answer.errors && answer.errors.length > 0 ? { errors: answer.errors.map((error) => new FormattedError(error)) } : {}),
      ...(answer.data === undefined ? {} : { data: new JsonText(answer.data) as unknown as Record<string, unknown> }),
      ...(answer.extensions ? { extensions: answer.extensions } : {}),
    };
  }

  private async answer(schema: VisibleSchema, query: string, request: { operationName?: string; variables?: Record<string, unknown> }, context: RequestContext): Promise<Answer> {
    const refused = this.trusted?.refusal(query);
    if (refused) return refused;
    const prepared = this.engine.prepare(schema, query, request.operationName);
    if ('errors' in prepared) return { errors: prepared.errors };
    if (prepared.operation.kind === 'subscription') {
      return { errors: [{ message: 'A subscription needs a stream: use WebSocket (graphql-transport-ws) on this path, or send `accept: text/event-stream`.', extensions: { code: 'BAD_USER_INPUT' } }] };
    }
    return this.engine.execute(prepared.operation, request.variables ?? {}, schema, context);
  }

  private format(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
    if (error instanceof FormattedError) return error.formatted;
    const passage = this.passages.getStore();
    const requestId = passage?.request.requestId ?? '';
    // Apollo wraps the first error of an operation that does not exist; the engine has said it already.
    if (formatted.extensions?.code === 'OPERATION_RESOLUTION_FAILURE' && passage?.answer?.errors?.[0]) return passage.answer.errors[0];
    if (formatted.message.endsWith(stackExhausted)) return failureOf(documentTooDeep, requestId, this.log);
    if (formatted.extensions?.code === 'INTERNAL_SERVER_ERROR') return failureOf(error, requestId, this.log);
    return withRequestId(formatted, requestId);
  }

  private parseFailures(): ApolloServerPlugin<ApolloContext> {
    return {
      requestDidStart: async () => ({
        willSendResponse: async ({ contextValue: { passage }, document, source, response }) => {
          if (document || source === undefined || passage.answer || response.body.kind !== 'single') return;
          const code = response.body.singleResult.errors?.[0]?.extensions?.code;
          if (code === 'GRAPHQL_PARSE_FAILED' || code === 'LIMIT_EXCEEDED') passage.answer = { errors: response.body.singleResult.errors };
        },
      }),
    };
  }
}

function stringify(result: FormattedExecutionResult): string {
  const data: unknown = result.data;
  return answerText({
    errors: result.errors,
    data: data instanceof JsonText ? data.text : data === undefined ? undefined : JSON.stringify(data),
    extensions: result.extensions,
  });
}
