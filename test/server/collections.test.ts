/** Endpoints of collections: what they show, to whom, and how still they are. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSchema, getIntrospectionQuery, isObjectType, type GraphQLObjectType } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createMetrics, type Metrics } from '../../src/server/metrics.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { accessFixture } from '../support/accessFixture.js';
import { withCollections } from '../support/collections.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const people: Readonly<Record<string, Identity>> = {
  steward: person({ subject: 's', memberships: [{ organization: 'seoram', role: 'steward' }] }),
  member: person({ subject: 'm', memberships: [{ organization: 'hanbit', role: 'member' }] }),
};
const things = (column: string): FixtureDataset['tables'] => ({ things: { columns: { id: { kind: 'text', required: true }, [column]: 'int32' }, primaryKey: ['id'], rows: [['one', 1], ['two', 2]] } });
const grown: FixtureDataset = { organization: 'kist', name: 'grown', version: '1.1', tables: things('now'), older: [{ version: '1.0', createdAt: new Date('2026-02-01T00:00:00Z'), tables: things('then') }] };

let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;
let metrics: Metrics;
beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = withCollections(await makeSnapshot(db.pool, [...accessFixture, grown]), {
    open: { 'hanbit/open': '1' }, mixed: { 'hanbit/open': '1', 'seoram/secret': '1' }, hidden: { 'seoram/secret': '1' }, trial: { 'seoram/trial': '1' }, exact: { 'kist/grown': '1.0' }, major: { 'kist/grown': '1' },
  });
  dure = await testEngine(db.pool, snapshot);
  metrics = createMetrics();
  server = await startTestServer(dure.engine, {
    metrics, limits: { requestBytes: 200_000, documentBytes: 20_000, uploadBytes: 1, subscriptionsPerConnection: 3, apolloServers: 10, bodyTimeoutMs: 10_000 },
    identify: async (authorization) => people[String(authorization).replace('Bearer ', '')] ?? anonymous,
    services: { catalog: { get snapshot() { return dure.snapshot; } } } as never,
  });
});
afterAll(async () => {
  await server.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const headers = (who?: string): Record<string, string> => (who ? { authorization: `Bearer ${who}` } : {});
async function post(path: string, query: string, who?: string, variables: object = {}): Promise<{ status: number; text: string; json: { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[]; extensions?: unknown } }> {
  const response = await fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'r', ...headers(who) }, body: JSON.stringify({ query, variables }) });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as never };
}
async function sdl(name: string, who?: string): Promise<string> {
  const response = await fetch(`${server.url}/graphql/c/${name}/schema.graphql`, { headers: headers(who) });
  expect(response.status).toBe(200);
  return response.text();
}

test('the SDL holds the chosen datasets and nothing else, and is a schema', async () => {
  const text = await sdl('open');
  const schema = buildSchema(text);
  expect(Object.keys(schema.getQueryType()!.getFields())).toEqual(['node', 'hanbit']);
  expect(schema.getMutationType()).toBeFalsy();
  expect(Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && /^(Seoram|Kist|Haedam|Hanbit(?!Open|$))/.test(type.name))).toEqual([]);
  // Shared types are there only where a field leads to them.
  expect(schema.getType('FloatComparison')).toBeDefined();
  for (const name of ['GeoNear', 'JSONComparison', 'DurationAggregate', 'Job', 'Organization']) expect(schema.getType(name)).toBeUndefined();
  expect(Object.keys((schema.getType('Dataset') as GraphQLObjectType).getFields())).toEqual(expect.arrayContaining(['title', 'citation', 'version']));
});

test('every answer is that of the whole server: the same rules, both lanes, WebSocket and event stream', async () => {
  const query = '{ hanbit { open { _about { path version } items(orderBy: [{ name: ASC }]) { totalCount nodes { id name price note phone parts { nodes { weight maker } } } } } } }';
  for (const who of [undefined, 'member', 'steward']) {
    const whole = await post('/graphql', query, who);
    const first = await post('/graphql/c/open', query, who);
    const second = await post('/graphql/c/open', query, who);
    expect(first.text).toBe(whole.text);
    expect(second.text).toBe(whole.text);
    const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql/c/open`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: headers(who) });
    for await (const result of client.iterate({ query })) expect((result as { data: unknown }).data).toEqual(whole.json.data);
    await client.dispose();
    const stream = await (await fetch(`${server.url}/graphql/c/open?query=${encodeURIComponent(query)}`, { headers: { accept: 'text/event-stream', 'x-request-id': 'r', ...headers(who) } })).text();
    expect(/^data: (.*)$/m.exec(stream)?.[1]).toBe(whole.text);
  }
  expect((await metrics.operations.get()).values.map(({ labels }) => labels.lane).sort()).toEqual(['apollo', 'prepared']);
});

test('what is outside is not known: other datasets, rows by id, writing', async () => {
  expect((await post('/graphql/c/open', '{ seoram { trial { patients { totalCount } } } }')).json.errors![0]!.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  for (const operation of ['mutation { cancelJob(id: "1") { id } }', 'subscription { jobs { id } }']) {
    expect((await post('/graphql/c/open', operation)).json).toMatchObject({ errors: [{ message: expect.stringMatching(/^This endpoint has no (mutation|subscription)s: send them to \/graphql\.$/), extensions: { code: 'BAD_USER_INPUT' } }] });
  }
  const node = 'query($id: ID!) { node(id: $id) { id } }';
  expect((await post('/graphql/c/open', node, undefined, { id: 'hanbit/open/items/=i1' })).json).toEqual({ data: { node: { id: 'hanbit/open/items/=i1' } } , extensions: expect.anything() });
  for (const id of ['kist/grown/things/=one', 'seoram/secret/files/~1', Buffer.from(`Dataset:${dure.snapshot.byPath.get('hanbit/open')!.id}`).toString('base64url'), 'nonsense']) {
    expect((await post('/graphql/c/open', node, undefined, { id })).json).toEqual({ data: { node: null } });
  }
  const introspection = await post('/graphql/c/open', getIntrospectionQuery());
  expect(introspection.text).not.toMatch(/Seoram|Kist|Mutation/);
});

test('an UNLISTED dataset does not exist for those without access; a collection of such only is unknown like one that never was', async () => {
  expect(await sdl('mixed', 'steward')).toContain('SeoramSecretFiles');
  expect(await sdl('mixed')).not.toMatch(/seoram|secret/i);
  expect(await sdl('mixed', 'member')).not.toMatch(/seoram|secret/i);
  expect((await post('/graphql/c/hidden', '{ seoram { secret { files { nodes { v } } } } }', 'steward')).json.data).toEqual({ seoram: { secret: { files: { nodes: [{ v: 'hush' }] } } } });
  const words = async (name: string, file: string, init: RequestInit): Promise<unknown> => {
    const response = await fetch(`${server.url}/graphql/c/${name}${file}`, init);
    const { etag, date, ...kept } = Object.fromEntries(response.headers);
    return { status: response.status, text: (await response.text()).replaceAll(name, 'NAME').replaceAll(encodeURIComponent(name), 'NAME'), kept: { ...kept, 'content-length': 0, 'x-request-id': '' }, etag, dated: date !== undefined };
  };
  for (const who of [undefined, 'member']) {
    for (const [file, init] of [['', { method: 'POST', body: '{"query":"{ __typename }"}' }], ['?query={__typename}', {}], ['?query={__typename}', { headers: { accept: 'text/event-stream' } }], ['/schema.graphql', {}]] as const) {
      const asked: RequestInit = { ...init, headers: { 'x-request-id': 'r', 'content-type': 'application/json', ...headers(who), ...('headers' in init ? init.headers : {}) } };
      const hidden = await words('hidden', file, asked);
      expect(hidden).toMatchObject({ status: 404, text: expect.stringContaining('"code":"NOT_FOUND"') });
      expect(await words('absent', file, asked)).toEqual(hidden);
    }
  }
  for (const name of ['hidden', 'absent']) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql/c/${name}`, 'graphql-transport-ws');
    const closed = new Promise<{ code: number; reason: string }>((done) => socket.once('close', (code, reason) => done({ code, reason: reason.toString().replace(name, 'NAME') })));
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    expect(await closed).toEqual({ code: 4400, reason: expect.stringMatching(/^There is no collection "NAME" that you may see/) });
  }
});

test('paths beside them are nothing', async () => {
  for (const path of ['/graphql/c', '/graphql/c/', '/graphql/c/open/', '/graphql/c/open/other', '/graphql/c//schema.graphql', '/graphql/c/open/schema.graphql/x']) expect((await fetch(server.url + path)).status).toBe(404);
  expect((await fetch(`${server.url}/graphql/c/open/schema.graphql`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${server.url}/graphql/c/open/schema.graphql`, { method: 'HEAD' })).status).toBe(200);
  expect((await metrics.requests.get()).values.some(({ labels }) => labels.route === '/graphql/c')).toBe(true);
});

test('a pin to a version stays there, a pin to a major follows its minors', async () => {
  expect(await sdl('exact')).toMatch(/type KistGrownThings [^}]*then: Int/);
  expect(await sdl('exact')).not.toContain('now');
  expect(await sdl('major')).toMatch(/type KistGrownThings [^}]*now: Int/);
  const version = '{ kist { grown { _about { version } } } }';
  expect((await post('/graphql/c/exact', version)).json.data).toEqual({ kist: { grown: { _about: { version: '1.0' } } } });
  expect((await post('/graphql/c/major', version)).json.data).toEqual({ kist: { grown: { _about: { version: '1.1' } } } });
  expect((await post('/graphql/c/major', '{ kist { grown(version: "1.0") { _about { version } } } }')).json.data).toEqual({ kist: { grown: { _about: { version: '1.0' } } } });
  expect((await post('/graphql/c/exact', '{ kist { grown(version: "1.1") { things { totalCount } } } }')).json.errors![0]).toMatchObject({ message: expect.stringMatching(/has no version "1\.1"\. It has 1\.0/) });
});

test('a publication of something else changes nothing: not a byte of the SDL, nor what was prepared; a new major of its own changes no type and no id', async () => {
  const before = await fetch(`${server.url}/graphql/c/major/schema.graphql`);
  expect(before.headers.get('content-encoding')).toMatch(/^(br|gzip|zstd)$/);
  expect(before.headers.get('vary')).toBe('authorization, accept-encoding');
  const text = await before.text();
  const query = '{ kist { grown { things { nodes { id now } } } } }';
  const answer = (await post('/graphql/c/major', query)).text;
  const schema = dure.engine.collectionFor('major', anonymous)!;
  expect(dure.engine.prepared(schema, query)).toBeDefined();

  const former = dure.snapshot;
  const [other] = (await makeSnapshot(db.pool, [{ organization: 'kist', name: 'grown-later', tables: things('x') }])).datasets.values();
  dure.snapshot = { ...former, revision: 2n, datasets: new Map([...former.datasets, [other!.id, other!]]), byPath: new Map([...former.byPath, ['kist/grown-later', other!]]) };
  expect((await post('/graphql', '{ kist { grownLater { things { totalCount } } } }')).json.errors).toBeUndefined();
  expect(dure.engine.collectionFor('major', anonymous)).toBe(schema);
  const again = await fetch(`${server.url}/graphql/c/major/schema.graphql`, { headers: { 'if-none-match': before.headers.get('etag')! } });
  expect([again.status, await again.text()]).toEqual([304, '']);

  const dataset = former.byPath.get('kist/grown')!;
  const [next] = (await makeSnapshot(db.pool, [{ organization: 'kist', name: 'grown', version: '2.0', tables: things('changed') }])).datasets.values();
  const newer = { ...dataset, versions: [next!.versions[0]!, ...dataset.versions] };
  dure.snapshot = { ...former, revision: 3n, datasets: new Map([...former.datasets, [dataset.id, newer]]), byPath: new Map([...former.byPath, ['kist/grown', newer]]) };
  expect((await post('/graphql', '{ kist { grown_v1 { things { nodes { id } } } } }')).json.data).toMatchObject({ kist: { grown_v1: { things: { nodes: [{ id: 'kist/grown_v1/things/=one' }, expect.anything()] } } } });
  expect(await sdl('major')).toBe(text);
  expect((await post('/graphql/c/major', query)).text).toBe(answer);
  expect(answer).toContain('"kist/grown/things/=one"');

  // Its own minor adds what it adds.
  const [minor] = (await makeSnapshot(db.pool, [{ organization: 'kist', name: 'grown', version: '1.2', tables: things('later') }])).datasets.values();
  const followed = { ...dataset, versions: [minor!.versions[0]!, ...dataset.versions] };
  dure.snapshot = { ...former, revision: 4n, datasets: new Map([...former.datasets, [dataset.id, followed]]), byPath: new Map([...former.byPath, ['kist/grown', followed]]) };
  expect(await sdl('major')).toContain('later: Int');
  expect(await sdl('exact')).not.toContain('later');
  dure.snapshot = former;
});
