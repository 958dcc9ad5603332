/**
 * Generated operations over every kind of column, asked of PostgreSQL and DuckDB in one statement and level by level: the answers are byte for byte the
 * same. `DURE_TEST_OPERATIONS=4000` asks more of them. `sum`, `avg` and `stddev` are
 * compared as numbers, to nine digits: floats are added in another order, and means of decimals have another number of digits. Cursors of an order
 * by durations are not compared: a cursor holds its database's own text of a duration.
 */
import { digest } from '../../../src/audit/chain.js';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { postgresDialect } from '../../../src/sources/sql/postgresDialect.js';
import { LevelwiseSource } from '../../../src/sources/sql/levelwise/levelwiseSource.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import type { AccessEvent } from '../../../src/audit/event.js';
import type { AccessLog } from '../../../src/audit/writer.js';
import { PostgresSource } from '../../../src/sources/postgres/postgresSource.js';
import { runRows } from '../../../src/sources/postgres/runStatement.js';
import { answerText } from '../../../src/graphql/engine.js';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { person, testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot } from '../../support/fixture.js';
import { generateOperation } from '../../../src/oracle/generateOperation.js';
import { kindsFixture, kindsValues } from '../../support/kindsFixture.js';

let db: TestDatabase;
let duck: DuckDatabase;
let postgres: TestEngine;
/** Operations that were answered without an error, so that the comparison is worth something. */
let whole = 0;
const others = new Map<string, TestEngine>();
/** What each engine whose accesses are recorded told of the last operation. */
const recorded = new Map<string, AccessEvent[]>();
let counted = 0;
const rounds = Number(process.env.DURE_TEST_OPERATIONS ?? 80);

const askers: readonly Identity[] = [anonymous, person({ memberships: [{ organization: 'lab', role: 'member' }] }), person({ memberships: [{ organization: 'lab', role: 'steward' }] })];

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, kindsFixture);
  duck = await copyToDuckdb(db.pool, snapshot);
  const cursors = testCursors();
  postgres = await testEngine(db.pool, snapshot, cursors);
  others.set('DuckDB', await testEngine(db.pool, snapshot, cursors, new SqlSource(duck, cursors)));
  others.set('DuckDB level by level', await testEngine(db.pool, snapshot, cursors, new LevelwiseSource(duck, cursors)));
  const database = { dialect: postgresDialect, prepare: (text: string) => (values: readonly unknown[], signal: AbortSignal) => runRows(db.pool, { name: createHash('sha256').update(text).digest('base64url').slice(0, 24), text, values }, signal) };
  const levelwise = new LevelwiseSource(database, cursors);
  // The one counts rows beside the JSON, the other by marks in it.
  for (const [name, source] of [['PostgreSQL recorded', new PostgresSource(db.pool, cursors)], ['PostgreSQL level by level, recorded', levelwise]] as const) {
    const told: AccessEvent[] = [];
    recorded.set(name, told);
    const log: AccessLog = { accesses: async (accesses) => { told.push(...accesses.map(({ event }) => event)); }, accessesLater: () => undefined, expect: () => () => undefined };
    others.set(name, await testEngine(db.pool, snapshot, cursors, source, {}, undefined, { scope: 'all', mode: 'wait', log, digestVariables: digest }));
  }
  others.set('PostgreSQL level by level', await testEngine(db.pool, snapshot, cursors, levelwise));
});
afterAll(async () => {
  expect(whole).toBeGreaterThan(rounds * 0.7);
  expect(counted).toBeGreaterThan(rounds);
  await duck.close();
  await db.drop();
});

const approximate = new Set(['sum', 'avg', 'stddev']);

/** The same text but for figures that are compared as numbers. */
function rounded(text: string, query: string): string {
  const durations = /took|TOOK/.test(query);
  return JSON.stringify(JSON.parse(text, (key, value: unknown) => (durations && /cursor$/i.test(key) ? '' : approximate.has(key) && value !== null && Number.isFinite(Number(value)) ? Number(value).toPrecision(9) : value)));
}

for (const [place, name] of [[['lab', 'kinds'], 'kinds'], [['other', 'proteins'], 'proteins']] as const) {
  describe(name, () => {
    for (let part = 0; part < 10; part += 1) {
      test(`operations ${part}`, async () => {
        for (let round = 0; round < rounds / 10; round += 1) {
          const identity = askers[round % askers.length]!;
          const query = generateOperation(postgres.engine.schemaFor(identity).schema, place, kindsValues, part * 100_000 + round);
          const expected = answerText(await postgres.answer(query, { identity }));
          if (!expected.includes('"errors"')) whole += 1;
          for (const told of recorded.values()) told.length = 0;
          for (const [source, engine] of others) {
            const answer = answerText(await engine.answer(query, { identity }));
            if (answer === expected) continue;
            const [got, wanted] = [rounded(answer, query), rounded(expected, query)];
            let start = 0;
            while (start < wanted.length && got[start] === wanted[start]) start += 1;
            const around = (text: string): string => text.slice(Math.max(0, start - 60), start + 60);
            if (got !== wanted) expect({ source, query, answer: around(got) }).toEqual({ source, query, answer: around(wanted) });
          }
          const [beside, marked] = [...recorded.values()].map((told) => told.map(({ dataset, rows, decision, reason }) => [dataset.path, rows, decision, reason]));
          expect([query, beside]).toEqual([query, marked]);
          counted += beside!.reduce((sum, [, rows]) => sum + Number(rows), 0);
        }
        expect(postgres.reported).toEqual([]);
        for (const { reported } of others.values()) expect(reported).toEqual([]);
      });
    }
  });
}

interface PageAnswer { readonly pageInfo: { readonly startCursor: string | null; readonly endCursor: string | null; readonly hasNextPage: boolean; readonly hasPreviousPage: boolean } }

/** Asks every source; all must answer alike. */
async function same(query: string, variables: Record<string, unknown>): Promise<Record<string, unknown>> {
  const expected = answerText(await postgres.answer(query, { variables }));
  for (const [source, engine] of others) expect([source, query, answerText(await engine.answer(query, { variables }))]).toEqual([source, query, expected]);
  const { data, errors } = JSON.parse(expected) as { data: { lab: { kinds: Record<string, unknown> } }; errors?: unknown };
  expect(errors).toBeUndefined();
  return data.lab.kinds;
}

describe('pages', () => {
  const info = 'pageInfo { startCursor endCursor hasNextPage hasPreviousPage }';
  test.each([
    'orderBy: [{ x: DESC }]', 'orderBy: [{ exact: ASC }, { label: DESC }]', 'orderBy: [{ seen: DESC }, { n: ASC }]', 'orderBy: [{ big: ASC }]', 'orderBy: [{ ok: DESC }, { day: ASC }]', 'orderBy: [{ clock: ASC }]', 'where: { steps: { none: { cost: { gt: 8 } } } }', '',
  ])('walked to the end and back: %s', async (order) => {
    for (const [size, cursor, next, more] of [['first', 'after', 'endCursor', 'hasNextPage'], ['last', 'before', 'startCursor', 'hasPreviousPage']] as const) {
      let place: string | null = null;
      for (let turn = 0; turn < 10; turn += 1) {
        const { runs } = await same(`query($c: String) { lab { kinds { runs(${size}: 2, ${cursor}: $c${order && `, ${order}`}) { nodes { k steps(first: 2) { totalCount } } edges { cursor } ${info} } } } }`, { c: place });
        place = (runs as PageAnswer).pageInfo[next];
        if (!(runs as PageAnswer).pageInfo[more]) break;
        expect(turn).toBeLessThan(9);
      }
    }
  });

  test('of the levels below go on from one cursor for all parents', async () => {
    const first = await same('{ lab { kinds { runs { nodes { steps(first: 1, orderBy: [{ cost: DESC }]) { nodes { cost } pageInfo { endCursor } } } } } } }', {});
    const [{ steps }] = (first.runs as { nodes: [{ steps: { pageInfo: { endCursor: string } } }] }).nodes;
    const { runs } = await same(`query($c: String) { lab { kinds { runs { nodes { k steps(first: 1, after: $c, orderBy: [{ cost: DESC }]) { nodes { cost } edges { cursor } ${info} } } } } } }`, { c: steps.pageInfo.endCursor });
    expect((runs as { nodes: { steps: { pageInfo: { hasPreviousPage: boolean } } }[] }).nodes.map((node) => node.steps.pageInfo.hasPreviousPage)).toContain(true);
  });

  test.each(['', ', orderBy: [{ count: DESC }]', ', orderBy: [{ exact: { sum: ASC } }]', ', orderBy: [{ big: { max: DESC } }]'])('of groups%s', async (order) => {
    let place: string | null = null;
    for (let turn = 0; turn < 10; turn += 1) {
      const { runs } = await same(`query($c: String) { lab { kinds { runs { groups(by: [{ column: PHASE }, { column: OK }], first: 2, after: $c${order}) { totalCount nodes { key { phase ok } aggregate { count } } ${info} } } } } }`, { c: place });
      const { pageInfo } = (runs as { groups: PageAnswer }).groups;
      place = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
      expect(turn).toBeLessThan(9);
    }
  });
});

test('level by level, the statements are as many as the questions, and none is correlated', async () => {
  const engine = others.get('DuckDB level by level')!;
  engine.statements.length = 0;
  const query = '{ lab { kinds { labs { nodes { name runs(first: 1, where: { steps: { some: { cost: { gt: 1 } } } }) { totalCount nodes { k steps { aggregate { count } nodes { cost of { label } } } proteinMentions { otherProteinsMentions { totalCount } } } } above { name } } } } } }';
  const { errors } = await engine.ask(query);
  expect(errors).toBeUndefined();
  const statements = engine.statements.flatMap((text) => text.split(';\n'));
  // labs; runs, their count; steps, their figures; of; the mentions' count; above.
  expect(statements).toHaveLength(8);
  for (const text of statements) expect(text).not.toMatch(/\b(exists|lateral)\b|(?<!\b(from|join) )\(select/i);
});

describe('operators that chance seldom meets', () => {
  const wheres = [
    ...['["a"], eq: 1', '["a"], ne: 1', '["a"], gt: 0.5, lte: 1', '["a"], in: [1, "x"]', '["b", "0"], gte: 1', '["b", "-1", "c"], eq: "x"', '["b", "2", "c"], startsWith: "x"', '["b"], eq: [2]', '["1"], lt: "b"', '["1"], like: "a%"', '["2"], isNull: true', '["z"], isNull: false', '[], eq: "text"', '[], ilike: "TE%"', '[], endsWith: "t"', '["a"], gt: "0"', '["a"], eq: 1.00', '["b", "x"], isNull: true'].map((test) => `extra: { at: { path: ${test} } }`),
    ...['{ a: 1 }', '{ a: 1.0 }', '[1]', '[null]', '["a"]', '"text"', '"a"', 'true', '{}', '[]', '{ b: [{ c: "x" }] }', '{ b: [] }', '{ b: [[1]] }'].map((json) => `extra: { containsJson: ${json} }`),
    ...['a', 'text', '1', 'b', ''].map((key) => `extra: { hasKey: "${key}" }`),
    'place: { near: { longitude: 127, latitude: 37.5, kilometres: 15 } }', 'place: { near: { longitude: -179.9, latitude: 37, kilometres: 100 } }', 'place: { near: { longitude: 0, latitude: 0, kilometres: 0 } }',
    'place: { inBox: { west: 126, south: 37, east: 128, north: 38 } }', 'place: { inBox: { west: 170, south: -20, east: -160, north: 40 } }', 'place: { inBox: { west: 0, south: 0, east: 0, north: 0 } }',
    ...['alpha', 'ALPHA', 'back*', 'slash -quoted', '"back slash"', '글', '한*', '한글 label', '-alpha', 'line break', 'beta', '_', ''].map((words) => `label: { matches: ${JSON.stringify(words)} }`),
    'tags: { matches: "y" }', 'tags: { matches: "quote" }', 'tags: { containsAll: [] }', 'tags: { overlaps: [] }', 'tags: { containsAll: ["x", "z"] }', 'counts: { overlaps: ["9007199254740993"] }', 'times: { containsAll: ["2024-06-01T19:00:00.5+09:00"] }',
    ...['year: { eq: 2024 }', 'year: { lt: 1 }', 'year: { gt: 9999 }', 'year: { in: [1999, 2020] }', 'month: { eq: 2 }', 'dayOfWeek: { eq: 3 }', 'dayOfYear: { gt: 300 }', 'hour: { gte: 23 }', 'second: { eq: 59 }', 'week: { eq: 5 }', 'quarter: { in: [1, 4] }'].map((part) => `seen: { ${part} }`),
    'clock: { hour: { eq: 12 } }', 'day: { dayOfWeek: { eq: 4 } }', 'label: { like: "%\\\\" }', 'label: { like: "back\\\\\\\\%" }', 'label: { like: "Beta\\\\_\\\\%" }', 'label: { ilike: "%LABEL" }', 'took: { eq: "P1D" }', 'took: { gt: "PT24H" }', 'took: { lt: "PT0S" }',
    'exact: { lt: "1e30" }', 'exact: { gt: "-1e30" }', 'exact: { gt: "0.1000000000000000000000000001" }', 'exact: { gte: "0.09999999999999999999999999" }', 'exact: { in: ["0.1", "0.250"] }', 'seen: { eq: "2024-01-15T23:30:00.123456Z" }', 'seen: { gte: "2024-01-15T23:30:00.1234564Z" }',
    'proteinMentions: { otherProteinsMentions: { some: { paper: { eq: "three" } } } }', 'proteinMentions: { otherProteinsMentions: { none: {} } }', 'proteinMentions: { otherProteinsMentions: { every: { paper: { ne: "two" } } } }',
    'steps: { every: { weight: { gt: 1 } } }', 'lab: { above: { name: { eq: "One" } } }', 'not: { lab: { name: { eq: "One" } } }', 'lab: { below: { some: { runs: { none: { steps: { some: { cost: { gt: 6 } } } } } } } }',
  ];
  test.each(wheres)('%s', async (where) => {
    await same(`{ lab { kinds { runs(where: { ${where} }) { totalCount nodes { k } } } } }`, {});
    await same(`{ lab { kinds { runs(where: { not: { ${where} } }) { totalCount } } } }`, {});
  });
});
