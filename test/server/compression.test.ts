import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodingOf } from '../../src/server/compress.js';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

let server: TestServer;
beforeAll(async () => { server = await startTestServer(createPlainEngine()); });
afterAll(() => server.close());

function post(query: string, headers: Record<string, string>): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((done, fail) => {
    const request = httpRequest(`${server.url}/graphql`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', fail).end(JSON.stringify({ query }));
  });
}

const decode: Record<string, (body: Buffer) => Buffer> = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync, identity: (body) => body };
const long = '{ text(length: 5000) }';
const plain = JSON.stringify({ data: { text: 'x'.repeat(5_000) } });

describe('by what the client likes best', () => {
  test.each([
    [undefined, undefined], ['', undefined], ['identity', undefined], ['gzip', 'gzip'], ['x-gzip', 'gzip'], ['GZIP', 'gzip'], ['br', 'br'], ['zstd', 'zstd'], ['gzip, deflate, br', 'br'], ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'], ['br;q=0.9, zstd;q=0.8', 'br'], ['gzip;q=0', undefined], ['gzip;q=0, *', 'zstd'], ['*;q=0', undefined], ['identity, gzip;q=0.5', undefined], ['identity;q=0.5, gzip', 'gzip'], ['deflate', undefined],
    ['*', 'zstd'], ['gzip;q=hello', undefined],
  ])('%s: %s', (accept, encoding) => { expect(encodingOf(accept)).toBe(encoding); });
});

test.each(['gzip', 'br', 'zstd'])('both lanes answer in %s', async (encoding) => {
  const query = `${long} # ${encoding}`;
  for (const lane of ['first sight', 'known']) {
    const { status, headers, body } = await post(query, { 'accept-encoding': encoding });
    expect({ lane, status, encoding: headers['content-encoding'], vary: headers.vary, length: Number(headers['content-length']) }).toEqual({ lane, status: 200, encoding, vary: 'accept-encoding', length: body.length });
    expect(body.length).toBeLessThan(500);
    expect(String(decode[encoding]!(body))).toBe(plain);
  }
});

test('what is short, or not asked for, is sent as it is', async () => {
  for (const [query, accept] of [['{ hello }', 'gzip, br, zstd'], [long, 'identity'], [long, '']]) {
    const { headers, body } = await post(query!, accept ? { 'accept-encoding': accept } : {});
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('accept-encoding');
    if (query === long) expect(String(body)).toBe(plain);
  }
});

test('what CORS varies by stands beside it', async () => {
  expect((await post(long, { 'accept-encoding': 'gzip', origin: 'https://front.example' })).headers.vary).toBe('origin, accept-encoding');
});

test('errors and refusals too', async () => {
  const { status, headers, body } = await post(`{ nothing${'x'.repeat(1_500)} again${'y'.repeat(200)} ${Array.from({ length: 20 }, (_, n) => `z${n}`).join(' ')} }`, { 'accept-encoding': 'br', accept: 'application/graphql-response+json' });
  expect(status).toBe(400);
  expect(headers['content-encoding']).toBe('br');
  expect(JSON.parse(String(brotliDecompressSync(body)))).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ extensions: expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }) })]) });
});
