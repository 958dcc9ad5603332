/**
 * The public error codes. Every error that leaves Dure carries one of these in `extensions.code`;
 * anything else that is thrown is masked as INTERNAL. docs/errors.md gives cause and remedy of each.
 */
export const errorCodes = [
  'GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND',
  'CONFLICT', 'LIMIT_EXCEEDED', 'OVERLOADED', 'TIMEOUT', 'CANCELLED', 'INVALID_PACKAGE', 'UPLOAD_REJECTED', 'PURPOSE_REQUIRED',
  'SUPPRESSED', 'UNKNOWN_ID', 'SOURCE_DOWN', 'SOURCE_TIMEOUT', 'SOURCE_LIMITED', 'SOURCE_INVALID',
  'DATABASE_UNAVAILABLE', 'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Machine-readable facts that accompany a message. Only what the caller may know belongs here. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error whose message is meant for the person who asked. It names what is wrong, where, and what to do. */
export class DureError extends Error {
  override readonly name = 'DureError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** HTTP status of an error that stops a plain HTTP request (GraphQL answers keep GraphQL-over-HTTP's own rules). */
export function httpStatus(code: ErrorCode): number {
  switch (code) {
    case 'UNAUTHENTICATED': return 401;
    case 'FORBIDDEN': case 'PURPOSE_REQUIRED': case 'SUPPRESSED': return 403;
    case 'NOT_FOUND': case 'UNKNOWN_ID': return 404;
    case 'CONFLICT': return 409;
    case 'LIMIT_EXCEEDED': return 429;
    case 'TIMEOUT': case 'SOURCE_TIMEOUT': return 504;
    case 'DATABASE_UNAVAILABLE': case 'SOURCE_DOWN': case 'OVERLOADED': return 503;
    case 'INTERNAL': return 500;
    default: return 400;
  }
}

/** The answer is longer than it may be. Thrown by whoever finds out first: the connection to the database, or the engine. */
export function answerTooLarge(limit: number): DureError {
  return new DureError('LIMIT_EXCEEDED', `The answer is longer than ${limit} bytes. Ask for smaller pages with first and page on with after, select fewer fields, or narrow by where.`, { limit });
}
