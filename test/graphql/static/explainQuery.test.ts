/** explainQuery over HTTP: what a steward is told, and that nobody else is told anything. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { descriptor, zip } from '../../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../../support/running.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close(), 30_000);

interface Explanation {
  cost: number; maxCost: number; sql: string | null; refusals: string[];
  levels: { path: string[]; dataset: string; table: string; pageSize: number | null; link: string | null; where: string | null; rules: string | null; orderBy: string[]; parts: string[]; refused: boolean }[];
  parameters: { number: number; variable: string | null; value: unknown }[];
  plan: { depth: number; node: string; table: string | null; index: string | null; rows: number; cost: number }[];
  missingIndexes: { dataset: string; table: string; column: string; use: string; rows: number; advice: string }[];
}
const selection = `{ cost maxCost sql refusals levels { path dataset version table pageSize link where rules orderBy parts refused }
  parameters { number variable value } plan { depth node table index rows cost } missingIndexes { dataset table column use rows advice } }`;
const ask = (query: string, who: string | undefined, variables: unknown = undefined, as?: string): Promise<GraphQLAnswer> =>
  dure.ask(`query ($q: String!, $v: JSON) { explainQuery(query: $q, variables: $v${as ? `, as: ${as}` : ''}) ${selection} }`, who, { q: query, v: variables });
async function explain(...given: Parameters<typeof ask>): Promise<Explanation> {
  const { data, errors } = await ask(...given);
  expect(errors).toBeUndefined();
  return (data as { explainQuery: Explanation }).explainQuery;
}
const refusal = async (...given: Parameters<typeof ask>): Promise<{ message: string; code: unknown }> => {
  const { data, errors } = await ask(...given);
  expect(data ?? null).toBeNull();
  return { message: errors![0]!.message, code: errors![0]!.extensions.code };
};

const materials = 'query ($min: Float, $n: Int) { hanbit { superconductivity { materials(where: { tc: { gt: $min }, measurements: { some: { pressure: { gt: 100 } } } }, orderBy: [{ tc: DESC }], first: $n) { nodes { formula measurements(first: 3) { nodes { pressure } } } totalCount } } } }';

describe('a steward is told', () => {
  test('levels, cost, statement, parameters and the database\'s plan', async () => {
    const told = await explain(materials, 'administrator', { min: 77.5, n: 10 });
    expect(told.levels).toEqual([
      expect.objectContaining({ path: ['hanbit', 'superconductivity', 'materials'], dataset: 'hanbit/superconductivity', table: 'materials', pageSize: 10, link: null, where: 'and(tc gt,some measurements(pressure gt))', rules: null, orderBy: ['tc DESC'], parts: ['nodes', 'totalCount'], refused: false }),
      expect.objectContaining({ path: ['hanbit', 'superconductivity', 'materials', 'nodes', 'measurements'], table: 'measurements', pageSize: 3, link: expect.stringMatching(/ = /), parts: ['nodes'] }),
    ]);
    expect(told.cost).toBe(2 + 10 + 10 + 10 * (1 + 1 + 3));
    expect(told.maxCost).toBe(100_000);
    expect(told.sql).toMatch(/^select [^]*dure_data\.s\d+[^]*\$1/);
    expect(told.sql).not.toMatch(/77\.5/);
    expect(told.parameters).toContainEqual({ number: expect.any(Number), variable: '$min', value: expect.anything() });
    expect(told.parameters.filter(({ variable }) => variable !== '$min').every(({ variable, value }) => variable === null && value === null)).toBe(true);
    expect(told.plan[0]).toMatchObject({ depth: 0, node: 'Result', cost: expect.any(Number) });
    expect(told.plan.some(({ table }) => table === 'hanbit/superconductivity materials')).toBe(true);
    expect(told.refusals).toEqual([]);
    expect(Object.keys(told.plan[0]!).sort()).toEqual(['cost', 'depth', 'index', 'node', 'rows', 'table']);
  });

  test('what another would be refused', async () => {
    const query = '{ seoram { lungCancer { patients { totalCount } } } }';
    const own = await explain(query, 'steward');
    expect(own.refusals).toEqual([]);
    const stranger = await explain(query, 'steward', undefined, '{ subject: "x" }');
    expect(stranger.refusals.join(' ')).toMatch(/seoram\.lungCancer\.patients: FORBIDDEN/);
    expect(stranger.sql).toBeNull();
  });

  test('what would be too costly, which is what one wants explained', async () => {
    const told = await explain('{ hanbit { superconductivity { materials(first: 1000) { nodes { measurements(first: 1000) { nodes { pressure } } } } } } }', 'administrator');
    expect(told.cost).toBeGreaterThan(1_000_000);
    expect(told.refusals).toEqual([expect.stringMatching(/^LIMIT_EXCEEDED/)]);
    expect(told.sql).not.toBeNull();
  });

  test('nothing of the mark that stands for cursors', async () => {
    const told = await explain('{ hanbit { superconductivity { materials { pageInfo { endCursor } nodes { formula } } } } }', 'administrator');
    expect(told.sql).toMatch(/'~\.\d+:'/);
    expect(told.sql).not.toMatch(/~[0-9a-f]{24}/);
  });

  test('which indexes a big table lacks, and how to get them; the rules of another, without their values', async () => {
    const rows = Array.from({ length: 12_000 }, (_, n) => `${n},${n % 7},${n / 10},${n % 50}`).join('\n');
    const fields = [{ name: 'id', type: 'integer' }, { name: 'site', type: 'integer' }, { name: 'value', type: 'number' }, { name: 'batch', type: 'integer', 'dure:facet': true }];
    const rules = { rules: [{ id: 'own-site', effect: 'rows', where: { column: 'site', op: 'lt', value: { attribute: 'claim.site' } } }, { id: 'known', effect: 'rows', where: { column: 'id', op: 'lt', value: 987_654 } }] };
    const archive = await zip({
      'datapackage.json': JSON.stringify(descriptor(fields, { name: 'readings', 'dure:visibility': 'PUBLIC', 'dure:rules': rules }, { primaryKey: 'id' })),
      't.csv': `id,site,value,batch\n${rows}\n`,
    });
    const { id } = await dure.upload(archive, 'application/zip', 'administrator');
    const { data } = await dure.ask('mutation ($u: ID!) { publishDataset(input: { organization: "hanbit", upload: $u }) { job { id } } }', 'administrator', { u: id });
    const job = (data as { publishDataset: { job: { id: string } } }).publishDataset.job.id;
    let state = '';
    for (let waited = 0; !/COMPLETE|ERROR/.test(state) && waited < 30_000; waited += 100) {
      await new Promise((done) => setTimeout(done, 100));
      state = ((await dure.ask('query ($id: ID!) { job(id: $id) { state } }', 'administrator', { id: job })).data as { job: { state: string } }).job.state;
    }
    expect(state).toBe('COMPLETE');
    const imagined = '{ subject: "x", claims: { site: 765432 } }';
    const told = await explain('{ hanbit { readings { t(where: { site: { eq: 3 }, batch: { eq: 4 }, id_: { gt: 5 } }, orderBy: [{ value: ASC }]) { nodes { value } } } } }', 'administrator', undefined, imagined);
    expect(told.levels[0]!.rules).toBe('and(site lt,id_ lt)');
    expect(told.missingIndexes).toEqual([
      { dataset: 'hanbit/readings', table: 't', column: 'site', use: 'FILTER', rows: null, advice: expect.stringContaining('"dure:facet": true beside the field site') },
      { dataset: 'hanbit/readings', table: 't', column: 'site', use: 'RULE', rows: null, advice: expect.anything() },
      { dataset: 'hanbit/readings', table: 't', column: 'value', use: 'ORDER', rows: null, advice: expect.stringContaining('"dure:facet": true beside the field value') },
    ]);
    const indexed = await explain('{ hanbit { readings { t(where: { batch: { eq: 4 } }) { nodes { value } } } } }', 'administrator', undefined, imagined);
    expect(indexed.missingIndexes.map(({ column, use }) => `${column} ${use}`)).toEqual(['site RULE']);
    expect(indexed.plan.some(({ index }) => index !== null)).toBe(true);

    const another = await ask('{ hanbit { readings { t(where: { batch: { eq: 4 } }) { totalCount } } } }', 'administrator', undefined, imagined);
    expect(another.errors).toBeUndefined();
    // Nobody who asks without the claim that the rule compares sees a row.
    expect((await explain('{ hanbit { readings { t { totalCount } } } }', 'administrator')).levels[0]!.rules).toBe('false');
    expect(JSON.stringify(another)).not.toMatch(/765432|987654/);
    const [level] = (another.data as { explainQuery: Explanation }).explainQuery.levels;
    expect(level!.rules).toBe('and(site lt,id_ lt)');
    expect(JSON.stringify(await ask('query ($b: Int) { hanbit { readings { t(where: { batch: { eq: $b } }) { totalCount } } } }', 'administrator', { b: 4 }, imagined))).not.toMatch(/765432|987654/);
  }, 60_000);
});

test('estimates tell of rows and values, so only who reads all of a dataset gets them', async () => {
  const dataset = 'seoram/kidney-transplants';
  const set = (rules: unknown): Promise<GraphQLAnswer> => dure.ask('mutation ($i: SetDatasetRulesInput!) { setDatasetRules(input: $i) { revision } }', 'steward', { i: { dataset, document: { rules } } });
  const everybody = { id: 'open', effect: 'allow', to: { authenticated: true } };
  const boss = { attribute: 'person.id', eq: 'boss' };
  const query = '{ seoram { kidneyTransplants { transplants(where: { race: { eq: black } }) { totalCount } } } }';
  expect((await set([everybody])).errors).toBeUndefined();
  expect((await explain(query, 'steward')).plan.some(({ rows }) => rows > 100)).toBe(true);
  for (const rule of [{ id: 'r', effect: 'columns', columns: ['race'], transform: { kind: 'deny' }, unless: boss }, { id: 'r', effect: 'rows', where: { column: 'sex', op: 'eq', value: 'male' }, unless: boss }, { id: 'r', effect: 'granularity', atMost: 'aggregate', minimumCell: 10, unless: boss }]) {
    expect((await set([everybody, rule])).errors).toBeUndefined();
    const told = await explain(query, 'steward', undefined, '{ subject: "boss" }');
    expect(told.refusals).toEqual([]);
    expect(told.plan.length).toBeGreaterThan(2);
    expect(told.plan.every(({ rows, cost }) => rows === null && cost === null)).toBe(true);
  }
}, 30_000);

describe('nobody else is told', () => {
  test.each<[string, string | undefined, string]>([['an anonymous caller', undefined, 'UNAUTHENTICATED'], ['a researcher', 'researcher', 'FORBIDDEN'], ['a publisher', 'publisher', 'FORBIDDEN'], ['a steward of another organization', 'steward', 'FORBIDDEN']])('%s', async (_name, who, code) => {
    expect(await refusal(materials, who)).toMatchObject({ code });
  });

  test('who is a steward of only one of the datasets', async () => {
    expect(await refusal('{ seoram { lungCancer { patients { totalCount } } } hanbit { superconductivity { materials { totalCount } } } }', 'steward')).toMatchObject({ code: 'FORBIDDEN', message: expect.stringMatching(/steward in hanbit/) });
  });

  test('nor may one imagine somebody else for another\'s dataset', async () => {
    expect((await refusal(materials, 'steward', {}, '{ subject: "x", organizations: ["hanbit:owner"] }')).code).toBe('FORBIDDEN');
    const unknown = '{ hanbit { noSuchThing { x { totalCount } } } }';
    expect(await refusal(unknown, 'steward', {}, '{ subject: "x", organizations: ["hanbit:owner"] }')).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/Cannot query field/) });
  });

  test.each<[string, string, unknown, RegExp]>([
    ['syntax', '{ hanbit', undefined, /Syntax Error/],
    ['a name that is not there', '{ hanbit { nothing } }', undefined, /Cannot query field/],
    ['a mutation', 'mutation { createOrganization(input: { slug: "x", title: "x" }) { slug } }', undefined, /mutation/],
    ['no dataset', '{ me { name } }', undefined, /names no table/],
    ['variables that are wrong', materials, { min: 'warm' }, /\$min/],
    ['variables that are a list', materials, [1], /must be an object/],
  ])('wrong: %s', async (_name, query, variables, message) => {
    expect(await refusal(query, 'administrator', variables)).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringMatching(message) });
  });
});
