import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const engine = createPlainEngine();
let server: TestServer;
beforeAll(async () => { server = await startTestServer(engine); });
afterAll(() => server.close());

const stream = { accept: 'text/event-stream' };

test('the graphql-sse client gets every event and the end', async () => {
  const client = createClient({ url: `${server.url}/graphql`, retryAttempts: 0, headers: { authorization: 'Bearer ada' } });
  const events: unknown[] = [];
  for await (const event of client.iterate({ query: 'subscription { count(to: 3) }' })) events.push(event);
  expect(events).toEqual([1, 2, 3].map((count) => ({ data: { count } })));
  client.dispose();
});

test('GET, as an EventSource asks', async () => {
  const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent('subscription ($to: Int!) { count(to: $to) }')}&variables=${encodeURIComponent('{"to":2}')}`, { headers: stream });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await response.text()).toBe(':\n\nevent: next\ndata: {"data":{"count":1}}\n\nevent: next\ndata: {"data":{"count":2}}\n\nevent: complete\ndata: \n\n');
});

test('a query is one event', async () => {
  const response = await post('{ who }', { authorization: 'Bearer ada' });
  expect(await response.text()).toContain('data: {"data":{"who":"person"}}\n\nevent: complete');
});

test.each([
  ['{ helo }', 'GRAPHQL_VALIDATION_FAILED'],
  ['subscription { refusedStream }', 'FORBIDDEN'],
])('what is refused is told in the stream: %s', async (query, code) => {
  const text = await (await post(query)).text();
  expect(text).toContain(`"code":"${code}"`);
  expect(text).toContain('event: complete');
});

test('refused before a stream begins: no query, a mutation by GET, a wrong token, a form', async () => {
  const status = async (path: string, init: RequestInit): Promise<number> => (await fetch(server.url + path, init)).status;
  expect(await status('/graphql', { headers: stream })).toBe(400);
  expect(await status(`/graphql?query=${encodeURIComponent('mutation { set(value: 1) }')}`, { headers: stream })).toBe(405);
  expect(await status('/graphql', { method: 'POST', headers: { ...stream, authorization: 'Bearer wrong', 'content-type': 'application/json' }, body: '{}' })).toBe(401);
  expect(await status('/graphql', { method: 'POST', headers: { ...stream, 'content-type': 'text/plain' }, body: '{"query":"{ hello }"}' })).toBe(400);
});

test('going away ends the work behind', async () => {
  const before = engine.aborted;
  const controller = new AbortController();
  const response = await post('subscription { forever }', {}, controller.signal);
  const reader = response.body!.getReader();
  await reader.read();
  controller.abort();
  for (let waited = 0; engine.aborted === before && waited < 5_000; waited += 20) await new Promise((done) => setTimeout(done, 20));
  expect(engine.aborted).toBe(before + 1);
});

test('stopping the server cuts a stream without completing it', async () => {
  const other = await startTestServer(createPlainEngine());
  const response = await fetch(`${other.url}/graphql`, { method: 'POST', headers: { ...stream, 'content-type': 'application/json' }, body: JSON.stringify({ query: 'subscription { forever }' }) });
  const text = response.text();
  const started = performance.now();
  await Promise.all([other.close(), expect(text).rejects.toThrow()]);
  expect(performance.now() - started).toBeLessThan(4_000);
});

function post(query: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${server.url}/graphql`, { method: 'POST', headers: { ...stream, 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query }), signal });
}
