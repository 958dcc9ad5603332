/** The static part of the schema as callers meet it: over HTTP and WebSocket, each kind of person, refusals beside successes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { descriptor, zip } from '../../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../../support/running.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close(), 30_000);

const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);
const good = (answer: GraphQLAnswer): unknown => {
  expect(answer.errors).toBeUndefined();
  return answer.data;
};
const paths = (answer: GraphQLAnswer): string[] => (good(answer) as { datasets: { nodes: { path: string }[] } }).datasets.nodes.map((node) => node.path).sort();

describe('catalog', () => {
  test('search finds Korean words of two syllables inside longer ones, and English ones', async () => {
    for (const word of ['초전', '초전도', 'superconduct', 'TEMPERATURES super']) expect(paths(await dure.ask('query($s: String) { datasets(search: $s) { nodes { path } } }', undefined, { s: word }))).toContain('hanbit/superconductivity');
    expect(paths(await dure.ask('{ datasets(search: "기온") { nodes { path } } }'))).toEqual(['haedam/solar-irradiance', 'haneul/climate', 'kma/asos']);
    expect(paths(await dure.ask('{ datasets(search: "no such thing anywhere") { nodes { path } } }'))).toEqual([]);
  });
  test('filters by licence, domain, namespace, organization and visibility', async () => {
    const where = async (text: string): Promise<string[]> => paths(await dure.ask(`{ datasets(where: ${text}) { nodes { path } } }`));
    expect(await where('{ namespace: ["cas"] }')).toEqual(['bora/critical-properties', 'dasan/compounds', 'hanbit/elements']);
    expect(await where('{ domain: ["medicine"] }')).toEqual(['dasan/inhibitors', 'seoram/lung-cancer']);
    expect(await where('{ organization: ["hanbit"] }')).toEqual(['hanbit/elements', 'hanbit/superconductivity']);
    expect(await where('{ visibility: [REGISTERED] }')).toEqual(['bora/critical-properties']);
    expect(await where('{ license: ["CC0-1.0"], domain: ["materials"] }')).toContain('hanbit/superconductivity');
  });
  test('pages hold each dataset once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const { datasets } = good(await dure.ask('query($a: String) { datasets(first: 3, after: $a) { nodes { path } pageInfo { hasNextPage endCursor } totalCount } }', undefined, { a: after })) as { datasets: { totalCount: number; nodes: { path: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
      seen.push(...datasets.nodes.map((node) => node.path));
      more = datasets.pageInfo.hasNextPage;
      after = datasets.pageInfo.endCursor;
      if (!more) expect(seen).toHaveLength(datasets.totalCount);
    }
    expect(new Set(seen).size).toBe(seen.length);
  });
  test('details: tables, columns, units, licence, versions, rules in plain words', async () => {
    const { dataset } = good(await dure.ask('{ dataset(id: "bora/critical-properties") { title license { name } versions { version } tables { name rowCount columns { field unit namespace type } } access { readable code rules } } }')) as { dataset: { tables: { rowCount: number | null; columns: { unit: string | null }[] }[]; access: { readable: boolean; code: string; rules: string[] } } };
    expect(dataset).toMatchObject({ license: { name: 'MIT' }, versions: [{ version: '1.0' }], access: { readable: false, code: 'SIGN_IN' } });
    expect(dataset.tables[0]!.rowCount).toBeNull();
    expect(dataset.tables[0]!.columns.some((column) => column.unit === 'K')).toBe(true);
    expect(dataset.access.rules.join(' ')).not.toMatch(/researcher@example/);
  });
  test('Korean where it is asked for', async () => {
    const response = await fetch(`${dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': 'ko' }, body: JSON.stringify({ query: '{ dataset(id: "hanbit/superconductivity") { title } bora { criticalProperties { criticalProperties { totalCount } } } }' }) });
    const { data, errors } = (await response.json()) as { data: { dataset: { title: string } }; errors: { message: string }[] };
    expect(data.dataset.title).toMatch(/[가-힣]/);
    expect(errors[0]!.message).toMatch(/로그인/);
  });
  test('an UNLISTED dataset is told like one that never was, and is there for its members', async () => {
    const same = async (query: (name: string) => string): Promise<void> => {
      const text = async (name: string): Promise<string> => JSON.stringify(await dure.ask(query(name), 'researcher'), (key, value: unknown) => (key === 'requestId' ? undefined : value)).replaceAll(name, 'NAME');
      expect(await text('kidney-transplants')).toBe(await text('kidney-transplantz'));
    };
    await same((name) => `{ dataset(id: "seoram/${name}") { title } }`);
    await same((name) => `{ explainAccess(dataset: "seoram/${name}") { code } }`);
    await same((name) => `{ datasets(search: "${name}") { totalCount } }`);
    await same((name) => `mutation { setDatasetRules(input: { dataset: "seoram/${name}", document: { rules: [] } }) { revision } }`);
    expect(good(await dure.ask('{ dataset(id: "seoram/kidney-transplants") { listed } }', 'steward'))).toEqual({ dataset: { listed: false } });
  });
});

describe('who may do what', () => {
  test('me', async () => {
    expect(good(await dure.ask('{ me { subject memberships { slug role } } }', 'publisher'))).toEqual({ me: { subject: 'demo-publisher', memberships: expect.arrayContaining([{ slug: 'hanbit', role: 'PUBLISHER' }]) } });
    expect(codes(await dure.ask('{ me { subject } }', 'eyJhbGciOiJub25lIn0.e30.'))).toEqual(['UNAUTHENTICATED']);
  });
  test('organizations are made by administrators', async () => {
    const make = (slug: string, who?: string): Promise<GraphQLAnswer> => dure.ask('mutation($slug: String!) { createOrganization(input: { slug: $slug, title: "New" }) { slug } }', who, { slug });
    expect(codes(await make('newlab'))).toEqual(['UNAUTHENTICATED']);
    expect(codes(await make('newlab', 'publisher'))).toEqual(['FORBIDDEN']);
    expect(good(await make('newlab', 'administrator'))).toEqual({ createOrganization: { slug: 'newlab' } });
    expect(codes(await make('newlab', 'administrator'))).toEqual(['CONFLICT']);
    for (const slug of ['datasets', 'Bad Slug', '__x']) expect(codes(await make(slug, 'administrator'))).toEqual(['BAD_USER_INPUT']);
  });
  test('rules are set by stewards of the owner, hold at once, and can be rolled back', async () => {
    const set = (document: unknown, who?: string): Promise<GraphQLAnswer> => dure.ask('mutation($d: JSON!) { setDatasetRules(input: { dataset: "bora/critical-properties", document: $d }) { revision } }', who, { d: document });
    const read = async (): Promise<unknown[]> => codes(await dure.ask('{ bora { criticalProperties { criticalProperties(first: 1) { nodes { cas } } } } }', 'researcher'));
    const closed = { rules: [{ id: 'closed', effect: 'deny', to: { not: { attribute: 'person.organizations', contains: 'bora' } } }] };
    expect(codes(await set(closed))).toEqual(['UNAUTHENTICATED']);
    expect(codes(await set(closed, 'publisher'))).toEqual(['FORBIDDEN']);
    const wrong = await set({ rules: [{ id: 'x', effect: 'columns', columns: ['nope'], transform: { kind: 'deny' } }] }, 'steward');
    expect(codes(wrong)).toEqual(['BAD_USER_INPUT']);
    expect(JSON.stringify(wrong.errors![0]!.extensions)).toContain('rules.0.columns');
    expect(await read()).toEqual([]);
    const { setDatasetRules: { revision } } = good(await set(closed, 'steward')) as { setDatasetRules: { revision: number } };
    expect(await read()).toEqual(['FORBIDDEN']);
    good(await dure.ask('mutation($r: Int!) { rollbackDatasetRules(input: { dataset: "bora/critical-properties", revision: $r }) { revision } }', 'steward', { r: revision - 1 }));
    expect(await read()).toEqual([]);
  });
  test('explainAccess for oneself, and for others only by the owner', async () => {
    expect(good(await dure.ask('{ explainAccess(dataset: "seoram/lung-cancer") { readable code } }'))).toEqual({ explainAccess: { readable: false, code: 'SIGN_IN' } });
    const as = '{ explainAccess(dataset: "seoram/lung-cancer", as: { subject: "x", organizations: ["seoram:member"] }) { readable code } }';
    expect(codes(await dure.ask(as, 'researcher'))).toEqual(['FORBIDDEN']);
    expect(codes(await dure.ask(as.replace('subject: "x", ', ''), 'steward'))).toEqual(['BAD_USER_INPUT']);
    expect(good(await dure.ask(as, 'steward'))).toEqual({ explainAccess: { readable: true, code: 'MEMBER' } });
  });
  test('API tokens: never more than their maker, revoked at once', async () => {
    const make = (scopes: string, who?: string): Promise<GraphQLAnswer> => dure.ask(`mutation { createApiToken(input: { name: "t", scopes: [${scopes}] }) { token apiToken { id } } }`, who);
    expect(codes(await make('READ'))).toEqual(['UNAUTHENTICATED']);
    const { createApiToken: { token, apiToken } } = good(await make('READ', 'publisher')) as { createApiToken: { token: string; apiToken: { id: string } } };
    expect(good(await dure.ask('{ me { subject } }', token))).toMatchObject({ me: { subject: 'demo-publisher' } });
    expect((await dure.upload('a\n1\n', 'text/csv', token)).code).toBe('FORBIDDEN');
    expect(codes(await make('PUBLISH', token))).toEqual(['FORBIDDEN']);
    good(await dure.ask('mutation($id: ID!) { revokeApiToken(id: $id) { id } }', 'publisher', { id: apiToken.id }));
    expect(codes(await dure.ask('{ me { subject } }', token))).toEqual(['UNAUTHENTICATED']);
  });
});

describe('tokens and jobs', () => {
  test('a token limited to one organization does not see its maker\'s jobs in another, and a retry runs under the rights of who retries', async () => {
    const limited = good(await dure.ask('mutation { createApiToken(input: { name: "l", scopes: [READ, PUBLISH], organizations: ["dasan"] }) { token apiToken { id } } }', 'publisher')) as { createApiToken: { token: string; apiToken: { id: string } } };
    const { token, apiToken } = limited.createApiToken;
    const { id } = await dure.upload('a\nx,y\n', 'text/csv', 'publisher');
    const made = await dure.ask('mutation($u: ID!) { publishDataset(input: { organization: "hanbit", upload: $u }) { job { id } } }', 'publisher', { u: id });
    const job = (good(made) as { publishDataset: { job: { id: string } } }).publishDataset.job.id;
    const state = async (who: string): Promise<string | undefined> => (good(await dure.ask('query($id: ID!) { job(id: $id) { state } }', who, { id: job })) as { job: { state: string } | null }).job?.state;
    while ((await state('publisher')) !== 'EXECUTOR_ERROR') await new Promise((done) => setTimeout(done, 20));
    expect(await state(token)).toBeUndefined();
    expect(codes(await dure.ask('mutation($id: ID!) { retryJob(id: $id) { id } }', token, { id: job }))).toEqual(['NOT_FOUND']);
    good(await dure.ask('mutation($id: ID!) { retryJob(id: $id) { id } }', 'administrator', { id: job }));

    const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` } });
    const events = client.iterate({ query: 'subscription { datasetEvents { kind } }' });
    const ended = events.next();
    ended.catch(() => undefined);
    await new Promise((done) => setTimeout(done, 200));
    good(await dure.ask('mutation($id: ID!) { revokeApiToken(id: $id) { id } }', 'publisher', { id: apiToken.id }));
    // At once, not with the next event.
    await expect(ended).rejects.toMatchObject({ code: 4401, reason: 'The API token was revoked.' });
    await client.dispose();
  });
});

describe('publishing and jobs', () => {
  const publish = (organization: string, upload: string, who?: string, key?: string): Promise<GraphQLAnswer> => dure.ask('mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', who, { input: { organization, upload, idempotencyKey: key } });

  test('refused without the role, the upload or a sign-in', async () => {
    expect(await dure.upload('a\n1\n', 'text/csv')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await dure.upload('a\n1\n', 'text/html', 'publisher')).toMatchObject({ code: 'UPLOAD_REJECTED' });
    const { id } = await dure.upload('a\n1\n', 'text/csv', 'publisher');
    expect(codes(await publish('hanbit', id!))).toEqual(['UNAUTHENTICATED']);
    expect(codes(await publish('seoram', id!, 'publisher'))).toEqual(['FORBIDDEN']);
    expect(codes(await publish('hanbit', '00000000-0000-4000-8000-000000000000', 'publisher'))).toEqual(['NOT_FOUND']);
    expect(codes(await publish('seoram', id!, 'steward'))).toEqual(['NOT_FOUND']); // somebody else's upload
  });

  test('no request fails while a dataset appears, and an open subscription tells of it', async () => {
    const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const events = client.iterate<{ datasetEvents: { kind: string; dataset: { path: string } } }>({ query: 'subscription { datasetEvents { kind dataset { path } } }' });
    const told = events.next();
    await new Promise((done) => setTimeout(done, 200));
    let asking = true;
    const asked = (async () => {
      let count = 0;
      for (; asking; count += 1) good(await dure.ask('{ hanbit { superconductivity { materials(first: 2) { nodes { formula } } } } }'));
      return count;
    })();
    const { id } = await dure.upload(await zip({ 'datapackage.json': descriptor([{ name: 'a', type: 'integer' }], { name: 'appears', 'dure:visibility': 'PUBLIC' }), 't.csv': 'a\n1\n' }), 'application/zip', 'publisher');
    const { publishDataset: { job } } = good(await publish('hanbit', id!, 'publisher', 'once')) as { publishDataset: { job: { id: string } } };
    expect(good(await publish('hanbit', id!, 'publisher', 'once'))).toEqual({ publishDataset: { job } });
    const state = async (who?: string): Promise<unknown> => (good(await dure.ask('query($id: ID!) { job(id: $id) { state } }', who, { id: job.id })) as { job: { state: string } | null }).job?.state;
    while ((await state('publisher')) !== 'COMPLETE') await new Promise((done) => setTimeout(done, 20));
    // Complete means: the next question is answered from it.
    expect(good(await dure.ask('{ hanbit { appears { t { nodes { a } } } } }'))).toEqual({ hanbit: { appears: { t: { nodes: [{ a: '1' }] } } } });
    asking = false;
    expect(await asked).toBeGreaterThan(0);
    expect((await told).value!.data).toEqual({ datasetEvents: { kind: 'PUBLISHED', dataset: { path: 'hanbit/appears' } } });
    await events.return!();
    await client.dispose();
    expect(await state('researcher')).toBeUndefined();
    expect(await state()).toBeUndefined();
    expect(codes(await dure.ask('mutation($id: ID!) { cancelJob(id: $id) { id } }', 'researcher', { id: job.id }))).toEqual(['NOT_FOUND']);
    expect(codes(await dure.ask('mutation($id: ID!) { cancelJob(id: $id) { id } }', 'publisher', { id: job.id }))).toEqual(['CONFLICT']);
    expect(codes(await dure.ask('mutation($id: ID!) { retryJob(id: $id) { id } }', 'publisher', { id: job.id }))).toEqual(['CONFLICT']);
  });
});
