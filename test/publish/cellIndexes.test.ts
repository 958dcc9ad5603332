/**
 * What rules transform is looked up by indexes: made with a version, by the job after a change of rules, and with what an erasure writes
 * anew. Statements as callers ask them over HTTP, on a server as built (segments belong to the loader's role).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { zip } from '../support/publishing.js';
import { signPerson } from '../support/tokens.js';

const size = 50_000;
let dure: Running;
let database: pg.Pool;
let steward: string;

beforeAll(async () => {
  dure = await startRunning();
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 });
  steward = await signPerson(dure.folder, { subject: 'mina', organizations: ['lab:steward'] });
  const admin = await signPerson(dure.folder, { subject: 'root', roles: ['administrator'] });
  expect((await dure.ask('mutation { createOrganization(input: { slug: "lab", title: "Lab" }) { slug } }', admin)).errors).toBeUndefined();
}, 90_000);
afterAll(async () => {
  await database.end();
  await dure.close();
}, 30_000);

const fields = [
  { name: 'pid', type: 'string', 'dure:personKey': true, constraints: { required: true } }, { name: 'age', type: 'integer', constraints: { minimum: 0, maximum: 1000, required: true } },
  { name: 'income', type: 'integer', 'dure:facet': true }, { name: 'dose', type: 'number' }, { name: 'price', type: 'number', 'dure:exact': true, 'dure:facet': true }, { name: 'born', type: 'date' }, { name: 'seen', type: 'datetime' },
  { name: 'zip', type: 'string' }, { name: 'home', type: 'geopoint', 'dure:facet': true }, { name: 'note', type: 'string' },
];
/** A tenth is missing; everything repeats. */
const row = (n: number): string => {
  const day = new Date(Date.UTC(1930, 0, 1) + (n * 104_729 % 29_000) * 86_400_000).toISOString();
  const missing = n % 10 === 0;
  return [`P-${n}`, n * 7919 % 100, missing ? '' : n * 7919 % 9_000_000, missing ? '' : (n * 7919 % 50_021) / 8, missing ? '' : `${n * 31 % 977}.${n % 100}`, missing ? '' : day.slice(0, 10), day, String(10_000 + n * 37 % 60_000), `"${124 + n % 700 / 100}, ${33 + n % 600 / 100}"`, `Something was written here of number ${n} at some length as people do in notes of visits.`].join(',');
};
const csv = `${fields.map(({ name }) => name).join(',')}\n${Array.from({ length: size }, (_, n) => row(n + 1)).join('\n')}\n`;
const columnsRule = (column: string, transform: object): object => ({ id: column, effect: 'columns', columns: [column], transform });
const transforms = {
  age: { kind: 'bin', width: 10 }, income: { kind: 'round', to: 1_000_000 }, dose: { kind: 'bin', width: 12.5 }, price: { kind: 'round', to: 0.5 }, born: { kind: 'generalise', to: 'month' }, seen: { kind: 'generalise', to: 'month' },
  zip: { kind: 'mask', keepStart: 3, with: '**' }, home: { kind: 'place', degrees: 0.5 },
} as const;
const rules = Object.entries(transforms).map(([column, transform]) => columnsRule(column, transform));
/** Ascending for each, descending where a facet can be missing, points by where they lie. */
const wanted = 10;

const ok = (answer: GraphQLAnswer): Record<string, never> => {
  expect(answer.errors).toBeUndefined();
  return answer.data as Record<string, never>;
};
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 60_000; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('it does not happen');
    await new Promise((done) => setTimeout(done, 50));
  }
}
interface Ended { readonly id: string; readonly state: string; readonly result: Record<string, unknown>; readonly error: unknown }
async function ended(kind: string, count: number): Promise<Ended> {
  return until(async () => (await database.query<Ended>(`select id, state, result, error from dure.job where kind = $1 and finished_at is not null and created_by = 'mina' order by created_at`, [kind])).rows[count - 1]);
}
let published = 0;
async function publish(name: string, content: string, document: object = { rules }): Promise<void> {
  const files = { 'datapackage.json': { name, title: name, licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', 'dure:rules': document, resources: [{ name: 't', path: 't.csv', schema: { fields, primaryKey: 'pid' } }] }, 't.csv': content };
  const { id: upload } = await dure.upload(await zip(files), 'application/zip', steward);
  ok(await dure.ask('mutation($u: ID!) { publishDataset(input: { organization: "lab", upload: $u }) { job { id } } }', steward, { u: upload }));
  published += 1;
  expect(await ended('PUBLISH', published)).toMatchObject({ state: 'COMPLETE', error: null });
}
let prepared = 0;
async function set(dataset: string, list: readonly object[]): Promise<Record<string, unknown>> {
  ok(await dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', steward, { input: { dataset: `lab/${dataset}`, document: { rules: list } } }));
  prepared += 1;
  const job = await ended('PREPARE_COLUMNS', prepared);
  expect(job).toMatchObject({ state: 'COMPLETE', error: null });
  return job.result;
}

interface Index { readonly segment: string; readonly name: string; readonly definition: string }
async function indexesOf(dataset: string): Promise<readonly Index[]> {
  const { rows } = await database.query<Index>(
    `select i.tablename as segment, i.indexname as name, i.indexdef as definition from pg_indexes i join dure.version_segment s on s.physical = i.tablename join dure.version v on v.id = s.version_id join dure.dataset d on d.id = v.dataset_id
      where d.name = $1 and i.schemaname = 'dure_data' and i.indexname like '%\\_cell\\_%' order by v.minor, i.indexname`, [dataset]);
  return rows;
}

const stranger = '{ subject: "x" }';
async function explained(query: string, variables: Record<string, unknown> = {}): Promise<{ readonly indexes: readonly string[]; readonly nodes: string; readonly missing: readonly unknown[] }> {
  const answer = await dure.ask(`query ($q: String!, $v: JSON) { explainQuery(query: $q, variables: $v, as: ${stranger}) { refusals plan { node index } missingIndexes { column use } } }`, steward, { q: query, v: variables });
  const { explainQuery } = ok(answer) as unknown as { explainQuery: { refusals: unknown[]; plan: { node: string; index: string | null }[]; missingIndexes: unknown[] } };
  expect(explainQuery.refusals).toEqual([]);
  return { indexes: explainQuery.plan.flatMap(({ index }) => index ?? []), nodes: explainQuery.plan.map(({ node }) => node).join(' '), missing: explainQuery.missingIndexes };
}
const inside = (dataset: string, selection: string): string => `{ lab { ${dataset} { ${selection} } } }`;
async function read(query: string): Promise<{ readonly t: Record<string, unknown> }> {
  const { lab } = ok(await dure.ask(query)) as unknown as { lab: Record<string, { t: Record<string, unknown> }> };
  return Object.values(lab)[0]!;
}

const page = 'nodes { id age income dose price born seen zip home } pageInfo { hasNextPage hasPreviousPage endCursor }';
const filters = [
  'age: { eq: 40 }', 'age: { gte: 90 }', 'income: { eq: "3000000" }', 'dose: { eq: 250 }', 'dose: { gte: 6200, lt: 6230 }', 'price: { lt: "3" }', 'born: { eq: "1960-05-01" }', 'born: { year: { eq: 1999 } }',
  'seen: { gte: "2009-01-01T00:00:00Z" }', 'zip: { eq: "123**" }', 'zip: { startsWith: "45" }', 'zip: { in: ["123**", "200**"] }', 'home: { near: { longitude: 126.25, latitude: 36.25, kilometres: 20 } }', 'home: { inBox: { west: 124, south: 33, east: 125, north: 34 } }',
];
const orders = ['age: ASC', 'age: DESC', 'income: ASC', 'income: DESC', 'dose: ASC', 'price: DESC', 'born: ASC', 'seen: ASC', 'zip: ASC'];
const figures = ['groups(by: [{ column: AGE }], first: 20) { nodes { key { age } aggregate { count } } }', 'groups(by: [{ column: DOSE }], first: 1000) { nodes { key { dose } aggregate { count } } }', 'groups(by: [{ column: BORN }], first: 1000) { nodes { key { born } aggregate { count } } }', 'aggregate { dose { min max countDistinct } income { max } }'];

describe('indexes over transformed cells', () => {
  let before: readonly unknown[];
  /** A page from the middle of each order is asked for by the cursor that the whole page before it ended with. */
  async function answers(dataset: string): Promise<readonly unknown[]> {
    const all: unknown[] = [];
    for (const filter of filters) all.push(await read(inside(dataset, `t(where: { ${filter} }, first: 50) { totalCount ${page} }`)));
    for (const [n, order] of orders.entries()) {
      const start = n % 3 === 0 ? 'where: { dose: { gte: 50 } }, ' : '';
      const { t } = await read(inside(dataset, `t(${start}orderBy: [{ ${order} }], first: 300) { ${page} }`));
      const { endCursor } = t.pageInfo as { endCursor: string };
      all.push(t, await read(inside(dataset, `t(${start}orderBy: [{ ${order} }], first: 50, after: "${endCursor}") { ${page} }`)), await read(inside(dataset, `t(${start}orderBy: [{ ${order} }], last: 5) { ${page} }`)));
    }
    for (const figure of figures) all.push(await read(inside(dataset, `t { ${figure} }`)));
    return JSON.parse(JSON.stringify(all).replaceAll(/"endCursor":"[^"]*"/g, `"endCursor":""`)) as unknown[];
  }

  test('are there with the version, once each, with figures for the planner', async () => {
    await publish('big', csv, { rules: [...rules, { ...columnsRule('age', transforms.age), id: 'again', unless: { attribute: 'person.country', eq: 'KR' } }] });
    const made = await indexesOf('big');
    expect(made).toHaveLength(wanted);
    expect(new Set(made.map(({ segment }) => segment)).size).toBe(1);
    const { rows: [{ figures: told } = { figures: 0 }] } = await database.query<{ figures: number }>(`select count(distinct tablename)::int as figures from pg_stats where schemaname = 'dure_data' and tablename = any($1)`, [made.map(({ name }) => name)]);
    expect(told).toBeGreaterThanOrEqual(wanted - 1);
  }, 60_000);

  test.each(filters)('answer the filter %s', async (filter) => {
    const { indexes, nodes, missing } = await explained(inside('big', `t(where: { ${filter} }) { totalCount }`));
    expect(indexes.length).toBeGreaterThanOrEqual(1);
    expect(indexes.every((name) => name.includes('_cell_'))).toBe(true);
    expect(nodes).not.toContain('Seq Scan');
    expect(missing).toEqual([]);
  });
  test.each(orders)('have the rows in the order %s: a page behind a cursor sorts nothing', async (order) => {
    const { t } = await read(inside('big', `t(orderBy: [{ ${order} }], first: 1000) { pageInfo { endCursor } }`));
    for (const after of ['', `, after: "${(t.pageInfo as { endCursor: string }).endCursor}"`]) {
      const { indexes, nodes, missing } = await explained(inside('big', `t(orderBy: [{ ${order} }], first: 20${after}) { nodes { id age } pageInfo { hasNextPage hasPreviousPage endCursor } }`));
      expect(indexes.every((name) => name.includes('_cell_'))).toBe(true);
      expect(indexes.length).toBeGreaterThanOrEqual(1);
      expect(nodes).not.toContain('Seq Scan');
      expect(missing).toEqual([]);
    }
  });
  test('an order from the greatest value of a column that is no facet is sorted, and how to get an index is told', async () => {
    const { missing, indexes } = await explained(inside('big', 't(orderBy: [{ dose: DESC }], first: 20) { nodes { id } }'));
    expect(indexes).toEqual([]);
    expect(missing).toEqual([{ column: 'dose', use: 'ORDER' }]);
  });
  test.each(figures.slice(0, 3))('hold the groups %s: the table is not read', async (figure) => {
    const { indexes, nodes } = await explained(inside('big', `t { ${figure} }`));
    expect(indexes.filter((name) => name.includes('_cell_'))).toHaveLength(1);
    expect(nodes).toContain('Index Only Scan');
    expect(nodes).not.toContain('Seq Scan');
  });

  test('change no answer', async () => {
    before = await answers('big');
    for (const { name } of await indexesOf('big')) await database.query(`drop index dure_data.${name}`);
    expect((await explained(inside('big', 't(where: { age: { eq: 40 } }) { totalCount }'))).nodes).toContain('Seq Scan');
    expect(await answers('big')).toEqual(before);
  }, 60_000);

  test('are made by the job after rules were set, and what no rule asks for any more is dropped', async () => {
    expect(await set('big', rules)).toMatchObject({ indexes: wanted });
    const first = await indexesOf('big');
    expect(first).toHaveLength(wanted);
    expect((await explained(inside('big', 't(where: { age: { eq: 40 } }) { totalCount }'))).indexes).toHaveLength(1);
    expect(await answers('big')).toEqual(before);
    // Nothing to do.
    expect(await set('big', rules)).toMatchObject({ indexes: 0 });
    expect(await indexesOf('big')).toEqual(first);
    // One other width.
    expect(await set('big', [...rules.slice(1), columnsRule('age', { kind: 'bin', width: 25 })])).toMatchObject({ indexes: 1 });
    const second = await indexesOf('big');
    expect(second).toHaveLength(wanted);
    expect(second.filter(({ name }) => !first.some((index) => index.name === name))).toHaveLength(1);
    expect((await explained(inside('big', 't(where: { age: { eq: 25 } }) { totalCount }'))).indexes).toHaveLength(1);
    expect(await set('big', [])).toMatchObject({ indexes: 0 });
    expect(await indexesOf('big')).toEqual([]);
  }, 60_000);

  test('are made of a dataset that had no rules when it was published, of every version', async () => {
    for (const rows of [2, 3]) await publish('late', `${csv.split('\n').slice(0, rows + 1).join('\n')}\n`, { rules: [] });
    expect(await indexesOf('late')).toEqual([]);
    expect(await set('late', rules)).toMatchObject({ indexes: 2 * wanted });
    // A further version finds the rules in force.
    await publish('late', `${csv.split('\n').slice(0, 5).join('\n')}\n`, { rules: [] });
    expect(await indexesOf('late')).toHaveLength(3 * wanted);
    // Rules of another major ask nothing of these.
    await set('late', rules.map((rule) => ({ ...rule, majors: [2] })));
    expect(await indexesOf('late')).toEqual([]);
    await set('late', rules);
  }, 60_000);

  test('an index that a broken job left is made anew', async () => {
    const [index, ...others] = await indexesOf('late');
    await database.query('update pg_index set indisvalid = false where indexrelid = $1::regclass', [`dure_data.${index!.name}`]);
    expect(await set('late', rules)).toMatchObject({ indexes: 1 });
    expect(await indexesOf('late')).toEqual([index, ...others]);
    expect((await database.query('select 1 from pg_index where not indisvalid')).rowCount).toBe(0);
  });

  test('are part of what an erasure writes anew', async () => {
    const old = await indexesOf('late');
    ok(await dure.ask('mutation($input: ErasePersonInput!) { erasePerson(input: $input) { jobs { id } } }', steward, { input: { person: { dataset: 'lab/late', table: 't', key: 'P-2' }, reason: 'Consent was withdrawn by letter.', basis: 'PIPA article 37' } }));
    const job = await ended('ERASE_PERSON', 1);
    expect(job).toMatchObject({ state: 'COMPLETE', error: null });
    const anew = await indexesOf('late');
    expect(anew).toHaveLength(3 * wanted);
    expect(anew.some(({ segment }) => old.some((index) => index.segment === segment))).toBe(false);
    // They came with the rows: nothing was left to be made afterwards.
    expect((await database.query(`select 1 from dure.job_event where job_id = $1 and phase = 'index'`, [job.id])).rowCount).toBe(0);
  });
});
