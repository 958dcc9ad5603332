/** The audit as stewards, administrators and researchers see it, over HTTP on the server as it is built. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digest } from '../../src/audit/chain.js';
import pg from 'pg';
import { signPerson } from '../support/tokens.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { splitBlocks } from '../support/splitBlocks.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close());

const entries = 'entries: auditEntries';
const page = '{ nodes { kind dataset version decision reason rule tables withheld rows operation purpose address requestId actor { kind subject name organizations } details } pageInfo { hasNextPage endCursor } }';
const nodes = ({ data, errors }: GraphQLAnswer, name = 'entries'): Record<string, unknown>[] => {
  expect(errors).toBeUndefined();
  return (data as Record<string, { nodes: Record<string, unknown>[] }>)[name]!.nodes;
};
const code = ({ errors }: GraphQLAnswer): unknown => errors?.[0]?.extensions.code;

describe('who used what', () => {
  test('an administrator sees it, with who, what, why and the text of the question; and that they looked', async () => {
    const question = '{ bora { criticalProperties { criticalProperties(first: 4) { nodes { name criticalVolume } } } } }';
    const asked = await fetch(`${dure.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'dure-purpose': 'DUO_0000042', 'x-request-id': 'asked-1', ...dure.authorization('researcher') }, body: JSON.stringify({ query: question }),
    });
    expect(await asked.json()).not.toHaveProperty('errors');
    await dure.ask(question);
    const found = nodes(await dure.ask(`{ ${entries}(dataset: "bora/critical-properties") ${page} }`, 'administrator'));
    expect(found).toMatchObject([
      { kind: 'ACCESS', decision: 'REFUSED', reason: 'SIGN_IN', rows: 0, actor: { kind: 'anonymous' } },
      { kind: 'ACCESS', dataset: 'bora/critical-properties', version: '1.0', decision: 'ALLOWED', reason: 'REGISTERED', rows: 4, operation: question, purpose: 'DUO_0000042', address: expect.stringMatching(/127\.0\.0\.1/), requestId: 'asked-1', actor: { kind: 'person', subject: expect.any(String) } },
    ]);
    const looked = nodes(await dure.ask(`{ ${entries}(where: { kind: [AUDIT_READ] }) ${page} }`, 'administrator'));
    expect(looked).toMatchObject([{ kind: 'AUDIT_READ', dataset: 'bora/critical-properties', details: { entries: 2 } }]);
  });

  test('a steward sees the datasets of the own organization, others nothing, and nobody all but administrators', async () => {
    // The demo steward belongs to one organization; which, the token says.
    const { data } = await dure.ask('{ me { memberships { organization { slug } role } } }', 'steward');
    const [own] = (data as { me: { memberships: { organization: { slug: string } }[] } }).me.memberships.map(({ organization }) => organization.slug);
    const { data: listed } = await dure.ask(`{ datasets(where: { organization: ["${own}"] }) { nodes { path } } }`, 'steward');
    const mine = (listed as { datasets: { nodes: { path: string }[] } }).datasets.nodes[0]!.path;
    expect(nodes(await dure.ask(`{ ${entries}(dataset: "${mine}") ${page} }`, 'steward'))).toEqual(expect.any(Array));
    const other = own === 'bora' ? 'hanbit/elements' : 'bora/critical-properties';
    expect(code(await dure.ask(`{ ${entries}(dataset: "${other}") ${page} }`, 'steward'))).toBe('FORBIDDEN');
    expect(code(await dure.ask(`{ ${entries} ${page} }`, 'steward'))).toBe('FORBIDDEN');
    expect(code(await dure.ask(`{ ${entries}(dataset: "${mine}") ${page} }`, 'researcher'))).toBe('FORBIDDEN');
    expect(code(await dure.ask(`{ ${entries}(dataset: "bora/critical-properties") ${page} }`))).toBe('UNAUTHENTICATED');
    expect(code(await dure.ask(`{ ${entries}(dataset: "seoram/kidney-transplants") ${page} }`, 'researcher'))).toBe('NOT_FOUND');
  });

  test('the text of a question is told to a steward only where it is about their own datasets', async () => {
    const [asker, other, mine] = await Promise.all([
      signPerson(dure.folder, { subject: 'of-two', organizations: ['seoram:member', 'bora:member'] }), signPerson(dure.folder, { subject: 'bora-steward', organizations: ['bora:steward'] }), signPerson(dure.folder, { subject: 'both-steward', organizations: ['bora:steward', 'seoram:steward'] }),
    ]);
    const own = '{ bora { criticalProperties { criticalProperties(first: 2) { nodes { cas } } } } }';
    const hidden = 'seoram { kidneyTransplants { transplants(where: { age: { eq: 51 } }, first: 1) { totalCount } } }';
    const questions = [own, `{ bora { criticalProperties { criticalProperties(first: 1) { nodes { name } } } } ${hidden} }`, `{ ...f bora { criticalProperties { reviews(first: 1) { nodes { part } } } } } fragment f on Query { ${hidden} }`, '{ entity(id: "cas:64-17-5") { mentions { count } } }'];
    for (const question of questions) expect((await dure.ask(question, asker)).errors).toBeUndefined();
    const texts = async (who: string): Promise<unknown[]> => nodes(await dure.ask(`{ ${entries}(dataset: "bora/critical-properties", where: { subject: "of-two" }) ${page} }`, who)).map(({ operation }) => operation).reverse();
    expect((await texts(other)).slice(0, 3)).toEqual([own, null, null]);
    expect(JSON.stringify(await texts(other))).not.toMatch(/kidney|64-17-5/i);
    expect((await texts(mine)).slice(0, 3)).toEqual(questions.slice(0, 3));
    expect((await texts('administrator')).slice(0, 3)).toEqual(questions.slice(0, 3));
    expect(((await dure.ask(`{ me { accesses ${page} } }`, asker)).data as { me: { accesses: { nodes: { operation: string }[] } } }).me.accesses.nodes.map(({ operation }) => operation)).toEqual(expect.arrayContaining(questions.slice(0, 3)));
  });

  test('filters and cursors that the database could not read are told', async () => {
    for (const argument of ['where: { subject: "a\\u0000b" }', 'where: { subject: "" }', `after: "${Buffer.from(`2026-11-24T12:00:00Z ${'-'.repeat(36)} 1`).toString('base64url')}"`]) {
      expect(code(await dure.ask(`{ ${entries}(dataset: "bora/critical-properties", ${argument}) ${page} }`, 'steward'))).toBe('BAD_USER_INPUT');
    }
  });

  test('a researcher sees own accesses, page by page; a token those made with it', async () => {
    for (let n = 1; n <= 3; n += 1) await dure.ask(`{ bora { criticalProperties { reviews(first: ${n}) { nodes { __typename } } } } }`, 'researcher');
    const first = await dure.ask(`{ me { accesses(first: 2) ${page} } }`, 'researcher');
    const { accesses } = (first.data as { me: { accesses: { nodes: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } }).me;
    expect(accesses).toMatchObject({ nodes: [{ rows: 3 }, { rows: 2 }], pageInfo: { hasNextPage: true } });
    const next = await dure.ask(`query($after: String) { me { accesses(first: 1, after: $after) ${page} } }`, 'researcher', { after: accesses.pageInfo.endCursor });
    expect(next.data).toMatchObject({ me: { accesses: { nodes: [{ rows: 1 }] } } });
    expect((await dure.ask(`{ me { accesses ${page} } }`, 'publisher')).data).toMatchObject({ me: { accesses: { nodes: [] } } });
    const made = await dure.ask('mutation { createApiToken(input: { name: "mine", scopes: [READ] }) { token } }', 'researcher');
    const { token } = (made.data as { createApiToken: { token: string } }).createApiToken;
    expect((await dure.ask(`{ me { accesses ${page} } }`, token)).data).toMatchObject({ me: { accesses: { nodes: [] } } });
    expect(code(await dure.ask(`{ me { accesses ${page} } }`))).toBe('UNAUTHENTICATED');
    expect(code(await dure.ask(`{ me { accesses(after: "bm8") ${page} } }`, 'researcher'))).toBe('BAD_USER_INPUT');
  });
});

test('who reads entries cannot try what the variables may have been', async () => {
  const ask = async (first: number): Promise<string> => {
    await dure.ask('query($first: Int) { bora { criticalProperties { reviews(first: $first) { nodes { __typename } } } } }', 'researcher', { first });
    return (nodes(await dure.ask(`{ ${entries}(dataset: "bora/critical-properties", first: 1, where: { kind: [ACCESS] }) { nodes { variablesDigest } } }`, 'steward'))[0] as unknown as { variablesDigest: string }).variablesDigest;
  };
  const told = await ask(2);
  expect(told).toMatch(/^[\w-]{43}$/);
  expect(told).not.toBe(digest('{"first":2}'));
  expect([await ask(2), await ask(3)]).toEqual([told, expect.not.stringMatching(told)]);
});

describe('what was changed', () => {
  test('rules, settings, tokens, organizations and publications leave an event', async () => {
    const dataset = 'hanbit/elements';
    await dure.ask('mutation($d: ID!) { setDatasetRules(input: { dataset: $d, document: {rules: []}, note: "why" }) { revision } }', 'administrator', { d: dataset });
    await dure.ask('mutation($d: ID!) { rollbackDatasetRules(input: { dataset: $d, revision: 1 }) { revision } }', 'administrator', { d: dataset });
    expect((await dure.ask('mutation($d: ID!) { setDatasetAccess(input: { dataset: $d, auditMode: ASYNC, auditRetentionYears: 3 }) { dataset { path } } }', 'administrator', { d: dataset })).errors).toBeUndefined();
    expect(code(await dure.ask('mutation($d: ID!) { setDatasetAccess(input: { dataset: $d, auditRetentionYears: 4 }) { dataset { path } } }', 'administrator', { d: dataset }))).toBe('BAD_USER_INPUT');
    await dure.ask('mutation { createOrganization(input: { slug: "audited", title: "A" }) { slug } }', 'administrator');
    const { data } = await dure.ask('mutation { createApiToken(input: { name: "t", scopes: [READ] }) { apiToken { id } } }', 'administrator');
    await dure.ask('mutation($id: ID!) { revokeApiToken(id: $id) { id } }', 'administrator', { id: (data as { createApiToken: { apiToken: { id: string } } }).createApiToken.apiToken.id });
    const of = nodes(await dure.ask(`{ ${entries}(dataset: "${dataset}", where: { kind: [RULES_CHANGED, ACCESS_SETTINGS_CHANGED] }) ${page} }`, 'administrator'));
    expect(of).toMatchObject([
      { kind: 'ACCESS_SETTINGS_CHANGED', details: { auditMode: 'async', auditRetentionYears: 3 } }, { kind: 'RULES_CHANGED', details: { backTo: 1 } }, { kind: 'RULES_CHANGED', details: { note: 'why', document: expect.stringMatching(/^[\w-]{43}$/) } },
    ]);
    const all = nodes(await dure.ask(`{ ${entries}(first: 50, where: { kind: [TOKEN_CREATED, TOKEN_REVOKED, ORGANIZATION_CREATED] }) ${page} }`, 'administrator'));
    expect(all.slice(0, 3).map(({ kind }) => kind)).toEqual(['TOKEN_REVOKED', 'TOKEN_CREATED', 'ORGANIZATION_CREATED']);
    // An administrator may make a token for any organization: that is told where it is made.
    await dure.ask('mutation { createApiToken(input: { name: "t", scopes: [READ], organizations: ["bora:member"] }) { apiToken { id } } }', 'administrator');
    const [made] = nodes(await dure.ask(`{ ${entries}(first: 1, where: { kind: [TOKEN_CREATED] }) ${page} }`, 'administrator'));
    expect(made).toMatchObject({ details: { organizations: ['bora:member'], roles: [] } });
  });

  test('so do collections, and sources, without their secrets', async () => {
    const done = async (mutation: string, variables: Record<string, unknown> = {}): Promise<void> => { expect((await dure.ask(mutation, 'administrator', variables)).errors).toBeUndefined(); };
    await done('mutation { createCollection(input: { name: "noted", organization: "hanbit", datasets: [{ dataset: "hanbit/elements" }] }) { name } }');
    await done('mutation { updateCollection(input: { name: "noted", title: "Noted" }) { name } }');
    await done('mutation { deleteCollection(name: "noted") { name } }');
    const sdl = readFileSync('schema/sources/uniprot.graphql', 'utf8').replace('id: "uniprot"', 'id: "noted-source"');
    await done('mutation($sdl: String!) { registerSource(input: { kind: HTTP, sdl: $sdl, url: "https://example.invalid", secrets: [{ name: "KEY", value: "not-to-be-told" }] }) { id } }', { sdl });
    await done('mutation { removeSource(id: "noted-source") }');
    const all = nodes(await dure.ask(`{ ${entries}(first: 5, where: { kind: [COLLECTION_CREATED, COLLECTION_CHANGED, COLLECTION_DELETED, SOURCE_REGISTERED, SOURCE_REMOVED] }) ${page} }`, 'administrator'));
    expect(all.map(({ kind, details }) => [kind, details])).toEqual([
      ['SOURCE_REMOVED', { source: 'noted-source', kind: 'http' }], ['SOURCE_REGISTERED', { source: 'noted-source', kind: 'http', url: 'https://example.invalid', secrets: ['KEY'] }],
      ['COLLECTION_DELETED', { collection: 'noted' }], ['COLLECTION_CHANGED', { collection: 'noted' }], ['COLLECTION_CREATED', { collection: 'noted', organization: 'hanbit', datasets: ['hanbit/elements@1'] }],
    ]);
  });
});

describe('a review', () => {
  test('is due a cycle after the first entry or the last review, and is recorded', async () => {
    const due = 'auditReviewDue { last { finding } dueAt overdue }';
    const before = (await dure.ask(`{ ${due} }`, 'administrator')).data as { auditReviewDue: { dueAt: string; overdue: boolean; last: null } };
    expect(before.auditReviewDue).toMatchObject({ overdue: false, last: null });
    expect(Date.parse(before.auditReviewDue.dueAt) - Date.now()).toBeGreaterThan(27 * 86_400_000);
    const review = 'mutation($input: RecordAuditReviewInput!) { recordAuditReview(input: $input) { review { finding by from to dataset } due { overdue } } }';
    const input = { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z', finding: 'Nothing unusual.' };
    expect((await dure.ask(review, 'administrator', { input })).data).toMatchObject({ recordAuditReview: { review: { finding: 'Nothing unusual.', from: '2026-10-01T00:00:00.000Z', dataset: null }, due: { overdue: false } } });
    expect((await dure.ask(`{ ${due} }`, 'administrator')).data).toMatchObject({ auditReviewDue: { last: { finding: 'Nothing unusual.' } } });
    expect(code(await dure.ask(review, 'administrator', { input: { ...input, to: input.from } }))).toBe('BAD_USER_INPUT');
    expect(code(await dure.ask(review, 'researcher', { input }))).toBe('FORBIDDEN');
  });

  test('that is late is told', async () => {
    const client = new pg.Client({ connectionString: dure.dure.databaseUrl });
    await client.connect();
    await client.query(`set session_replication_role = replica`);
    await client.query(splitBlocks);
    await client.query(`update dure_audit.block set at = at - interval '40 days', bodies[1] = regexp_replace(bodies[1], '"at":"[^"]*"', '"at":"2026-01-01T00:00:00.000Z"') where kinds = '{AUDIT_REVIEWED}'`);
    await client.end();
    expect((await dure.ask('{ auditReviewDue { overdue } }', 'administrator')).data).toEqual({ auditReviewDue: { overdue: true } });
  });
});
