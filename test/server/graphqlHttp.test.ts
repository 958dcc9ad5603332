import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { createHash } from 'node:crypto';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const engine = createPlainEngine();
let server: TestServer;
beforeAll(async () => { server = await startTestServer(engine); });
afterAll(() => server.close());

interface Reply { readonly status: number; readonly headers: Record<string, string>; readonly text: string; readonly json: { data?: unknown; errors?: { message: string; extensions: { code: string; requestId: string } }[] } }

async function send(path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(server.url + path, init);
  const text = await response.text();
  let json = {};
  try {
    json = JSON.parse(text) as object;
  } catch { /* not every answer is JSON */ }
  return { status: response.status, headers: Object.fromEntries(response.headers), text, json };
}

function post(body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return send('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

const strict = { accept: 'application/graphql-response+json' };

describe('asking', () => {
  test('POST with variables and operation name', async () => {
    const { status, json, headers } = await post({ query: 'query A($n: Int!) { twice(n: $n) } query B { hello }', operationName: 'A', variables: { n: 21 } });
    expect(status).toBe(200);
    expect(json).toEqual({ data: { twice: 42 } });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('GET for queries', async () => {
    const path = `/graphql?query=${encodeURIComponent('query ($n: Int!) { twice(n: $n) }')}&variables=${encodeURIComponent('{"n":4}')}`;
    expect((await send(path)).json).toEqual({ data: { twice: 8 } });
  });

  test('the media type that the client prefers', async () => {
    expect((await post({ query: '{ hello }' }, strict)).headers['content-type']).toBe('application/graphql-response+json; charset=utf-8');
    expect((await post({ query: '{ hello }' }, { accept: 'application/json;q=0.5, application/graphql-response+json' })).headers['content-type']).toMatch(/graphql-response/);
    expect((await post({ query: '{ hello }' }, { accept: 'text/html' })).status).toBe(406);
  });

  test('the identity of the header is the one that asks', async () => {
    expect((await post({ query: '{ who }' })).json).toEqual({ data: { who: 'anonymous' } });
    expect((await post({ query: '{ who }' }, { authorization: 'Bearer ada' })).json).toEqual({ data: { who: 'person' } });
    const refused = await post({ query: '{ who }' }, { authorization: 'Bearer wrong', 'x-request-id': 'r-1' });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer /);
    expect(refused.json).toEqual({ errors: [{ message: 'This token is unknown.', extensions: { code: 'UNAUTHENTICATED', requestId: 'r-1' } }] });
  });

  test('persisted queries register by hash and are found again', async () => {
    const query = '{ hello(name: "persisted") }';
    const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') };
    const unknown = await post({ extensions: { persistedQuery } });
    expect(unknown.json.errors![0]!.message).toBe('PersistedQueryNotFound');
    expect(unknown.json.errors![0]!.extensions.code).toBe('NOT_FOUND');
    expect((await post({ query, extensions: { persistedQuery } })).json).toEqual({ data: { hello: 'Hello persisted' } });
    expect((await post({ extensions: { persistedQuery } })).json).toEqual({ data: { hello: 'Hello persisted' } });
  });

  test('introspection is answered', async () => {
    expect((await post({ query: '{ __schema { queryType { name } } }' })).json).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } });
  });
});

describe('mistakes', () => {
  const cases: readonly [string, () => Promise<Reply>, number, string][] = [
    ['malformed JSON', () => post('{"query": '), 400, 'BAD_USER_INPUT'],
    ['an empty body', () => post(''), 400, 'BAD_USER_INPUT'],
    ['an array (no batching)', () => post([{ query: '{ hello }' }]), 400, 'BAD_USER_INPUT'],
    ['an empty array', () => post([]), 400, 'BAD_USER_INPUT'],
    ['no query', () => post({ variables: {} }), 400, 'BAD_USER_INPUT'],
    ['a query that is no text', () => post({ query: 1 }), 400, 'BAD_USER_INPUT'],
    ['variables that are no object', () => post({ query: '{ hello }', variables: [1] }), 400, 'BAD_USER_INPUT'],
    ['a form from another page', () => post('query={hello}', { 'content-type': 'application/x-www-form-urlencoded' }), 400, 'BAD_USER_INPUT'],
    ['plain text from another page', () => post({ query: '{ hello }' }, { 'content-type': 'text/plain' }), 400, 'BAD_USER_INPUT'],
    ['another content type', () => post({ query: '{ hello }' }, { 'content-type': 'application/xml' }), 415, 'BAD_USER_INPUT'],
    ['another charset', () => post({ query: '{ hello }' }, { 'content-type': 'application/json; charset=euc-kr' }), 415, 'BAD_USER_INPUT'],
    ['too large a body', () => post({ query: '{ hello }', variables: { x: 'x'.repeat(30_000) } }), 413, 'LIMIT_EXCEEDED'],
    ['too long a document', () => post({ query: `{ hello } #${'x'.repeat(3_000)}` }), 413, 'LIMIT_EXCEEDED'],
    ['a purpose that is no DUO code', () => post({ query: '{ hello }' }, { 'dure-purpose': 'fun' }), 400, 'BAD_USER_INPUT'],
    ['another method', () => send('/graphql', { method: 'DELETE' }), 405, 'BAD_USER_INPUT'],
    ['a mutation by GET', () => send(`/graphql?query=${encodeURIComponent('mutation { set(value: 1) }')}`, { headers: { 'apollo-require-preflight': '1' } }), 405, 'BAD_USER_INPUT'],
    ['another path', () => send('/nothing'), 404, 'NOT_FOUND'],
    ['a path outside the pages', () => send('/..%2f..%2fpackage.json'), 404, 'NOT_FOUND'],
    ['syntax', () => post({ query: '{ hello' }, strict), 400, 'GRAPHQL_PARSE_FAILED'],
    ['validation', () => post({ query: '{ helo }' }, strict), 400, 'GRAPHQL_VALIDATION_FAILED'],
    ['a variable of the wrong type', () => post({ query: 'query ($n: Int!) { twice(n: $n) }', variables: { n: 'x' } }, strict), 400, 'BAD_USER_INPUT'],
    ['an operation that is not there', () => post({ query: 'query A { hello }', operationName: 'B' }, strict), 400, 'BAD_USER_INPUT'],
    ['a subscription without a stream', () => post({ query: 'subscription { count(to: 1) }' }, strict), 400, 'BAD_USER_INPUT'],
  ];
  test.each(cases)('%s', async (_name, ask, status, code) => {
    const reply = await ask();
    expect([reply.status, reply.json.errors?.[0]?.extensions.code]).toEqual([status, code]);
    expect(reply.json.errors![0]!.extensions.requestId).toBe(reply.headers['x-request-id']);
    expect(reply.json.data).toBeUndefined();
  });

  test('a batch is told to come one by one', async () => {
    expect((await post([{ query: '{ hello }' }, { query: '{ who }' }])).json.errors![0]!.message).toMatch(/one operation a request/);
  });

  test('with application/json a well-formed request is answered with 200', async () => {
    for (const query of ['{ hello', '{ helo }']) expect((await post({ query }, { accept: 'application/json' })).status).toBe(200);
  });

  test('an unknown name gets no suggestion', async () => {
    expect((await post({ query: '{ helo }' })).text).not.toContain('hello');
  });

  test('what breaks inside is masked', async () => {
    const reply = await post({ query: '{ broken }' });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain('1234');
    expect(reply.json.errors![0]!.extensions.code).toBe('INTERNAL');
    expect(reply.json.data).toEqual({ broken: null });
  });

  test('the request id is echoed where it is harmless, else made', async () => {
    expect((await post({ query: '{ hello }' }, { 'x-request-id': 'abc.1' })).headers['x-request-id']).toBe('abc.1');
    expect((await post({ query: '{ hello }' }, { 'x-request-id': 'a b"<script>' })).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a client that goes away aborts its operation', async () => {
    const before = engine.aborted;
    const controller = new AbortController();
    const asking = fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ wait(ms: 20000) }' }), signal: controller.signal });
    await expectSoon(() => engine.runs > 0);
    await new Promise((done) => setTimeout(done, 100));
    controller.abort();
    await expect(asking).rejects.toThrow();
    await expectSoon(() => engine.aborted === before + 1);
  });
});

describe('two lanes', () => {
  /** The raw answer, headers in their order. */
  function raw(body: unknown, headers: Record<string, string>): Promise<{ status?: number; headers: string[]; text: string }> {
    return new Promise((done, fail) => {
      const request = httpRequest(`${server.url}/graphql`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'x-request-id': 'same', ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => { text += chunk.toString(); });
        response.on('end', () => done({ status: response.statusCode, headers: response.rawHeaders.filter((_, i, all) => !/^date$/i.test(all[i - (i % 2)]!)), text }));
      });
      request.on('error', fail);
      request.end(JSON.stringify(body));
    });
  }

  const bodies = [
    { query: '{ a: hello b: hello(name: "두레") }' },
    { query: 'query ($n: Int!) { x: twice(n: $n) }', variables: { n: 3 } },
    { query: 'query ($n: Int!) { y: twice(n: $n) }', variables: { n: 'no' } },
    { query: 'query ($n: Int!) { z: twice(n: $n) }' },
    { query: '{ l1: refused hello }' },
    { query: '{ l2: broken hello }' },
    { query: 'mutation { m: set(value: 3) }' },
    { query: 'query L1 { hello } query L2 { who }', operationName: 'L2' },
    { query: 'query L3 { hello }', operationName: null, variables: null, extensions: null },
    { query: 'query L4 { hello } query L5 { who }' },
    { query: '{ l6: nothing }' },
    { query: '{ l7: hello ' },
  ];
  for (const headers of [{}, strict, { authorization: 'Bearer ada' }] as Record<string, string>[]) {
    test.each(bodies)(`the first and the second answer are the same bytes: ${JSON.stringify(headers)} %j`, async (body) => {
      const fresh = { ...body, query: `${body.query} # ${JSON.stringify(headers)}` };
      const first = await raw(fresh, headers);
      const lanes = await lanesOf();
      const second = await raw(fresh, headers);
      expect(second).toEqual(first);
      const after = await lanesOf();
      const known = !('errors' in engine.prepare(engine.schemaFor(null as never), fresh.query, fresh.operationName ?? undefined));
      expect(after.prepared - lanes.prepared).toBe(known ? 1 : 0);
    });
  }

  async function lanesOf(): Promise<{ prepared: number; apollo: number }> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const count = (lane: string): number => Number(new RegExp(`dure_graphql_operations_total\\{lane="${lane}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
    return { prepared: count('prepared'), apollo: count('apollo') };
  }
});

describe('around it', () => {
  test('alive, ready, metrics', async () => {
    expect((await send('/healthz')).json).toEqual({ status: 'alive' });
    expect((await send('/readyz')).json).toEqual({ status: 'ready', dependencies: {} });
    expect((await send('/metrics')).text).toContain('dure_http_requests_total');
    expect((await send('/healthz', { method: 'POST' })).status).toBe(405);
  });

  test('pages of named origins only', async () => {
    const ask = (origin: string): Promise<Reply> => send('/graphql', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    expect((await ask('https://front.example')).headers['access-control-allow-origin']).toBe('https://front.example');
    expect((await ask('https://evil.example')).status).toBe(403);
    expect((await post({ query: '{ hello }' }, { origin: 'https://evil.example' })).headers['access-control-allow-origin']).toBeUndefined();
    expect((await post({ query: '{ hello }' }, { origin: 'https://front.example' })).headers['access-control-allow-origin']).toBe('https://front.example');
  });

  test('pages come with their policy, an ETag and compression', async () => {
    const page = await send('/graphiql');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.headers['content-security-policy']).toContain("worker-src 'self'");
    expect((await send('/')).headers['content-security-policy']).not.toContain('unsafe-inline');
    const again = await send('/graphiql', { headers: { 'if-none-match': page.headers.etag! } });
    expect(again.status).toBe(304);
    const script = /src="([^"]+\.js)"/.exec(page.text)![1]!;
    const asset = await send(script);
    expect(asset.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(asset.headers['cache-control']).toContain('immutable');
    expect(asset.headers['content-encoding']).toBe('gzip');
  });
});

async function expectSoon(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 5_000; waited += 20) await new Promise((done) => setTimeout(done, 20));
  expect(holds()).toBe(true);
}
