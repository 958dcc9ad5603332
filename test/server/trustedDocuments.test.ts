import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { TrustedDocuments } from '../../src/server/trustedDocuments.js';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const twice = 'query Twice($n: Int!) { twice(n: $n) }';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const manifest = JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations: [
  { id: hash(twice), name: 'Twice', type: 'query', body: twice },
  { id: 'set-1', name: 'Set', type: 'mutation', body: 'mutation Set { set(value: 1) }' },
  { id: 'count', name: 'Count', type: 'subscription', body: 'subscription Count { count(to: 2) }' },
] });

const engine = createPlainEngine();
const servers = {} as Record<'allow' | 'only', TestServer>;
beforeAll(async () => {
  for (const mode of ['allow', 'only'] as const) servers[mode] = await startTestServer(engine, { trusted: TrustedDocuments.read(manifest, mode, 'manifest.json') });
});
afterAll(async () => { for (const server of Object.values(servers)) await server.close(); });

type Mode = 'allow' | 'only';
interface Reply { status: number; body: { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[] } }
async function read(response: Response): Promise<Reply> {
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}
const post = async (mode: Mode, body: unknown): Promise<Reply> => read(await fetch(`${servers[mode].url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' }, body: JSON.stringify(body) }));
const get = async (mode: Mode, parameters: Record<string, string>): Promise<Reply> => read(await fetch(`${servers[mode].url}/graphql?${String(new URLSearchParams(parameters))}`));
const persisted = (id: string): { persistedQuery: { version: 1; sha256Hash: string } } => ({ persistedQuery: { version: 1, sha256Hash: id } });
const untrusted = { code: 'FORBIDDEN', reason: 'UNTRUSTED_DOCUMENT', requestId: expect.any(String) };

describe.each<Mode>(['allow', 'only'])('mode %s', (mode) => {
  test('ids stand for their text, at first sight and when it is known', async () => {
    for (const n of [1, 2, 3]) {
      expect(await post(mode, { extensions: persisted(hash(twice)), variables: { n } })).toEqual({ status: 200, body: { data: { twice: 2 * n } } });
      expect(await post(mode, { documentId: hash(twice), variables: { n } })).toEqual({ status: 200, body: { data: { twice: 2 * n } } });
    }
    expect((await post(mode, { documentId: 'set-1' })).body).toEqual({ data: { set: 1 } });
  });

  test('so they do in a GET', async () => {
    expect((await get(mode, { extensions: JSON.stringify(persisted(hash(twice))), variables: '{"n":4}' })).body).toEqual({ data: { twice: 8 } });
    expect((await get(mode, { documentId: hash(twice), variables: '{"n":5}' })).body).toEqual({ data: { twice: 10 } });
    expect((await get(mode, { documentId: 'set-1' })).status).toBe(405);
  });

  test('an id that is not there', async () => {
    for (const reply of [await post(mode, { documentId: 'nope' }), await get(mode, { documentId: 'nope' })]) {
      expect(reply).toMatchObject({ status: 404, body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] } });
    }
  });

  test('the text of a trusted document is as good as its id', async () => {
    expect((await post(mode, { query: twice, variables: { n: 1 } })).body).toEqual({ data: { twice: 2 } });
  });

  test('over event streams and WebSocket', async () => {
    const stream = await fetch(`${servers[mode].url}/graphql?documentId=count`, { headers: { accept: 'text/event-stream' } });
    expect(await stream.text()).toMatch(/"count":1[^]*"count":2[^]*event: complete/);
    const client = createClient({ url: servers[mode].socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    const results: unknown[] = [];
    for await (const result of client.iterate({ query: '', extensions: persisted('count') })) results.push(result);
    expect(results).toEqual([{ data: { count: 1 } }, { data: { count: 2 } }]);
    await client.dispose();
  });
});

test('allow: everything else is answered too, and clients may register queries', async () => {
  expect((await post('allow', { query: '{ hello }' })).body).toEqual({ data: { hello: 'Hello world' } });
  const query = '{ hello(name: "registered") }';
  expect((await post('allow', { extensions: persisted(hash(query)) })).body.errors![0]!.message).toBe('PersistedQueryNotFound');
  expect((await post('allow', { query, extensions: persisted(hash(query)) })).body).toEqual({ data: { hello: 'Hello registered' } });
});

describe('only: nothing else is', () => {
  const other = '{ hello(name: "other") }';
  test.each<[string, () => Promise<Reply>]>([
    ['a POST', () => post('only', { query: other })],
    ['a POST again', () => post('only', { query: other })],
    ['a GET', () => get('only', { query: other })],
    ['a trusted text with something behind', () => post('only', { query: `${twice} ${other}`, operationName: 'Twice', variables: { n: 1 } })],
    ['a query that registers itself', () => post('only', { query: other, extensions: persisted(hash(other)) })],
    ['introspection', () => post('only', { query: '{ __schema { queryType { name } } }' })],
    ['a mutation', () => post('only', { query: 'mutation { set(value: 2) }' })],
  ])('%s', async (_name, ask) => {
    const before = engine.runs;
    const { status, body } = await ask();
    expect(status === 403 || status === 200).toBe(true);
    expect(body).toEqual({ errors: [{ message: expect.stringContaining('only the operations that its operators trust'), extensions: untrusted }] });
    expect(engine.runs).toBe(before);
  });

  test('a registered query is not found by its hash', async () => {
    expect((await post('only', { extensions: persisted(hash(other)) })).body.errors![0]!.extensions.code).toMatch(/NOT_FOUND|FORBIDDEN/);
    expect((await post('only', { extensions: persisted(hash(other)) })).body.data).toBeUndefined();
  });

  test('over event streams and WebSocket', async () => {
    const stream = await fetch(`${servers.only.url}/graphql?query=${encodeURIComponent('subscription { count(to: 1) }')}`, { headers: { accept: 'text/event-stream' } });
    expect(await stream.text()).toMatch(/UNTRUSTED_DOCUMENT/);
    const client = createClient({ url: servers.only.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    await expect((async () => { for await (const _ of client.iterate({ query: other })) throw new Error('answered'); })()).rejects.toEqual([expect.objectContaining({ extensions: untrusted })]);
    await client.dispose();
  });
});

describe('a manifest that is wrong is told', () => {
  test.each([
    ['no JSON', '{', /is not JSON/],
    ['another format', '{"format":"relay","version":1,"operations":[]}', /format apollo-persisted-query-manifest, version 1:\n {2}format: /],
    ['every mistake', '{"format":"apollo-persisted-query-manifest","version":2,"operations":[{"id":"a"},{"id":"","body":"{ a }"}]}', /version: [^]*operations\.0\.body: [^]*operations\.1\.id: /],
    ['an id twice', '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"{ a }"},{"id":"a","body":"{ b }"}]}', /the id a twice/],
  ])('%s', (_name, text, message) => {
    expect(() => TrustedDocuments.read(text, 'only', 'm.json')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) }));
  });
});
