/** Operations over the streaming transports (WebSocket, Server-Sent Events), which do not go through Apollo Server. */
import { GraphQLError, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import type { Answer, Engine, PreparedOperation, VisibleSchema } from '../graphql/engine.js';
import { completeAnswer, failureOf, withRequestId } from './failure.js';
import type { GraphQLRequest } from './graphqlRequest.js';
import type { TrustedDocuments } from './trustedDocuments.js';

export interface Ready {
  readonly operation: PreparedOperation;
  readonly schema: VisibleSchema;
}

/** Finds the operation in the caller's schema, prepared now if need be. */
export function findOperation(engine: Engine, schema: VisibleSchema, asked: GraphQLRequest, context: RequestContext, trusted: TrustedDocuments | undefined): Ready | Answer {
  const refused = trusted?.refusal(asked.query);
  if (refused) return completeAnswer(refused, context.requestId);
  const known = engine.prepared(schema, asked.query, asked.operationName);
  if (known) return { operation: known, schema };
  const prepared = engine.prepare(schema, asked.query, asked.operationName);
  return 'errors' in prepared ? completeAnswer({ errors: prepared.errors }, context.requestId) : { operation: prepared.operation, schema };
}

export function isReady(found: Ready | Answer): found is Ready {
  return 'operation' in found;
}

export async function runOperation(engine: Engine, ready: Ready, variables: GraphQLRequest['variables'], context: RequestContext): Promise<AsyncIterable<ExecutionResult> | Answer> {
  const { operation, schema } = ready;
  const result = operation.kind === 'subscription'
    ? await engine.subscribe(operation, variables, schema, context)
    : await engine.execute(operation, variables, schema, context);
  return isStream(result) ? result : completeAnswer(result, context.requestId);
}

export function isStream(result: AsyncIterable<ExecutionResult> | Answer): result is AsyncIterable<ExecutionResult> {
  return Symbol.asyncIterator in result;
}

/** One event of a subscription as it is sent. */
export function formatEvent(result: ExecutionResult, requestId: string, log: Logger): FormattedExecutionResult {
  if (!result.errors || result.errors.length === 0) return result as FormattedExecutionResult;
  const errors = result.errors.map((error) => {
    // An error that the engine formatted has its code; what has none is unexpected and masked.
    if (error instanceof GraphQLError && error.originalError) return failureOf(error, requestId, log);
    const formatted = error instanceof GraphQLError ? error.toJSON() : error;
    return withRequestId(formatted, requestId);
  });
  return { ...result, errors };
}
