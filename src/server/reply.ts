/** How every plain HTTP answer is written. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { DureError, httpStatus, type ErrorDetails } from '../errors.js';
import type { GraphQLFormattedError } from 'graphql';
import { jsonType } from './mediaType.js';

/** On every answer. Pages add their own content security policy. */
export const securityHeaders: Readonly<Record<string, string>> = Object.freeze({
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

/** From here on a text is made bytes once, where Node would measure it first and then copy it behind the headers. */
const longText = 8_192;

export function reply(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, text: string | Buffer = ''): void {
  if (response.destroyed || response.headersSent) return;
  const body = typeof text === 'string' && text.length >= longText ? Buffer.from(text) : text;
  // What CORS set stands beside what the body varies by.
  const vary = response.getHeader('vary');
  response.writeHead(status, { ...securityHeaders, ...headers, ...(vary !== undefined && headers.vary !== undefined ? { vary: `${String(vary)}, ${String(headers.vary)}` } : {}), 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The answer where no GraphQL operation ran: JSON in the form of a GraphQL error, on every path. */
export function replyFailure(response: ServerResponse, error: GraphQLFormattedError, status?: number, headers: OutgoingHttpHeaders = {}): void {
  const code = error.extensions?.code as Parameters<typeof httpStatus>[0];
  const chosen = status ?? httpStatus(code);
  reply(response, chosen, {
    'content-type': jsonType,
    'cache-control': 'no-store',
    'x-request-id': String(error.extensions?.requestId),
    ...(chosen === 401 ? { 'www-authenticate': 'Bearer realm="dure", error="invalid_token"' } : {}),
    ...headers,
  }, JSON.stringify({ errors: [error] }));
}

/** A refusal that knows its HTTP status better than its code does. */
export class HttpRefusal extends DureError {
  constructor(readonly status: number, code: ConstructorParameters<typeof DureError>[0], message: string, readonly headers: OutgoingHttpHeaders = {}, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}
