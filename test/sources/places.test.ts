import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookupIndexes } from '../../src/publish/segmentSql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { explain, record } from '../support/explain.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;
let recorded: ReturnType<typeof record>;

/** The same points with an index and without; poles, the 180th meridian and the equator among them. */
beforeAll(async () => {
  db = await createTestDatabase();
  const columns = { facet: { kind: 'geopoint', facet: true }, plain: 'geopoint' } as const;
  const snapshot = await makeSnapshot(db.pool, [{ organization: 'lab', name: 'map', tables: { places: { columns, rows: [] } } }]);
  const table = snapshot.byPath.get('lab/map')!.versions[0]!.tables[0]!;
  const { physical } = table.segments[0]!;
  await db.pool.query(`insert into dure_data.${physical} select n, p, p from (
    select point(lon, lat), row_number() over () as n from generate_series(-180, 180, 3) lon, generate_series(-90, 90, 2) lat) grid(p, n)`);
  await db.pool.query(`insert into dure_data.${physical} values (1000001, null, null), (1000002, '(-179.999,0)', '(-179.999,0)'), (1000003, '(179.999,0)', '(179.999,0)'), (1000004, '(0,89.9999)', '(0,89.9999)')`);
  for (const sql of lookupIndexes(physical, table)) await db.pool.query(sql);
  await db.pool.query(`vacuum analyze dure_data.${physical}`);
  recorded = record(db.pool);
  dure = await testEngine(db.pool, snapshot);
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const ids = async (where: string): Promise<readonly string[]> => {
  const { data, errors } = await dure.ask(`{ lab { map { places(first: 1000, where: ${where}) { nodes { id } } } } }`);
  expect(errors).toBeUndefined();
  return (data as { lab: { map: { places: { nodes: { id: string }[] } } } }).lab.map.places.nodes.map((node) => node.id);
};

const circles = [[127, 37.5, 300], [180, 0, 500], [-180, 0, 0.2], [179.9999, 0, 20], [0, 90, 400], [77, -90, 1_000], [10, 88.5, 200], [-45, 86, 300], [0, 0, 0], [0, 0, 2_500], [120, 60, 3_000], [0.0001, -0.0001, 1]] as const;
describe('a facet of points answers as a column without an index does', () => {
  test.each(circles)('near %s %s, %s km', async (longitude, latitude, kilometres) => {
    const test = `{ near: { longitude: ${longitude}, latitude: ${latitude}, kilometres: ${kilometres} } }`;
    const found = await ids(`{ facet: ${test} }`);
    expect(found).toEqual(await ids(`{ plain: ${test} }`));
    expect(await ids(`{ not: { facet: ${test} }, plain: ${test} }`)).toEqual([]);
    if (kilometres > 0) expect(found.length).toBeGreaterThan(0);
  });
  test.each([[126, 36, 129, 39], [170, -10, -170, 10], [-180, -90, 180, 90], [10, 10, 10, 10], [0, 20, 30, 10], [179, -1, 180, 1]])('in the box %s %s %s %s', async (west, south, east, north) => {
    const test = `{ inBox: { west: ${west}, south: ${south}, east: ${east}, north: ${north} } }`;
    expect(await ids(`{ facet: ${test} }`)).toEqual(await ids(`{ plain: ${test} }`));
  });
});

test.each(['{ near: { longitude: 127, latitude: 37.5, kilometres: 300 } }', '{ inBox: { west: 170, south: -10, east: -170, north: 10 } }'])('the index is used for %s', async (filter) => {
  await ids(`{ facet: ${filter} }`);
  const nodes = await explain(db.pool, recorded.statements.at(-1)!);
  expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  expect(nodes.some((node) => node['Index Cond']?.includes('<@'))).toBe(true);
});
