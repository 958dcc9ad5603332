/** Sources over the whole server: health as it changes, and what may be told of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { reply } from '../../standins/faults.js';
import { startUniprot } from '../../standins/uniprot.js';
import type { StandIn } from '../../standins/standIn.js';
import { startRunning, type Running } from '../../support/running.js';

let uniprot: StandIn;
let dure: Running;

beforeAll(async () => {
  uniprot = await startUniprot();
  dure = await startRunning({ DURE_SOURCE_URLS: `uniprot=${uniprot.url}`, DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1', DURE_SOURCE_CACHE_BYTES: '0' });
}, 60_000);
afterAll(async () => {
  await dure.close();
  await uniprot.close();
});

test('who subscribes is told how all are, and each change', async () => {
  const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  const seen: string[] = [];
  const asked = dure.ask('{ uniprot { knowledgebase { proteins(where: { accession: { eq: "P05067" } }) { nodes { name } } } } }');
  expect((await asked).errors).toBeUndefined();
  uniprot.inject(reply({ status: 500, body: { error: 'upstream secret text' } }), { times: 8 });
  for await (const { data } of client.iterate<{ sourceEvents: { id: string; health: { state: string; lastError: string | null } } }>({ query: 'subscription { sourceEvents { id health { state lastError } } }' })) {
    const { id, health } = data!.sourceEvents;
    if (id !== 'uniprot') continue;
    seen.push(`${health.state} ${String(health.lastError)}`);
    if (seen.length === 1) void dure.ask('{ uniprot { knowledgebase { proteins(where: { accession: { eq: "P04637" } }) { nodes { name } } } } }');
    if (health.lastError !== null) break;
  }
  await client.dispose();
  expect(seen[0]).toBe('UP null');
  expect(seen.at(-1)).toMatch(/^(DEGRADED|DOWN) SOURCE_DOWN$/);
});

test('credentials and addresses are told nobody', async () => {
  const { data } = await dure.ask('{ __type(name: "Source") { fields { name } } }', 'administrator');
  expect(JSON.stringify(data)).not.toMatch(/url|secret|credential|declaration/i);
});
