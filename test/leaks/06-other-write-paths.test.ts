/** Leak class 6: what may not be read or changed, reached by another way of writing: publishing over it, rules, rollback, overrides, collections, uploads, job results. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { descriptor, zip } from '../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close(), 30_000);
const strangers = [undefined, 'researcher', 'publisher'] as const;
const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);

const writes: readonly (readonly [string, string])[] = [
  ['rules', 'mutation { setDatasetRules(input: { dataset: "seoram/lung-cancer", document: { rules: [] } }) { __typename } }'],
  ['rollback', 'mutation { rollbackDatasetRules(input: { dataset: "seoram/lung-cancer", revision: 1 }) { __typename } }'],
  ['access', 'mutation { setDatasetAccess(input: { dataset: "seoram/lung-cancer", visibility: PUBLIC }) { __typename } }'],
  ['an override for oneself', 'mutation { overrideDatasetRules(input: { dataset: "seoram/lung-cancer", subject: "demo-researcher", reason: "because I want to", minutes: 5 }) { __typename } }'],
  ['an organization', 'mutation { createOrganization(input: { slug: "mine", title: "Mine" }) { __typename } }'],
  ['a trial of no rules', '{ simulateQuery(input: { dataset: "seoram/lung-cancer", document: { rules: [] }, query: "{ seoram { lungCancer { _about { title } } } }", as: {} }) }'],
];

test.each(writes)('is refused to everybody but stewards of the owner, over HTTP and WebSocket: %s', async (_name, query) => {
  for (const who of strangers) {
    const over = codes(await dure.ask(query, who));
    expect(over).toHaveLength(1);
    expect(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND', 'GRAPHQL_VALIDATION_FAILED']).toContain(over[0]);
    const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: dure.authorization(who) });
    try {
      for await (const result of client.iterate({ query })) expect(codes(result as GraphQLAnswer)).toEqual(over);
    } catch (error) {
      expect((error as { extensions: { code: string } }[])[0]!.extensions.code).toBe(over[0]);
    } finally {
      await client.dispose();
    }
  }
});

test('the list of writes is not all mistakes: a steward passes or is told of the input only', async () => {
  const passed = await Promise.all(writes.slice(0, 3).map(async ([, query]) => codes(await dure.ask(query.replaceAll('lung-cancer', 'lung-cancer'), 'steward'))[0]));
  for (const code of passed) expect(['FORBIDDEN', 'UNAUTHENTICATED']).not.toContain(code);
  await dure.ask('mutation { rollbackDatasetRules(input: { dataset: "seoram/lung-cancer", revision: 1 }) { __typename } }', 'steward');
  await dure.ask('mutation { setDatasetAccess(input: { dataset: "seoram/lung-cancer", visibility: RESTRICTED }) { __typename } }', 'steward');
});

test('publishing needs the role in the organization and an upload of one\'s own', async () => {
  const made = await dure.upload(await zip({ 'datapackage.json': descriptor([{ name: 'id', type: 'string' }], { name: 'lung-cancer' }), 't.csv': 'id\nmine\n' }), 'application/zip', 'publisher');
  expect(made.status).toBe(201);
  const publish = (organization: string): string => `mutation { publishDataset(input: { organization: "${organization}", upload: "${made.id!}" }) { job { id } } }`;
  for (const who of strangers) expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(codes(await dure.ask(publish('seoram'), who))[0]);
  // The steward of another organization may publish there, but not somebody else's upload.
  expect(['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT']).toContain(codes(await dure.ask(publish('seoram'), 'steward'))[0]);
});

test('a collection shows nobody more than its datasets do', async () => {
  for (const who of strangers.slice(0, 2)) expect(['FORBIDDEN', 'UNAUTHENTICATED', 'GRAPHQL_VALIDATION_FAILED']).toContain(codes(await dure.ask('mutation { createCollection(input: { name: "mine", organization: "seoram", datasets: [{ dataset: "seoram/lung-cancer" }] }) { __typename } }', who))[0]);
});

test('nothing of a restricted dataset was read by all this', async () => {
  const answer = await dure.ask('{ dataset(id: "seoram/lung-cancer") { tables { rowCount } } }', 'researcher');
  expect(JSON.stringify(answer.data)).not.toMatch(/"rowCount":\d/);
});
