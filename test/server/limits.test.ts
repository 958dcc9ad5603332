/** Bodies and documents that are too long or too slow. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(createPlainEngine(), { limits: { requestBytes: 5_000, bodyTimeoutMs: 300, documentBytes: 2_000, uploadBytes: 10_000, subscriptionsPerConnection: 3, apolloServers: 10 } });
});
afterAll(() => server.close());

/** What a connection is answered until the server ends it; bytes are sent one after the other. */
function trickle(head: string, rest: readonly string[], everyMs: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    const left = [...rest];
    let timer: NodeJS.Timeout | undefined;
    socket.on('connect', () => {
      socket.write(head);
      timer = setInterval(() => { if (left.length > 0) socket.write(left.shift()!); }, everyMs);
    });
    socket.on('data', (chunk) => { answer += String(chunk); });
    socket.on('close', () => { clearInterval(timer); done(answer); });
    socket.on('error', (error) => { clearInterval(timer); if (answer === '') fail(error); });
  });
}
const head = (length: string): string => `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;
const bodyOf = (answer: string): { errors: { message: string; extensions: Record<string, unknown> }[] } => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as ReturnType<typeof bodyOf>;

test.each([['a byte now and then', Array.from({ length: 1_000 }, () => '{')], ['nothing at all', []]])('a body that trickles in is given up: %s', async (_name, bytes) => {
  const answer = await trickle(head('content-length: 2000'), bytes, 20);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toMatch(/connection: close/i);
  expect(bodyOf(answer).errors[0]!.extensions).toEqual({ code: 'TIMEOUT', limit: 300, requestId: expect.any(String) });
});

test('a body in chunks is cut when it is too long', async () => {
  const answer = await trickle(head('transfer-encoding: chunked'), Array.from({ length: 8 }, () => `3e8\r\n${'x'.repeat(1_000)}\r\n`), 1);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(bodyOf(answer).errors[0]!.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 5_000, actual: 6_000 });
});

test('a body in two halves is taken, a long one is told with its length', async () => {
  const text = '{"query":"{ hello }"}';
  const answer = await trickle(`POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`, [text.slice(0, 9), text.slice(9)], 20);
  expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*Hello world/);
  const post = (query: string): Promise<Response> => fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  const { errors } = (await (await post(`{ hello } #${'두'.repeat(700)}`)).json()) as ReturnType<typeof bodyOf>;
  expect(errors[0]).toMatchObject({ message: expect.stringContaining('has 2111 bytes, 2000 are allowed'), extensions: { code: 'LIMIT_EXCEEDED', limit: 2_000, actual: 2_111 } });
  expect(((await (await post('x'.repeat(6_000))).json()) as ReturnType<typeof bodyOf>).errors[0]!.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 5_000 });
});
