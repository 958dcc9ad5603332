/**
 * Generated operations over every kind of column: the answers of DuckDB are those of PostgreSQL, byte for byte. `sum`, `avg` and `stddev` are
 * compared as numbers, to nine digits: floats are added in another order, and means of decimals have another number of digits. Cursors of an order
 * by durations are not compared: a cursor holds its database's own text of a duration.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import { answerText } from '../../../src/graphql/engine.js';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { person, testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot } from '../../support/fixture.js';
import { generateOperation } from '../../support/generateOperation.js';
import { kindsFixture, kindsValues } from '../../support/kindsFixture.js';

let db: TestDatabase;
let duck: DuckDatabase;
let postgres: TestEngine;
/** Operations that were answered without an error, so that the comparison is worth something. */
let whole = 0;
const others = new Map<string, TestEngine>();
const rounds = Number(process.env.DURE_TEST_OPERATIONS ?? 300);

const askers: readonly Identity[] = [anonymous, person({ memberships: [{ organization: 'lab', role: 'member' }] }), person({ memberships: [{ organization: 'lab', role: 'steward' }] })];

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, kindsFixture);
  duck = await copyToDuckdb(db.pool, snapshot);
  const cursors = testCursors();
  postgres = await testEngine(db.pool, snapshot, cursors);
  others.set('DuckDB', await testEngine(db.pool, snapshot, cursors, new SqlSource(duck, cursors)));
});
afterAll(async () => {
  expect(whole).toBeGreaterThan(rounds);
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
          for (const [source, engine] of others) {
            const answer = answerText(await engine.answer(query, { identity }));
            if (answer === expected) continue;
            const [got, wanted] = [rounded(answer, query), rounded(expected, query)];
            let start = 0;
            while (start < wanted.length && got[start] === wanted[start]) start += 1;
            const around = (text: string): string => text.slice(Math.max(0, start - 60), start + 60);
            if (got !== wanted) expect({ source, query, answer: around(got) }).toEqual({ source, query, answer: around(wanted) });
          }
        }
        expect(postgres.reported).toEqual([]);
        for (const { reported } of others.values()) expect(reported).toEqual([]);
      });
    }
  });
}
