/**
 * Overload, seen by callers: a real server and database, one organization that asks slow questions without end, and others who ask short
 * ones. A table whose rows wait for a lock that the test holds stands for what is slow, so that nothing here depends on how fast a machine is.
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
  await db.pool.query(`alter table dure_data.${physical} rename to ${physical}_rows; create view dure_data.${physical} as select * from dure_data.${physical}_rows where pg_advisory_xact_lock_shared(7) is not null`);
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
beforeEach(async () => {
  await expectSoon(() => admission.state.running === 0 && admission.state.waiting === 0);
  // What was slow once is known to be long.
  let reply: Promise<Reply> | undefined;
  await holding(async () => {
    reply = ask(slow, 'other');
    await expectSoon(() => admission.state.running === 1);
    await new Promise((done) => setTimeout(done, 2_500));
  });
  expect((await reply)!.status).toBe(200);
  await expectSoon(() => admission.state.running === 0);
}, 60_000);

const slow = '{ kist { data { slow { totalCount } } } }';
const quick = '{ kist { data { quick { totalCount } } } }';
interface Reply { status: number; retryAfter: string | null; body: { data?: unknown; errors?: { extensions: Record<string, unknown> }[] } }

async function ask(query: string, who: string, signal?: AbortSignal): Promise<Reply> {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${who}` }, body: JSON.stringify({ query }), signal });
  const body = (await response.json()) as Reply['body'];
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

/** While this runs, no slow question is answered. */
async function holding(work: () => Promise<void>): Promise<void> {
  const client = await db.pool.connect();
  try {
    await client.query('select pg_advisory_lock(7)');
    try {
      await work();
    } finally {
      await client.query('select pg_advisory_unlock(7)');
    }
  } finally {
    client.release();
  }
}

test('one organization\'s slow questions do not hold up the short ones of another; beyond the bound they are refused at once', async () => {
  expect((await ask(quick, 'mia')).status).toBe(200);
  const heavy: Promise<Reply>[] = [];
  const answered: Reply[] = [];
  const refused: Reply[] = [];
  await holding(async () => {
    for (let n = 0; n < 40; n += 1) heavy.push(ask(slow, n % 2 === 0 ? 'gil' : 'gia'));
    for (const reply of heavy) void reply.then((given) => (given.status === 200 ? answered : refused).push(given));
    await expectSoon(() => refused.length === 40 - 2 - maxWaiting);
    expect(admission.state).toMatchObject({ running: 2, waiting: maxWaiting });
    for (let n = 0; n < 20; n += 1) expect(await ask(quick, 'mia')).toMatchObject({ status: 200, body: { data: { kist: { data: { quick: { totalCount: 3 } } } } } });
    expect(answered).toEqual([]);
  });
  await Promise.all(heavy);
  expect(answered).toHaveLength(2 + maxWaiting);
  for (const { status, retryAfter, body } of refused) {
    expect(status).toBe(503);
    expect(body.data).toBeUndefined();
    expect(body.errors).toEqual([expect.objectContaining({ extensions: { code: 'OVERLOADED', retryAfterSeconds: Number(retryAfter), requestId: expect.any(String) } })]);
  }
  await expectSoon(() => admission.state.running === 0);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('\ndure_operations_refused_total{reason="full"} 26\n');
  expect(metrics).toMatch(/^dure_operations_waiting 0$/m);
  expect(metrics).toMatch(/^dure_operations_running 0$/m);
}, 60_000);

test('another organization\'s slow question gets its turn before the long line of the first', async () => {
  const finished: string[] = [];
  const note = async (who: string, reply: Promise<Reply>): Promise<void> => { finished.push((await reply).status === 200 ? who : 'refused'); };
  const all: Promise<void>[] = [];
  await holding(async () => {
    for (let n = 0; n < 10; n += 1) all.push(note('greedy', ask(slow, 'gil')));
    await expectSoon(() => admission.state.waiting === 8);
    for (let n = 0; n < 3; n += 1) all.push(note('modest', ask(slow, 'mia')));
    await expectSoon(() => admission.state.waiting === 10);
    expect(admission.state.running).toBe(3);
    expect(finished).toEqual([]);
  });
  await Promise.all(all);
  expect(finished).not.toContain('refused');
  // In one line for all, the first of these would be the eleventh. Which of several running ones ends first is the machine's affair.
  expect(finished.indexOf('modest')).toBeLessThan(9);
}, 60_000);

test('operations over WebSocket wait in the same lines', async () => {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: 'Bearer gil' } });
  const stop = new AbortController();
  await holding(async () => {
    const heavy = Array.from({ length: 2 + maxWaiting }, () => ask(slow, 'gia', stop.signal).catch(() => undefined));
    await expectSoon(() => admission.state.waiting === maxWaiting);
    const [result] = await collect(client.iterate({ query: slow }));
    expect(result).toEqual({ errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'OVERLOADED', retryAfterSeconds: expect.any(Number) }) })] });
    stop.abort();
    await Promise.all(heavy);
    await expectSoon(() => admission.state.waiting === 0 && admission.state.running === 0);
  });
  expect(await collect(client.iterate({ query: quick }))).toEqual([{ data: { kist: { data: { quick: { totalCount: 3 } } } }, extensions: expect.anything() }]);
  await client.dispose();
}, 60_000);

async function collect(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const result of results) all.push(result);
  return all;
}

async function expectSoon(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 40_000; waited += 10) await new Promise((done) => setTimeout(done, 10));
  expect(holds()).toBe(true);
}
