/** What a page of another site can really make a browser send: none of it runs an operation. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const executable = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));
if (!executable) console.warn('No Chromium was found (CHROMIUM_PATH): forged requests are not tested in a browser.');

(executable ? describe : describe.skip)('a browser', () => {
  const engine = createPlainEngine();
  let server: TestServer;
  let evil: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await startTestServer(engine);
    evil = createServer((_request, response) => response.setHeader('content-type', 'text/html').setHeader('referrer-policy', 'no-referrer').end('<!doctype html><title>evil</title>'));
    await new Promise<void>((done) => { evil.listen(0, '127.0.0.1', done); });
    browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.example 127.0.0.1', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await new Promise((done) => { evil.close(done); });
    await server.close();
  }, 30_000);

  const evilPage = (host: string): string => `http://${host}:${(evil.address() as AddressInfo).port}/`;
  const target = (host: string): string => server.url.replace('127.0.0.1', host);

  // Of plain http under a name browsers send no Fetch Metadata: there only their User-Agent tells.
  test.each([['with Fetch Metadata', 'localhost', '127.0.0.1'], ['over plain http', 'evil.example', 'dure.example']])('%s', async (_name, from, to) => {
    const before = engine.runs;
    const page = await browser.newPage();
    const seen = new Map<string, Record<string, string>>();
    page.on('request', (request) => { if (request.url().includes('/graphql')) void request.allHeaders().then((headers) => seen.set(new URL(request.url()).searchParams.get('as') ?? '', headers)); });
    await page.goto(evilPage(from));
    await page.evaluate(async (base: string) => {
      const { document } = globalThis as unknown as { document: { createElement(name: string): { addEventListener(type: string, done: (event: unknown) => void): void }; body: { append(node: unknown): void } } };
      const url = (as: string): string => `${base}/graphql?as=${as}&query=${encodeURIComponent('{ hello }')}`;
      const element = (name: string, attributes: Record<string, string>): Promise<unknown> => new Promise((done) => {
        const made = Object.assign(document.createElement(name), attributes);
        made.addEventListener('load', done);
        made.addEventListener('error', done);
        document.body.append(made);
        setTimeout(done, 3_000);
      });
      const failed = (): undefined => undefined;
      await Promise.all([
        element('script', { src: url('script') }), element('img', { src: url('img') }), element('iframe', { src: url('iframe') }),
        fetch(url('no-cors'), { mode: 'no-cors', headers: { accept: 'application/graphql-response+json' } }).catch(failed),
        fetch(url('cors'), { headers: { accept: 'application/json' } }).catch(failed),
        fetch(url('header'), { headers: { 'apollo-require-preflight': '1' } }).catch(failed),
        fetch(url('stream'), { headers: { accept: 'text/event-stream' } }).catch(failed),
        fetch(`${base}/graphql`, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{"query":"{ hello }"}' }).catch(failed),
        fetch(`${base}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ hello }"}' }).catch(failed),
      ]);
    }, target(to));
    for (let waited = 0; seen.size < 4 && waited < 5_000; waited += 50) await new Promise((done) => setTimeout(done, 50));
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['script', 'img', 'no-cors']));
    expect(seen.get('no-cors')!['user-agent']).toMatch(/^Mozilla\//);
    expect(engine.runs).toBe(before);
    await page.close();
  }, 60_000);

  test('the server\'s own page may ask', async () => {
    for (const host of ['127.0.0.1', 'dure.example']) {
      const page = await browser.newPage();
      await page.goto(`${target(host)}/`);
      const answers = await page.evaluate(async () => {
        const url = `/graphql?query=${encodeURIComponent('{ hello }')}`;
        const text = async (response: Promise<Response>): Promise<string> => (await response).text();
        return [await text(fetch(url, { headers: { 'apollo-require-preflight': '1' } })), await text(fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ hello }"}' }))];
      });
      expect(answers).toEqual(['{"data":{"hello":"Hello world"}}', '{"data":{"hello":"Hello world"}}']);
      await page.close();
    }
  }, 60_000);
});
