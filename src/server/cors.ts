/** Pages of other origins are let in only where the configuration names them. No cookies are used, so credentials are never allowed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpRefusal, reply } from './reply.js';

export function allowedOrigin(request: IncomingMessage, allowed: readonly string[]): string | undefined {
  const { origin } = request.headers;
  return origin !== undefined && (allowed.includes('*') || allowed.includes(origin)) ? origin : undefined;
}

/** For WebSocket, which browsers open across origins without asking: programs send no Origin, our own pages that of the host. */
export function mayConnect(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowedOrigin(request, allowed)) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

export function corsHeaders(origin: string): Readonly<Record<string, string>> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'x-request-id, retry-after', vary: 'origin' };
}

export function preflight(response: ServerResponse, origin: string | undefined, requestId: string): void {
  if (!origin) throw new HttpRefusal(403, 'FORBIDDEN', 'Pages of this origin may not call this server (DURE_ALLOWED_ORIGINS).');
  reply(response, 204, {
    'x-request-id': requestId,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, content-disposition, dure-purpose, accept-language, x-request-id, apollo-require-preflight, x-apollo-operation-name',
    'access-control-max-age': '600',
  });
}
