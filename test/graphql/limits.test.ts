/** Limits of an operation: each is told with the limit, what was asked, and what to do; nothing beyond them runs. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { SchemaOfSet } from '../../src/graphql/visibleSchemas.js';
import { anonymous } from '../../src/identity/identity.js';
import { testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;

beforeAll(async () => {
  db = await createTestDatabase();
  const materials = { columns: { id: 'text', note: 'text' }, primaryKey: ['id'], rows: Array.from({ length: 40 }, (_, n) => [`m${n}`, 'x'.repeat(200)]) } as const;
  const measurements = { columns: { material_id: 'text', value: 'float' }, foreignKeys: [{ columns: ['material_id'], table: 'materials', referenced: ['id'], field: 'material', backField: 'measurements' }], rows: [['m1', 1], ['m1', 2]] } as const;
  const snapshot = await makeSnapshot(db.pool, [{ organization: 'kist', name: 'data', tables: { materials, measurements } }]);
  const cursors = testCursors();
  dure = await testEngine(db.pool, snapshot, cursors, new PostgresSource(db.pool, cursors, 6_000), { maxDepth: 9, maxFields: 30, maxAliases: 5, maxCost: 1_000, maxListLength: 10, maxResponseBytes: 6_000, maxPageSize: 500 });
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const at = (inner: string): string => `{ kist { data { ${inner} } } }`;
interface Refusal { code: string; limit: number; actual?: number }
async function refusal(query: string, variables?: Record<string, unknown>): Promise<{ message: string; data: unknown; extensions: Refusal }> {
  const { data, errors } = await dure.ask(query, { variables });
  expect(errors).toHaveLength(1);
  return { message: errors![0]!.message, data, extensions: errors![0]!.extensions as unknown as Refusal };
}

describe('the shape of a document', () => {
  test('depth', async () => {
    const { message, extensions } = await refusal(at('materials { nodes { measurements { nodes { material { measurements { nodes { value } } } } } } }'));
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 9, actual: 10 });
    expect(message).toMatch(/10 fields deep; 9 are allowed/);
  });

  test('fields, with fragments expanded however often they are spread', async () => {
    const bomb = `${at('materials(first: 1) { ...a ...a }')} fragment a on KistDataMaterialsConnection { ...b ...b } fragment b on KistDataMaterialsConnection { nodes { id note } edges { cursor node { id } } totalCount }`;
    const { message, extensions } = await refusal(bomb);
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 30, actual: 3 + 4 * 8 });
    expect(message).toMatch(/35 fields.*30 are allowed/);
  });

  test('introspection counts in fields', async () => {
    const many = Array.from({ length: 5 }, (_, n) => `a${n}: __schema { types { name fields { name type { name } } } }`).join(' ');
    expect((await refusal(`{ ${many} }`)).extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 30, actual: 35 });
  });

  test('aliases of introspection, wherever they stand: each lists the whole schema once more', async () => {
    for (const inner of [(n: number) => `__schema { types { a${n}: name } }`, (n: number) => `a${n}: __type(name: "Query") { name }`]) {
      const wide = await testEngine(db.pool, dure.snapshot, testCursors());
      expect((await wide.ask(`{ ${Array.from({ length: 10 }, (_, n) => inner(n)).join(' ')} }`)).errors).toBeUndefined();
      const { errors } = await wide.ask(`{ ...all } fragment all on Query { ${Array.from({ length: 11 }, (_, n) => inner(n)).join(' ')} }`);
      expect(errors).toEqual([expect.objectContaining({ extensions: { code: 'LIMIT_EXCEEDED', limit: 10, actual: 11 } })]);
    }
  });

  test('values that nest without end, in the document and in variables', async () => {
    const nested = (depth: number, [open, close]: readonly [string, string], inside: string): string => `${open.repeat(depth)}${inside}${close.repeat(depth)}`;
    const filter = 'query ($w: KistDataMaterialsWhere) { kist { data { materials(where: $w) { totalCount } } } }';
    for (const depth of [201, 3_000, 30_000]) {
      const where = JSON.parse(nested(depth, ['{"not":', '}'], '{}')) as Record<string, unknown>;
      expect((await refusal(filter, { w: where })).extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 200, place: '$w' });
      const { extensions } = await refusal(at(`materials(where: { id_: { in: ${nested(Math.min(depth, 9_000), ['[', ']'], '')} } }) { totalCount }`));
      expect(extensions.code).toBe('LIMIT_EXCEEDED');
    }
    expect((await refusal(nested(9_000, ['{ ... ', '}'], '{ __typename }'))).extensions.code).toBe('LIMIT_EXCEEDED');
    expect((await dure.ask(filter, { variables: { w: JSON.parse(nested(100, ['{"not":', '}'], '{"id_":{"eq":"m1"}}')) as unknown } })).data).toEqual({ kist: { data: { materials: { totalCount: 1 } } } });
  });

  test('aliases', async () => {
    const { extensions } = await refusal(at(Array.from({ length: 6 }, (_, n) => `a${n}: materials { totalCount }`).join(' ')));
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 5, actual: 6 });
  });
});

describe('the cost', () => {
  const nested = 'query ($n: Int, $m: Int) { kist { data { materials(first: $n) { nodes { id measurements(first: $m) { nodes { value } } } } } } }';

  test('follows the page sizes in variables, also of an operation that ran before', async () => {
    expect((await dure.ask(nested, { variables: { n: 10, m: 10 } })).errors).toBeUndefined();
    const { message, data, extensions } = await refusal(nested, { n: 100, m: 100 });
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 1_000, actual: 1 + 1 + 100 * (1 + 1 + 100) });
    expect(message).toMatch(/may cost 10202, 1000 are allowed.*smaller pages/);
    expect(data).toBeUndefined();
    expect((await dure.ask(nested, { variables: { n: 2, m: 2 } })).errors).toBeUndefined();
  });

  test('weighs counts, aggregates, groups and conditions on related rows', async () => {
    const cost = async (inner: string): Promise<number | undefined> => (await refusal(at(inner))).extensions.actual;
    const rows = (inner: string): string => `materials(first: 200) { nodes { measurements(first: 5${inner}`;
    expect(await cost(rows(') { nodes { value } } } }'))).toBe(2 + 200 * (2 + 5));
    expect(await cost(rows(') { totalCount } } }'))).toBe(2 + 200 * (2 + 10));
    expect(await cost(rows(') { aggregate { count } } } }'))).toBe(2 + 200 * (2 + 20));
    expect(await cost(rows(') { groups(by: [{ column: VALUE }], first: 7) { totalCount } } } }'))).toBe(2 + 200 * (2 + 50 + 7));
    expect(await cost(rows(', where: { material: { id_: { eq: "m1" } } }) { nodes { value } } } }'))).toBe(2 + 200 * (2 + 5 + 10));
  });

  test('does not depend on how many rows there are', async () => {
    expect((await refusal(at('materials(first: 500) { nodes { measurements(first: 500) { nodes { value } } } }'))).extensions.actual).toBe(2 + 500 * (2 + 500));
  });
});

describe('lists', () => {
  const ids = Array.from({ length: 11 }, (_, n) => `m${n}`);
  const expected = { code: 'LIMIT_EXCEEDED', limit: 10, actual: 11 };

  test('in the document', async () => {
    expect((await refusal(at(`materials(where: { id_: { in: ${JSON.stringify(ids)} } }) { totalCount }`))).extensions).toEqual({ ...expected, place: 'where.id_.in' });
  });

  test('in variables: of values, and within conditions', async () => {
    const plain = 'query ($ids: [String!]!) { kist { data { materials(where: { id_: { in: $ids } }) { totalCount } } } }';
    expect((await refusal(plain, { ids })).extensions).toEqual({ ...expected, place: '$ids' });
    const { data } = await dure.ask(plain, { variables: { ids: ids.slice(1) } });
    expect(data).toEqual({ kist: { data: { materials: { totalCount: 10 } } } });
    const where = 'query ($w: KistDataMaterialsWhere) { kist { data { materials(where: $w) { totalCount } } } }';
    expect((await refusal(where, { w: { or: [{ not: { id_: { in: ids } } }] } })).extensions).toEqual({ ...expected, place: '$w.or.not.id_.in' });
  });
});

test('a page larger than the greatest says how to page', async () => {
  const { message, extensions } = await refusal(at('materials(first: 501) { totalCount }'));
  expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', argument: 'first', limit: 500, actual: 501 });
  expect(message).toMatch(/after: endCursor/);
});

describe('the length of an answer', () => {
  test('of rows: the connection to the database is cut, and the next question is answered', async () => {
    const { data, extensions, message } = await refusal(at('materials(first: 40) { nodes { id note } }'));
    expect(extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 6_000 });
    expect(message).toMatch(/6000 bytes.*after/);
    expect(data).toEqual({ kist: { data: { materials: null } } });
    for (let n = 0; n < 10; n += 1) expect((await dure.ask(at('materials(first: 1) { nodes { id } }'))).errors).toBeUndefined();
  });

  test('of what is not rows', async () => {
    expect((await refusal('{ __schema { types { name description fields { name description } } } }')).extensions).toEqual({ code: 'LIMIT_EXCEEDED', limit: 6_000 });
  });
});

test('what is kept of ever new documents and of ever new plans is bounded by its size', async () => {
  const wide = await testEngine(db.pool, dure.snapshot, testCursors(), undefined, { maxListLength: 1_000 });
  const { operations } = wide.engine.schemaFor(anonymous) as SchemaOfSet;
  const long = (n: number): string => at(`a${n}: materials(where: { note: { eq: "${'x'.repeat(100_000)}" } }) { totalCount }`);
  for (let n = 0; n < 60; n += 1) expect((await wide.ask(long(n))).errors).toBeUndefined();
  expect(operations.size).toBeGreaterThan(10);
  expect(operations.size).toBeLessThan(45);
  const pages = `query ($n: Int) { kist { data { materials(first: $n, where: { note: { eq: "${'x'.repeat(100_000)}" } }) { nodes { id } } } } }`;
  for (let n = 1; n <= 100; n += 1) expect((await wide.ask(pages, { variables: { n } })).errors).toBeUndefined();
  const kept = [...operations.all()].reduce((sum, [, { plans, text }]) => sum + text.text.length * (1 + plans.size), 0);
  expect(kept).toBeLessThan(8_000_000);
  for (let n = 0; n < 300; n += 1) await wide.ask(at(`a${n}: materials(first: 1) { totalCount }`));
  expect(operations.size).toBeGreaterThan(300);
});
