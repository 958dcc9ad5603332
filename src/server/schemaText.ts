/** The SDL of a collection, as its caller may see it. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientSdl } from '../graphql/collection/sdl.js';
import { compress, encodingOf, smallestCompressed } from './compress.js';
import { schemaAt, type Endpoint } from './endpoint.js';
import type { ServerOptions } from './options.js';
import { HttpRefusal, reply } from './reply.js';

export async function serveSchema(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint, requestId: string, options: ServerOptions): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use GET on this path.', { allow: 'GET, HEAD' });
  const identity = await options.identify(request.headers.authorization);
  const text = clientSdl(schemaAt(endpoint, options.engine, identity).schema);
  // Weak: compressed or not, it is the same schema.
  const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  // It depends on the caller, so no shared cache may keep it; who has it already asks whether it is still the same.
  const headers = { 'cache-control': 'private, no-cache', vary: 'authorization, accept-encoding', etag, 'x-request-id': requestId };
  if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim() === etag)) return reply(response, 304, headers);
  const typed = { ...headers, 'content-type': 'application/graphql; charset=utf-8' };
  const encoding = encodingOf(request.headers['accept-encoding']);
  if (encoding === undefined || text.length < smallestCompressed) return reply(response, 200, typed, text);
  reply(response, 200, { ...typed, 'content-encoding': encoding }, await compress(encoding, text));
}
