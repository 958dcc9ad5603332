/**
 * The access cases: a folder each with a query (its first line says why), who asks, the whole answer, request id aside, and the statement that it took. Each runs over HTTP twice
 * (first sight and prepared) and over WebSocket; all must answer alike. `UPDATE_CASES=1` writes the answers anew, to be read before they are committed.
 */
import { readdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { SignJWT } from 'jose';
import WebSocket from 'ws';
import { Identifier } from '../src/identity/identifier.js';
import { defaultClaimNames } from '../src/identity/claims.js';
import { demoAudience, demoIssuer, JwtVerifier, trustSecret } from '../src/identity/jwt.js';
import { accessFixture } from './support/accessFixture.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { testCursors, testEngine, type TestEngine } from './support/engine.js';
import { makeSnapshot } from './support/fixture.js';
import { startTestServer, type TestServer } from './support/testServer.js';

interface Asker { readonly claims: Record<string, unknown> | null; readonly variables?: Record<string, unknown>; readonly purpose?: string }

const folder = join(process.cwd(), 'test', 'cases');
const secret = 'a secret of thirty-two bytes or more, for tests';
let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;
const clients = new Map<string, Client>();

beforeAll(async () => {
  db = await createTestDatabase();
  // One key for ever, so that ids in answers are those of the last time.
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, accessFixture), testCursors(Buffer.alloc(32, 7)));
  const identifier = new Identifier({ jwt: new JwtVerifier({ trust: trustSecret(secret), claimNames: defaultClaimNames }) });
  server = await startTestServer(dure.engine, {
    identify: (authorization) => identifier.identify(authorization),
    services: { catalog: { get snapshot() { return dure.snapshot; } } } as never,
  });
});
afterAll(async () => {
  for (const client of clients.values()) await client.dispose();
  await server.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

async function authorization({ claims }: Asker): Promise<string | undefined> {
  if (!claims) return undefined;
  return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer(demoIssuer).setAudience(demoAudience).setIssuedAt().setExpirationTime('5m').sign(new TextEncoder().encode(secret))}`;
}

async function overHttp(query: string, asker: Asker): Promise<{ text: string; answer: Record<string, unknown> }> {
  const token = await authorization(asker);
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'case', ...(token ? { authorization: token } : {}), ...(asker.purpose ? { 'dure-purpose': asker.purpose } : {}) },
    body: JSON.stringify({ query, variables: asker.variables ?? {} }),
  });
  const text = await response.text();
  return { text, answer: withoutRequestId(JSON.parse(text)) as Record<string, unknown> };
}

async function overWebSocket(query: string, asker: Asker): Promise<unknown> {
  const token = await authorization(asker);
  const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { ...(token ? { authorization: token } : {}), ...(asker.purpose ? { 'dure-purpose': asker.purpose } : {}) } });
  try {
    for await (const result of client.iterate({ query, variables: asker.variables ?? {} })) return withoutRequestId(result);
    throw new Error('no answer');
  } catch (error) {
    // A document that does not pass is answered by an error message instead of a result.
    if (Array.isArray(error)) return withoutRequestId({ errors: error as unknown[] });
    throw error;
  } finally {
    await client.dispose();
  }
}

/** Segments by the names of their tables, and the mark before cursors, which is random, by a name. */
function named(statement: string): string {
  const tables = new Map([...dure.snapshot.datasets.values()].flatMap((d) => d.versions.flatMap((v) => v.tables.flatMap((t) => t.segments.flatMap(({ physical, derived }, index) => {
    const name = `${d.organization.slug} ${d.name} ${t.name}${index > 0 ? ` ${index + 1}` : ''}`;
    return [[physical, `[${name}]`] as const, ...(derived ?? []).map((hashes) => [hashes.physical, `[${name} hashes of ${hashes.column}]`] as const)];
  })))));
  return statement.replace(/dure_data\.(s\d+)/g, (whole, physical: string) => tables.get(physical) ?? whole).replace(/~[0-9a-f]{24}\./g, '~MARK.');
}

/** Request ids differ from request to request, and the time of publication from run to run. */
function withoutRequestId(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'requestId' || key === 'publishedAt' ? undefined : entry)));
}

describe('access', () => {
  for (const name of readdirSync(folder).filter((entry) => entry !== 'README.md').sort()) {
    test(name, async () => {
      const file = (part: string): string => join(folder, name, part);
      const query = readFileSync(file('query.graphql'), 'utf8');
      const asker = JSON.parse(readFileSync(file('identity.json'), 'utf8')) as Asker;
      const first = await overHttp(query, asker);
      if (process.env.UPDATE_CASES || !existsSync(file('expected.json'))) writeFileSync(file('expected.json'), `${JSON.stringify(first.answer, null, 2)}\n`);
      const expected: unknown = JSON.parse(readFileSync(file('expected.json'), 'utf8'));
      expect(first.answer).toEqual(expected);
      const statement = named(dure.statements.splice(0).join(';\n'));
      if (process.env.UPDATE_CASES || !existsSync(file('expected.sql'))) writeFileSync(file('expected.sql'), `${statement}\n`);
      expect(`${statement}\n`).toBe(readFileSync(file('expected.sql'), 'utf8'));
      expect((await overHttp(query, asker)).text).toBe(first.text);
      expect(await overWebSocket(query, asker)).toEqual(expected);
    });
  }
});
