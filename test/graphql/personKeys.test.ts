/** Keys of persons across organizations, as somebody would try who wants to put the rows of one person together. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Column, Dataset } from '../../src/catalog/model.js';
import type { Link, TableAt } from '../../src/plan/link.js';
import type { Level, QueryPlan } from '../../src/plan/plan.js';
import { asking } from '../../src/policy/asking.js';
import { authorize } from '../../src/policy/authorize.js';
import { decideDataset, type DatasetDecision } from '../../src/policy/decide.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { withCollections } from '../support/collections.js';

const marked = { kind: 'text', namespace: 'mrn', personKey: true } as const;
const unmarked = { kind: 'text', namespace: 'mrn' } as const;
let db: TestDatabase;
let dure: TestEngine;
beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, withCollections(await makeSnapshot(db.pool, [
    { organization: 'bora', name: 'trial', tables: { patients: { columns: { pid: { ...marked, required: true }, age: 'int32' }, primaryKey: ['pid'], rows: [['P1', 40], ['P2', 50]] } } },
    // Beside an identifier that is nobody's secret.
    { organization: 'bora', name: 'drugs', tables: { takers: { columns: { pid: marked, drug: { kind: 'text', namespace: 'cas' } }, rows: [['P1', '64-17-5'], ['P2', '64-17-5']] } } },
    { organization: 'seoram', name: 'claims', tables: { bills: { columns: { pid: marked, cost: 'int32' }, rows: [['P1', 7], ['P2', 9]] } } },
    // This one does not say what it holds.
    { organization: 'haneul', name: 'leak', tables: { people: { columns: { pid: unmarked, name: 'text' }, rows: [['P1', 'Kim'], ['P2', 'Lee']] }, again: { columns: { pid: unmarked }, rows: [['P1']] } } },
  ]), { all: { 'bora/trial': '1', 'seoram/claims': '1', 'haneul/leak': '1' } }));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

// Whoever belongs to all three is refused like anybody.
const identity = person({ memberships: ['bora', 'seoram', 'haneul'].map((organization) => ({ organization, role: 'owner' as const })) });

test.each([undefined, 'all'])('no field leads from one organization\'s persons to another\'s (collection: %s)', async (collection) => {
  for (const [organization, dataset, table] of [['bora', 'trial', 'patients'], ['seoram', 'claims', 'bills']]) {
    for (const query of [
      `{ ${organization} { ${dataset} { ${table} { nodes { pidMentions { __typename } } } } } }`,
      `{ ${organization} { ${dataset} { ${table}(where: { pidMentions: { haneulLeakPeople: { some: {} } } }) { totalCount } } } }`,
    ]) expect((await dure.ask(query, { identity, collection })).errors).not.toBeUndefined();
  }
});

test.each([undefined, 'all'])('a column that is not marked reaches unmarked ones alone (collection: %s)', async (collection) => {
  const { data } = await dure.ask('{ __type(name: "MrnMentions") { fields { name } } }', { identity, collection });
  const fields = (data as { __type: { fields: { name: string }[] } | null }).__type?.fields.map(({ name }) => name) ?? [];
  expect(fields.filter((name) => /bora|seoram/i.test(name))).toEqual([]);
  for (const far of ['boraTrialPatients', 'seoramClaimsBills']) {
    for (const query of [`{ haneul { leak { people { nodes { pidMentions { ${far} { totalCount } } } } } } }`, `{ haneul { leak { people(where: { pidMentions: { ${far}: { some: {} } } }) { totalCount } } } }`]) {
      expect((await dure.ask(query, { identity, collection })).errors).not.toBeUndefined();
    }
  }
});

test('the walk by identifier finds no marked column', async () => {
  const answer = await dure.ask('{ entity(id: "mrn:P1") { mentions { field count } mappings { id } } }', { identity });
  expect(answer).toEqual({ data: { entity: { mappings: [], mentions: ['haneulLeakPeople', 'haneulLeakAgain'].map((field) => ({ field, count: 1 })) } } });
});

test('nor does an identifier beside a person\'s key lead to the key', async () => {
  const { data } = await dure.ask('{ entity(id: "cas:64-17-5") { mappings { id } mentions { field count } } }', { identity });
  expect(JSON.stringify(data)).toContain('boraDrugsTakers');
  expect(JSON.stringify(data)).not.toMatch(/mrn|P1|P2/);
});

test('a link that came about in another way is refused by the authorizer, as a condition and as a level', () => {
  const at = (path: string): TableAt => {
    const dataset = dure.snapshot.byPath.get(path)!;
    return { dataset, version: dataset.versions[0]!, table: dataset.versions[0]!.tables[0]! };
  };
  const column = ({ table }: TableAt): Column => table.columns[0]!;
  const here = at('bora/trial');
  const decide = (dataset: Dataset): DatasetDecision => decideDataset(dataset, asking(identity));
  for (const path of ['seoram/claims', 'haneul/leak']) {
    const target = at(path);
    const link: Link = { name: 'made', target, single: false, on: [{ here: column(here), there: column(target) }] };
    const level = (parts: object): Level => ({ shape: 'connection', at: here, path: ['r'], where: { op: 'constant', value: true }, order: [], items: [], ...parts }) as unknown as Level;
    const plan = (root: Level): QueryPlan => ({ roots: [{ kind: 'level', level: root }], structure: [], skeleton: {} }) as unknown as QueryPlan;
    const condition = authorize(plan(level({ where: { op: 'related', quantifier: 'some', link, where: { op: 'constant', value: true } } })), decide);
    expect(condition.roots).toMatchObject([{ kind: 'failed', error: { code: 'FORBIDDEN', details: { reason: 'PERSON_KEY' } } }]);
    const below = level({ at: target, path: ['r', 'nodes', 'made'], link });
    const refused = authorize(plan(level({ items: [{ kind: 'nodes', key: 'nodes', row: [{ kind: 'level', key: 'made', level: below }] }] })), decide);
    expect(refused.refusals).toMatchObject([{ path: ['r', 'nodes', 'made'], error: { details: { reason: 'PERSON_KEY' } } }]);
    expect(refused.refusedLevels.has(below)).toBe(true);
  }
});

test('figures of each dataset, and a list of keys that the caller has, are answered', async () => {
  const { data, errors } = await dure.ask('query($keys: [String!]) { bora { trial { patients(where: { pid: { in: $keys } }) { totalCount aggregate { age { max } } } } } seoram { claims { bills(where: { pid: { in: $keys } }) { totalCount aggregate { cost { sum } } } } } }', { identity, variables: { keys: ['P1', 'P2'] } });
  expect(errors).toBeUndefined();
  expect(data).toEqual({ bora: { trial: { patients: { totalCount: 2, aggregate: { age: { max: 50 } } } } }, seoram: { claims: { bills: { totalCount: 2, aggregate: { cost: { sum: '16' } } } } } });
});
