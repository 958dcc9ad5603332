import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;

beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [{
    organization: 'kist', name: 'data',
    tables: {
      runs: {
        columns: { k: { kind: 'text', required: true }, family: 'text', tc: 'float', n: 'int32', big: 'int64', exact: 'decimal', day: 'date', seen: 'datetime', ok: 'boolean', hush: 'float' },
        primaryKey: ['k'],
        rows: [
          ['a', 'x', 1.5, 1, '9007199254740993', '0.1', '2024-01-15', '2024-01-15T23:30:00Z', true, 1],
          ['b', 'x', 2.5, 2, '9007199254740993', '0.2', '2024-01-31', '2024-02-01T00:30:00Z', false, 2],
          ['c', 'y', 10, 3, null, '0.3', '2024-02-01', null, true, 3],
          ['d', 'y', null, 4, null, null, '2024-02-29', null, null, 4],
          ['e', null, -3, 5, null, null, null, null, null, 5],
        ],
      },
      steps: { columns: { run: 'text', cost: 'int32' }, foreignKeys: [{ columns: ['run'], table: 'runs', referenced: ['k'], field: 'of', backField: 'steps' }], rows: [['a', 5], ['a', 7], ['b', 1]] },
    },
    rules: { rules: [
      { id: 'hush', effect: 'columns', tables: ['runs'], columns: ['hush'], transform: { kind: 'deny' } },
      { id: 'seven', effect: 'rows', tables: ['steps'], where: { column: 'cost', op: 'ne', value: 7 } },
    ] },
  }]));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const runs = async (args: string, selection: string, variables?: Record<string, unknown>, header = ''): Promise<unknown> => {
  const { data, errors } = await dure.ask(`${header} { kist { data { runs${args} { ${selection} } } } }`, { variables });
  expect(errors).toBeUndefined();
  return (data as { kist: { data: { runs: unknown } } }).kist.data.runs;
};
const refused = async (args: string, selection: string): Promise<{ code: unknown; message: string }> => {
  const { data, errors } = await dure.ask(`{ kist { data { runs${args} { ${selection} } } } }`);
  expect(data).toEqual({ kist: { data: { runs: null } } });
  return { code: errors![0]!.extensions!.code, message: errors![0]!.message };
};

describe('aggregate', () => {
  test('figures of every kind, exact where the column is', async () => {
    expect(await runs('', `aggregate { __typename count tc { count min max avg sum stddev median: percentile(p: 0.5) } n { sum avg percentile(p: 0.25) } big { sum countDistinct max }
      exact { sum avg percentile(p: 0.5) } day { min max percentile(p: 0) } seen { max } ok { count countDistinct } family { min countDistinct } }`)).toEqual({ aggregate: {
      __typename: 'KistDataRunsAggregate', count: 5,
      tc: { count: 4, min: -3, max: 10, avg: 2.75, sum: 11, stddev: expect.closeTo(5.3929, 3), median: 2 },
      n: { sum: '15', avg: 3, percentile: 2 }, big: { sum: '18014398509481986', countDistinct: 1, max: '9007199254740993' },
      exact: { sum: '0.6', avg: '0.20000000000000000000', percentile: '0.2' }, day: { min: '2024-01-15', max: '2024-02-29', percentile: '2024-01-15' },
      seen: { max: '2024-02-01T00:30:00.000Z' }, ok: { count: 3, countDistinct: 2 }, family: { min: 'x', countDistinct: 2 },
    } });
  });
  test('beside rows and over the filter, not the page', async () => {
    expect(await runs('(first: 1, where: { family: { eq: "x" } })', 'nodes { k } totalCount aggregate { count n { sum } }')).toEqual({ nodes: [{ k: 'a' }], totalCount: 2, aggregate: { count: 2, n: { sum: '3' } } });
  });
  test('over nothing', async () => {
    expect(await runs('(where: { k: { eq: "zzz" } })', 'aggregate { count tc { min sum avg stddev percentile(p: 1) } }')).toEqual({ aggregate: { count: 0, tc: { min: null, sum: null, avg: null, stddev: null, percentile: null } } });
  });
  test('over a parent\'s children, under the rules of the children', async () => {
    expect(await runs('(first: 3)', 'nodes { k steps { aggregate { count cost { sum } } } }')).toEqual({ nodes: [
      { k: 'a', steps: { aggregate: { count: 1, cost: { sum: '5' } } } }, { k: 'b', steps: { aggregate: { count: 1, cost: { sum: '1' } } } }, { k: 'c', steps: { aggregate: { count: 0, cost: { sum: null } } } },
    ] });
  });
  test('names alone, of any number of rows, are one answer', async () => {
    expect(await runs('', 'aggregate { __typename tc { __typename } } groups(by: [{ column: FAMILY }]) { __typename totalCount pageInfo { hasPreviousPage } }')).toEqual({
      aggregate: { __typename: 'KistDataRunsAggregate', tc: { __typename: 'FloatAggregate' } }, groups: { __typename: 'KistDataRunsGroupConnection', totalCount: 3, pageInfo: { hasPreviousPage: false } },
    });
  });
  test('a wrong percentile is told before anything runs', async () => {
    expect(await refused('', 'aggregate { tc { percentile(p: 1.5) } }')).toEqual({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/between 0 and 1/) });
  });
  test('figures of a withheld column are refused', async () => {
    expect(await refused('', 'aggregate { count hush { max } }')).toEqual({ code: 'FORBIDDEN', message: expect.stringMatching(/hush/) });
  });
  test('a sum that no float can hold is told, not broken', async () => {
    const big = await testEngine(db.pool, await makeSnapshot(db.pool, [{ organization: 'o', name: 'd', tables: { t: { columns: { v: 'float' }, rows: [[1.7e308], [1.7e308]] } } }]));
    const { errors } = await big.ask('{ o { d { t { aggregate { v { sum } } } } } }');
    expect(errors![0]!.extensions!.code).toBe('BAD_USER_INPUT');
  });
});

describe('groups', () => {
  test('by a column, ordered by a figure, nulls a group of their own', async () => {
    expect(await runs('', 'groups(by: [{ column: FAMILY }], orderBy: [{ count: DESC }]) { totalCount nodes { key { family tc } aggregate { count tc { max } } } }')).toEqual({ groups: { totalCount: 3, nodes: [
      { key: { family: 'x', tc: null }, aggregate: { count: 2, tc: { max: 2.5 } } }, { key: { family: 'y', tc: null }, aggregate: { count: 2, tc: { max: 10 } } }, { key: { family: null, tc: null }, aggregate: { count: 1, tc: { max: -3 } } },
    ] } });
  });
  test('by period in UTC and by bin', async () => {
    expect(await runs('(where: { day: { isNull: false } })', 'groups(by: [{ column: DAY, unit: MONTH }]) { nodes { key { day } aggregate { count } } }')).toEqual({ groups: { nodes: [{ key: { day: '2024-01-01' }, aggregate: { count: 2 } }, { key: { day: '2024-02-01' }, aggregate: { count: 2 } }] } });
    expect(await runs('(where: { seen: { isNull: false } })', 'groups(by: [{ column: SEEN, unit: DAY }]) { nodes { key { seen } } }')).toEqual({ groups: { nodes: [{ key: { seen: '2024-01-15T00:00:00.000Z' } }, { key: { seen: '2024-02-01T00:00:00.000Z' } }] } });
    expect(await runs('', 'groups(by: [{ column: TC, bin: 2.5 }]) { nodes { key { tc_bin } aggregate { count } } }')).toEqual({ groups: { nodes: [
      { key: { tc_bin: -5 }, aggregate: { count: 1 } }, { key: { tc_bin: 0 }, aggregate: { count: 1 } }, { key: { tc_bin: 2.5 }, aggregate: { count: 1 } }, { key: { tc_bin: 10 }, aggregate: { count: 1 } }, { key: { tc_bin: null }, aggregate: { count: 1 } },
    ] } });
  });
  test('having', async () => {
    expect(await runs('', 'groups(by: [{ column: FAMILY }], having: { count: { gte: 2 }, or: [{ tc: { max: { gt: 5 } } }, { n: { sum: { lt: "3" } } }] }) { nodes { key { family } } }')).toEqual({ groups: { nodes: [{ key: { family: 'y' } }] } });
  });
  test('pages of groups, each once, also with ties and nulls', async () => {
    for (const order of ['', ', orderBy: [{ count: DESC }]', ', orderBy: [{ tc: { avg: ASC } }]', ', orderBy: [{ key: { column: FAMILY, direction: DESC } }]']) {
      const seen: unknown[] = [];
      let after: string | null = null;
      for (let more = true; more;) {
        const page = (await runs('', `groups(by: [{ column: FAMILY }, { column: OK }], first: 2, after: $c${order}) { nodes { key { family ok } } pageInfo { hasNextPage hasPreviousPage endCursor } }`, { c: after }, 'query($c: String)')) as { groups: { nodes: { key: unknown }[]; pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string } } };
        seen.push(...page.groups.nodes.map((node) => JSON.stringify(node.key)));
        expect(page.groups.pageInfo.hasPreviousPage).toBe(after !== null);
        more = page.groups.pageInfo.hasNextPage;
        after = page.groups.pageInfo.endCursor;
      }
      expect(seen).toHaveLength(5);
      expect(new Set(seen).size).toBe(5);
    }
  });
  test('mistakes and withheld columns', async () => {
    expect(await refused('', 'groups(by: []) { totalCount }')).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refused('', 'groups(by: [{ column: FAMILY, bin: 1 }]) { totalCount }')).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refused('', 'groups(by: [{ column: TC, bin: 0 }]) { totalCount }')).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refused('', 'groups(by: [{ column: TC, unit: DAY }]) { totalCount }')).toMatchObject({ code: 'BAD_USER_INPUT' });
    for (const asked of ['groups(by: [{ column: HUSH }]) { totalCount }', 'groups(by: [{ column: FAMILY }], having: { hush: { max: { gt: 1 } } }) { totalCount }', 'groups(by: [{ column: FAMILY }], orderBy: [{ hush: { min: ASC } }]) { totalCount }', 'groups(by: [{ column: FAMILY }]) { nodes { aggregate { hush { count } } } }']) {
      expect(await refused('', asked)).toMatchObject({ code: 'FORBIDDEN' });
    }
  });
});
