/** An engine over a small ordinary schema, for tests of the transports: it can be slow, fail, and stream at will. */
import { execute, GraphQLError, buildSchema, parse, subscribe, validate, type ExecutionResult } from 'graphql';
import { DureError } from '../../src/errors.js';
import type { RequestContext } from '../../src/graphql/context.js';
import type { Answer, Engine, PreparedOperation, VisibleSchema } from '../../src/graphql/engine.js';

const schema = buildSchema(`
  type Query { hello(name: String): String  twice(n: Int!): Int!  who: String!  refused: String  broken: String  wait(ms: Int!): String  text(length: Int!): String }
  type Mutation { set(value: Int!): Int }
  type Subscription { count(to: Int!): Int!  forever: Int!  refusedStream: Int }
`);

export interface PlainEngine extends Engine {
  /** How often an operation was prepared and run. */
  readonly prepares: number;
  readonly runs: number;
  /** Operations and subscriptions whose signal was aborted. */
  readonly aborted: number;
}

export function createPlainEngine(): PlainEngine {
  const visible: VisibleSchema = { key: 'plain', schema };
  const cache = new Map<string, PreparedOperation>();
  let prepares = 0;
  let runs = 0;
  let aborted = 0;

  const roots = {
    hello: ({ name }: { name?: string }) => `Hello ${name ?? 'world'}`,
    twice: ({ n }: { n: number }) => n * 2,
    who: (_: object, context: RequestContext) => context.identity.key,
    refused: () => { throw new DureError('FORBIDDEN', 'Not for you.'); },
    broken: () => { throw new Error('secret: the password is 1234'); },
    wait: async ({ ms }: { ms: number }, context: RequestContext) => {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, ms);
        context.signal.addEventListener('abort', () => { aborted += 1; clearTimeout(timer); done(); });
      });
      return 'waited';
    },
    text: ({ length }: { length: number }) => 'x'.repeat(length),
    set: ({ value }: { value: number }) => value,
    count: async function* ({ to }: { to: number }) { for (let n = 1; n <= to; n += 1) yield { count: n }; },
    forever: async function* (_: object, context: RequestContext) {
      yield { forever: 0 };
      await new Promise<void>((done) => context.signal.addEventListener('abort', () => { aborted += 1; done(); }));
    },
    refusedStream: () => { throw new DureError('FORBIDDEN', 'No stream for you.'); },
  };

  function format(errors: readonly GraphQLError[], context?: RequestContext): Answer['errors'] {
    return errors.map((error) => {
      const original = error.originalError;
      if (original instanceof DureError) return { ...error.toJSON(), extensions: { code: original.code, requestId: context?.requestId } };
      if (original && error.path) return { message: 'Internal error', locations: error.locations, path: error.path, extensions: { code: 'INTERNAL', requestId: context?.requestId } };
      return { ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT' } };
    });
  }

  function prepare(query: string, operationName?: string): ReturnType<Engine['prepare']> {
    prepares += 1;
    try {
      const document = parse(query);
      const errors = validate(schema, document, undefined, { hideSuggestions: true });
      if (errors.length > 0) return { errors: errors.map((error) => ({ ...error.toJSON(), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })) };
      const operations = document.definitions.filter((definition) => definition.kind === 'OperationDefinition');
      const found = operationName === undefined ? (operations.length === 1 ? operations[0] : undefined) : operations.find((operation) => operation.name?.value === operationName);
      if (!found) return { errors: [{ message: 'No such operation.', extensions: { code: 'BAD_USER_INPUT' } }] };
      const operation: PreparedOperation = { kind: found.operation, document, operationName };
      cache.set(`${operationName ?? ''}\n${query}`, operation);
      return { operation };
    } catch (error) {
      return { errors: [{ ...(error as GraphQLError).toJSON(), extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] };
    }
  }

  return {
    get prepares() { return prepares; },
    get runs() { return runs; },
    get aborted() { return aborted; },
    schemaFor: () => visible,
    collectionFor: () => undefined,
    prepared: (_schema, query, operationName) => cache.get(`${operationName ?? ''}\n${query}`),
    prepare: (_schema, query, operationName) => prepare(query, operationName),
    async execute(operation, variableValues, _schema, contextValue) {
      runs += 1;
      const result = await execute({ schema, document: operation.document, operationName: operation.operationName, rootValue: roots, variableValues, contextValue });
      return {
        ...(result.data === undefined ? {} : { data: JSON.stringify(result.data) }),
        ...(result.errors ? { errors: format(result.errors, contextValue) } : {}),
      };
    },
    async subscribe(operation, variableValues, _schema, contextValue) {
      const result = await subscribe({ schema, document: operation.document, operationName: operation.operationName, rootValue: roots, variableValues, contextValue });
      if (Symbol.asyncIterator in result) return result as AsyncIterable<ExecutionResult>;
      return { errors: format(result.errors ?? [], contextValue) };
    },
    close: () => undefined,
  };
}
