/** Leak class 6: what may not be read or changed, reached by another way of writing: publishing over it, rules, rollback, overrides, collections, uploads, job results. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { descriptor, zip } from '../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

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

describe('an API token that its maker gives less than they hold', () => {
  const dataset = 'seoram/kidney-transplants';
  const steward = (): Promise<string> => signPerson(dure.folder, { subject: 'head', organizations: ['seoram:steward'] });
  const rules = async (document: object): Promise<void> => { expect(codes(await dure.ask('mutation($d: JSON!) { setDatasetRules(input: { dataset: "seoram/kidney-transplants", document: $d }) { revision } }', await steward(), { d: document }))).toEqual([]); };
  const less = async (who: string, organizations: readonly string[]): Promise<string> =>
    ((await dure.ask('mutation($o: [String!]) { createApiToken(input: { name: "less", scopes: [READ, RULES], organizations: $o }) { token } }', who, { o: organizations })).data as { createApiToken: { token: string } }).createApiToken.token;
  const ask = (who: string): Promise<GraphQLAnswer> => dure.ask('{ seoram { kidneyTransplants { transplants { totalCount } } } }', who);
  const rows = async (who: string): Promise<unknown[]> => codes(await ask(who));
  const count = async (who: string): Promise<unknown> => ((await ask(who)).data as { seoram: { kidneyTransplants: { transplants: { totalCount: number } } } }).seoram.kidneyTransplants.transplants.totalCount;
  beforeAll(async () => { expect(codes(await dure.ask(`mutation { setDatasetAccess(input: { dataset: "${dataset}", listed: true }) { dataset { path } } }`, await steward()))).toEqual([]); });
  const open = { id: 'open', effect: 'allow', to: { authenticated: true } };

  test('is no way out of a rule about what they hold', async () => {
    const rival = await signPerson(dure.folder, { subject: 'rival', organizations: ['hanbit:publisher', 'dasan:member'], roles: ['curator'] });
    const tokens = [await less(rival, []), await less(rival, ['dasan']), await less(await less(rival, ['dasan', 'hanbit:member']), ['dasan'])];
    for (const to of [{ attribute: 'person.organizations', contains: 'hanbit' }, { attribute: 'person.roles', contains: 'hanbit:publisher' }]) {
      await rules({ rules: [open, { id: 'rivals', effect: 'deny', to }] });
      for (const who of [rival, ...tokens]) expect(await rows(who)).toEqual(['FORBIDDEN']);
      // Nor one into what is for others.
      await rules({ rules: [{ id: 'others', effect: 'allow', to: { not: to } }] });
      for (const who of [rival, ...tokens]) expect(await rows(who)).toEqual(['FORBIDDEN']);
      // Of what they are not it says that they are not.
      await rules({ rules: [open, { id: 'strangers', effect: 'deny', to: { attribute: 'person.organizations', contains: 'bora' } }] });
      for (const who of [rival, ...tokens]) expect(await rows(who)).toEqual([]);
    }
    await rules({ rules: [open, { id: 'not-yours', effect: 'rows', where: { column: 'sex', op: 'notIn', value: { attribute: 'person.organizations' } } }] });
    expect(await count(rival)).toBe(863);
    for (const who of tokens) expect(await count(who)).toBe(0);
  });

  test('hides from no request whom they share an organization with', async () => {
    await rules({ access: { committee: ['dasan:member'] }, rules: [{ id: 'asked', effect: 'allow', to: { grant: true } }] });
    const [asker, voter, other] = [await signPerson(dure.folder, { subject: 'asker', organizations: ['hanbit:member'] }), await signPerson(dure.folder, { subject: 'voter', organizations: ['hanbit:member', 'dasan:member'] }), await signPerson(dure.folder, { subject: 'other', organizations: ['dasan:member'] })];
    for (const by of [asker, await less(asker, [])]) {
      const asked = await dure.ask(`mutation { requestAccess(input: { dataset: "${dataset}", purpose: "DUO_0000042", project: "p", reason: "to see how it goes" }) { id } }`, by);
      const { id } = (asked.data as { requestAccess: { id: string } }).requestAccess;
      const approve = async (who: string): Promise<unknown[]> => codes(await dure.ask(`mutation { approveAccessRequest(id: "${id}") { state } }`, who));
      expect([await approve(voter), await approve(await less(voter, ['dasan']))]).toEqual([['FORBIDDEN'], ['FORBIDDEN']]);
      expect(await approve(other)).toEqual([]);
      expect(codes(await dure.ask(`mutation { withdrawAccessRequest(id: "${id}") { state } }`, asker))).toEqual([]);
    }
  });
});
