/** Why one attempt failed, in our words; becomes a SourceError when nothing more can be tried. */
import type { SourceErrorCode } from '../remoteSource.js';
import { AddressRefused } from './guardedConnector.js';
import { JsonRefused } from './boundedJson.js';
import { BodyRefused } from './readBody.js';

export class AttemptFailure extends Error {
  constructor(
    readonly code: SourceErrorCode,
    /** What the source did, after its name: `answered 503`. */
    readonly reason: string,
    readonly facts: {
      readonly retry: boolean;
      /** Whether the breaker counts it: the source is not well, rather than the request wrong or the caller impatient. */
      readonly counts: boolean;
      readonly status?: number;
      readonly retryAfterMs?: number;
    },
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** The caller has gone: no failure of the source. */
export class CallCancelled extends Error {}

/** The attempt's own time is over. */
export class AttemptTimedOut extends Error {}

const passing = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

export function failureOf(error: unknown): AttemptFailure | CallCancelled {
  if (error instanceof AttemptFailure || error instanceof CallCancelled) return error;
  if (error instanceof BodyRefused) return new AttemptFailure('SOURCE_INVALID', `sent an answer that ${error.message}`, { retry: false, counts: true }, { cause: error });
  if (error instanceof JsonRefused) return new AttemptFailure('SOURCE_INVALID', `sent an answer that ${error.message}`, { retry: false, counts: true }, { cause: error });
  if (error instanceof AddressRefused) {
    return new AttemptFailure('SOURCE_DOWN', 'is at an address that this server may not speak to (private, local or special); its operator may allow it with DURE_SOURCE_ALLOW_PRIVATE', { retry: false, counts: false }, { cause: error });
  }
  if (error instanceof AttemptTimedOut) return new AttemptFailure('SOURCE_TIMEOUT', 'did not answer in time', { retry: true, counts: false }, { cause: error });
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new AttemptFailure('SOURCE_TIMEOUT', 'did not answer in time', { retry: true, counts: true }, { cause: error });
  }
  if (code === 'ENOTFOUND') return new AttemptFailure('SOURCE_DOWN', 'has no address: its name is unknown', { retry: false, counts: true }, { cause: error });
  if (passing.has(code)) return new AttemptFailure('SOURCE_DOWN', 'cannot be reached, or its connection broke off', { retry: true, counts: true }, { cause: error });
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') return new AttemptFailure('SOURCE_INVALID', 'sent an answer that is not HTTP', { retry: false, counts: true }, { cause: error });
  if (/CERT|TLS|SSL|ISSUER/.test(code)) return new AttemptFailure('SOURCE_DOWN', 'has no valid certificate', { retry: false, counts: true }, { cause: error });
  if (code === 'UND_ERR_INVALID_ARG') return new AttemptFailure('SOURCE_INVALID', 'cannot be asked this: an address or header has characters that HTTP does not allow', { retry: false, counts: false }, { cause: error });
  return new AttemptFailure('SOURCE_DOWN', 'could not be asked', { retry: false, counts: true }, { cause: error });
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
