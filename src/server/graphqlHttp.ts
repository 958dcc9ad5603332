/** GraphQL over HTTP: known operations run at once (the prepared lane), all others pass through Apollo Server. Both lanes write the same bytes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext } from '../graphql/context.js';
import { answerText, type Answer, type VisibleSchema } from '../graphql/engine.js';
import type { ApolloLane } from './apolloLane.js';
import { schemaAt, type Endpoint } from './endpoint.js';
import { streamAnswer } from './eventStream.js';
import { answerStatus, completeAnswer, retryAfter } from './failure.js';
import { answerType, bodyKind, eventStreamType, type AnswerType } from './mediaType.js';
import type { ServerOptions } from './options.js';
import { checkLength, readRequest } from './graphqlRequest.js';
import { readBody } from './readBody.js';
import { HttpRefusal, reply } from './reply.js';
import { httpContext } from './requestContext.js';

export async function answerGraphQL(request: IncomingMessage, response: ServerResponse, url: URL, endpoint: Endpoint, requestId: string, options: ServerOptions, apollo: ApolloLane): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new HttpRefusal(405, 'BAD_USER_INPUT', 'Use GET or POST on this path.', { allow: 'GET, POST' });
  }
  const type = answerType(request.headers.accept);
  if (!type) throw new HttpRefusal(406, 'BAD_USER_INPUT', 'This path answers application/graphql-response+json, application/json or (for subscriptions) text/event-stream.');
  const context = await httpContext(request, response, requestId, type === eventStreamType ? 'subscription' : 'query', options);
  const schema = schemaAt(endpoint, options.engine, context.identity);
  const body = request.method === 'POST' ? await readJson(request, options) : undefined;
  if (type === eventStreamType) return streamAnswer(request, response, body, url, schema, context, options);
  const asked = readRequest(body);
  if (asked) checkLength(asked.query, options.limits.documentBytes);
  const operation = asked && options.engine.prepared(schema, asked.query, asked.operationName);
  if (asked && operation && operation.kind !== 'subscription') {
    options.metrics.operations.inc({ lane: 'prepared' });
    const answer = completeAnswer(await options.engine.execute(operation, asked.variables, schema, context), requestId);
    return writeAnswer(response, answerStatus(answer, type), type, requestId, answerText(answer), answer.data === undefined ? retryHeader(answer) : undefined);
  }
  await wideLane(request, response, body, url, type, schema, context, options, apollo);
}

async function wideLane(request: IncomingMessage, response: ServerResponse, body: unknown, url: URL, type: AnswerType, schema: VisibleSchema, context: RequestContext, options: ServerOptions, apollo: ApolloLane): Promise<void> {
  options.metrics.operations.inc({ lane: 'apollo' });
  for (const query of request.method === 'GET' ? url.searchParams.getAll('query') : []) checkLength(query, options.limits.documentBytes);
  const done = await apollo.run(schema, { method: request.method!, search: url.search, body }, request.headers, context);
  const allow = done.headers.get('allow');
  const status = done.answer ? answerStatus(done.answer, type) : done.status ?? 200;
  writeAnswer(response, status, type, context.requestId, done.body, allow ? { allow } : done.answer && retryHeader(done.answer));
}

function writeAnswer(response: ServerResponse, status: number, type: AnswerType, requestId: string, text: string, more?: Readonly<Record<string, string>>): void {
  reply(response, status, { 'content-type': type, 'cache-control': 'no-store', 'x-request-id': requestId, ...more }, text);
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
