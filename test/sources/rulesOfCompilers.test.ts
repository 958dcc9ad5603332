/** What both compilers must keep by themselves: ids of rows whose key is not read as it is, bounds in time, levels that were refused. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import type { Transform } from '../../src/policy/rule.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { runRows } from '../../src/sources/postgres/runStatement.js';
import { LevelwiseSource } from '../../src/sources/sql/levelwise/levelwiseSource.js';
import { postgresDialect } from '../../src/sources/sql/postgresDialect.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
import { leakFixture } from '../support/leakFixture.js';

const people = ['Kim', 'Lee', 'Park'];
const keyed = (name: string, transform: Transform): FixtureDataset => ({
  organization: 'keys', name, rules: { rules: [{ id: 'keys', effect: 'columns', columns: ['k'], transform }] },
  tables: {
    people: { columns: { k: { kind: 'text', required: true }, name: 'text' }, primaryKey: ['k'], rows: people.map((person, n) => [`canary-${n}`, person]), derived: { k: { scope: 'dataset', key: 'k1', values: people.map((_, n) => `h${n}`) } } },
    // Of two columns, one of which is shown.
    pairs: { columns: { k: { kind: 'text', required: true }, n: { kind: 'int32', required: true }, name: 'text' }, primaryKey: ['n', 'k'], rows: people.map((person, n) => [`canary-${n}`, 1, person]), derived: { k: { scope: 'dataset', key: 'k1', values: people.map((_, n) => `h${n}`) } } },
  },
});
const transforms: Readonly<Record<string, Transform>> = { withheld: { kind: 'deny' }, empty: { kind: 'null' }, masked: { kind: 'mask', keepStart: 2 }, hashed: { kind: 'hash', scope: 'dataset' } };

let db: TestDatabase;
let snapshot: CatalogSnapshot;
const engines = new Map<string, TestEngine>();
beforeAll(async () => {
  db = await createTestDatabase();
  snapshot = await makeSnapshot(db.pool, [...leakFixture, ...Object.entries(transforms).map(([name, transform]) => keyed(name, transform))]);
  const cursors = testCursors();
  const prepare = (text: string) => (values: readonly unknown[], signal: AbortSignal) => runRows(db.pool, { name: createHash('sha256').update(text).digest('base64url').slice(0, 24), text, values }, signal);
  engines.set('one statement', await testEngine(db.pool, snapshot, cursors, new PostgresSource(db.pool, cursors)));
  engines.set('level by level', await testEngine(db.pool, snapshot, cursors, new LevelwiseSource({ dialect: postgresDialect, prepare }, cursors)));
});
afterAll(async () => {
  for (const { reported } of engines.values()) expect(reported).toEqual([]);
  await db.drop();
});

const codes = (answer: Awaited<ReturnType<TestEngine['ask']>>): readonly unknown[] => (answer.errors ?? []).map(({ extensions }) => extensions?.['code']);

describe.each(['one statement', 'level by level'])('%s', (name) => {
  describe.each(Object.keys(transforms).flatMap((transform) => ['people', 'pairs'].map((table) => ({ transform, table }))))('a key that is $transform, of $table', ({ transform, table }) => {
    test('is no part of the ids of rows: each row has one of its own, and is found by it', async () => {
      const dure = engines.get(name)!;
      const { data } = await dure.ask(`{ keys { ${transform} { ${table} { nodes { id name } } } } }`);
      const nodes = (data as { keys: Record<string, Record<string, { nodes: { id: string; name: string }[] } | null> | null> }).keys[transform]?.[table]?.nodes ?? [];
      expect(nodes.map((node) => node.name).sort()).toEqual(people);
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(people.length);
      for (const { id, name: person } of nodes) {
        expect(id).toMatch(new RegExp(`^keys/${transform}/${table}/~[\\w-]{20,}$`));
        const type = `Keys${transform[0]!.toUpperCase()}${transform.slice(1)}${table[0]!.toUpperCase()}${table.slice(1)}`;
        expect(await dure.ask('query($id: ID!) { node(id: $id) { ... on TYPE { name } } }'.replace('TYPE', type), { variables: { id } })).toMatchObject({ data: { node: { name: person } } });
      }
    });
  });

  test('a table outside its time has no rows: at the root, below a row, in a condition', async () => {
    const dure = engines.get(name)!;
    for (const field of ['later { cells', 'windows { past']) {
      const answer = await dure.ask(`{ lab { ${field} { totalCount nodes { note } } } } }`);
      expect(JSON.stringify(answer.data)).not.toMatch(/canary|\d/);
      expect(codes(answer)).toEqual(['FORBIDDEN']);
    }
    for (const field of ['labLaterCells', 'labWindowsPast']) {
      const below = await dure.ask(`{ bora { solvents { compounds(where: { id_: { eq: "ethanol" } }) { nodes { id_ casMentions { ${field} { nodes { note } } } } } } } }`);
      expect(below.data).toEqual({ bora: { solvents: { compounds: { nodes: [{ id_: 'ethanol', casMentions: { [field]: null } }] } } } });
      expect(codes(below)).toEqual(['FORBIDDEN']);
      for (const [quantifier, left] of [['some', 0], ['none', 3]]) {
        expect((await dure.ask(`{ bora { solvents { compounds(where: { casMentions: { ${field}: { ${quantifier}: { note: { eq: "canary" } } } } }) { totalCount } } } }`)).data).toEqual({ bora: { solvents: { compounds: { totalCount: left } } } });
      }
    }
  });

  // Closed, too coarse, over an identifier that is masked.
  test.each(['labVaultSecrets', 'labFiguresCounted', 'boraMaskedDoses'])('a level that was refused is null: %s', async (field) => {
    const { data } = await engines.get(name)!.ask(`{ bora { solvents { compounds(where: { id_: { eq: "ethanol" } }) { nodes { casMentions { ${field} { nodes { __typename } } boraSolventsOrders { nodes { amount } } } } } } } }`);
    expect(data).toEqual({ bora: { solvents: { compounds: { nodes: [{ casMentions: { [field]: null, boraSolventsOrders: { nodes: [{ amount: 1 }] } } }] } } } });
  });
});

test('level by level, each statement holds the bounds by itself: time may pass between two of them', async () => {
  const dure = engines.get('level by level')!;
  dure.statements.length = 0;
  await dure.ask('{ lab { later { cells { nodes { note } } } } }');
  expect(dure.statements).toHaveLength(1);
  const reading = dure.statements[0]!.split('\n').filter((text) => text.includes('dure_data.'));
  expect(reading.length).toBeGreaterThan(0);
  for (const text of reading) expect(text).toContain('_timestamp() >= ');
});
