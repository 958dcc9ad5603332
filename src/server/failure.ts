/** Errors on their way out: each has a public code and the request's id; what is not meant for the caller is masked and logged. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { DureError, errorCodes, type ErrorCode } from '../errors.js';
import { maskedMessage } from '../graphql/formatError.js';
import type { Answer } from '../graphql/engine.js';
import { graphqlType, type AnswerType } from './mediaType.js';

/** An error that was formatted already: libraries that want a GraphQLError carry it unchanged. */
export class FormattedError extends GraphQLError {
  constructor(readonly formatted: GraphQLFormattedError) {
    super(formatted.message, { extensions: formatted.extensions });
  }
  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

const publicCodes: ReadonlySet<unknown> = new Set(errorCodes);

/** The codes of Apollo Server and of graphql-js's own errors, in our words. APQ clients go by the message. */
const foreignCodes: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'NOT_FOUND',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
};

/** The same error with a public code and the request id; itself where it has both. */
export function withRequestId(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  const { code } = error.extensions ?? {};
  if (error.extensions?.requestId === requestId && publicCodes.has(code)) return error;
  const known = publicCodes.has(code) ? (code as ErrorCode) : foreignCodes[String(code)];
  const message = known ? error.message : maskedMessage;
  return { ...error, message, extensions: { ...(known ? error.extensions : {}), code: known ?? 'INTERNAL', requestId } };
}

/** Any thrown value as the caller may see it. */
export function failureOf(error: unknown, requestId: string, log: Logger): GraphQLFormattedError {
  if (error instanceof FormattedError) return withRequestId(error.formatted, requestId);
  if (error instanceof DureError) return { message: error.message, extensions: { ...error.details, code: error.code, requestId } };
  const original = error instanceof GraphQLError ? error.originalError : undefined;
  if (original instanceof DureError) return { ...(error as GraphQLError).toJSON(), extensions: { ...original.details, code: original.code, requestId } };
  if (error instanceof GraphQLError && (original === undefined || original === null)) {
    return withRequestId({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT', ...error.extensions } }, requestId);
  }
  log.error({ err: error, requestId }, 'unexpected error');
  return { message: maskedMessage, extensions: { code: 'INTERNAL', requestId } };
}

/** An answer whose every error carries code and request id. */
export function completeAnswer(answer: Answer, requestId: string): Answer {
  if (!answer.errors || answer.errors.length === 0) return answer;
  return { ...answer, errors: answer.errors.map((error) => withRequestId(error, requestId)) };
}

/** When to ask again, in seconds, as the header Retry-After says it. */
export function retryAfter(error: GraphQLFormattedError | undefined): string | undefined {
  const seconds = error?.extensions?.retryAfterSeconds;
  return typeof seconds === 'number' ? String(seconds) : undefined;
}

/**
 * The HTTP status of a GraphQL answer. With `application/json` a well-formed request is answered with 200 whatever its outcome;
 * with `application/graphql-response+json` the status tells (https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes).
 */
export function answerStatus(answer: Answer, type: AnswerType): number {
  if (answer.data !== undefined) return 200;
  const code = answer.errors?.[0]?.extensions?.code;
  // Nothing ran, and it is for proxies and clients of every kind to know: they go by the status and Retry-After.
  if (code === 'OVERLOADED') return 503;
  if (type !== graphqlType) return 200;
  switch (code) {
    case 'UNAUTHENTICATED': return 401;
    case 'FORBIDDEN': case 'PURPOSE_REQUIRED': return 403;
    case 'DATABASE_UNAVAILABLE': return 503;
    case 'TIMEOUT': return 504;
    case 'INTERNAL': return 500;
    default: return 400;
  }
}
