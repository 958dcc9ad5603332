/** Rows asked by their keys, of DuckDB: byte for byte the answers of PostgreSQL, in one statement as well. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answerText } from '../../../src/graphql/engine.js';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import { accessFixture } from '../../support/accessFixture.js';
import { withCollections } from '../../support/collections.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { numberedId, person, testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../../support/fixture.js';

const lab: FixtureDataset = {
  organization: 'kist', name: 'lab',
  tables: {
    runs: { columns: { lab: { kind: 'text', required: true }, number: { kind: 'int32', required: true }, day: 'date', value: 'float' }, primaryKey: ['lab', 'number'], rows: [], segments: [[['a', 1, '2026-01-01', 1.5], ['b', 1, null, 1e20]], [['a', 2, null, null]]] },
    times: { columns: { at: { kind: 'datetime', required: true }, no: { kind: 'int64', required: true } }, primaryKey: ['at', 'no'], rows: [['2026-01-01T09:00:00+09:00', '9007199254740993']] },
  },
};

let db: TestDatabase;
let duck: DuckDatabase;
const engines = new Map<string, TestEngine>();
const cursors = testCursors(randomBytes(32));

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = withCollections(await makeSnapshot(db.pool, [...accessFixture, lab]), { all: { 'kist/lab': '1', 'hanbit/open': '1', 'seoram/trial': '1', 'haedam/pseudonyms': '1' } });
  duck = await copyToDuckdb(db.pool, snapshot);
  engines.set('postgres', await testEngine(db.pool, snapshot, cursors));
  engines.set('duckdb', await testEngine(db.pool, snapshot, cursors, new SqlSource(duck, cursors)));
});
afterAll(async () => {
  for (const { reported } of engines.values()) expect(reported).toEqual([]);
  await duck.close();
  await db.drop();
});

const north = person({ subject: 'n', country: 'KR', claims: { study: 'A', institution: 'north' } });

test.each<[string, string, object[]]>([
  ['keys of several columns, several segments, and missing ones', '__typename ... on KistLabRuns { id value day }', [['a', 1], ['b', 1], ['z', 1], ['a', 2], ['a', 1]].map(([key, number]) => ({ __typename: 'KistLabRuns', lab: key, number }))],
  ['keys of instants and 64-bit integers', '... on KistLabTimes { id at no }', [{ __typename: 'KistLabTimes', at: '2026-01-01T00:00:00Z', no: '9007199254740993' }, { __typename: 'KistLabTimes', at: '2026-01-01T00:00:00Z', no: '5' }]],
  ['row numbers', '... on HanbitOpenItems { id name }', [...[1, 3, 9].map((number) => numberedId(cursors, 'hanbit/open/items', number)), 'hanbit/open/items/=i2'].map((id) => ({ __typename: 'HanbitOpenItems', id }))],
  ['hidden rows, masked and withheld cells, what hangs below', '... on SeoramTrialPatients { name code institution visits { nodes { day } } } ... on HanbitOpenItems { price parts { totalCount nodes { maker } } }', [{ __typename: 'SeoramTrialPatients', id_: 'p1' }, { __typename: 'HanbitOpenItems', id_: 'i1' }, { __typename: 'SeoramTrialPatients', id_: 'p2' }, { __typename: 'SeoramTrialPatients', id_: 'p3' }]],
  ['a withheld key', '... on HaedamPseudonymsPeople { born }', [{ __typename: 'HaedamPseudonymsPeople', id_: 'secret-a' }]],
])('%s', async (_what, selection, representations) => {
  const options = { identity: north, collection: 'all', variables: { r: representations } };
  const query = `query($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`;
  const answers = await Promise.all([...engines.values()].map(async (engine) => answerText(await engine.answer(query, options))));
  expect(answers[1]).toBe(answers[0]);
  expect((JSON.parse(answers[0]!) as { data: { _entities: unknown[] } }).data._entities).toHaveLength(representations.length);
});
