/** GraphQL as the server sees it: schemas per visible set, prepared operations, one execute for both lanes. */
import type { DocumentNode, ExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from './context.js';

export interface VisibleSchema {
  /** Equal for callers with the same visible set at the same catalog revision. */
  readonly key: string;
  readonly schema: GraphQLSchema;
}

export interface PreparedOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly document: DocumentNode;
  readonly operationName?: string;
}

/** An answer whose data is JSON text already: rows pass through unparsed. `data` is absent when the request failed before execution. */
export interface Answer {
  readonly data?: string;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface Engine {
  schemaFor(identity: Identity): VisibleSchema;
  /** Of a collection; undefined where there is none that the caller may see. */
  collectionFor(name: string, identity: Identity): VisibleSchema | undefined;
  /** From the prepared cache only; undefined at first sight. */
  prepared(schema: VisibleSchema, query: string, operationName?: string): PreparedOperation | undefined;
  /** Parses, validates, checks limits and remembers; the errors of a document that does not pass. Never throws for bad input. */
  prepare(schema: VisibleSchema, query: string, operationName?: string): { readonly operation: PreparedOperation } | { readonly errors: readonly GraphQLFormattedError[] };
  /** Queries and mutations. Never throws: failures are in the answer. */
  execute(operation: PreparedOperation, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext): Promise<Answer>;
  /** Subscriptions; an Answer where the subscription could not begin. */
  subscribe(operation: PreparedOperation, variables: Readonly<Record<string, unknown>>, schema: VisibleSchema, context: RequestContext): Promise<AsyncIterable<ExecutionResult> | Answer>;
  /** How schemas are closed when nobody uses them any more; for tests and shutdown. */
  close(): void;
}

/** Texts of extensions that are the same each time an operation runs. */
const fixedTexts = new WeakMap<object, string>();

/** Remembers how these extensions are written; they may not change any more. */
export function fixExtensions(extensions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  fixedTexts.set(Object.freeze(extensions), JSON.stringify(extensions));
  return extensions;
}

/** The body of a GraphQL response: errors first, as Apollo Server orders it, so that both lanes write the same bytes. */
export function answerText({ errors, data, extensions }: Answer): string {
  let text = '';
  if (errors && errors.length > 0) text = `"errors":${JSON.stringify(errors)}`;
  if (data !== undefined) text += `${text === '' ? '' : ','}"data":${data}`;
  const further = extensions && (fixedTexts.get(extensions) ?? JSON.stringify(extensions));
  if (further !== undefined && further !== '{}') text += `${text === '' ? '' : ','}"extensions":${further}`;
  return `{${text}}`;
}
