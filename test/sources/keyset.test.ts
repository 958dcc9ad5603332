/** Pages by cursor over a table of some size: every order gives every row once, and what an index has in order is read by it at any depth. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookupIndexes, uniqueIndexes } from '../../src/publish/segmentSql.js';
import { anonymous } from '../../src/identity/identity.js';
import type { TableAt } from '../../src/plan/link.js';
import { cursorContext } from '../../src/plan/planPage.js';
import { everything } from '../../src/plan/predicate.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { explain, record, type PlanNode } from '../support/explain.js';
import { makeSnapshot } from '../support/fixture.js';

const size = 200_000;
let db: TestDatabase;
let dure: TestEngine;
let recorded: ReturnType<typeof record>;

beforeAll(async () => {
  db = await createTestDatabase();
  const big = {
    columns: { id: { kind: 'int32', required: true }, score: { kind: 'float', facet: true }, unit: { kind: 'text', facet: true, required: true }, day: { kind: 'date', facet: true }, note: 'text' },
    primaryKey: ['id'], rows: [], segments: [[], []],
  } as const;
  const small = {
    columns: { a: { kind: 'int32', facet: true }, b: { kind: 'text' }, c: { kind: 'decimal', required: true } },
    rows: Array.from({ length: 60 }, (_, i) => [i % 5 === 0 ? null : i % 4, i % 3 === 0 ? null : 'xyz'[i % 3], String(i % 2)]),
  } as const;
  const snapshot = await makeSnapshot(db.pool, [{ organization: 'lab', name: 'rows', tables: { big, small } }]);
  const [table] = snapshot.byPath.get('lab/rows')!.versions[0]!.tables;
  for (const [n, { physical }] of table!.segments.entries()) {
    // A tenth has no score; scores repeat.
    await db.pool.query(`insert into dure_data.${physical} select i, i, case when i % 10 > 0 then (i::bigint * 7919 % 50021) / 8.0 end, 'u' || i % 20, date '2000-01-01' + (i::bigint * 104729 % 9000)::int, 'note ' || i from generate_series($1::int, $2::int) i`, [n * size / 2 + 1, (n + 1) * size / 2]);
    for (const sql of [...uniqueIndexes(physical, table!).map((index) => index.sql), ...lookupIndexes(physical, table!)]) await db.pool.query(sql);
    await db.pool.query(`vacuum analyze dure_data.${physical}`);
  }
  recorded = record(db.pool);
  dure = await testEngine(db.pool, snapshot);
}, 60_000);
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

interface Page { readonly nodes: readonly Record<string, unknown>[]; readonly pageInfo: { readonly startCursor: string; readonly endCursor: string; readonly hasNextPage: boolean; readonly hasPreviousPage: boolean } }
async function page(table: string, fields: string, rest: string): Promise<Page> {
  const { data, errors } = await dure.ask(`{ lab { rows { ${table}(${rest}) { nodes { ${fields} } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } } }`);
  expect(errors).toBeUndefined();
  return (data as { lab: { rows: Record<string, Page> } }).lab.rows[table]!;
}

describe('every order gives every row once, forwards and backwards', () => {
  const orders = ['{ a: ASC }', '{ a: DESC }', '{ a: ASC }, { b: DESC }', '{ a: DESC }, { b: DESC }', '{ a: DESC }, { c: ASC }, { b: ASC }', '{ c: DESC }, { a: ASC }', '{ b: ASC }, { a: ASC }, { c: ASC }', '{ b: DESC }'];
  test.each(orders)('%s', async (order) => {
    const whole = await page('small', 'id a b c', `orderBy: [${order}], first: 100`);
    const ids = whole.nodes.map((node) => node.id);
    expect(ids).toHaveLength(60);
    for (const step of [1, 7]) {
      const seen: unknown[] = [];
      let after = '';
      for (;;) {
        const part = await page('small', 'id', `orderBy: [${order}], first: ${step}${after}`);
        expect(part.pageInfo.hasPreviousPage).toBe(seen.length > 0);
        seen.push(...part.nodes.map((node) => node.id));
        if (!part.pageInfo.hasNextPage) break;
        after = `, after: "${part.pageInfo.endCursor}"`;
      }
      expect(seen).toEqual(ids);
      const back: unknown[] = [];
      let before = '';
      for (;;) {
        const part = await page('small', 'id', `orderBy: [${order}], last: ${step}${before}`);
        expect(part.pageInfo.hasNextPage).toBe(back.length > 0);
        back.unshift(...part.nodes.map((node) => node.id));
        if (!part.pageInfo.hasPreviousPage) break;
        before = `, before: "${part.pageInfo.startCursor}"`;
      }
      expect(back).toEqual(ids);
    }
  });
});

/** Rows that a node touched and gave away: what grows with the depth of a page that no index answers. */
function touched(nodes: readonly PlanNode[]): number {
  return nodes.filter((node) => node['Relation Name'] !== undefined).reduce((sum, node) => sum + (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0), 0);
}

const places = { 'the beginning': 10, 'the middle': size / 2, 'the last value': size * 0.9 - 30, 'among the missing': size * 0.95, 'near the end': size - 60 } as const;
type Place = keyof typeof places;
const rowsAt = new Map<string, Promise<ReadonlyMap<number, { readonly v: string | null; readonly rid: string }>>>();

/** The cursor of the row that stands at this place in the order. */
async function cursorAt(column: string, direction: 'ASC' | 'DESC', place: Place): Promise<string> {
  const at = tableAt();
  const term = { column: at.table.columns.find((c) => c.field === column)!, direction } as const;
  const key = `${column} ${direction}`;
  if (!rowsAt.has(key)) rowsAt.set(key, readPlaces(at, term.column.physical, direction));
  const { v, rid } = (await rowsAt.get(key)!).get(places[place] + 1)!;
  return dure.cursors.encode('1.0', cursorContext(at, [term], everything)({ variables: {}, identity: anonymous }), [v, rid]);
}

async function readPlaces(at: TableAt, physical: string, direction: string): Promise<ReadonlyMap<number, { v: string | null; rid: string }>> {
  const tables = at.table.segments.map((segment) => `select _rid, ${physical} as v from dure_data.${segment.physical}`).join(' union all ');
  const { rows } = await db.pool.query<{ v: string | null; rid: string; place: string }>(`select * from (select v::text, _rid::text as rid, row_number() over (order by t.v ${direction} nulls last, t._rid ${direction}) as place from (${tables}) t) n where place = any($1)`, [Object.values(places).map((place) => place + 1)]);
  return new Map(rows.map(({ v, rid, place }) => [Number(place), { v, rid }]));
}

function tableAt(): TableAt {
  const dataset = dure.snapshot.byPath.get('lab/rows')!;
  return { dataset, version: dataset.versions[0]!, table: dataset.versions[0]!.tables[0]! };
}

describe('pages are read by an index at any depth', () => {
  const cases = (['id_', 'score', 'day', 'unit'] as const).flatMap((column) => (['ASC', 'DESC'] as const).flatMap((direction) => Object.keys(places).flatMap((place) => [[column, direction, place as Place, 'first'], [column, direction, place as Place, 'last']] as const)));
  test.each(cases)('%s %s, %s, %s', async (column, direction, place, side) => {
    const cursor = await cursorAt(column, direction, place);
    const { nodes, pageInfo } = await page('big', 'id_ score', `orderBy: [{ ${column}: ${direction} }], ${side}: 50, ${side === 'first' ? 'after' : 'before'}: "${cursor}"`);
    expect(nodes).toHaveLength(side === 'last' && place === 'the beginning' ? 10 : 50);
    expect(pageInfo[side === 'first' ? 'hasPreviousPage' : 'hasNextPage']).toBe(true);
    const plan = await explain(db.pool, recorded.statements.at(-1)!);
    expect(plan.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(touched(plan)).toBeLessThan(2_000);
  });

  test('a filter beside the order', async () => {
    const { nodes } = await page('big', 'id_', 'where: { unit: { eq: "u3" }, score: { gt: 100 } }, orderBy: [{ score: DESC }], first: 50');
    expect(nodes).toHaveLength(50);
    expect((await explain(db.pool, recorded.statements.at(-1)!)).map((node) => node['Node Type'])).not.toContain('Seq Scan');
  });

  test('a year of a facet is a range of its index', async () => {
    const { nodes } = await page('big', 'id_', 'where: { day: { year: { eq: 2001 } }, id_: { gt: 5 } }, first: 50');
    expect(nodes).toHaveLength(50);
    const { data } = await dure.ask('{ lab { rows { big(where: { day: { year: { eq: 2001 } } }) { aggregate { count } } } } }');
    expect((data as { lab: { rows: { big: { aggregate: { count: number } } } } }).lab.rows.big.aggregate.count).toBeGreaterThan(5_000);
    const plan = await explain(db.pool, recorded.statements.at(-1)!);
    expect(plan.filter((node) => node['Index Cond'] !== undefined).map((node) => node['Index Cond'])).toEqual(Array(2).fill(expect.stringMatching(/2001-01-01.*2002-01-01/)));
  });

  test('what a range leaves depends on its values, so such statements have no plan for all values', async () => {
    for (const [where, kept] of [['id_: { eq: 5 }', true], ['unit: { in: ["u1"] }', true], ['score: { gt: 5 }', false], ['day: { year: { eq: 2001 } }', false], ['note: { matches: "note" }', false]] as const) {
      await page('big', 'id_', `where: { ${where} }, first: 1`);
      expect(recorded.statements.at(-1)!.name !== undefined).toBe(kept);
    }
    // At the sixth run PostgreSQL would begin to take the plan without values for the cheaper one.
    for (let run = 0; run < 8; run += 1) await page('big', 'id_', 'where: { unit: { eq: "u3" }, day: { year: { eq: 2003 } } }, orderBy: [{ day: DESC }], first: 5');
    expect(touched(await explain(db.pool, recorded.statements.at(-1)!))).toBeLessThan(2_000);
  });
});
