/** A plan over several sources is cut: a level asked for many keys, marks where another source answers, the keys for a condition elsewhere. All SQL sources do it alike. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymous } from '../../../src/identity/identity.js';
import type { Level } from '../../../src/plan/plan.js';
import type { Bindings } from '../../../src/plan/predicate.js';
import type { AuthorizedPlan } from '../../../src/policy/authorize.js';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { runRows } from '../../../src/sources/postgres/runStatement.js';
import { PostgresSource } from '../../../src/sources/postgres/postgresSource.js';
import type { PlanParts, SqlHome } from '../../../src/sources/source.js';
import { LevelwiseSource } from '../../../src/sources/sql/levelwise/levelwiseSource.js';
import { postgresDialect } from '../../../src/sources/sql/postgresDialect.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { testCursors, testEngine } from '../../support/engine.js';
import { makeSnapshot } from '../../support/fixture.js';
import { kindsFixture } from '../../support/kindsFixture.js';

let db: TestDatabase;
let duck: DuckDatabase;
let plan: AuthorizedPlan;
const homes = new Map<string, SqlHome>();
const bindings: Bindings = { variables: {}, identity: anonymous };
const { signal } = new AbortController();

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, kindsFixture);
  duck = await copyToDuckdb(db.pool, snapshot);
  const cursors = testCursors();
  const own = new PostgresSource(db.pool, cursors);
  const engine = await testEngine(db.pool, snapshot, cursors, { compile: (authorized) => { plan = authorized; return own.compile(authorized); } });
  const { errors } = await engine.ask(`{ lab { kinds { runs(first: 4) { nodes {
    k steps(first: 1, orderBy: [{ cost: DESC }]) { totalCount nodes { cost of { label } } pageInfo { endCursor hasNextPage } aggregate { cost { sum } } }
    lab { name } proteinMentions { otherProteinsMentions { nodes { paper } } otherProteinsProteins { nodes { name } } } } } } } }`);
  expect(errors).toBeUndefined();
  const prepare = (text: string) => (values: readonly unknown[], stop: AbortSignal) => runRows(db.pool, { name: createHash('sha256').update(text).digest('base64url').slice(0, 24), text, values }, stop);
  homes.set('PostgreSQL', own).set('DuckDB', new SqlSource(duck, cursors)).set('DuckDB level by level', new LevelwiseSource(duck, cursors)).set('PostgreSQL level by level', new LevelwiseSource({ dialect: postgresDialect, prepare }, cursors));
});
afterAll(async () => {
  await duck.close();
  await db.drop();
});

/** The levels below the plan's only root, by their response keys. */
function levels(): ReadonlyMap<string, Level> {
  const found = new Map<string, Level>();
  const visit = (level: Level): void => {
    const rows = level.shape === 'row' ? [level.row] : level.items.flatMap((item) => (item.kind === 'nodes' ? [item.row] : []));
    const inRow = (items: (typeof rows)[number]): void => items.forEach((item) => {
      if (item.kind === 'object') inRow(item.items);
      if (item.kind !== 'level') return;
      found.set(item.level.path.at(-1)!, item.level);
      visit(item.level);
    });
    rows.forEach(inRow);
  };
  const [root] = plan.roots;
  if (root?.kind === 'level') visit(root.level);
  return found;
}
const parts = (cuts: ReadonlyMap<Level, number> = new Map()): PlanParts => ({ roots: new Set([0]), mark: '~cut.', cuts, foreign: () => undefined });

test.each([
  ['steps', ['"a"', '"nobody"', '"b"', '"f\'"']], ['lab', ['"l1"', '"l9"', '"l2"']], ['otherProteinsMentions', ['"P05067"', '"Q9Y6K9"', '"none"']], ['otherProteinsProteins', ['"P05067"', '"P99999"']], ['of', ['"a"', '"g"']],
] as const)('the level %s for many keys', async (name, keys) => {
  const level = levels().get(name)!;
  const answers = await Promise.all([...homes].map(async ([home, source]) => {
    const { answers: found, errors } = await source.compileLevel(plan, level, parts()).run(keys, bindings, signal);
    return [home, errors, keys.map((key) => found.get(key) ?? 'null')] as const;
  }));
  for (const [home, errors, found] of answers) expect([home, errors, found]).toEqual([home, [], answers[0]![2]]);
  expect(answers[0]![2].some((text) => text !== 'null')).toBe(true);
});

test('no key, no answer', async () => {
  for (const source of homes.values()) expect((await source.compileLevel(plan, levels().get('steps')!, parts()).run([], bindings, signal)).answers.size).toBe(0);
});

test('marks stand where another source answers', async () => {
  const cuts = new Map([[levels().get('steps')!, 0], [levels().get('otherProteinsMentions')!, 1]]);
  const texts = await Promise.all([...homes].map(async ([home, source]) => [home, (await source.compile(plan, parts(cuts)).run(bindings, signal)).get(0)?.json] as const));
  for (const [home, text] of texts) expect([home, text]).toEqual([home, texts[0]![1]]);
  expect(texts[0]![1]).toContain(`"~cut.0:${Buffer.from('"a"').toString('hex')}"`);
});

test('the keys of rows', async () => {
  const level = levels().get('steps')!;
  const column = level.at.table.columns.find(({ name }) => name === 'run')!;
  for (const [home, source] of homes) expect([home, (await source.compileKeys(plan, level.at, column, 100).run(bindings, signal)).toSorted()]).toEqual([home, ['a', 'b', 'd', 'g', 'zz']]);
});
