/** Leak class 14: pages of other sites in a reader's browser: forged requests, and searches whose answer shows from outside. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());
const query = '{ lab { trial { patients { totalCount } } } }';
const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0', 'accept-language': 'ko' };

describe('what a page of another site can send without asking first', () => {
  test.each<[string, RequestInit]>([
    ['a form', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `query=${encodeURIComponent(query)}` }],
    ['a form with a file', { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query })}\r\n--x--` }],
    ['plain text', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query }) }], ['no content type', { method: 'POST', body: Buffer.from(JSON.stringify({ query })) }],
    ['a disguised content type', { method: 'POST', headers: { 'content-type': 'text/plain; application/json' }, body: JSON.stringify({ query }) }],
  ])('%s runs nothing', async (_name, init) => {
    const before = attack.dure.statements.length;
    const response = await fetch(`${attack.server.url}/graphql`, { ...init, headers: { ...browser, ...(init.headers as Record<string, string> | undefined) } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('totalCount');
    expect(attack.dure.statements.length).toBe(before);
  });

  test('an image, a script or a link runs nothing', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, { origin: 'https://evil.example' }] as Record<string, string>[]) {
      const response = await fetch(`${attack.server.url}/graphql?query=${encodeURIComponent(query)}`, { headers: { ...browser, ...headers } });
      expect(response.status).toBe(400);
    }
  });

  test('a mutation by GET is refused whoever asks', async () => {
    const response = await fetch(`${attack.server.url}/graphql?query=${encodeURIComponent('mutation { createOrganization(input: { slug: "x", title: "x" }) { __typename } }')}`, { headers: { 'apollo-require-preflight': '1' } });
    expect(response.status).toBe(405);
  });

  test('no page of another origin may read an answer or open a socket', async () => {
    const response = await fetch(`${attack.server.url}/graphql`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,authorization' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const answered = await fetch(`${attack.server.url}/graphql`, { method: 'POST', headers: { origin: 'https://evil.example', 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
    expect(answered.headers.get('access-control-allow-origin')).toBeNull();
    const opened = await new Promise<boolean>((done) => {
      const socket = new WebSocket(`${attack.server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: { origin: 'https://evil.example' } });
      socket.on('open', () => { socket.close(); done(true); });
      socket.on('error', () => done(false));
    });
    expect(opened).toBe(false);
  });
});

test('an answer under rules is kept by no cache on the way', async () => {
  const response = await fetch(`${attack.server.url}/graphql?query=${encodeURIComponent(query)}`, { headers: { authorization: `Bearer ${await attack.token({ sub: 'm', organizations: ['lab:member'] })}` } });
  expect(response.headers.get('cache-control')).toMatch(/no-store|private/);
  await response.text();
});
