/** Rules over HTTP and by the command line, on published data: revisions, trials, budgets, pseudonyms, emergency overrides. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/cli/main.js';
import type { DemoPersonName } from '../../../src/identity/demoTokens.js';
import { SecretKeys } from '../../../src/identity/secretKeys.js';
import { hashValue } from '../../../src/jobs/kinds/hashColumns.js';
import { zip } from '../../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../../support/running.js';

const dataset = 'seoram/kidney-transplants';
const rowsInAll = 863;
let dure: Running;
let folder: string;
let database: pg.Pool;
beforeAll(async () => {
  dure = await startRunning({ DURE_SECRET_KEYS: `k2:${'b'.repeat(40)},k1:${'a'.repeat(40)}` });
  folder = mkdtempSync(join(tmpdir(), 'dure-rules-'));
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 });
}, 60_000);
afterAll(async () => {
  await database.end();
  rmSync(folder, { recursive: true, force: true });
  await dure.close();
}, 30_000);

const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);
const good = (answer: GraphQLAnswer): Record<string, never> => {
  expect(answer.errors).toBeUndefined();
  return answer.data as Record<string, never>;
};
const set = (rules: unknown, who: DemoPersonName | undefined = 'steward'): Promise<GraphQLAnswer> =>
  dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision document } }', who, { input: { dataset, document: { rules } } });
const read = (selection: string, who: DemoPersonName | (string & {}) | undefined, headers: Record<string, string> = {}): Promise<GraphQLAnswer> => fetch(`${dure.url}/graphql`, {
  method: 'POST', headers: { 'content-type': 'application/json', ...dure.authorization(who), ...headers }, body: JSON.stringify({ query: `{ seoram { kidneyTransplants { ${selection} } } }` }),
}).then((response) => response.json() as Promise<GraphQLAnswer>);
const everybody = { id: 'open', effect: 'allow', to: { authenticated: true } };
const rowsOf = (answer: GraphQLAnswer, field = 'transplants'): never => (answer.data as { seoram: { kidneyTransplants: Record<string, never> } }).seoram.kidneyTransplants[field]!;

async function dureCommand(...args: string[]): Promise<{ code: number; out: string; note: string }> {
  let [out, note] = ['', ''];
  const terminal = { environment: { DURE_URL: dure.url, DURE_TOKEN: dure.dure.demo!.tokens.steward }, input: Readable.from([]) as never, interactive: false, columns: 80, out: (text: string) => { out += text; }, note: (text: string) => { note += text; } };
  return { code: await run(args, terminal), out, note };
}

async function waitForJobs(): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    const { rows } = await database.query<{ open: number }>(`select count(*)::int as open from dure.job where state not in ('COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED')`);
    if (rows[0]!.open === 0) return;
    if (Date.now() > until) throw new Error('jobs do not end');
    await new Promise((done) => setTimeout(done, 50));
  }
}

describe('revisions', () => {
  test('each is kept with who, why, digest and what it changed; only stewards of the owner see them', async () => {
    const { setDatasetRules: { revision } } = good(await set([everybody, { id: 'races', effect: 'columns', columns: ['race'], transform: { kind: 'null' } }])) as unknown as { setDatasetRules: { revision: number } };
    const { datasetRules } = good(await dure.ask(`{ datasetRules(dataset: "${dataset}") { revision digest inForce createdBy changes { kind rule } } }`, 'steward')) as unknown as { datasetRules: Record<string, unknown> };
    expect(datasetRules).toMatchObject({ revision, inForce: true, createdBy: 'demo-steward', digest: expect.stringMatching(/^[\w-]{43}$/) });
    expect(datasetRules.changes).toContainEqual({ kind: 'ADDED', rule: 'races' });
    for (const who of [undefined, 'researcher', 'publisher'] as const) {
      for (const query of [`{ datasetRules(dataset: "${dataset}") { revision } }`, `{ datasetRulesHistory(dataset: "${dataset}") { revision } }`, `{ diffDatasetRules(dataset: "${dataset}", document: { rules: [] }) { rule } }`, `{ simulateRules(dataset: "${dataset}", as: [{}]) { changes { rule } } }`]) {
        expect(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND']).toContain(codes(await dure.ask(query, who))[0]);
      }
    }
    const { rows } = await database.query('select 1 from dure.rule_document r join dure.dataset d on d.id = r.dataset_id where d.name = $1', ['kidney-transplants']);
    expect(rows.length).toBe(revision);
  });

  test('the command line: get is what set takes, diff and history in words, mistakes by line, rollback', async () => {
    const got = await dureCommand('rules', 'get', dataset);
    const file = join(folder, 'rules.json');
    writeFileSync(file, got.out);
    expect(await dureCommand('rules', 'diff', dataset, file)).toMatchObject({ code: 0, out: `${file} is what is in force.\n` });
    expect((await dureCommand('rules', 'set', dataset, file, '--note', 'the same')).code).toBe(0);
    const changed = JSON.parse(got.out) as { rules: { id: string; transform?: unknown }[] };
    writeFileSync(file, JSON.stringify({ rules: [{ ...changed.rules.find(({ id }) => id === 'races'), transform: { kind: 'deny' } }, { id: 'times', effect: 'budget', queries: 5, per: 'hour' }] }));
    const diff = await dureCommand('rules', 'diff', dataset, file);
    expect(diff.out).toContain('~ races: race (in all tables): withheld. (transform: {"kind":"null"} → {"kind":"deny"})');
    expect(diff.out).toContain('+ times: 5 operations a hour to each caller in all tables.');
    expect(diff.out).toContain('- open: ');
    writeFileSync(file, '{\n  "rules": [\n    { "id": "x", "effect": "columns",\n      "columns": ["race", "rase"], "transform": { "kind": "deny" } }\n  ]\n}\n');
    expect(await dureCommand('rules', 'set', dataset, file)).toMatchObject({ code: 1, note: expect.stringContaining(`${file}:4:27: rules.0.columns.1: table "transplants" has no column "rase"`) });
    writeFileSync(file, '{ "rules": [ }');
    expect((await dureCommand('rules', 'set', dataset, file)).code).toBe(2);
    const history = await dureCommand('rules', 'history', dataset);
    expect(history.out).toMatch(/demo-steward {2}the same {2}\(in force\)/);
    const { revision } = JSON.parse((await dureCommand('rules', 'get', dataset, '--json')).out) as { revision: number };
    expect((await dureCommand('rules', 'rollback', dataset, '1')).out).toContain(`as revision ${revision + 1}`);
    expect(JSON.parse((await dureCommand('rules', 'get', dataset)).out)).toMatchObject({ rules: [{ id: 'centre-only' }] });
    expect((await dureCommand('rules', 'rollback', dataset, '999')).code).toBe(1);
    expect((await dureCommand('rules', 'show', dataset)).out).toContain('RESTRICTED');
  });
});

describe('trials', () => {
  const rules = [everybody, { id: 'men', effect: 'rows', where: { column: 'sex', op: 'eq', value: 'male' }, unless: { attribute: 'person.organizations', contains: 'seoram' } }, { id: 'races', effect: 'columns', columns: ['race'], transform: { kind: 'deny' }, unless: { attribute: 'person.organizations', contains: 'seoram' } }];
  const as = [{ subject: 'kim', organizations: ['seoram:member'] }, { subject: 'lee' }, {}];

  test('who gains and loses what, with row counts; nothing is changed', async () => {
    const before = await dure.ask(`{ datasetRules(dataset: "${dataset}") { revision } }`, 'steward');
    const answer = await dure.ask('query($id: ID!, $document: JSON, $as: [IdentityInput!]!) { simulateRules(dataset: $id, document: $document, as: $as) { changes { kind rule } callers { subject gains loses tables { table before { readable rows } after { readable rows columns { column treatment } } } } } }', 'steward', { id: dataset, document: { rules }, as });
    const { callers } = (good(answer) as unknown as { simulateRules: { callers: { gains: string[]; loses: string[]; tables: { before: unknown; after: { rows: number } }[] }[] } }).simulateRules;
    expect(callers[0]).toMatchObject({ gains: [], loses: [], tables: [{ before: { readable: true, rows: rowsInAll }, after: { readable: true, rows: rowsInAll, columns: [] } }] });
    expect(callers[1]).toMatchObject({ gains: ['transplants (ALLOWED_BY_RULE)'], loses: [], tables: [{ before: { readable: false, rows: null }, after: { readable: true, columns: [{ column: 'race', treatment: 'WITHHELD' }] } }] });
    expect(callers[1]!.tables[0]!.after.rows).toBeGreaterThan(100);
    expect(callers[1]!.tables[0]!.after.rows).toBeLessThan(rowsInAll);
    expect(callers[2]).toMatchObject({ gains: [], loses: [] });
    expect(await dure.ask(`{ datasetRules(dataset: "${dataset}") { revision } }`, 'steward')).toEqual(before);
    expect(codes(await read('transplants { totalCount }', 'researcher'))).not.toEqual([]);
  });

  test('real answers as this person, of what the steward may read, recorded', async () => {
    const tryQuery = (query: string, input: object, who: DemoPersonName = 'steward'): Promise<GraphQLAnswer> => dure.ask('query($input: TryQueryInput!) { simulateQuery(input: $input) }', who, { input: { dataset, query, ...input } });
    const query = '{ seoram { kidneyTransplants { transplants(first: 2) { totalCount nodes { sex race } } } } }';
    const { simulateQuery } = good(await tryQuery(query, { document: { rules }, as: as[1] })) as unknown as { simulateQuery: GraphQLAnswer };
    expect(simulateQuery.data).toMatchObject({ seoram: { kidneyTransplants: { transplants: { nodes: [{ sex: 'male', race: null }, { sex: 'male', race: null }] } } } });
    expect(simulateQuery.extensions!.withheld).toBeDefined();
    expect((good(await tryQuery(query, { as: as[1] })) as unknown as { simulateQuery: GraphQLAnswer }).simulateQuery.errors).not.toHaveLength(0);
    // Datasets of others do not exist in a trial, nor do changes.
    expect((good(await tryQuery('{ hanbit { elements { elements { totalCount } } } }', { as: as[0] })) as unknown as { simulateQuery: GraphQLAnswer }).simulateQuery.errors![0]!.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((good(await tryQuery('mutation { createOrganization(input: { slug: "x", title: "x" }) { slug } }', { as: as[0] })) as unknown as { simulateQuery: GraphQLAnswer }).simulateQuery.errors![0]!.message).toMatch(/Only queries/);
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(codes(await tryQuery(query, { as: as[0] }, 'researcher'))[0]);
    // Administrators run the platform; this unlisted dataset does not exist for them.
    expect(codes(await tryQuery(query, { as: as[0] }, 'administrator'))).toEqual(['NOT_FOUND']);
    expect((await database.query(`select actor, body::jsonb #>> '{details,as,0}' as imagined from dure_audit.entry where kind = 'RULES_TRIED' order by at desc limit 1`)).rows).toEqual([{ actor: expect.stringContaining('demo-steward'), imagined: 'kim' }]);
  });

  test('a steward whom the rules bind sees no more in a trial than they may', async () => {
    good(await set([everybody, { id: 'mine', effect: 'columns', columns: ['race'], transform: { kind: 'deny' } }]));
    const answer = await dure.ask('query($input: TryQueryInput!) { simulateQuery(input: $input) }', 'steward', { input: { dataset, document: { rules: [everybody] }, as: { subject: 'x' }, query: '{ seoram { kidneyTransplants { transplants { nodes { race } } } } }' } });
    expect(answer.errors![0]).toMatchObject({ extensions: { code: 'FORBIDDEN', reason: 'NOT_WITHIN' } });
    const counts = await dure.ask('query($id: ID!, $document: JSON, $as: [IdentityInput!]!) { simulateRules(dataset: $id, document: $document, as: $as) { callers { tables { after { readable rows } } } } }', 'steward', { id: dataset, document: { rules: [everybody] }, as: [{ subject: 'x' }] });
    expect(good(counts)).toMatchObject({ simulateRules: { callers: [{ tables: [{ after: { readable: true, rows: null } }] }] } });
  });

  test('a draft that chooses rows by a column which is withheld from the steward tells nothing: neither counts nor rows', async () => {
    const held = { id: 'mine', effect: 'columns', columns: ['race'], transform: { kind: 'deny' } };
    good(await set([everybody, held]));
    for (const where of [{ column: 'race', op: 'eq', value: 'white' }, { not: { or: [{ column: 'race', isNull: true }] } }, { column: 'race', op: 'eq', value: { attribute: 'claim.race' } }]) {
      const input = { dataset, document: { rules: [everybody, held, { id: 'probe', effect: 'rows', where }] }, as: { subject: 'x', claims: { race: 'white' } } };
      const answer = await dure.ask('query($input: TryQueryInput!) { simulateQuery(input: $input) }', 'steward', { input: { ...input, query: '{ seoram { kidneyTransplants { transplants { totalCount nodes { age } } } } }' } });
      expect(answer.errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN', reason: 'NOT_WITHIN' } });
      const counts = await dure.ask('query($id: ID!, $document: JSON, $as: [IdentityInput!]!) { simulateRules(dataset: $id, document: $document, as: $as) { callers { tables { after { readable rows } } } } }', 'steward', { id: dataset, document: input.document, as: [input.as] });
      expect(good(counts)).toMatchObject({ simulateRules: { callers: [{ tables: [{ after: { readable: true, rows: null } }] }] } });
    }
    // By a column that they read it is told.
    const document = { rules: [everybody, held, { id: 'men', effect: 'rows', where: { column: 'sex', op: 'eq', value: 'male' } }] };
    const counts = await dure.ask('query($id: ID!, $document: JSON, $as: [IdentityInput!]!) { simulateRules(dataset: $id, document: $document, as: $as) { callers { tables { after { rows } } } } }', 'steward', { id: dataset, document, as: [{ subject: 'x' }] });
    expect(good(counts)).toMatchObject({ simulateRules: { callers: [{ tables: [{ after: { rows: expect.any(Number) } }] }] } });
  });

  test('a trial is about rows: what else an imagined person would see of the server is not told', async () => {
    const trial = async (query: string, imagined: object): Promise<GraphQLAnswer> =>
      (good(await dure.ask('query($input: TryQueryInput!) { simulateQuery(input: $input) }', 'steward', { input: { dataset, query, as: imagined } })) as unknown as { simulateQuery: GraphQLAnswer }).simulateQuery;
    const other = { subject: 'demo-publisher', organizations: ['hanbit:publisher'], claims: { roles: ['administrator'] } };
    for (const query of [
      '{ jobs { nodes { id result } } }', '{ ...all } fragment all on Query { ... { some: jobs { nodes { id } } } }', '{ me { subject apiTokens { id } accesses { nodes { dataset } } } }', '{ accessRequests { nodes { id } } }',
      '{ node(id: "Sm9iOmMxODIzNGM2LWQ5NGItNDYxYy1hMzkxLTU1Njg3MWIwOTA0MA") { id } }', '{ sources { id } }', `{ explainAccess(dataset: "${dataset}") { code } }`, '{ seoram { kidneyTransplants { transplants { totalCount } } } jobs { nodes { id } } }',
    ]) {
      const answer = await trial(query, other);
      expect(answer.data ?? null).toBeNull();
      expect(answer.errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/rows of datasets/), extensions: { code: 'BAD_USER_INPUT' } })]);
    }
    expect((await trial('{ __typename __schema { queryType { name } } }', other)).data).toEqual({ __typename: 'Query', __schema: { queryType: { name: 'Query' } } });
  });

  test('dure rules test: exit code 1 on a miss', async () => {
    writeFileSync(join(folder, 'draft.json'), JSON.stringify({ rules }));
    const file = join(folder, 'test.json');
    const cases = [{ name: 'a member reads all', as: as[0], expect: { transplants: { readable: true, granularity: 'export', columns: { race: 'PLAIN' } } } }, { name: 'a stranger sees no races', as: as[1], expect: { transplants: { columns: { race: 'WITHHELD', age: 'PLAIN' } } } }];
    writeFileSync(file, JSON.stringify({ document: 'draft.json', cases }));
    expect(await dureCommand('rules', 'test', dataset, file)).toMatchObject({ code: 0, out: expect.stringContaining('2 of 2 hold') });
    writeFileSync(file, JSON.stringify({ document: 'draft.json', cases: [{ name: 'nobody', as: {}, expect: { transplants: { readable: true }, none: {} } }] }));
    expect(await dureCommand('rules', 'test', dataset, file)).toMatchObject({ code: 1, out: expect.stringMatching(/MISS {2}nobody\n {6}transplants: readable is false, expected true\n {6}none: there is no such table/) });
    writeFileSync(file, JSON.stringify({ cases: [] }));
    expect((await dureCommand('rules', 'test', dataset, file)).code).toBe(2);
  });
});

describe('what rules need of the database', () => {
  test('a budget is counted for each caller, across connections, and says when it begins anew', async () => {
    good(await set([everybody, { id: 'three', effect: 'budget', queries: 3, per: 'day', unless: { attribute: 'person.organizations', contains: 'seoram' } }]));
    const answers = await Promise.all(Array.from({ length: 8 }, () => read('transplants { totalCount }', 'researcher')));
    const refused = answers.filter((answer) => answer.errors);
    expect(answers.length - refused.length).toBe(3);
    for (const answer of refused) {
      expect(answer.errors![0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED', rule: 'three', resetsAt: expect.stringMatching(/T00:00:00\.000Z$/) } });
      expect(rowsOf(answer)).toBeNull();
    }
    expect(codes(await read('transplants { totalCount }', 'publisher'))).toEqual([]);
    expect(codes(await read('transplants { totalCount }', 'steward'))).toEqual([]);
    // What is refused by a rule costs nothing, and the number of rows is no free question.
    await read('transplants(where: { nope: 1 }) { totalCount }', 'publisher');
    expect((await database.query('select used from dure.query_budget order by used')).rows).toEqual([{ used: 1 }, { used: 3 }]);
    // A new period begins anew, and the former is forgotten.
    await database.query(`update dure.query_budget set period_start = period_start - interval '1 day'`);
    expect(codes(await read('transplants { totalCount }', 'researcher'))).toEqual([]);
    expect((await database.query(`select used from dure.query_budget where caller like '%demo-researcher%'`)).rows).toEqual([{ used: 1 }]);
    expect(good(await dure.ask(`{ dataset(id: "${dataset}") { tables { rowCount } } }`, 'publisher'))).toEqual({ dataset: { tables: [{ rowCount: null }] } });
  });

  test('where one dataset\'s budget is used up, what mentions an identifier in the others is told all the same', async () => {
    const change = (document: object): Promise<GraphQLAnswer> => dure.ask('mutation($d: JSON!) { setDatasetRules(input: { dataset: "bora/critical-properties", document: $d }) { revision } }', 'steward', { d: document });
    const mentioned = async (): Promise<string[]> => {
      const { entity } = good(await dure.ask('{ entity(id: "cas:64-17-5") { mentions { dataset { path } } } }', 'researcher')) as unknown as { entity: { mentions: { dataset: { path: string } }[] } };
      return entity.mentions.map(({ dataset: { path } }) => path);
    };
    good(await change({ rules: [{ id: 'one', effect: 'budget', queries: 1, per: 'day' }] }));
    const all = await mentioned();
    expect(new Set(all)).toEqual(new Set(['bora/critical-properties', 'dasan/compounds']));
    expect(await mentioned()).toEqual(all.filter((path) => path !== 'bora/critical-properties'));
    good(await change({ rules: [] }));
  });

  test('a window ends by the clock of the database, without a restart', async () => {
    const until = (await database.query<{ at: Date }>(`select now() + interval '1500 milliseconds' as at`)).rows[0]!.at;
    good(await set([everybody, { id: 'until', effect: 'window', until: until.toISOString() }]));
    const before = await read('transplants { totalCount }', 'researcher');
    if (Date.now() < until.getTime() - 500) expect(codes(before)).toEqual([]);
    await database.query(`select pg_sleep(greatest(0, extract(epoch from $1::timestamptz - clock_timestamp())) + 0.05)`, [until]);
    const after = await read('transplants { totalCount nodes { age } }', 'researcher');
    expect(after.errors![0]).toMatchObject({ extensions: { code: 'FORBIDDEN', reason: 'ENDED', rule: 'until' } });
    expect(rowsOf(after)).toBeNull();
  });

  test('pseudonyms: withheld until they are computed; equal within, unlike without a key; the key pinned', async () => {
    const hash = { id: 'ids', effect: 'columns', columns: ['patient_id'], transform: { kind: 'hash', scope: 'dataset' } };
    const { setDatasetRules } = good(await set([everybody, hash])) as unknown as { setDatasetRules: { document: { rules: { transform?: { key?: string } }[] } } };
    expect(setDatasetRules.document.rules[1]!.transform).toEqual({ kind: 'hash', scope: 'dataset', key: 'k2' });
    await waitForJobs();
    const selection = 'transplants(first: 200) { nodes { patientId sex } } one: transplants(first: 1, where: { patientId: { eq: "K0001" } }) { totalCount }';
    const until = Date.now() + 10_000;
    let answer = await read(selection, 'researcher');
    while (Date.now() < until && (rowsOf(answer) as unknown as { nodes: { patientId: string | null }[] } | null)?.nodes[0]?.patientId == null) {
      await new Promise((done) => setTimeout(done, 100));
      answer = await read(selection, 'researcher');
    }
    const { nodes } = rowsOf(answer) as unknown as { nodes: { patientId: string }[] };
    expect(new Set(nodes.map((node) => node.patientId)).size).toBe(200);
    expect(nodes.every(({ patientId }) => /^[\w-]{43}$/.test(patientId))).toBe(true);
    expect(rowsOf(answer, 'one')).toEqual({ totalCount: 0 });
    const [first] = nodes;
    expect(rowsOf(await read(`transplants(where: { patientId: { eq: "${first!.patientId}" } }) { totalCount nodes { patientId } }`, 'researcher'))).toEqual({ totalCount: 1, nodes: [first].map((node) => ({ patientId: node!.patientId })) });
    expect(first!.patientId).toBe(hashValue(new SecretKeys([{ id: 'k2', key: 'b'.repeat(40) }]), 'seoram', 'kidney-transplants')('dataset', 'k2')('K0001'));
    expect(answer.extensions!.withheld).toContainEqual(expect.objectContaining({ column: 'patientId', treatment: 'HASHED' }));
    // Another key, other pseudonyms; an unknown key is refused.
    good(await set([everybody, { ...hash, transform: { ...hash.transform, key: 'k1' } }]));
    await waitForJobs();
    const retry = Date.now() + 10_000;
    let other: string | null = null;
    while (other === null && Date.now() < retry) other = (rowsOf(await read('transplants(first: 1) { nodes { patientId } }', 'researcher')) as unknown as { nodes: { patientId: string | null }[] }).nodes[0]!.patientId;
    expect(other).toMatch(/^[\w-]{43}$/);
    expect(other).not.toBe(first!.patientId);
    expect((await set([everybody, { ...hash, transform: { ...hash.transform, key: 'k9' } }])).errors![0]).toMatchObject({ message: expect.stringMatching(/no key "k9"/) });
  });

  test('a purpose that is no DUO code is told before anything runs', async () => {
    const answer = await read('transplants { totalCount }', 'researcher', { 'dure-purpose': 'curiosity' });
    expect(answer.errors![0]).toMatchObject({ message: expect.stringMatching(/dure-purpose must begin with/), extensions: { code: 'BAD_USER_INPUT' } });
  });
});

describe('publishing under rules', () => {
  const hide = (column: string, more: object = {}): object => ({ id: `hash-${column}`, effect: 'columns', columns: [column], transform: { kind: 'hash', scope: 'organization' }, ...more });
  const publish = async (column: string, rules: readonly object[], rows: readonly string[], allowMajor = false): Promise<{ state: string; error: { code: string; message: string } | null }> => {
    const name = { name: 'visitors', title: 'Visitors', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', 'dure:rules': { rules }, resources: [{ name: 'visits', path: 'v.csv', schema: { fields: [{ name: column, type: 'string' }, { name: 'n', type: 'integer' }] } }] };
    const { id } = await dure.upload(await zip({ 'datapackage.json': name, 'v.csv': `${column},n\n${rows.map((row, index) => `${row},${index}`).join('\n')}\n` }), 'application/zip', 'publisher');
    const { publishDataset } = good(await dure.ask('mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', 'publisher', { input: { organization: 'hanbit', upload: id, allowMajor } })) as unknown as { publishDataset: { job: { id: string } } };
    await waitForJobs();
    return (good(await dure.ask('query($id: ID!) { job(id: $id) { state error { code message } } }', 'publisher', { id: publishDataset.job.id })) as unknown as { job: { state: string; error: { code: string; message: string } | null } }).job;
  };
  const names = async (version: string, field: string): Promise<(string | null)[]> => {
    const until = Date.now() + 15_000;
    for (;;) {
      const answer = await dure.ask(`{ hanbit { ${version} { visits(orderBy: [{ n: ASC }]) { nodes { v: ${field} } } } } }`);
      const found = (answer.data as { hanbit: Record<string, { visits: { nodes: { v: string | null }[] } | null }> } | undefined)?.hanbit[version]?.visits;
      if (found) return found.nodes.map(({ v }) => v);
      if (Date.now() > until) throw new Error(JSON.stringify(answer));
      await new Promise((done) => setTimeout(done, 100));
    }
  };

  test('a version appears with its pseudonyms; equal values stay equal from version to version', async () => {
    expect(await publish('name', [hide('name')], ['kim', 'lee', 'kim', ''])).toMatchObject({ state: 'COMPLETE' });
    const first = await names('visitors', 'name');
    const expected = hashValue(new SecretKeys([{ id: 'k2', key: 'b'.repeat(40) }]), 'hanbit', 'visitors')('organization', 'k2');
    expect(first).toEqual([expected('kim'), expected('lee'), expected('kim'), null]);
    // The descriptor's rules count at the first publication only: those in force hash the next.
    expect(await publish('name', [], ['lee'])).toMatchObject({ state: 'COMPLETE' });
    expect(await names('visitors', 'name')).toEqual([expected('lee')]);
    const { rows } = await database.query(`select count(*)::int as loose from dure.segment where state = 'LOADING'`);
    expect(rows).toEqual([{ loose: 0 }]);
  });

  test('a major that renames a column is not published until the rule says which versions it is for; the old one never opens', async () => {
    const refused = await publish('full_name', [], ['kim'], true);
    expect(refused).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'CONFLICT', message: expect.stringMatching(/has no column "name".*"majors"/) } });
    const change = (rules: readonly object[]): Promise<GraphQLAnswer> => dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', 'administrator', { input: { dataset: 'hanbit/visitors', document: { rules } } });
    good(await change([hide('name', { majors: [1] }), hide('full_name', { majors: [2] })]));
    expect(await publish('full_name', [], ['kim'], true)).toMatchObject({ state: 'COMPLETE' });
    expect((await names('visitors', 'fullName'))[0]).toMatch(/^[\w-]{43}$/);
    expect((await names('visitors_v1', 'name'))[0]).toMatch(/^[\w-]{43}$/);
  });
});

test('the kill switch stops every transfer with one command, and lets them go on with another', async () => {
  expect((await dureCommand('rules', 'stop-transfers', dataset)).note).toMatch(/nothing says where its home is/);
  good(await set([everybody, { id: 'places', effect: 'destination', home: ['US'], transfers: [{ country: 'KR', basis: 'contract' }] }]));
  // Everybody of the demo is asserted to be in Korea.
  expect(codes(await read('transplants { totalCount }', 'researcher'))).toEqual([]);
  expect((await dureCommand('rules', 'stop-transfers', dataset, '--note', 'a leak abroad')).out).toMatch(/transfers are stopped/);
  expect((await read('transplants { totalCount }', 'researcher')).errors![0]!.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'TRANSFER_REFUSED', rule: 'places' });
  expect((await dureCommand('rules', 'stop-transfers', dataset, '--resume')).out).toMatch(/allowed again/);
  expect(codes(await read('transplants { totalCount }', 'researcher'))).toEqual([]);
});

describe('explainAccess', () => {
  test('which rule decided, what is asked in return, how to ask for more; ids for stewards only', async () => {
    good(await set([everybody, { id: 'medicine', effect: 'purpose', allowed: ['DUO_0000006'] }, { id: 'once', effect: 'budget', queries: 9, per: 'day' }, { id: 'cite', effect: 'obligation', kind: 'cite', text: 'Cite us.' }, { id: 'ages', effect: 'columns', columns: ['age'], transform: { kind: 'bin', width: 10 } }]));
    const selection = 'code howToAsk tables { readable code rule reason allowed granularity minimumCell terms columns { column treatment rule reason } }';
    const own = await dure.ask(`{ explainAccess(dataset: "${dataset}") { ${selection} } }`, 'researcher');
    expect(good(own)).toMatchObject({ explainAccess: { code: 'PURPOSE_REQUIRED', howToAsk: expect.stringMatching(/Seoram|seoram/), tables: [{ readable: false, code: 'PURPOSE_REQUIRED', rule: null, allowed: ['DUO_0000006'], granularity: 'existence' }] } });
    const imagined = await dure.ask(`query($as: IdentityInput) { explainAccess(dataset: "${dataset}", as: $as) { ${selection} } }`, 'steward', { as: { subject: 'x', purpose: 'DUO_0000007' } });
    expect(good(imagined)).toMatchObject({ explainAccess: { code: 'ALLOWED_BY_RULE', tables: [{ readable: true, rule: 'open', granularity: 'export', minimumCell: 1, terms: ['9 operations a day.', 'Cite us.'], columns: [{ column: 'age', treatment: 'BINNED', rule: 'ages' }] }] } });
    expect(codes(await dure.ask(`query($as: IdentityInput) { explainAccess(dataset: "${dataset}", as: $as) { code } }`, 'researcher', { as: { subject: 'x' } }))).toEqual(['FORBIDDEN']);
    expect(codes(await dure.ask(`query($as: IdentityInput) { explainAccess(dataset: "${dataset}", as: $as) { code } }`, 'steward', { as: { subject: 'x', purpose: 'fun' } }))).toEqual(['BAD_USER_INPUT']);
  });

  test('also where something is read, what is withheld has a reason, and a way to ask for more', async () => {
    good(await set([everybody, { id: 'some', effect: 'rows', where: { column: 'age', op: 'gt', value: 40 } }]));
    const explained = (await dure.ask(`{ explainAccess(dataset: "${dataset}") { readable howToAsk tables { rows { rule reason } } } }`, 'researcher'));
    expect(good(explained)).toMatchObject({ explainAccess: { readable: true, howToAsk: expect.stringMatching(/seoram/), tables: [{ rows: [{ rule: null, reason: expect.stringMatching(/only some rows/) }] }] } });
    good(await set([everybody]));
    expect(good(await dure.ask(`{ explainAccess(dataset: "${dataset}") { readable howToAsk } }`, 'researcher'))).toEqual({ explainAccess: { readable: true, howToAsk: null } });
  });
});

describe('emergency overrides', () => {
  const override = (input: object, who: DemoPersonName): Promise<GraphQLAnswer> => dure.ask('mutation($input: OverrideDatasetRulesInput!) { overrideDatasetRules(input: $input) { id subject issuer until } }', who, { input: { dataset, subject: 'demo-researcher', reason: 'A patient needs their record now.', minutes: 5, ...input } });

  test('open everything to one person, told in every answer, and end', async () => {
    good(await set([{ id: 'closed', effect: 'deny', to: { not: { attribute: 'person.organizations', contains: 'seoram' } } }, { id: 'races', effect: 'columns', columns: ['race'], transform: { kind: 'deny' } }]));
    expect(codes(await override({}, 'researcher'))).toEqual(['NOT_FOUND']);
    expect(codes(await override({ reason: 'because' }, 'steward'))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await override({ minutes: 100_000 }, 'steward'))).toEqual(['BAD_USER_INPUT']);
    const { overrideDatasetRules: { id } } = good(await override({}, 'steward')) as unknown as { overrideDatasetRules: { id: string } };
    const opened = await read('transplants(first: 1) { totalCount nodes { race } }', 'researcher');
    expect(rowsOf(opened)).toMatchObject({ totalCount: rowsInAll, nodes: [{ race: expect.any(String) }] });
    expect(opened.extensions!.override).toEqual([{ dataset, id, reason: 'A patient needs their record now.', until: expect.any(String) }]);
    expect(codes(await read('transplants { totalCount }', 'publisher'))).not.toEqual([]);
    good(await dure.ask('mutation($input: EndDatasetOverrideInput!) { endDatasetOverride(input: $input) { id } }', 'steward', { input: { dataset, override: id } }));
    expect(codes(await read('transplants { totalCount }', 'researcher'))).not.toEqual([]);
    expect(codes(await dure.ask('mutation($input: EndDatasetOverrideInput!) { endDatasetOverride(input: $input) { id } }', 'steward', { input: { dataset, override: id } }))).toEqual(['NOT_FOUND']);
    expect((await database.query(`select kind from dure_audit.entry where kind like 'EMERGENCY%' or body::jsonb ->> 'reason' = 'OVERRIDE' order by at`)).rows.map((row: { kind: string }) => row.kind)).toEqual(['EMERGENCY_OVERRIDE', 'ACCESS', 'EMERGENCY_OVERRIDE_ENDED']);
  });

  test('are for the subject of one issuer: who has the same subject of another reads nothing by it', async () => {
    good(await set([{ id: 'closed', effect: 'deny', to: { not: { attribute: 'person.organizations', contains: 'seoram' } } }]));
    const { createApiToken: { token } } = good(await dure.ask('mutation { createApiToken(input: { name: "x", scopes: [READ] }) { token } }', 'researcher')) as unknown as { createApiToken: { token: string } };
    const { data } = await override({ issuer: 'https://other.example' }, 'steward');
    const { id } = (data as { overrideDatasetRules: { id: string } }).overrideDatasetRules;
    expect(codes(await read('transplants { totalCount }', 'researcher'))).not.toEqual([]);
    // A token of when this server believed another provider.
    await database.query(`update dure.api_token set identity = jsonb_set(identity, '{issuer}', '"https://other.example"') where created_by = 'demo-researcher'`);
    expect(codes(await read('transplants { totalCount }', token))).toEqual([]);
    good(await dure.ask('mutation($input: EndDatasetOverrideInput!) { endDatasetOverride(input: $input) { id issuer } }', 'steward', { input: { dataset, override: id } }));
    const own = good(await override({}, 'steward')) as unknown as { overrideDatasetRules: { id: string; issuer: string } };
    expect(own.overrideDatasetRules.issuer).toBe('dure-demo');
    expect(codes(await read('transplants { totalCount }', 'researcher'))).toEqual([]);
    expect(codes(await read('transplants { totalCount }', token))).not.toEqual([]);
    good(await dure.ask('mutation($input: EndDatasetOverrideInput!) { endDatasetOverride(input: $input) { id } }', 'steward', { input: { dataset, override: own.overrideDatasetRules.id } }));
    const { rows } = await database.query<{ details: { issuer: string } }>(`select body::jsonb->'details' as details from dure_audit.entry where kind = 'EMERGENCY_OVERRIDE' order by at desc limit 2`);
    expect(rows.map(({ details }) => details.issuer)).toEqual(['dure-demo', 'https://other.example']);
  });

  test('one ends by itself, by the clock of the database; an administrator may begin it, also of a dataset that is not listed', async () => {
    const begun = await override({ minutes: 1 }, 'administrator');
    expect(good(begun)).toMatchObject({ overrideDatasetRules: { subject: 'demo-researcher' } });
    // That gives the administrator nothing to read.
    expect(codes(await read('transplants { totalCount }', 'administrator'))).not.toEqual([]);
    expect(codes(await read('transplants { totalCount }', 'researcher'))).toEqual([]);
    await database.query(`update dure.access_override set begins = begins - interval '1 hour', ends = ends - interval '1 hour'`);
    await database.query('update dure.dataset set revision = (select revision + 1 from dure.catalog_state) where name = $1', ['kidney-transplants']);
    await database.query('update dure.catalog_state set revision = revision + 1');
    const until = Date.now() + 20_000;
    while (codes(await read('transplants { totalCount }', 'researcher')).length === 0 && Date.now() < until) await new Promise((done) => setTimeout(done, 100));
    expect(codes(await read('transplants { totalCount }', 'researcher'))).not.toEqual([]);
  });
});
