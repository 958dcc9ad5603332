/** One GraphQL endpoint of somebody else's: questions posted, answers checked for their shape. Its error texts go no further. */
import type { Credential, SourceAnswer, SourceRequest, Tally } from '../remote/client/options.js';
import type { SourceClient } from '../remote/client/sourceClient.js';
import { SourceError, type RemoteCall } from '../remote/remoteSource.js';

export interface GraphqlEndpoint {
  readonly source: string;
  readonly url: string;
  readonly client: SourceClient;
  readonly credentials?: readonly Credential[];
}

export interface GraphqlProblem {
  /** Where in the data; absent where it is about the whole. */
  readonly path?: readonly (string | number)[];
  readonly code?: string;
}

export interface GraphqlAnswer {
  /** Absent where the source gave no data at all. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly problems: readonly GraphqlProblem[];
  readonly extensions?: unknown;
  readonly fetchedAt: Date;
}

export interface GraphqlQuestion {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly judge?: SourceRequest['judge'];
}

/** @throws SourceError */
export async function ask(endpoint: GraphqlEndpoint, { query, variables, label, headers, judge }: GraphqlQuestion, call: RemoteCall, tally: Tally): Promise<GraphqlAnswer> {
  const answer: SourceAnswer = await endpoint.client.request({
    url: endpoint.url, method: 'POST', label, repeatable: true, credentials: endpoint.credentials, judge,
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json;q=0.9', ...headers },
    body: JSON.stringify({ query, variables }),
  }, call, tally);
  const body = record(answer.body);
  if (!body || (record(body['data']) === undefined && !Array.isArray(body['errors']))) throw invalid(endpoint, 'sent an answer that is not one of GraphQL');
  const problems = (Array.isArray(body['errors']) ? (body['errors'] as readonly unknown[]) : []).map(problem);
  return { ...(record(body['data']) ? { data: record(body['data'])! } : {}), problems, extensions: body['extensions'], fetchedAt: answer.fetchedAt };
}

function problem(error: unknown): GraphqlProblem {
  const path = record(error)?.['path'];
  const code = record(record(error)?.['extensions'])?.['code'];
  return {
    ...(Array.isArray(path) && path.every((part) => typeof part === 'string' || typeof part === 'number') ? { path: path as (string | number)[] } : {}),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

export function invalid({ source }: Pick<GraphqlEndpoint, 'source'>, what: string): SourceError {
  return new SourceError('SOURCE_INVALID', `${source} ${what}.`, { source });
}

export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}
