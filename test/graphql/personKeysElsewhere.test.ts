/** Keys of persons where a source elsewhere, or another subgraph, would be the way across: `_entities`, records of a source, and conditions on them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Column, Dataset } from '../../src/catalog/model.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import type { Identity } from '../../src/identity/identity.js';
import type { Link, TableAt } from '../../src/plan/link.js';
import type { Level, QueryPlan } from '../../src/plan/plan.js';
import { asking } from '../../src/policy/asking.js';
import { authorize } from '../../src/policy/authorize.js';
import { decideDataset, type DatasetDecision } from '../../src/policy/decide.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { withCollections } from '../support/collections.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

const marked = { kind: 'text', namespace: 'mrn', personKey: true, required: true } as const;
const unmarked = { kind: 'text', namespace: 'mrn', required: true } as const;
const remote = { key: 'pid', linkField: 'person', authority: true, search: true, counts: true, order: false } as const;
const registry = (name: string, pid: typeof marked | typeof unmarked): FixtureDataset => ({
  organization: name, name: 'persons', source: { id: name, kind: 'http', country: 'KR' },
  tables: { persons: { columns: { pid, name: 'text' }, primaryKey: ['pid'], rows: [], remote } },
});
const hashed = { id: 'keys', effect: 'columns', columns: ['pid'], transform: { kind: 'mask', keepEnd: 1 }, unless: { attribute: 'person.organizations', contains: 'dasan' } } as const;

let db: TestDatabase;
let dure: TestEngine;
let sources: ReadonlyMap<string, MemorySource>;
beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = withCollections(await makeSnapshot(db.pool, [
    { organization: 'bora', name: 'trial', tables: { patients: { columns: { pid: marked, age: 'int32' }, primaryKey: ['pid'], rows: [['P1', 40], ['P2', 50]] } } },
    { organization: 'seoram', name: 'claims', tables: { holders: { columns: { pid: marked, name: 'text' }, primaryKey: ['pid'], rows: [['P1', 'Kim'], ['P2', 'Lee']] }, bills: { columns: { pid: marked, cost: 'int32' }, rows: [['P1', 7]] } } },
    { organization: 'dasan', name: 'pseudonyms', tables: { cases: { columns: { pid: marked, stage: 'int32' }, primaryKey: ['pid'], rows: [['P1', 3], ['P2', 4]] } }, rules: { rules: [hashed] } },
    registry('marked', marked), registry('plain', unmarked),
  ]), { all: { 'bora/trial': '1', 'seoram/claims': '1', 'dasan/pseudonyms': '1' } });
  const persons = { persons: { key: 'pid', rows: [{ pid: 'P1', name: 'Kim' }, { pid: 'P2', name: 'Lee' }] } };
  sources = new Map(['marked', 'plain'].map((id) => [id, new MemorySource(id, persons)]));
  const codec = testCursors();
  dure = await testEngine(db.pool, snapshot, codec, new FederatedSource({
    own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: (id) => sources.get(id) }, codec, timeoutMs: 2_000, scanned: 100, semiJoinKeys: 5,
  }));
});
beforeEach(() => { for (const source of sources.values()) source.asked.length = 0; });
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

// Whoever belongs to all is refused like anybody.
const identity: Identity = person({ memberships: ['bora', 'seoram', 'marked', 'plain'].map((organization) => ({ organization, role: 'owner' as const })) });

describe('_entities', () => {
  const entities = (representations: readonly object[], selection: string, who = identity): ReturnType<TestEngine['ask']> => dure.ask(`query($r: [_Any!]!) { _entities(representations: $r) { __typename ${selection} } }`, { identity: who, collection: 'all', variables: { r: representations } });

  test('each organization\'s persons are a type of their own: a gateway joins none with another\'s', async () => {
    const { data } = await dure.ask('{ _service { sdl } }', { identity, collection: 'all' });
    const { sdl } = (data as { _service: { sdl: string } })._service;
    expect([...sdl.matchAll(/^type (\w+).*@key\(fields: "pid"\)/gm)].map(([, name]) => name).sort()).toEqual(['BoraTrialPatients', 'DasanPseudonymsCases', 'SeoramClaimsHolders']);
    expect(sdl).not.toMatch(/Mentions/);
    // One organization's person is never told as another's, whatever a representation brings along.
    const answer = await entities([{ __typename: 'BoraTrialPatients', pid: 'P1', name: 'x' }, { __typename: 'BoraTrialPatients', id: 'seoram/claims/holders/=P1' }], '... on BoraTrialPatients { age } ... on SeoramClaimsHolders { name }');
    expect(answer.data).toEqual({ _entities: [{ __typename: 'BoraTrialPatients', age: 40 }, null] });
  });

  test('nothing leads on from a person to another organization', async () => {
    for (const selection of ['pidMentions { __typename }', 'person { name }', 'pidPerson { name }', 'seoramClaimsBills { totalCount }']) {
      expect((await entities([{ __typename: 'BoraTrialPatients', pid: 'P1' }], `... on BoraTrialPatients { ${selection} }`)).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    }
  });

  test('a key that is not shown as it is finds nobody: neither by the person\'s own key nor by what is shown', async () => {
    const known = await entities([{ __typename: 'DasanPseudonymsCases', pid: 'P1' }], '... on DasanPseudonymsCases { stage }', person({ subject: 'd', key: 'd', memberships: [{ organization: 'dasan', role: 'member' }] }));
    for (const pid of ['P1', '***1', 'nobody']) {
      const answer = await entities([{ __typename: 'DasanPseudonymsCases', pid }], '... on DasanPseudonymsCases { stage }');
      expect([pid, answer.data ?? null, (answer.errors ?? []).length]).toEqual([pid, { _entities: [null] }, 1]);
    }
    expect(JSON.stringify(known)).not.toMatch(/"stage":4/);
  });
});

describe('a source elsewhere', () => {
  test.each(['marked', 'plain'])('%s: no field leads to its records, and none is a condition', async (name) => {
    for (const query of [
      `{ bora { trial { patients { nodes { person { name } } } } } }`, `{ bora { trial { patients { nodes { pidPerson { name } } } } } }`, `{ bora { trial { patients { nodes { pidMentions { ${name}PersonsPersons { totalCount } } } } } } }`,
      `{ bora { trial { patients(where: { person: { name: { eq: "Kim" } } }) { totalCount } } } }`, `{ bora { trial { patients(where: { pidPerson: { name: { eq: "Kim" } } }) { totalCount } } } }`,
      `{ ${name} { persons { persons(first: 5) { nodes { pidMentions { boraTrialPatients { totalCount } } } } } } }`, `{ ${name} { persons { persons(first: 5, where: { pidMentions: { boraTrialPatients: { some: {} } } }) { totalCount } } } }`,
    ]) expect([query, (await dure.ask(query, { identity })).errors?.[0]?.extensions]).toEqual([query, { code: 'GRAPHQL_VALIDATION_FAILED' }]);
    expect([...sources.values()].flatMap(({ asked }) => asked)).toEqual([]);
  });

  test.each(['marked', 'plain'])('%s: a semi-join and a level that came about in another way are refused, both ways, and nothing is asked', async (name) => {
    const at = (path: string): TableAt => {
      const dataset = dure.snapshot.byPath.get(path)!;
      return { dataset, version: dataset.versions[0]!, table: dataset.versions[0]!.tables[0]! };
    };
    const column = ({ table }: TableAt): Column => table.columns[0]!;
    const decide = (dataset: Dataset): DatasetDecision => decideDataset(dataset, asking(identity));
    for (const [from, to] of [['bora/trial', `${name}/persons`], [`${name}/persons`, 'bora/trial']] as const) {
      const [here, target] = [at(from), at(to)];
      const link: Link = { name: 'made', target, single: true, on: [{ here: column(here), there: column(target) }] };
      const level = (parts: object): Level => ({ shape: 'connection', at: here, path: ['r'], where: { op: 'constant', value: true }, order: [], items: [], ...parts }) as unknown as Level;
      const plan = (root: Level): QueryPlan => ({ roots: [{ kind: 'level', level: root }], structure: [], skeleton: {} }) as unknown as QueryPlan;
      for (const quantifier of ['some', 'none', 'every']) {
        const { roots } = authorize(plan(level({ where: { op: 'related', quantifier, link, where: { op: 'constant', value: true } } })), decide);
        expect(roots).toMatchObject([{ kind: 'failed', error: { code: 'FORBIDDEN', details: { reason: 'PERSON_KEY' } } }]);
      }
      const below = level({ at: target, path: ['r', 'nodes', 'made'], link });
      expect(authorize(plan(level({ items: [{ kind: 'nodes', key: 'nodes', row: [{ kind: 'level', key: 'made', level: below }] }] })), decide).refusals).toMatchObject([{ error: { details: { reason: 'PERSON_KEY' } } }]);
    }
    expect([...sources.values()].flatMap(({ asked }) => asked)).toEqual([]);
  });

  test('the walk by identifier asks no source for a person', async () => {
    const answer = await dure.ask('{ entity(id: "mrn:P1") { mentions { field count } mappings { id } } }', { identity });
    expect(JSON.stringify(answer.data)).not.toMatch(/bora|seoram|dasan/i);
    expect(sources.get('marked')!.asked).toEqual([]);
  });
});
