/** Errors as the answer shows them. What has no public code is masked, and told to the log. */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { DureError, errorCodes } from '../errors.js';
import type { RequestContext } from './context.js';

export const maskedMessage = 'Something went wrong inside the server. The request id finds the cause in its log.';

export type ReportError = (error: unknown, requestId: string) => void;

const codes: ReadonlySet<unknown> = new Set(errorCodes);

/** An error at a place of the answer. */
export function formatAt(error: unknown, path: readonly (string | number)[] | undefined, context: Pick<RequestContext, 'language' | 'requestId'>, report: ReportError): GraphQLFormattedError {
  const place = path && path.length > 0 ? { path } : {};
  if (error instanceof DureError) {
    const { messageKo, ...details } = error.details;
    const message = context.language === 'ko' && typeof messageKo === 'string' ? messageKo : error.message;
    return { message, ...place, extensions: { code: error.code, ...defined(details) } };
  }
  report(error, context.requestId);
  return { message: maskedMessage, ...place, extensions: { code: 'INTERNAL' } };
}

/** An error of graphql-js: of a document, of variables, or one that a resolver threw. */
export function formatGraphQLError(error: GraphQLError, code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT', context: Pick<RequestContext, 'language' | 'requestId'>, report: ReportError): GraphQLFormattedError {
  const original = error.originalError;
  const locations = error.locations ? { locations: error.locations } : {};
  if (original && !(original instanceof GraphQLError)) return { ...formatAt(original, error.path, context, report), ...locations };
  const inner = original ?? error;
  const own = inner.extensions.code;
  return { message: error.message, ...locations, ...(error.path ? { path: error.path } : {}), extensions: { ...inner.extensions, code: codes.has(own) ? own : code } };
}

function defined(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
