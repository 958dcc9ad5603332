/**
 * Overload, seen by callers: a real server and database, one organization that asks slow questions without end, and others who ask short
 * ones. A table whose every row takes 200 ms stands for what is slow: it waits, so the machine that runs the tests stays free.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import pg from 'pg';
import { WebSocket } from 'ws';
import { Admission } from '../../src/graphql/admission.js';
import type { Identity } from '../../src/identity/identity.js';
import { createMetrics } from '../../src/server/metrics.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const concurrency = 4;
const maxWaiting = 12;
let db: TestDatabase;
let pool: pg.Pool;
let dure: TestEngine;
let admission: Admission;
let server: TestServer;

beforeAll(async () => {
  db = await createTestDatabase();
  pool = new pg.Pool({ connectionString: db.url, max: concurrency });
  const rows = Array.from({ length: 3 }, (_, n) => [n]);
  const snapshot = await makeSnapshot(db.pool, [{ organization: 'kist', name: 'data', tables: { slow: { columns: { n: 'int32' }, rows }, quick: { columns: { n: 'int32' }, rows } } }]);
  const [slow] = [...snapshot.datasets.values()][0]!.versions[0]!.tables;
  const { physical } = slow!.segments[0]!;
  await db.pool.query(`alter table dure_data.${physical} rename to ${physical}_rows; create view dure_data.${physical} as select * from dure_data.${physical}_rows where pg_sleep(0.2) is not null`);
  const cursors = testCursors();
  admission = new Admission({ concurrency, maxWaiting, maxWaitMs: 60_000 });
  dure = await testEngine(pool, snapshot, cursors, new PostgresSource(pool, cursors), {}, admission);
  const identities: Record<string, Identity> = {};
  for (const [organization, who] of [['greedy', 'gil'], ['greedy', 'gia'], ['modest', 'mia']]) identities[`Bearer ${who}`] = person({ subject: who, memberships: [{ organization: organization!, role: 'member' }] });
  server = await startTestServer(dure.engine, { identify: async (authorization) => identities[authorization ?? ''] ?? person({ subject: 'other' }), metrics: createMetrics({ admission: () => admission.state }) });
});
afterAll(async () => {
  await server.close();
  await pool.end();
  expect(dure.reported).toEqual([]);
  await db.drop();
});
beforeEach(() => expectSoon(() => admission.state.running === 0 && admission.state.waiting === 0));

const slow = '{ kist { data { slow { totalCount } } } }';
const quick = '{ kist { data { quick { totalCount } } } }';
interface Reply { status: number; ms: number; retryAfter: string | null; body: { data?: unknown; errors?: { extensions: Record<string, unknown> }[] } }

async function ask(query: string, who: string, signal?: AbortSignal): Promise<Reply> {
  const started = performance.now();
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${who}` }, body: JSON.stringify({ query }), signal });
  const body = (await response.json()) as Reply['body'];
  return { status: response.status, ms: performance.now() - started, retryAfter: response.headers.get('retry-after'), body };
}

test('one organization\'s slow questions do not hold up the short ones of another; beyond the bound they are refused quickly', async () => {
  for (const query of [slow, quick]) expect((await ask(query, 'mia')).status).toBe(200);
  const heavy = Array.from({ length: 40 }, (_, n) => ask(slow, n % 2 === 0 ? 'gil' : 'gia'));
  await expectSoon(() => admission.state.waiting === maxWaiting);
  const light: Reply[] = [];
  let done = false;
  const all = Promise.all(heavy).finally(() => { done = true; });
  while (!done) light.push(await ask(quick, 'mia'));
  const replies = await all;

  expect(light.length).toBeGreaterThan(10);
  expect(light.every(({ status, body }) => status === 200 && body.errors === undefined)).toBe(true);
  // Half of them took less than even one slow question does.
  expect(light.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(light.length / 2)]).toBeLessThan(600);

  const answered = replies.filter(({ status }) => status === 200);
  const refused = replies.filter(({ status }) => status === 503);
  expect(answered.length + refused.length).toBe(40);
  expect(answered.length).toBeGreaterThanOrEqual(2 + maxWaiting);
  expect(refused.length).toBeGreaterThan(0);
  for (const { retryAfter, body } of refused) {
    expect(body.data).toBeUndefined();
    expect(body.errors).toEqual([expect.objectContaining({ extensions: { code: 'OVERLOADED', retryAfterSeconds: Number(retryAfter), requestId: expect.any(String) } })]);
  }
  // A refusal is quicker than the answer of whoever waited longest.
  expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(Math.max(...answered.map(({ ms }) => ms)));

  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain(`\ndure_operations_refused_total{reason="full"} ${refused.length}\n`);
  expect(metrics).toMatch(/^dure_operations_waiting 0$/m);
  expect(metrics).toMatch(/^dure_operations_running 0$/m);
}, 60_000);

test('another organization\'s slow question gets its turn before the long line of the first', async () => {
  const finished: string[] = [];
  const note = (who: string) => async (reply: Promise<Reply>): Promise<void> => { finished.push((await reply).status === 200 ? who : 'refused'); };
  const greedy = Array.from({ length: 10 }, () => note('greedy')(ask(slow, 'gil')));
  await expectSoon(() => admission.state.waiting >= 8);
  const modest = [1, 2].map(() => note('modest')(ask(slow, 'mia')));
  await Promise.all([...greedy, ...modest]);
  expect(finished.lastIndexOf('modest')).toBeLessThan(8);
  expect(finished).not.toContain('refused');
}, 60_000);

test('operations over WebSocket wait in the same lines', async () => {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: 'Bearer gil' } });
  const stop = new AbortController();
  const heavy = Array.from({ length: 2 + maxWaiting }, () => ask(slow, 'gia', stop.signal).catch(() => undefined));
  await expectSoon(() => admission.state.waiting === maxWaiting);
  const [result] = await collect(client.iterate({ query: slow }));
  expect(result).toEqual({ errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'OVERLOADED', retryAfterSeconds: expect.any(Number) }) })] });
  stop.abort();
  await Promise.all(heavy);
  await expectSoon(() => admission.state.waiting === 0);
  expect(await collect(client.iterate({ query: quick }))).toEqual([{ data: { kist: { data: { quick: { totalCount: 3 } } } }, extensions: expect.anything() }]);
  await client.dispose();
}, 60_000);

async function collect(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const result of results) all.push(result);
  return all;
}

async function expectSoon(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 20_000; waited += 10) await new Promise((done) => setTimeout(done, 10));
  expect(holds()).toBe(true);
}
