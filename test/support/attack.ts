/**
 * An attacker at the door of a real server: each question goes over HTTP through both lanes (first sight, then prepared) and over
 * WebSocket; all must answer alike, and none may hold a hidden value.
 */
import { expect } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { SignJWT } from 'jose';
import WebSocket from 'ws';
import type { EngineOptions } from '../../src/graphql/createEngine.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { defaultClaimNames } from '../../src/identity/claims.js';
import { Identifier } from '../../src/identity/identifier.js';
import { demoAudience, demoIssuer, JwtVerifier, trustSecret } from '../../src/identity/jwt.js';
import type { Grant } from '../../src/policy/grant.js';
import type { ServerOptions } from '../../src/server/options.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { withCollections } from './collections.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { testCursors, testEngine, type TestEngine } from './engine.js';
import { makeSnapshot } from './fixture.js';
import { hiddenValues, leakFixture, proteins } from './leakFixture.js';
import { MemorySource } from './memorySource.js';
import { startTestServer, type TestServer } from './testServer.js';

export interface Told { readonly data?: unknown; readonly errors?: readonly { readonly message: string; readonly path?: readonly unknown[]; readonly extensions: Readonly<Record<string, unknown>> }[]; readonly extensions?: Readonly<Record<string, unknown>> }
export interface Asked { readonly variables?: Record<string, unknown>; readonly collection?: string; readonly purpose?: string; /** Whether hidden values may be in the answer: for those whom no rule binds. */ readonly open?: boolean }

export interface Attack {
  readonly dure: TestEngine;
  readonly db: TestDatabase;
  readonly server: TestServer;
  readonly uniprot: MemorySource;
  /** By the subject of whom they were given to. */
  grants: readonly Grant[];
  /** @param claims of the token, none for nobody */
  ask(query: string, claims?: Record<string, unknown>, asked?: Asked): Promise<Told>;
  /** The token of somebody with these claims. */
  token(claims: Record<string, unknown>, lifetime?: string): Promise<string>;
  close(): Promise<void>;
}

const secret = 'a secret of thirty-two bytes or more, for tests';
let asked = 0;

export async function startAttack(options: { readonly limits?: Partial<EngineOptions['limits']>; readonly server?: Partial<ServerOptions> } = {}): Promise<Attack> {
  const db = await createTestDatabase();
  const made = await makeSnapshot(db.pool, leakFixture);
  const snapshot = withCollections(made, { all: { 'lab/trial': '2', 'lab/vault': '1', 'lab/later': '1', 'bora/solvents': '1' } });
  const uniprot = new MemorySource('uniprot', { proteins: { key: 'accession', rows: proteins, capabilities: { filter: () => false } } });
  const codec = testCursors();
  const source = new FederatedSource({
    own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: (id) => (id === 'uniprot' ? uniprot : undefined) }, codec, timeoutMs: 5_000, scanned: 100, semiJoinKeys: 100,
  });
  const attack = { grants: [] as readonly Grant[] };
  const lists = new Map<string, { readonly from: readonly Grant[]; readonly list: readonly Grant[] }>();
  const grantsOf = (subject = ''): readonly Grant[] => {
    let known = lists.get(subject);
    if (known?.from !== attack.grants) lists.set(subject, (known = { from: attack.grants, list: attack.grants.filter((grant) => grant.subject === subject) }));
    return known!.list;
  };
  const dure = await testEngine(db.pool, snapshot, codec, source, options.limits ?? {}, undefined, 'none', { grants: { of: ({ subject }) => grantsOf(subject) } });
  const identifier = new Identifier({ jwt: new JwtVerifier({ trust: trustSecret(secret), claimNames: defaultClaimNames }) });
  const server = await startTestServer(dure.engine, {
    identify: (authorization) => identifier.identify(authorization),
    services: { catalog: { get snapshot() { return dure.snapshot; } }, grants: { of: ({ subject }: { subject?: string }) => grantsOf(subject) } } as never,
    limits: { requestBytes: 2_000_000, bodyTimeoutMs: 10_000, documentBytes: 500_000, uploadBytes: 10_000, subscriptionsPerConnection: 3, apolloServers: 10 },
    ...options.server,
  });
  const token = async (claims: Record<string, unknown>, lifetime = '5m'): Promise<string> => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer(demoIssuer).setAudience(demoAudience).setIssuedAt().setExpirationTime(lifetime).sign(new TextEncoder().encode(secret));
  const tokens = new Map<string, Promise<string>>();
  const clients = new Map<string, Client>();
  return Object.assign(attack, {
    dure, db, server, uniprot, token,
    async ask(text: string, claims: Record<string, unknown> | undefined, { variables = {}, collection, purpose, open = false }: Asked = {}): Promise<Told> {
      // A text that was never asked is first seen, whoever asked before.
      const query = `${text} #${asked += 1}`;
      const path = collection === undefined ? '/graphql' : `/graphql/c/${collection}`;
      const name = JSON.stringify([claims, purpose, path]);
      if (claims && !tokens.has(name)) tokens.set(name, token(claims));
      const headers = { ...(claims ? { authorization: `Bearer ${await tokens.get(name)!}` } : {}), ...(purpose === undefined ? {} : { 'dure-purpose': purpose }) };
      const overHttp = async (): Promise<string> => (await fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'r', ...headers }, body: JSON.stringify({ query, variables }) })).text().then((body) => body.replace(/"fetchedAt":"[^"]*"/g, '"fetchedAt":""'));
      const first = await overHttp();
      expect(await overHttp()).toBe(first);
      const answer = withoutRequestId(JSON.parse(first)) as Told;
      // Who is not let in has no socket either.
      if (codesOf(answer)[0] === 'UNAUTHENTICATED') return answer;
      if (!clients.has(name)) clients.set(name, createClient({ url: server.url.replace('http', 'ws') + path, webSocketImpl: WebSocket, retryAttempts: 0, lazy: false, connectionParams: headers }));
      expect(await overWebSocket(clients.get(name)!, query, variables)).toEqual(answer);
      if (!open) for (const hidden of hiddenValues) expect(first).not.toContain(hidden);
      return answer;
    },
    async close(): Promise<void> {
      for (const client of clients.values()) await client.dispose();
      await server.close();
      expect(dure.reported).toEqual([]);
      await db.drop();
    },
  });
}

async function overWebSocket(client: Client, query: string, variables: Record<string, unknown>): Promise<unknown> {
  try {
    for await (const result of client.iterate({ query, variables })) return withoutRequestId(result);
    throw new Error('no answer');
  } catch (error) {
    if (Array.isArray(error)) return withoutRequestId({ errors: error as unknown[] });
    throw error;
  }
}

/** Request ids differ from request to request. */
function withoutRequestId(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'requestId' || key === 'publishedAt' || key === 'fetchedAt' ? undefined : entry)));
}

export const codesOf = (told: Told): readonly unknown[] => (told.errors ?? []).map(({ extensions }) => extensions.code);

/** What an answer says under a path of keys. */
export function at(told: Told, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], told.data);
}
