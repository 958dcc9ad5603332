/** GraphQL over WebSocket: the protocol `graphql-transport-ws` on the path of the HTTP endpoint. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Context } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Standing } from '../access/standing.js';
import { DureError } from '../errors.js';
import type { RequestContext } from '../graphql/context.js';
import type { Answer } from '../graphql/engine.js';
import type { Identity } from '../identity/identity.js';
import { endpointAt, schemaAt, type Endpoint } from './endpoint.js';
import { untilAborted } from './eventStream.js';
import { failureOf, FormattedError } from './failure.js';
import { checkLength, readRequest, type GraphQLRequest } from './graphqlRequest.js';
import { findOperation, formatEvent, isReady, isStream, runOperation, type Ready } from './operation.js';
import type { ServerOptions } from './options.js';
import { addressOf, createContext, pathOf } from './requestContext.js';

/** Close codes of the protocol: 4401 means that trying again with the same token is useless, after 4403 a client may come back with a new one. */
const forbidden = 4403;
/** 4400 for a collection that is not there: trying again is useless. */
const closeCodes: Readonly<Record<string, number>> = { UNAUTHENTICATED: 4401, NOT_FOUND: 4400 };
const longestTimer = 2 ** 31 - 1;

type Connected = { identity?: Identity; expiry?: NodeJS.Timeout; unwatch?: () => void; operations?: Map<string, AbortController> };
type Connection = Extra & Connected;
type SocketContext = Context<Record<string, unknown> | undefined, Connection>;

interface Running {
  readonly ready: Ready;
  readonly asked: GraphQLRequest;
  readonly context: RequestContext;
  readonly controller: AbortController;
}

export interface SocketEndpoint {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
}

export function createSocketEndpoint(options: ServerOptions): SocketEndpoint {
  const server = new WebSocketServer({ noServer: true, maxPayload: options.limits.requestBytes, perMessageDeflate: false });
  const disposable = useServer<Record<string, unknown> | undefined, Connected>({
    connectionInitWaitTimeout: 10_000,
    isProd: true, // the reason of an internal error stays inside
    onConnect: (context) => connect(context as SocketContext, options),
    onSubscribe: (context, id, payload) => begin(context as SocketContext, id, payload, options),
    execute: (args) => run(args, options) as Promise<ExecutionResult>,
    subscribe: (args) => run(args, options) as Promise<AsyncIterable<ExecutionResult>>,
    onNext: (_context, _id, _payload, args, result) => formatEvent(result, running(args).context.requestId, options.log),
    onError: (_context, _id, _payload, errors) => errors.map((error) => failureOf(error.originalError ?? error, randomUUID(), options.log)),
    onComplete: (context, id) => end(context.extra as Connection, id),
    onClose: (context) => closed(context.extra as Connection, options),
  }, server, 15_000);
  server.on('connection', () => options.metrics.sockets.inc());
  return {
    upgrade: (request, socket, head) => server.handleUpgrade(request, socket, head, (client) => {
      server.emit('connection', client, request);
      // graphql-ws prints what a client did wrong to the console; ws closes the socket with the right code by itself.
      client.removeAllListeners('error').on('error', (error) => options.log.debug({ err: error }, 'a client broke the protocol'));
    }),
    close: async () => {
      const open = [...server.clients];
      const done = disposable.dispose() as Promise<void>;
      const late = setTimeout(() => open.forEach((client) => client.terminate()), 2_000);
      await done;
      clearTimeout(late);
    },
  };
}

async function connect(context: SocketContext, options: ServerOptions): Promise<boolean> {
  const { socket, request } = context.extra;
  try {
    const parameters = context.connectionParams ?? {};
    const given = parameters.authorization ?? parameters.Authorization ?? request.headers.authorization;
    if (given !== undefined && typeof given !== 'string') throw new DureError('UNAUTHENTICATED', 'authorization must be a text, for example "Bearer TOKEN".');
    const identity = await options.identify(given === '' ? undefined : given);
    schemaAt(endpointOf(request), options.engine, identity);
    Object.assign(context.extra, { identity, operations: new Map() });
    socket.on('message', (data) => completed(context.extra, data));
    if (identity.expiresAt !== undefined) closeAt(context.extra, identity.expiresAt);
    context.extra.unwatch = watched(context.extra, identity, options);
    return true;
  } catch (error) {
    const { message, extensions } = failureOf(error, randomUUID(), options.log);
    socket.close(closeCodes[String(extensions?.code)] ?? 1011, closeReason(message));
    return false;
  }
}

/** Only paths of endpoints are upgraded (server.ts). */
function endpointOf(request: IncomingMessage): Endpoint {
  return endpointAt(pathOf(request))!;
}

/** graphql-ws returns streams that the client completes, but lets an operation of one answer run to its end; this one stops it. */
function completed(connection: Connection, data: unknown): void {
  if (!connection.operations || connection.operations.size === 0) return;
  const text = String(data);
  if (!text.includes('"complete"')) return;
  try {
    const { id, type } = JSON.parse(text) as { readonly id?: unknown; readonly type?: unknown };
    if (type === 'complete' && typeof id === 'string') connection.operations.get(id)?.abort();
  } catch {
    // What is no message of the protocol closes the socket anyway.
  }
}

/** A token that was revoked or a person who is suspended: what runs is stopped, and the socket closed. */
function watched(connection: Connection, identity: Identity, { services }: ServerOptions): (() => void) | undefined {
  return (services.standing as Standing | undefined)?.watch(identity, ({ code, message }) => {
    for (const controller of connection.operations?.values() ?? []) controller.abort();
    connection.socket.close(identity.expiresAt !== undefined && identity.expiresAt <= Date.now() ? forbidden : closeCodes[code] ?? forbidden, closeReason(message));
  });
}

function closeAt(connection: Connection, expiresAt: number): void {
  const wait = expiresAt - Date.now();
  connection.expiry = setTimeout(() => {
    if (wait > longestTimer) closeAt(connection, expiresAt);
    else connection.socket.close(forbidden, 'The token has expired.');
  }, Math.min(Math.max(wait, 0), longestTimer));
  connection.expiry.unref();
}

/** A close reason has 123 bytes at most (RFC 6455, 5.5). */
function closeReason(message: string): string {
  let reason = message;
  while (Buffer.byteLength(reason) > 123) reason = reason.slice(0, -1);
  return reason;
}

function begin(socket: SocketContext, id: string, payload: { query: string; operationName?: string | null; variables?: Record<string, unknown> | null; extensions?: Record<string, unknown> | null }, options: ServerOptions): ExecutionArgs | readonly FormattedError[] {
  const connection = socket.extra;
  const requestId = randomUUID();
  const controller = new AbortController();
  try {
    const limit = options.limits.subscriptionsPerConnection;
    const actual = Object.keys(socket.subscriptions).length;
    if (actual > limit) throw new DureError('LIMIT_EXCEEDED', `This would be operation ${actual} on the connection, ${limit} are allowed at a time: complete one, or open a further connection.`, { limit, actual });
    const asked = readRequest({ query: payload.query, operationName: payload.operationName ?? undefined, variables: payload.variables, extensions: payload.extensions }, options.trusted);
    if (!asked) throw new DureError('BAD_USER_INPUT', 'The payload must hold query, and may hold operationName and variables.');
    checkLength(asked.query, options.limits.documentBytes);
    const context = contextOf(connection, socket.connectionParams, requestId, controller, options);
    const found = findOperation(options.engine, schemaAt(endpointOf(connection.request), options.engine, context.identity), asked, context, options.trusted);
    if (!isReady(found)) return (found.errors ?? []).map((error) => new FormattedError(error));
    const streaming = found.operation.kind === 'subscription';
    connection.operations!.set(id, controller);
    if (streaming) options.metrics.subscriptions.inc({ transport: 'websocket' });
    controller.signal.addEventListener('abort', () => streaming && options.metrics.subscriptions.dec({ transport: 'websocket' }), { once: true });
    const contextValue: Running = { ready: found, asked, context: { ...context, channel: streaming ? 'subscription' : 'query' }, controller };
    return { schema: found.schema.schema, document: found.operation.document, operationName: asked.operationName, variableValues: asked.variables, contextValue };
  } catch (error) {
    return [new FormattedError(failureOf(error, requestId, options.log))];
  }
}

function contextOf(connection: Connection, parameters: Record<string, unknown> | undefined, requestId: string, controller: AbortController, options: ServerOptions): RequestContext {
  const language = parameters?.['accept-language'] ?? connection.request.headers['accept-language'];
  return createContext({
    identity: connection.identity!,
    requestId,
    channel: 'query',
    purpose: parameters?.['dure-purpose'] ?? connection.request.headers['dure-purpose'],
    language: typeof language === 'string' ? language : undefined,
    address: addressOf(connection.request, options.trustedProxies),
    controller,
  }, options.services);
}

function running(args: ExecutionArgs): Running {
  return args.contextValue as Running;
}

async function run(args: ExecutionArgs, options: ServerOptions): Promise<FormattedAnswer | AsyncIterable<ExecutionResult>> {
  const { ready, asked, context, controller } = running(args);
  const result = await runOperation(options.engine, ready, asked.variables, context);
  return isStream(result) ? cancellable(told(result, context, options), controller) : fromText(result);
}

/** A stream that fails ends with its error as the last event; thrown, it would close the socket and all that runs on it. */
function told(source: AsyncIterable<ExecutionResult>, { requestId, signal }: RequestContext, { log }: ServerOptions): AsyncIterable<ExecutionResult> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      let failed = false;
      return {
        async next() {
          if (failed) return { done: true, value: undefined };
          try {
            return await iterator.next();
          } catch (error) {
            failed = true;
            return signal.aborted ? { done: true, value: undefined } : { done: false, value: { errors: [new FormattedError(failureOf(error, requestId, log))] } };
          }
        },
        return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

/** graphql-ws calls `return` when the client completes or goes away: that must reach a source which waits for its next event. */
function cancellable(source: AsyncIterable<ExecutionResult>, controller: AbortController): AsyncGenerator<ExecutionResult, void, undefined> {
  const generator = untilAborted(source, controller.signal);
  const finish = generator.return.bind(generator);
  generator.return = (value) => {
    controller.abort();
    return finish(value);
  };
  return generator;
}

type FormattedAnswer = ExecutionResult;

/** A message of the protocol is one JSON text, so here the rows are parsed once; streams of rows are not what sockets are used for. */
function fromText(answer: Answer): FormattedAnswer {
  return {
    ...(answer.errors && answer.errors.length > 0 ? { errors: answer.errors.map((error) => new FormattedError(error)) } : {}),
    ...(answer.data === undefined ? {} : { data: JSON.parse(answer.data) as Record<string, unknown> | null }),
    ...(answer.extensions && Object.keys(answer.extensions).length > 0 ? { extensions: answer.extensions } : {}),
  };
}

function end(connection: Connection, id: string): void {
  connection.operations?.get(id)?.abort();
  connection.operations?.delete(id);
}

function closed(connection: Connection, options: ServerOptions): void {
  clearTimeout(connection.expiry);
  connection.unwatch?.();
  for (const controller of connection.operations?.values() ?? []) controller.abort();
  options.metrics.sockets.dec();
}

