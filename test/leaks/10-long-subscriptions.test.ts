/** Leak class 10: long-lived streams: of others, past the token's end, of datasets that were closed or are not there for the caller. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { SignJWT } from 'jose';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { demoAudience, demoIssuer } from '../../src/identity/jwt.js';
import { descriptor, zip } from '../support/publishing.js';
import { startRunning, type Running } from '../support/running.js';

let dure: Running;
const clients: Client[] = [];
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(async () => {
  for (const client of clients) await client.dispose();
  await dure.close();
}, 30_000);

function connect(who?: string): Client {
  const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: dure.authorization(who) });
  clients.push(client);
  return client;
}
async function token(lifetime: number, claims: Record<string, unknown> = {}): Promise<string> {
  const secret = readFileSync(join(dure.folder, 'jwt-secret'), 'utf8').trim();
  return new SignJWT({ sub: 'brief', ...claims }).setProtectedHeader({ alg: 'HS256' }).setIssuer(demoIssuer).setAudience(demoAudience).setIssuedAt().setExpirationTime(new Date(Date.now() + lifetime)).sign(new TextEncoder().encode(secret));
}
async function all(client: Client, query: string, limit = 50): Promise<{ events: unknown[]; error?: unknown }> {
  const events: unknown[] = [];
  try {
    for await (const event of client.iterate({ query })) {
      events.push(event);
      if (events.length >= limit) break;
    }
    return { events };
  } catch (error) {
    return { events, error };
  }
}

test('a stream ends with the token that it was opened with', async () => {
  const brief = connect(await token(2_000));
  const { events, error } = await all(brief, 'subscription { datasetEvents { __typename } }');
  expect(events.filter((event) => (event as { data?: unknown }).data)).toEqual([]);
  expect((error as { code?: number } | undefined)?.code ?? 4403).toBe(4403);
}, 20_000);

test('an expired token opens none', async () => {
  const { events, error } = await all(connect(await token(-1_000)), 'subscription { datasetEvents { __typename } }');
  expect(events).toEqual([]);
  expect((error as { code?: number }).code).toBe(4401);
});

test('an event stream over HTTP ends with its token, too', async () => {
  const response = await fetch(`${dure.url}/graphql?query=${encodeURIComponent('subscription { datasetEvents { __typename } }')}`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${await token(2_000)}` } });
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).not.toContain('"data":{"datasetEvents"');
}, 20_000);

test('events of a dataset come only to those for whom it is there, and a job\'s to those whom it concerns', async () => {
  const stranger = connect('researcher');
  const member = connect('publisher');
  const heard: unknown[] = [];
  const streamed = stranger.iterate({ query: 'subscription { datasetEvents { dataset { path } } }' });
  void (async () => { for await (const event of streamed) heard.push(event); })().catch(() => undefined);
  const own = member.iterate({ query: 'subscription { datasetEvents { dataset { path } } }' });
  const first = own.next();
  const upload = await dure.upload(await zip({ 'datapackage.json': descriptor([{ name: 'id', type: 'string' }], { name: 'hidden-things', 'dure:visibility': 'RESTRICTED', 'dure:listed': false }), 't.csv': 'id\ncanary\n' }), 'application/zip', 'publisher');
  const started = await dure.ask('mutation($upload: ID!) { publishDataset(input: { organization: "hanbit", upload: $upload }) { job { id } } }', 'publisher', { upload: upload.id });
  const job = (started.data as { publishDataset: { job: { id: string } } }).publishDataset.job.id;
  // A stranger to the job is told that there is none.
  const spied = await all(connect('researcher'), `subscription { jobEvents(jobId: "${job}") { message state } }`);
  expect(JSON.stringify(spied)).not.toMatch(/"state":"/);
  const [known, never] = await Promise.all([job, '00000000-0000-4000-8000-000000000000'].map(async (id) => JSON.stringify(await dure.ask(`{ job(id: "${id}") { state result error { message } } }`, 'researcher')).replace(/"requestId":"[^"]*"/g, '').replaceAll(id, 'ID')));
  expect(known).toBe(never);
  // The owner's member hears of it; by then the stranger's stream has been told of nothing.
  expect(JSON.stringify((await first).value)).toContain('hanbit/hidden-things');
  expect(JSON.stringify(heard)).not.toContain('hidden-things');
  await own.return!();
  await streamed.return!();
}, 60_000);
