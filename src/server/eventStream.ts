/**
 * GraphQL over Server-Sent Events, distinct connections mode: one stream an operation
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode).
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../graphql/context.js';
import { answerText, type VisibleSchema } from '../graphql/engine.js';
import { failureOf } from './failure.js';
import { checkLength, readRequest, type GraphQLRequest } from './graphqlRequest.js';
import { findOperation, formatEvent, isReady, isStream, runOperation } from './operation.js';
import type { ServerOptions } from './options.js';
import { HttpRefusal, securityHeaders } from './reply.js';

/** Proxies commonly cut a connection that is silent for a minute. */
const heartbeatMilliseconds = 12_000;

export async function streamAnswer(request: IncomingMessage, response: ServerResponse, body: unknown, url: URL, schema: VisibleSchema, context: RequestContext, options: ServerOptions): Promise<void> {
  const asked = request.method === 'GET' ? readQuery(url, options) : readRequest(body, options.trusted);
  if (!asked) throw new HttpRefusal(400, 'BAD_USER_INPUT', 'Send the operation as a JSON body {"query", "operationName", "variables"} or as the parameters query, operationName and variables.');
  checkLength(asked.query, options.limits.documentBytes);
  const found = findOperation(options.engine, schema, asked, context, options.trusted);
  if (isReady(found) && request.method === 'GET' && found.operation.kind === 'mutation') {
    throw new HttpRefusal(405, 'BAD_USER_INPUT', 'A mutation needs POST.', { allow: 'POST' });
  }
  const stream = open(response, context.requestId);
  options.metrics.subscriptions.inc({ transport: 'sse' });
  try {
    const result = isReady(found) ? await runOperation(options.engine, found, asked.variables, context) : found;
    if (!isStream(result)) await stream.next(answerText(result));
    else for await (const event of untilAborted(result, context.signal)) await stream.next(JSON.stringify(formatEvent(event, context.requestId, options.log)));
  } catch (error) {
    if (!context.signal.aborted) await stream.next(JSON.stringify({ errors: [failureOf(error, context.requestId, options.log)] }));
  } finally {
    options.metrics.subscriptions.dec({ transport: 'sse' });
    stream.complete();
  }
}

function readQuery(url: URL, { trusted }: ServerOptions): GraphQLRequest | undefined {
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const json = (name: string): unknown => {
    try {
      return parameter(name) ? JSON.parse(parameter(name)!) : undefined;
    } catch {
      throw new HttpRefusal(400, 'BAD_USER_INPUT', `The parameter ${name} is not JSON.`);
    }
  };
  return readRequest({ query: parameter('query'), documentId: parameter('documentId'), operationName: parameter('operationName'), variables: json('variables'), extensions: json('extensions') }, trusted);
}

function open(response: ServerResponse, requestId: string): { next(text: string): Promise<void>; complete(): void } {
  // Set, not only written: by it the server knows its streams when it stops.
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.writeHead(200, {
    ...securityHeaders,
    'cache-control': 'no-store',
    // nginx would hold events back until its buffer is full.
    'x-accel-buffering': 'no',
    'x-request-id': requestId,
  });
  response.write(':\n\n');
  const heartbeat = setInterval(() => response.write(':\n\n'), heartbeatMilliseconds);
  response.once('close', () => clearInterval(heartbeat));
  return {
    async next(text) {
      if (response.destroyed || response.write(`event: next\ndata: ${text}\n\n`)) return;
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
    },
    complete() {
      clearInterval(heartbeat);
      if (!response.destroyed) response.end('event: complete\ndata: \n\n');
    },
  };
}

/** Ends with the source, or at once when the client is gone (the source's own end then happens in the background). */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let abort = (): void => undefined;
  const aborted = new Promise<{ done: true; value: undefined }>((done) => {
    abort = () => done({ done: true, value: undefined });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted]);
      if (step.done) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    iterator.return?.().catch(() => undefined);
  }
}
