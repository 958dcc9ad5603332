/** GraphQL over HTTP: known operations run at once (the prepared lane), all others pass through Apollo Server. Both lanes write the same bytes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../graphql/context.js';
import { answerText, type Answer, type VisibleSchema } from '../graphql/engine.js';
import type { ApolloLane } from './apolloLane.js';
import { compress, encodingOf, smallestCompressed } from './compress.js';
import { refuseForgedGet } from './csrf.js';
import { schemaAt, type Endpoint } from './endpoint.js';
import { streamAnswer } from './eventStream.js';
import { answerStatus, completeAnswer, retryAfter } from './failure.js';
import { answerType, bodyKind, eventStreamType, type AnswerType } from './mediaType.js';
import type { ServerOptions } from './options.js';
import { checkLength, readRequest, type GraphQLRequest } from './graphqlRequest.js';
import { readBody } from './readBody.js';
import { HttpRefusal, reply } from './reply.js';
import { httpContext } from './requestContext.js';

export async function answerGraphQL(request: IncomingMessage, response: ServerResponse, url: URL, endpoint: Endpoint, requestId: string, options: ServerOptions, apollo: ApolloLane): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use GET or POST on this path.', { allow: 'GET, POST' });
  }
  const type = answerType(request.headers.accept);
  if (!type) throw new HttpRefusal(406, 'BAD_USER_INPUT', 'This path answers application/graphql-response+json, application/json or (for subscriptions) text/event-stream.');
  if (request.method === 'GET') refuseForgedGet(request, options.allowedOrigins, type === eventStreamType);
  const context = await httpContext(request, response, requestId, type === eventStreamType ? 'subscription' : 'query', options);
  const schema = schemaAt(endpoint, options.engine, context.identity);
  const body = request.method === 'POST' ? await readJson(request, options) : undefined;
  if (type === eventStreamType) return streamAnswer(request, response, body, url, schema, context, options);
  if (Array.isArray(body)) throw new HttpRefusal(400, 'BAD_USER_INPUT', 'The body is a list: this server takes one operation a request. Send each in a request of its own (one connection carries many), or several fields in one operation.');
  const asked = readRequest(body, options.trusted);
  if (asked) checkLength(asked.query, options.limits.documentBytes);
  const operation = asked && options.engine.prepared(schema, asked.query, asked.operationName);
  if (asked && operation && operation.kind !== 'subscription') {
    options.metrics.operations.inc({ lane: 'prepared' });
    const refused = options.trusted?.refusal(asked.query);
    const answer = completeAnswer(refused ?? await options.engine.execute(operation, asked.variables, schema, context), requestId);
    return writeAnswer(request, response, answerStatus(answer, type), type, requestId, answerText(answer), answer.data === undefined ? retryHeader(answer) : undefined);
  }
  await wideLane(request, response, asked ? withText(body, asked) : body, url, type, schema, context, options, apollo);
}

async function wideLane(request: IncomingMessage, response: ServerResponse, body: unknown, url: URL, type: AnswerType, schema: VisibleSchema, context: RequestContext, options: ServerOptions, apollo: ApolloLane): Promise<void> {
  options.metrics.operations.inc({ lane: 'apollo' });
  if (request.method === 'GET') nameTrusted(url, options);
  const done = await apollo.run(schema, { method: request.method!, search: url.search, body }, request.headers, context);
  const allow = done.headers.get('allow');
  const status = done.answer ? answerStatus(done.answer, type) : done.status ?? 200;
  return writeAnswer(request, response, status, type, context.requestId, done.body, allow ? { allow } : done.answer && retryHeader(done.answer));
}

/** The body as it came, or what it stands for where it names a trusted document by its id. */
function withText(body: unknown, { query, operationName, variables }: GraphQLRequest): unknown {
  if ((body as { readonly query?: unknown }).query === query) return body;
  return { query, variables, ...(operationName === undefined ? {} : { operationName }) };
}

/** The text of a GET's document, where it is named by the id of a trusted one. */
function nameTrusted({ searchParams }: URL, { limits, trusted }: ServerOptions): void {
  for (const query of searchParams.getAll('query')) checkLength(query, limits.documentBytes);
  const documentId = searchParams.get('documentId');
  if (documentId === null || searchParams.has('query')) return;
  searchParams.set('query', readRequest({ documentId }, trusted)!.query);
}

function writeAnswer(request: IncomingMessage, response: ServerResponse, status: number, type: AnswerType, requestId: string, text: string, more?: Readonly<Record<string, string>>): void | Promise<void> {
  // What one caller was answered is nobody else's, nor true a moment later.
  const headers = { 'content-type': type, 'cache-control': 'no-store', vary: 'accept-encoding', 'x-request-id': requestId, ...more };
  const encoding = encodingOf(request.headers['accept-encoding']);
  if (encoding === undefined || text.length < smallestCompressed) return reply(response, status, headers, text);
  return compress(encoding, text).then((body) => reply(response, status, { ...headers, 'content-encoding': encoding }, body));
}

function retryHeader(answer: Answer): Readonly<Record<string, string>> | undefined {
  const seconds = answer.data === undefined ? retryAfter(answer.errors?.[0]) : undefined;
  return seconds === undefined ? undefined : { 'retry-after': seconds };
}

/** The parsed body; undefined where its content type is one that only the CSRF prevention should see. */
async function readJson(request: IncomingMessage, options: ServerOptions): Promise<unknown> {
  const kind = bodyKind(request.headers['content-type']);
  if (kind === 'charset') throw new HttpRefusal(415, 'BAD_USER_INPUT', 'The request body must be UTF-8.');
  if (kind === 'other') throw new HttpRefusal(415, 'BAD_USER_INPUT', 'The request body must be application/json.');
  if (kind === 'simple') return undefined;
  const text = await readBody(request, options.limits.requestBytes, options.limits.bodyTimeoutMs);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new HttpRefusal(400, 'BAD_USER_INPUT', `The request body is not JSON: ${(error as Error).message}`);
  }
}
