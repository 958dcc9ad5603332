/** A GET by a browser passes only where another site's page could not have made it; a GET by a program always. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const engine = createPlainEngine();
let server: TestServer;
beforeAll(async () => { server = await startTestServer(engine); });
afterAll(() => server.close());

/** Exactly these headers (fetch adds its own). */
function get(headers: Record<string, string>, query = '{ hello }'): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    httpRequest(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { agent: false, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += String(chunk);
        // Of a stream the beginning tells.
        if (String(response.headers['content-type']).startsWith('text/event-stream')) response.destroy();
      });
      response.on('close', () => done({ status: response.statusCode!, text }));
    }).on('error', fail).end();
  });
}

const chrome = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0', 'accept-language': 'ko-KR,ko;q=0.9' };
const own = (): string => server.url;

describe('refused', () => {
  test.each<[string, Record<string, string>]>([
    ['an image', { ...chrome, accept: 'image/avif,*/*;q=0.8', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a script', { ...chrome, accept: '*/*', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    ['fetch without CORS, with an accept of its own', { ...chrome, accept: 'application/json', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }],
    ['a script over plain http, where browsers send no Fetch Metadata', { ...chrome, accept: '*/*' }],
    ['the same with accept', { ...chrome, accept: 'application/graphql-response+json' }],
    ['a browser whose name a proxy took away', { accept: '*/*', referer: 'http://evil.example/' }],
    ['a browser with cookies', { accept: '*/*', cookie: 'a=b' }],
    ['a link on another page', { ...chrome, accept: 'text/html,*/*;q=0.8', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['a page of the same site but another origin', { ...chrome, accept: '*/*', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['fetch of a page whose origin is not allowed', { ...chrome, accept: '*/*', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['a page without origin', { ...chrome, accept: '*/*', origin: 'null' }],
    ['an allowed origin without CORS', { ...chrome, accept: '*/*', origin: 'https://front.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['credentials that a browser adds by itself', { ...chrome, accept: '*/*', authorization: 'Basic YTpi' }],
    ['a content type that needs no preflight', { ...chrome, accept: '*/*', 'content-type': 'text/plain' }],
    ['an event stream for a page whose origin is not allowed', { ...chrome, accept: 'text/event-stream', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['an event stream without CORS', { ...chrome, accept: 'text/event-stream', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ])('%s', async (_name, headers) => {
    const before = engine.runs;
    const { status, text } = await get(headers);
    expect(status).toBe(400);
    expect(text).toMatch(/Cross-Site Request Forgery.*apollo-require-preflight/);
    expect(engine.runs).toBe(before);
  });
});

describe('answered', () => {
  test.each<[string, () => Record<string, string>]>([
    ['a program', () => ({ accept: '*/*' })],
    ['a program with a name', () => ({ accept: 'application/json', 'user-agent': 'curl/8.5' })],
    ['a page of the server itself', () => ({ ...chrome, accept: '*/*', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })],
    ['a page of the server itself that says its origin', () => ({ ...chrome, accept: '*/*', origin: own() })],
    ['a page of an allowed origin', () => ({ ...chrome, accept: '*/*', origin: 'https://front.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })],
    ['a browser that asked first', () => ({ ...chrome, accept: '*/*', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'apollo-require-preflight': '1' })],
    ['a browser with a token', () => ({ ...chrome, accept: '*/*', authorization: 'Bearer ada' })],
    ['a content type that needs a preflight', () => ({ ...chrome, accept: '*/*', 'content-type': 'application/json' })],
    ['an EventSource of the server\'s own page over plain http', () => ({ ...chrome, accept: 'text/event-stream' })],
    ['an EventSource of an allowed origin', () => ({ ...chrome, accept: 'text/event-stream', origin: 'https://front.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })],
  ])('%s', async (_name, headers) => {
    expect((await get(headers())).status).toBe(200);
  });
});
