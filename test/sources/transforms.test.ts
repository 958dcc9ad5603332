/** Transforms are total: whatever a cell holds, also in a row that a rule hides, a statement over it cannot fail; and what they show is what they say. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Column, ColumnKind } from '../../src/catalog/model.js';
import { columnSqlType } from '../../src/catalog/sqlType.js';
import { datePeriods } from '../../src/policy/rule.js';
import { postgresTransforms } from '../../src/sources/sql/postgresTransforms.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });

/** The transformed values of these texts, in their order. */
async function transformed(kind: ColumnKind, expression: string, values: readonly (string | null)[]): Promise<(string | null)[]> {
  const type = columnSqlType({ kind } as Column);
  const { rows } = await db.pool.query<{ v: string | null }>(`select (${expression})::text as v from (select (u.t)::${type} as x, u.n from unnest($1::text[]) with ordinality u(t, n)) r order by n`, [values]);
  return rows.map(({ v }) => v);
}

const hostile: Readonly<Record<string, readonly string[]>> = {
  int32: ['0', '1', '-1', '2147483647', '-2147483648', '7', '-7'],
  int64: ['0', '9223372036854775807', '-9223372036854775808', '-1', '123456789'],
  decimal: ['0', 'NaN', 'Infinity', '-Infinity', '1e-300', `1${'0'.repeat(200)}`, `-1${'0'.repeat(99)}`, '0.1', '-12.345', `1${'0'.repeat(1000)}`, `${'9'.repeat(90)}.5`],
  float: ['0', '-0', 'NaN', 'Infinity', '-Infinity', '5e-324', '-5e-324', '1.7976931348623157e308', '-1.7976931348623157e308', '0.30000000000000004', '1e299', '1e300'],
  date: ['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '0001-01-01', '9999-12-31', '2024-02-29'],
  datetime: ['infinity', '-infinity', '4713-01-02 00:00:00+00 BC', '294276-12-31 23:59:59+00', '2026-12-31T23:30:00-05:00', '0001-01-01 00:00:00+00'],
  geopoint: ['(0,0)', '(180,90)', '(-180,-90)', '(NaN,5)', '(Infinity,-Infinity)', '(1e308,1e308)', '(5e-324,-5e-324)', '(179.9999999,89.9999999)'],
};
const steps = [1e-9, 0.1, 0.25, 1, 3, 10, 1_000_000, 1e12];

describe('no value makes one fail', () => {
  for (const kind of ['int32', 'int64', 'decimal', 'float'] as const) {
    test(`round and bin of ${kind}`, async () => {
      for (const how of ['round', 'bin'] as const) {
        for (const step of steps.filter((s) => Number.isInteger(s) || kind === 'decimal' || kind === 'float')) {
          expect(await transformed(kind, postgresTransforms.step(how, kind, step, 'r.x'), [...hostile[kind]!, null])).toHaveLength(hostile[kind]!.length + 1);
        }
      }
    });
  }
  test('periods and places', async () => {
    for (const to of datePeriods) for (const kind of ['date', 'datetime'] as const) await transformed(kind, postgresTransforms.period(kind, to, 'r.x'), [...hostile[kind]!, null]);
    for (const degrees of [0.001, 0.5, 7, 90]) await transformed('geopoint', postgresTransforms.place(degrees, 'r.x'), [...hostile.geopoint!, null]);
  });
  test('a null stays a null', async () => {
    for (const [kind, sql] of [['int32', postgresTransforms.step('bin', 'int32', 10, 'r.x')], ['int64', postgresTransforms.step('round', 'int64', 10, 'r.x')], ['float', postgresTransforms.step('bin', 'float', 10, 'r.x')], ['date', postgresTransforms.period('date', 'year', 'r.x')], ['geopoint', postgresTransforms.place(1, 'r.x')]] as const) {
      expect(await transformed(kind, sql, [null])).toEqual([null]);
    }
  });
});

describe('what is shown', () => {
  test('a bin is the multiple at or below, a rounding the nearest one, and both tell nothing more', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: -2_000_000, max: 2_000_000 }), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 5_000 }), async (values, step) => {
      const texts = values.map(String);
      expect((await transformed('int32', postgresTransforms.step('bin', 'int32', step, 'r.x'), texts)).map(Number)).toEqual(values.map((value) => Math.floor(value / step) * step + 0));
      const rounded = (await transformed('int32', postgresTransforms.step('round', 'int32', step, 'r.x'), texts)).map(Number);
      rounded.forEach((shown, index) => {
        expect(Math.abs(shown % step)).toBe(0);
        expect(Math.abs(shown - values[index]!) * 2).toBeLessThanOrEqual(step);
      });
    }), { numRuns: 40 });
  });
  test('the greatest and least integers stay in their type', async () => {
    expect(await transformed('int32', postgresTransforms.step('round', 'int32', 1_000_000, 'r.x'), ['2147483647', '-2147483648'])).toEqual(['2147000000', '-2147000000']);
    expect(await transformed('int32', postgresTransforms.step('bin', 'int32', 1_000_000_000, 'r.x'), ['-2147483648'])).toEqual(['-2147483648']);
  });
  test('a tenth stays a tenth', async () => {
    expect(await transformed('float', postgresTransforms.step('round', 'float', 0.1, 'r.x'), ['0.30000000000000004', '71.26', '-0.05', 'NaN'])).toEqual(['0.3', '71.3', '-0.1', null]);
  });
  test('periods begin in UTC, whatever the session is', async () => {
    await db.pool.query(`set timezone = 'Asia/Seoul'`);
    expect(await transformed('datetime', `(${postgresTransforms.period('datetime', 'year', 'r.x')}) at time zone 'UTC'`, ['2026-12-31T23:30:00-05:00', '2026-12-31T23:30:00Z'])).toEqual(['2027-01-01 00:00:00', '2026-01-01 00:00:00']);
    expect(await transformed('date', postgresTransforms.period('date', 'quarter', 'r.x'), ['2026-05-31', '2026-12-31'])).toEqual(['2026-04-01', '2026-10-01']);
  });
  test('all places of a cell are one place, on the globe', async () => {
    const shown = await transformed('geopoint', postgresTransforms.place(0.5, 'r.x'), ['(127.0276,37.4979)', '(127.4999,37.0001)', '(127.5,37.5)', '(-0.1,-0.1)', '(180,90)', '(181,0)']);
    expect(shown).toEqual(['(127.25,37.25)', '(127.25,37.25)', '(127.75,37.75)', '(-0.25,-0.25)', '(180,90)', null]);
  });
});
