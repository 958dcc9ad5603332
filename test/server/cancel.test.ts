/** Whoever goes away takes their statement with them: the database stops, whatever the transport. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, [{ organization: 'kist', name: 'data', tables: { endless: { columns: { n: 'int32' }, rows: [[1]] } } }]);
  const { physical } = [...snapshot.datasets.values()][0]!.versions[0]!.tables[0]!.segments[0]!;
  await db.pool.query(`alter table dure_data.${physical} rename to ${physical}_rows; create view dure_data.${physical} as select * from dure_data.${physical}_rows where pg_sleep(120) is not null`);
  dure = await testEngine(db.pool, snapshot);
  server = await startTestServer(dure.engine);
});
afterAll(async () => {
  await server.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const query = (name: string): string => `query ${name} { kist { data { endless { totalCount } } } }`;

/** How many statements on the endless table the database runs now. */
async function running(): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(`select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'active' and query like '%dure_data.%' and pid <> pg_backend_pid()`);
  return rows[0]!.n;
}
async function expectRunning(count: number): Promise<void> {
  let last = -1;
  for (let waited = 0; waited < 20_000; waited += 50) {
    last = await running();
    if (last === count) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  expect(last).toBe(count);
}

/** Begins a request; returns how to break it off. */
function begin(body: string | undefined, headers: Record<string, string>, path = '/graphql'): () => void {
  const request = httpRequest(`${server.url}${path}`, { method: body === undefined ? 'GET' : 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } });
  request.on('error', () => undefined);
  request.end(body);
  return () => request.destroy();
}

test.each(['the first time (through Apollo Server)', 'again (prepared)'])('closing an HTTP request: %s', async () => {
  const lanes = async (): Promise<string> => (await (await fetch(`${server.url}/metrics`)).text()).match(/^dure_graphql_operations_total\{.*$/gm)?.join(' ') ?? '';
  const before = await lanes();
  const leave = begin(JSON.stringify({ query: query('Http') }), {});
  await expectRunning(1);
  expect(await lanes()).not.toBe(before);
  leave();
  await expectRunning(0);
});

test('both lanes took part', async () => {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/lane="apollo"\} 1$/m);
  expect(metrics).toMatch(/lane="prepared"\} 1$/m);
});

test('closing a GET', async () => {
  const leave = begin(undefined, {}, `/graphql?query=${encodeURIComponent(query('Get'))}`);
  await expectRunning(1);
  leave();
  await expectRunning(0);
});

test('closing an event stream', async () => {
  const leave = begin(JSON.stringify({ query: query('Stream') }), { accept: 'text/event-stream' });
  await expectRunning(1);
  leave();
  await expectRunning(0);
});

test('completing an operation on a WebSocket, of two the one', async () => {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const stops = ['First', 'Second'].map((name) => client.subscribe({ query: query(name) }, { next: () => undefined, error: () => undefined, complete: () => undefined }));
  await expectRunning(2);
  stops[0]!();
  await expectRunning(1);
  stops[1]!();
  await expectRunning(0);
  await client.dispose();
});

test('an id and a document that speak of completing are no completion', async () => {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, generateID: () => '"complete"' });
  const stop = client.subscribe({ query: `${query('Other')} # "type":"complete"` }, { next: () => undefined, error: () => undefined, complete: () => undefined });
  await expectRunning(1);
  await new Promise((done) => setTimeout(done, 200));
  expect(await running()).toBe(1);
  stop();
  await expectRunning(0);
  await client.dispose();
});

test('closing a WebSocket', async () => {
  const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws');
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('message', (data) => {
    if ((JSON.parse(String(data)) as { type: string }).type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: query('Socket') } }));
  });
  await expectRunning(1);
  socket.terminate();
  await expectRunning(0);
});
