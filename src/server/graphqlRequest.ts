/** A GraphQL request, whatever transport it came by. */
import { HttpRefusal } from './reply.js';
import type { TrustedDocuments } from './trustedDocuments.js';

export interface GraphQLRequest {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * The request, where it is plainly well formed; anything unusual (persisted queries, mistakes) is left to the wide lane. A trusted
 * document may be named by its id, as `documentId` (https://github.com/graphql/graphql-over-http, RFC on persisted documents) or as
 * Apollo's clients do, in place of its text.
 */
export function readRequest(body: unknown, trusted?: TrustedDocuments): GraphQLRequest | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const { query: text, documentId, operationName, variables, extensions } = body as Record<string, unknown>;
  if (!isRecordOrMissing(variables) || !isRecordOrMissing(extensions)) return undefined;
  const persisted = extensions?.persistedQuery;
  const named = text === undefined || text === null || text === '' ? trustedText(documentId, persisted, trusted) : undefined;
  const query = named ?? text;
  if (typeof query !== 'string' || query === '') return undefined;
  if (operationName !== undefined && operationName !== null && (typeof operationName !== 'string' || operationName === '')) return undefined;
  if (persisted !== undefined && named === undefined) return undefined;
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

/** @throws HttpRefusal 404 for a document id that is not in the manifest; a hash may be of a query that a client registered. */
function trustedText(documentId: unknown, persisted: unknown, trusted: TrustedDocuments | undefined): string | undefined {
  if (typeof documentId === 'string') {
    const found = trusted?.text(documentId);
    if (found === undefined) throw new HttpRefusal(404, 'NOT_FOUND', 'No trusted document of this server has this documentId.');
    return found;
  }
  const hash = isRecordOrMissing(persisted) ? persisted?.sha256Hash : undefined;
  return typeof hash === 'string' ? trusted?.text(hash) : undefined;
}

function isRecordOrMissing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));
}

export function checkLength(query: string, limit: number): void {
  if (query.length * 3 <= limit) return;
  const actual = Buffer.byteLength(query);
  if (actual > limit) throw new HttpRefusal(413, 'LIMIT_EXCEEDED', `The GraphQL document has ${actual} bytes, ${limit} are allowed. Move what is large into variables, or ask in several requests.`, {}, { limit, actual });
}
