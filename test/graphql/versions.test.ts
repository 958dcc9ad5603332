import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { numberedId, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;

beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [{
    organization: 'kist', name: 'data', version: '2.1',
    rules: { rules: [{ id: 'x', effect: 'columns', tables: ['things'], columns: ['x'], transform: { kind: 'deny' }, reason: 'Tightened later.' }, { id: 'y', effect: 'rows', tables: ['things'], where: { column: 'y', op: 'gt', value: 0 } }] },
    tables: {
      things: { columns: { a: { kind: 'text', required: true }, x: 'text', y: 'int32', fresh: 'int32' }, primaryKey: ['a'], rows: [], segments: [[['one', 'hidden', 1, 10], ['two', 'hidden', 0, 20]], [['three', 'hidden', 3, 30]]] },
      notes: { columns: { thing: 'text', text: 'text' }, foreignKeys: [{ columns: ['thing'], table: 'things', referenced: ['a'], field: 'about', backField: 'notes' }], rows: [['one', 'hi']] },
    },
    older: [
      { version: '2.0', createdAt: new Date('2026-03-01T00:00:00Z'), tables: { things: { columns: { a: { kind: 'text', required: true }, x: 'text', y: 'int32' }, primaryKey: ['a'], rows: [['one', 'hidden', 1]] } } },
      { version: '1.0', createdAt: new Date('2026-01-01T00:00:00Z'), tables: { things: { columns: { b: 'int32' }, rows: [[5]] } } },
    ],
  }]));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const data = async (query: string, variables?: Record<string, unknown>): Promise<unknown> => {
  const { data: found, errors } = await dure.ask(query, { variables });
  expect(errors).toBeUndefined();
  return (found as { kist: unknown }).kist;
};

test('the newest version where none is chosen, its segments together', async () => {
  expect(await data('{ kist { data { things(orderBy: [{ fresh: DESC }]) { totalCount nodes { a fresh } } } } }')).toEqual({ data: { things: { totalCount: 2, nodes: [{ a: 'three', fresh: 30 }, { a: 'one', fresh: 10 }] } } });
});

test('an older minor by version and by instant: columns it lacks are null, tables it lacks are told', async () => {
  const things = { nodes: [{ a: 'one', fresh: null, notes: null }] };
  expect(await data('{ kist { data(version: "2.0") { things { nodes { a fresh notes { totalCount } } } } } }')).toEqual({ data: { things } });
  expect(await data('query($t: DateTime) { kist { data(asOf: $t) { things { nodes { a fresh notes { totalCount } } } } } }', { t: '2026-04-01T00:00:00Z' })).toEqual({ data: { things } });
  const { data: none, errors } = await dure.ask('{ kist { data(version: "2.0") { notes { totalCount } things(where: { fresh: { gt: 1 } }) { totalCount } } } }');
  expect(none).toEqual({ kist: { data: { notes: null, things: null } } });
  expect(errors!.map((e) => [e.path!.at(-1), e.extensions!.code])).toEqual([['notes', 'BAD_USER_INPUT'], ['things', 'BAD_USER_INPUT']]);
});

test('an older major by a field of its own, where the rules of today hide what they cannot judge', async () => {
  expect(await data('{ kist { data_v1 { things { totalCount nodes { b } } _about { name } } } }')).toEqual({ data_v1: { things: { totalCount: 0, nodes: [] }, _about: { name: 'data' } } });
});

test('a rule tightened later holds for an old version', async () => {
  const { data: found, errors, extensions } = await dure.ask('{ kist { data(version: "2.0") { things { nodes { x } } } } }');
  expect(errors).toBeUndefined();
  expect(found).toEqual({ kist: { data: { things: { nodes: [{ x: null }] } } } });
  expect(extensions!.withheld).toEqual([expect.objectContaining({ column: 'x', reason: 'Tightened later.' })]);
});

test('a version that is not there is told with those that are', async () => {
  const message = async (args: string): Promise<string> => {
    const { data: found, errors } = await dure.ask(`{ kist { data(${args}) { things { totalCount } _about { name } } } }`);
    expect(found).toEqual({ kist: { data: null } });
    return errors![0]!.message;
  };
  expect(await message('version: "2.7"')).toBe('kist/data has no version "2.7". It has 2.1, 2.0.');
  expect(await message('version: "1.0"')).toBe('Version 1.0 of kist/data has other columns: read it by the field data_v1.');
  expect(await message('asOf: "2026-02-01T00:00:00Z"')).toMatch(/had no version 2\.x at/);
  expect(await message('asOf: "2026-02-01T00:00:00Z", version: "2.0"')).toMatch(/not by both/);
});

test('a cursor carries its version', async () => {
  const { data: page } = await dure.ask('{ kist { data(version: "2.1") { things(first: 1) { pageInfo { endCursor } } } } }');
  const cursor = (page as { kist: { data: { things: { pageInfo: { endCursor: string } } } } }).kist.data.things.pageInfo.endCursor;
  expect(await data(`{ kist { data(version: "2.1") { things(first: 1, after: "${cursor}") { nodes { a } } } } }`)).toEqual({ data: { things: { nodes: [{ a: 'three' }] } } });
  const { errors } = await dure.ask(`{ kist { data(version: "2.0") { things(first: 1, after: "${cursor}") { nodes { a } } } } }`);
  expect(errors![0]!.message).toMatch(/version 2\.1.*now reads 2\.0.*version: "2\.1"/);
  expect(errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'version', version: '2.1' });
});

test('row ids of an older major find their row again', async () => {
  const { data: found } = await dure.ask(`{ node(id: "${numberedId(dure.cursors, 'kist/data_v1/things', 1)}") { id } }`);
  expect(found).toEqual({ node: null }); // its rows are hidden by the rules of today
  expect((await dure.ask('{ node(id: "kist/data/things/=three") { id } }')).data).toEqual({ node: { id: 'kist/data/things/=three' } });
});

test('a publication changes what is asked next, and nothing that runs', async () => {
  const before = dure.snapshot;
  const schema = dure.engine.schemaFor((await import('../../src/identity/identity.js')).anonymous);
  dure.snapshot = await makeSnapshot(db.pool, [{ organization: 'kist', name: 'other', tables: { things: { columns: { z: 'int32' }, rows: [[1]] } } }], 2n);
  expect(await data('{ kist { other { things { nodes { z } } } } }')).toEqual({ other: { things: { nodes: [{ z: 1 }] } } });
  expect(dure.engine.prepare(schema, '{ kist { data { things { totalCount } } } }')).toHaveProperty('operation');
  dure.snapshot = before;
});
