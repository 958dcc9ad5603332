/** Rules of a source's dataset, as somebody would try them who knows what the source can do; and what leaves for a source. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

const key = (namespace: string) => ({ kind: 'text', required: true, namespace }) as const;
const elsewhere = (name: string, parts: Partial<FixtureDataset> = {}): FixtureDataset => ({
  organization: 'far', name, source: { id: 'far', kind: 'http', country: 'KR' },
  tables: { [name]: { columns: { id: key(name), name: 'text', n: 'int32', secret: 'text' }, primaryKey: ['id'], rows: [], remote: { key: 'id', linkField: `${name}Record`, authority: true, search: true, counts: true, order: true } } },
  ...parts,
});
const own = (name: string, namespace: string, parts: Partial<FixtureDataset> = {}): FixtureDataset => ({ organization: 'lab', name, tables: { rows: { columns: { id: 'text', ref: { kind: 'text', namespace } }, rows: [['r1', 'k1'], ['r2', 'k2']] } }, ...parts });
const names = ['records', 'masked', 'later', 'over', 'looked'] as const;

let db: TestDatabase;
let dure: TestEngine;
let far: MemorySource;
beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, [
    elsewhere('records', { rules: { rules: [{ id: 'names', effect: 'columns', columns: ['name'], transform: { kind: 'mask' } }, { id: 'numbers', effect: 'columns', columns: ['n'], transform: { kind: 'bin', width: 10 } }, { id: 'secrets', effect: 'columns', columns: ['secret'], transform: { kind: 'deny' } }] } }),
    elsewhere('masked', { rules: { rules: [{ id: 'ids', effect: 'columns', columns: ['id'], transform: { kind: 'mask' } }] } }),
    elsewhere('looked'),
    elsewhere('later', { embargoUntil: new Date('2099-01-01T00:00:00Z') }),
    elsewhere('over', { rules: { rules: [{ id: 'was', effect: 'window', until: '2020-01-01T00:00:00Z' }] } }),
    ...names.map((name) => own(`of-${name}`, name)),
    own('sealed', 'looked', { embargoUntil: new Date('2099-01-01T00:00:00Z') }),
  ]);
  const rows = [{ id: 'k1', name: 'canary one', n: 14, secret: 'canary' }, { id: 'k2', name: 'canary two', n: 25, secret: 'canary' }];
  far = new MemorySource('far', Object.fromEntries(names.map((name) => [name, { key: 'id', rows, capabilities: { order: () => true, search: name !== 'looked' } }])));
  const codec = testCursors();
  dure = await testEngine(db.pool, snapshot, codec, new FederatedSource({ own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: () => far }, codec, timeoutMs: 5_000, scanned: 100, semiJoinKeys: 100 }));
});
beforeEach(() => { far.asked.length = 0; });
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});
const codes = ({ errors = [] }: Awaited<ReturnType<TestEngine['ask']>>): readonly unknown[] => errors.map(({ extensions }) => extensions?.['code']);

test('a withheld column is not asked for, however it is selected', async () => {
  const answer = await dure.ask('{ far { records { records { nodes { secret } edges { node { secret } } } } } lab { ofRecords { rows { nodes { recordsRecord { secret } } } } } }');
  expect(answer.data).toMatchObject({ far: { records: { records: { nodes: [{ secret: null }, { secret: null }] } } }, lab: { ofRecords: { rows: { nodes: [{ recordsRecord: { secret: null } }, { recordsRecord: { secret: null } }] } } } });
  expect(far.asked.length).toBeGreaterThan(0);
  for (const { columns } of far.asked) expect(columns).not.toContain('secret');
});

test('a condition on a transformed column is checked on what is read, and the source is not asked it', async () => {
  for (const where of ['{ name: { eq: "canary one" } }', '{ n: { eq: 14 } }', '{ not: { n: { ne: 14 } } }', '{ or: [{ n: { eq: 14 } }, { name: { eq: "canary two" } }] }']) {
    expect((await dure.ask(`{ far { records { records(where: ${where}) { nodes { id_ } } } } }`)).data).toEqual({ far: { records: { records: { nodes: [] } } } });
    expect((await dure.ask(`{ lab { ofRecords { rows(where: { recordsRecord: ${where} }) { totalCount } } } }`)).data).toEqual({ lab: { ofRecords: { rows: { totalCount: 0 } } } });
  }
  for (const { filter } of far.asked) expect(filter).toBeUndefined();
  expect((await dure.ask('{ far { records { records(where: { n: { eq: 10 } }) { nodes { id_ n } } } } }')).data).toEqual({ far: { records: { records: { nodes: [{ id_: 'k1', n: 10 }] } } } });
});

test('nor does a source order by one: within a bin the order would tell', async () => {
  for (const column of ['name', 'n']) expect(codes(await dure.ask(`{ far { records { records(orderBy: [{ ${column}: ASC }]) { nodes { id_ } } } } }`))).toEqual(['BAD_USER_INPUT']);
  expect(far.asked).toEqual([]);
});

test('a key that is masked finds no record', async () => {
  for (const where of ['{ id_: { eq: "k1" } }', '{ id_: { in: ["k1", "k2"] } }', '{ id_: { in: ["k1"] }, n: { gt: 1 } }']) expect((await dure.ask(`{ far { masked { masked(where: ${where}) { nodes { n } } } } }`)).data).toEqual({ far: { masked: { masked: { nodes: [] } } } });
  expect(far.asked.filter(({ keys }) => keys !== undefined)).toEqual([]);
  expect((await dure.ask('{ lab { ofMasked { rows { nodes { maskedRecord { n } } } } } }')).data).toEqual({ lab: { ofMasked: { rows: { nodes: [{ maskedRecord: null }, { maskedRecord: null }] } } } });
});

test.each(['later', 'over'])('outside its time a source is not asked: as a root, below a row, in a condition (%s)', async (name) => {
  const field = `of${name[0]!.toUpperCase()}${name.slice(1)}`;
  const root = await dure.ask(`{ far { ${name} { ${name} { nodes { name } } } } }`);
  expect([root.data, codes(root)]).toEqual([{ far: { [name]: { [name]: null } } }, ['FORBIDDEN']]);
  const below = await dure.ask(`{ lab { ${field} { rows { nodes { ${name}Record { name } } } } } }`);
  expect([below.data, codes(below)]).toEqual([{ lab: { [field]: { rows: { nodes: [{ [`${name}Record`]: null }, { [`${name}Record`]: null }] } } } }, ['FORBIDDEN']]);
  const condition = await dure.ask(`{ lab { ${field} { rows(where: { ${name}Record: { name: { eq: "canary one" } } }) { totalCount } } } }`);
  expect([condition.data, codes(condition)]).toEqual([{ lab: { [field]: { rows: null } } }, ['FORBIDDEN']]);
  expect(far.asked).toEqual([]);
});

test('identifiers of rows whose time has not come do not leave', async () => {
  // This one is asked by identifiers only, so those at hand are sent.
  expect((await dure.ask('{ lab { ofLooked { rows(where: { lookedRecord: { n: { eq: 14 } } }) { totalCount } } } }')).data).toEqual({ lab: { ofLooked: { rows: { totalCount: 1 } } } });
  expect(far.asked.flatMap(({ keys }) => keys ?? []).toSorted()).toEqual(['k1', 'k2']);
  far.asked.length = 0;
  const answer = await dure.ask('{ lab { sealed { rows(where: { lookedRecord: { n: { eq: 14 } } }) { totalCount nodes { lookedRecord { n } } } } } }');
  expect([answer.data, codes(answer)]).toEqual([{ lab: { sealed: { rows: null } } }, ['FORBIDDEN']]);
  expect(far.asked.flatMap(({ keys }) => keys ?? [])).toEqual([]);
});
