/** Leak class 3: aggregates, group keys, having, counts, and whether there is any answer at all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';
import { testCursors, testEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const patients = (selection: string, args = ''): Promise<Awaited<ReturnType<Attack['ask']>>> => attack.ask(`{ lab { trial { patients${args} { ${selection} } } } }`);

test.each([
  'aggregate { name { min } }', 'aggregate { name { countDistinct } }', 'aggregate { x: name { count } }', 'groups(by: [{ column: NAME }]) { totalCount }', 'groups(by: [{ column: WARD }, { column: NAME }]) { nodes { key { name } } }',
  'groups(by: [{ column: WARD }], orderBy: [{ name: { min: ASC } }]) { nodes { key { ward } } }', 'groups(by: [{ column: WARD }], having: { name: { count: { gt: 0 } } }) { totalCount }',
])('a withheld column is in no figure: %s', async (selection) => {
  const [code] = codesOf(await patients(selection));
  expect(['FORBIDDEN', 'GRAPHQL_VALIDATION_FAILED']).toContain(code);
});

test('the refusals above are not all mistakes of the question: the same figures over a shown column are told', async () => {
  expect(codesOf(await patients('aggregate { ward { min countDistinct count } } groups(by: [{ column: WARD }], orderBy: [{ ward: { min: ASC } }]) { totalCount nodes { key { ward } } }'))).toEqual([]);
});

test('hidden rows are in no count, figure or group', async () => {
  const told = await patients('totalCount aggregate { count ward { countDistinct max } } groups(by: [{ column: WARD }]) { totalCount nodes { key { ward } aggregate { count } } }');
  expect(at(told, 'lab.trial.patients')).toEqual({ totalCount: 3, aggregate: { count: 3, ward: { countDistinct: 1, max: 'open' } }, groups: { totalCount: 1, nodes: [{ key: { ward: 'open' }, aggregate: { count: 3 } }] } });
  expect(at(await attack.ask('{ lab { trial { visits { totalCount aggregate { cost { sum max avg percentile(p: 1) } } } } } }'), 'lab.trial.visits')).toEqual({ totalCount: 4, aggregate: { cost: expect.objectContaining({ max: 40, avg: 25, percentile: 40 }) } });
});

test('figures over a transformed column are figures of what is read', async () => {
  const told = await patients('aggregate { salary { min max avg } age { min max avg } dose { max } born { min max } code { min max } email { min countDistinct } }');
  expect(at(told, 'lab.trial.patients.aggregate')).toMatchObject({ salary: { min: null, max: null, avg: null }, age: { min: 30, max: 50 }, dose: { max: 7770 }, born: { min: '1960-01-01', max: '1980-01-01' }, code: { min: 'AA***', max: 'AD***' }, email: { min: 'h-four', countDistinct: 3 } });
});

test('groups are made of what is read, also with bins and units finer than the step', async () => {
  const keys = async (by: string): Promise<unknown> => (at(await patients(`groups(by: [${by}], orderBy: [{ count: DESC }]) { nodes { key { age born } aggregate { count } } }`), 'lab.trial.patients.groups.nodes') as unknown[]).length;
  expect(await keys('{ column: AGE }')).toBe(2);
  expect(await keys('{ column: AGE, bin: 1 }')).toBe(2);
  expect(await keys('{ column: BORN, unit: DAY }')).toBe(3);
});

describe('is there anything at all', () => {
  test('a hidden row and no row answer alike', async () => {
    const of = async (id: string): Promise<string> => JSON.stringify(await attack.ask('query($i: String!) { lab { trial { patients(where: { id_: { eq: $i } }) { totalCount nodes { id_ } pageInfo { hasNextPage } aggregate { count } } visits(where: { patientId: { eq: $i } }) { nodes { patient { id_ } } } } } }', undefined, { variables: { i: id } }));
    expect((await of('nobody')).replace('of nobody', '')).toBe((await of('nobody-either')));
    expect(at(await attack.ask('{ lab { trial { visits(where: { cost: { gt: 100 } }) { totalCount aggregate { count cost { max } } groups(by: [{ column: COST }]) { totalCount } pageInfo { hasNextPage } } } } }'), 'lab.trial.visits')).toEqual({ totalCount: 0, aggregate: { count: 0, cost: { max: null } }, groups: { totalCount: 0 }, pageInfo: { hasNextPage: false } });
  });

  test('descriptions tell the number of rows to whom it is known only', async () => {
    const told = await attack.ask('{ dataset(id: "lab/trial") { tables { name rowCount } } }');
    expect(at(told, 'dataset.tables')).toEqual(['patients', 'visits', 'samples'].map((name) => ({ name, rowCount: null })));
    expect(at(await attack.ask('{ dataset(id: "lab/figures") { tables { name rowCount } } }'), 'dataset.tables')).toEqual(Object.entries({ counted: 2, figures: 2, cells: null, people: null, known: null }).map(([name, rowCount]) => ({ name, rowCount })));
    for (const dataset of ['vault', 'later', 'windows']) for (const { name, rowCount } of at(await attack.ask(`{ dataset(id: "lab/${dataset}") { tables { name rowCount } } }`), 'dataset.tables') as { name: string; rowCount: unknown }[]) if (name !== 'exported') expect([name, rowCount]).toEqual([name, null]);
  });

  test('nor to whom a rule counts questions: the description is one that nobody counts', async () => {
    const tables = { rows: { columns: { v: 'int32' }, rows: [[1], [2]] } } as const;
    const dure = await testEngine(attack.db.pool, await makeSnapshot(attack.db.pool, [{ organization: 'far', name: 'free', tables }, { organization: 'far', name: 'metered', tables, rules: { rules: [{ id: 'b', effect: 'budget', queries: 1, per: 'day' }] } }]));
    const count = async (name: string): Promise<unknown> => ((await dure.ask(`{ dataset(id: "far/${name}") { tables { rowCount } } }`)).data as { dataset: { tables: { rowCount: unknown }[] } }).dataset.tables[0]!.rowCount;
    expect([await count('free'), await count('metered')]).toEqual([2, null]);
  });

  test('nor does what is told of a search elsewhere count them: requests that went out, values that could not be read', async () => {
    const columns = { id: { kind: 'text', required: true }, ward: 'text', n: 'int32' } as const;
    const tables = { rows: { columns, primaryKey: ['id'], rows: [], remote: { key: 'id', authority: false, search: true, counts: true, order: false } } };
    const snapshot = await makeSnapshot(attack.db.pool, [{ organization: 'far', name: 'away', source: { id: 'away', kind: 'http', country: 'KR' }, rules: { rules: [{ id: 'wards', effect: 'rows', where: { column: 'ward', op: 'ne', value: 'closed' } }] }, tables }]);
    const told = async (hidden: number): Promise<unknown> => {
      const rows = [...Array.from({ length: hidden }, (_, n) => ({ id: `h${n}`, ward: 'closed', n: 1 })), { id: 'a', ward: 'open', n: 1 }, { id: 'b', ward: 'open', n: 2 }];
      const codec = testCursors();
      const source = new FederatedSource({ own: new PostgresSource(attack.db.pool, codec), homes: { sql: () => undefined, remote: () => new MemorySource('away', { rows: { key: 'id', rows, capabilities: { filter: () => false } } }) }, codec, timeoutMs: 5_000, scanned: 1_000, semiJoinKeys: 100 });
      const dure = await testEngine(attack.db.pool, snapshot, codec, source);
      const answers = [];
      for (const field of ['rows { nodes { id } totalCount pageInfo { hasNextPage } }', 'rows(first: 1) { nodes { id } pageInfo { hasNextPage } }', 'rows(where: { n: { gt: 1 } }) { nodes { id } }', 'rows(where: { id_: { in: ["h0", "a"] } }) { nodes { id } }']) answers.push(await dure.ask(`{ far { away { ${field} } } }`));
      expect(answers[0]!.data).toEqual({ far: { away: { rows: { nodes: [{ id: 'far/away/rows/=a' }, { id: 'far/away/rows/=b' }], totalCount: null, pageInfo: { hasNextPage: false } } } } });
      return JSON.parse(JSON.stringify(answers, (key, value: unknown) => (key === 'fetchedAt' ? 'then' : value)));
    };
    const none = await told(0);
    for (const hidden of [1, 7, 20]) expect(await told(hidden)).toEqual(none);
  });

  test('entities count shown rows only, and name no closed table', async () => {
    const told = await attack.ask('{ entity(id: "cas:64-17-5") { mentions { dataset { name } table count } mappings { id } casMentions { labTrialVisits { totalCount } labTrialPatients { totalCount } } } }');
    const mentions = at(told, 'entity.mentions') as { dataset: { name: string }; table: string; count: number }[];
    expect(mentions.find(({ table }) => table === 'visits')!.count).toBe(2);
    for (const { table, dataset } of mentions) expect([dataset.name, table]).not.toContainEqual(expect.stringMatching(/^(samples|vault|lair|later|past|streamed|known|cells|masked)$/));
    expect(at(told, 'entity.casMentions')).toEqual({ labTrialVisits: { totalCount: 2 }, labTrialPatients: { totalCount: 2 } });
  });
});
