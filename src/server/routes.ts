/** Which path is answered by what. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApolloLane } from './apolloLane.js';
import { allowedOrigin, corsHeaders, preflight } from './cors.js';
import { endpointAt } from './endpoint.js';
import { giveExport } from './exports.js';
import { failureOf } from './failure.js';
import { answerGraphQL } from './graphqlHttp.js';
import { jsonType } from './mediaType.js';
import type { ServerOptions } from './options.js';
import { servePage, type Pages } from './pages.js';
import { HttpRefusal, reply, replyFailure } from './reply.js';
import { pathOf } from './requestContext.js';
import { requestIdOf } from './requestId.js';
import { serveSchema } from './schemaText.js';
import { receiveUpload } from './uploads.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createHandler(options: ServerOptions, apollo: ApolloLane, pages: Pages): Handler {
  return async (request, response) => {
    const requestId = requestIdOf(request.headers['x-request-id']);
    const path = pathOf(request);
    const route = routeOf(path, pages);
    measure(response, route, options);
    try {
      const origin = allowedOrigin(request, options.allowedOrigins);
      if (origin) for (const [name, value] of Object.entries(corsHeaders(origin))) response.setHeader(name, value);
      if (request.method === 'OPTIONS') return preflight(response, origin, requestId);
      await dispatch(route, path, request, response, requestId);
    } catch (error) {
      refuse(error, response, requestId);
    }
  };

  async function dispatch(route: string, path: string, request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const endpoint = endpointAt(path);
    if (endpoint?.sdl) return serveSchema(request, response, endpoint, requestId, options);
    if (endpoint) return answerGraphQL(request, response, new URL(request.url!, 'http://localhost'), endpoint, requestId, options, apollo);
    switch (route) {
      case '/exports': return giveExport(request, response, path, requestId, options);
      case '/uploads': return receiveUpload(request, response, requestId, options);
      case 'other': throw new HttpRefusal(404, 'NOT_FOUND', `There is nothing at ${path.slice(0, 200)}. The API is at /graphql, its editor at /graphiql.`);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use GET on this path.', { allow: 'GET, HEAD' });
    const text = { 'content-type': jsonType, 'cache-control': 'no-store', 'x-request-id': requestId };
    if (route === '/healthz') return reply(response, 200, text, '{"status":"alive"}');
    if (route === '/readyz') {
      const readiness = await options.readiness();
      return reply(response, readiness.ready ? 200 : 503, text, JSON.stringify({ status: readiness.ready ? 'ready' : 'not ready', dependencies: readiness.dependencies }));
    }
    if (route === '/metrics') return reply(response, 200, { ...text, 'content-type': options.metrics.registry.contentType }, await options.metrics.registry.metrics());
    if (route === '/.well-known/dure-keys.json') {
      if (!options.siteKeys) throw new HttpRefusal(404, 'NOT_FOUND', 'This server has no name among Dure sites (DURE_SITE).');
      return reply(response, 200, { ...text, 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' }, JSON.stringify(await options.siteKeys()));
    }
    return servePage(request, response, pages.get(path)!);
  }

  function refuse(error: unknown, response: ServerResponse, requestId: string): void {
    if (response.destroyed) return;
    const failure = failureOf(error, requestId, options.log);
    if (response.headersSent) response.destroy();
    else if (error instanceof HttpRefusal) replyFailure(response, failure, error.status, error.headers);
    else replyFailure(response, failure);
  }
}

/** A fixed set of names: paths that callers invent must not become labels of metrics. */
function routeOf(path: string, pages: Pages): string {
  if (endpointAt(path)?.collection !== undefined) return '/graphql/c';
  if (path.startsWith('/exports/')) return '/exports';
  if (['/graphql', '/uploads', '/healthz', '/readyz', '/metrics', '/.well-known/dure-keys.json'].includes(path)) return path;
  return pages.has(path) ? 'page' : 'other';
}

function measure(response: ServerResponse, route: string, { metrics }: ServerOptions): void {
  const start = performance.now();
  response.once('close', () => {
    metrics.requests.inc({ route, status: response.headersSent ? String(response.statusCode) : 'gone' });
    metrics.duration.observe({ route }, (performance.now() - start) / 1_000);
  });
}
