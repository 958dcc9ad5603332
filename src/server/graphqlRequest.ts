/** A GraphQL request, whatever transport it came by. */
import { HttpRefusal } from './reply.js';

export interface GraphQLRequest {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The request, where it is plainly well formed; anything unusual (persisted queries, mistakes) is left to the wide lane. */
export function readRequest(body: unknown): GraphQLRequest | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== 'string' || query === '') return undefined;
  if (operationName !== undefined && operationName !== null && (typeof operationName !== 'string' || operationName === '')) return undefined;
  if (!isRecordOrMissing(variables) || !isRecordOrMissing(extensions) || extensions?.persistedQuery !== undefined) return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

function isRecordOrMissing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));
}

export function checkLength(query: string, limit: number): void {
  if (query.length * 3 <= limit) return;
  const actual = Buffer.byteLength(query);
  if (actual > limit) throw new HttpRefusal(413, 'LIMIT_EXCEEDED', `The GraphQL document has ${actual} bytes, ${limit} are allowed. Move what is large into variables, or ask in several requests.`, {}, { limit, actual });
}
