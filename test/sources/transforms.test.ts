/** Transforms are total: whatever a cell holds, also in a row that a rule hides, a statement over it cannot fail; and what they show is what they say. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Column, ColumnKind } from '../../src/catalog/model.js';
import { columnSqlType } from '../../src/catalog/sqlType.js';
import { datePeriods } from '../../src/policy/rule.js';
import { maskCell, periodCell, placeCell, stepCell } from '../../src/policy/postgresCells.js';
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
          expect(await transformed(kind, stepCell(how, kind, step, 'r.x'), [...hostile[kind]!, null])).toHaveLength(hostile[kind]!.length + 1);
        }
      }
    });
  }
  test('periods and places', async () => {
    for (const to of datePeriods) for (const kind of ['date', 'datetime'] as const) await transformed(kind, periodCell(kind, to, 'r.x'), [...hostile[kind]!, null]);
    for (const degrees of [0.001, 0.5, 7, 90]) await transformed('geopoint', placeCell(degrees, 'r.x'), [...hostile.geopoint!, null]);
  });
  test('a null stays a null', async () => {
    for (const [kind, sql] of [['int32', stepCell('bin', 'int32', 10, 'r.x')], ['int64', stepCell('round', 'int64', 10, 'r.x')], ['float', stepCell('bin', 'float', 10, 'r.x')], ['date', periodCell('date', 'year', 'r.x')], ['geopoint', placeCell(1, 'r.x')]] as const) {
      expect(await transformed(kind, sql, [null])).toEqual([null]);
    }
  });
});

/** A decimal text as a whole number of 10^-digits. */
function scaled(text: string, digits: number): bigint {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const shift = digits - fraction.length + Number(exponent);
  const value = BigInt(`${whole}${fraction}`) * 10n ** BigInt(Math.max(0, shift)) / 10n ** BigInt(Math.max(0, -shift));
  return sign === '-' ? -value : value;
}

/** The multiple that must be read, in units of 10^-digits. */
function multiple(how: 'round' | 'bin', value: bigint, step: bigint): bigint {
  const rest = ((value % step) + step) % step;
  if (how === 'bin') return value - rest;
  const below = value - rest;
  // Half is rounded away from zero.
  return rest * 2n > step || (rest * 2n === step && value > 0n) ? below + step : below;
}

describe('the multiple is exact', () => {
  const least = -(2n ** 63n);
  const greatest = 2n ** 63n - 1n;
  const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
  const wholeSteps = [1, 2, 3, 7, 10, 1_000, 999_999_999_989, 1e12];
  test.each(['bin', 'round'] as const)('%s of whole numbers of 64 bits, at both ends and everywhere between', async (how) => {
    const near = fc.bigInt({ min: 0n, max: 3_000_000_000_000n });
    const value = fc.oneof(near.map((n) => least + n), near.map((n) => greatest - n), fc.bigInt({ min: least, max: greatest }), fc.bigInt({ min: -100n, max: 100n }));
    await fc.assert(fc.asyncProperty(fc.array(value, { minLength: 20, maxLength: 60 }), fc.constantFrom(...wholeSteps), async (values, step) => {
      const all = [least, least + 1n, least + 7n, least + 8n, greatest, greatest - 1n, greatest - 7n, ...values];
      expect(await transformed('int64', stepCell(how, 'int64', step, 'r.x'), all.map(String))).toEqual(all.map((one) => String(clamp(multiple(how, one, BigInt(step)), least, greatest))));
    }), { numRuns: 40 });
  });
  test.each(['bin', 'round'] as const)('%s of whole numbers of 32 bits with a step of any width', async (how) => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer(), { minLength: 20, maxLength: 60 }), fc.constantFrom(...wholeSteps, 3_000_000_000, 2 ** 31), async (values, step) => {
      const all = [-(2 ** 31), 2 ** 31 - 1, ...values];
      expect(await transformed('int32', stepCell(how, 'int32', step, 'r.x'), all.map(String))).toEqual(all.map((one) => String(clamp(multiple(how, BigInt(one), BigInt(step)), -(2n ** 31n), 2n ** 31n - 1n))));
    }), { numRuns: 40 });
  });
  const digits = 60;
  const anyStep = fc.constantFrom(1e-9, 0.001, 0.1, 0.25, 0.3, 1, 3, 7, 10, 1e12);
  test.each(['bin', 'round'] as const)('%s of decimals of forty digits, which tells nothing of how many there were', async (how) => {
    const value = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.oneof(fc.constantFrom('', '0', '9'.repeat(24), `0${'9'.repeat(20)}`, '5', '50', '49999999999999999999999'), fc.bigInt({ min: 0n, max: 10n ** 24n }).map(String)))
      .map(([minus, whole, fraction]) => `${minus ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
    await fc.assert(fc.asyncProperty(fc.array(value, { minLength: 20, maxLength: 60 }), anyStep, async (values, step) => {
      const shown = await transformed('decimal', stepCell(how, 'decimal', step, 'r.x'), values);
      expect(shown.map((text) => scaled(text!, digits))).toEqual(values.map((text) => multiple(how, scaled(text, digits), scaled(String(step), digits))));
      expect(new Set(shown.map((text) => text!.split('.')[1]?.length ?? 0)).size).toBe(1);
    }), { numRuns: 40 });
  });
  test.each(['bin', 'round'] as const)('%s of floats by their first fifteen digits', async (how) => {
    // Just between two numbers of fifteen digits PostgreSQL takes the even one, and JavaScript the greater.
    const between = (one: number): boolean => /^0*\d{15}5$/.test(String(Math.abs(one)).replace(/e.*$/, '').replace('.', ''));
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e18, max: 1e18 }).filter((one) => !between(one));
    await fc.assert(fc.asyncProperty(fc.array(value, { minLength: 20, maxLength: 60 }), anyStep, async (values, step) => {
      const shown = await transformed('float', stepCell(how, 'float', step, 'r.x'), values.map((one) => (Object.is(one, -0) ? '-0' : String(one))));
      const expected = values.map((one) => multiple(how, scaled(Number(one.toPrecision(15)) === 0 ? '0' : one.toPrecision(15), 400), scaled(String(step), 400)));
      expect(shown.map(Number)).toEqual(expected.map((one) => Number(`${one}e-400`)));
    }), { numRuns: 40 });
  });
});

describe('an index can be made of each', () => {
  test('also over the values that are hardest', async () => {
    const made: [ColumnKind, string][] = [
      ...(['int32', 'int64', 'decimal', 'float'] as const).flatMap((kind) => (['round', 'bin'] as const).flatMap((how) => [1, 10, 1e12, ...(kind === 'decimal' || kind === 'float' ? [1e-9, 0.1] : [])].map((step): [ColumnKind, string] => [kind, stepCell(how, kind, step, 'x')]))),
      ...datePeriods.flatMap((period) => (['date', 'datetime'] as const).map((kind): [ColumnKind, string] => [kind, periodCell(kind, period, 'x')])),
      ['text', maskCell({ keepStart: 2, keepEnd: 1, with: `it's \\ "so"` }, 'x')],
      ['geopoint', placeCell(0.5, 'x')],
    ];
    const client = await db.pool.connect();
    try {
      for (const [index, [kind, expression]] of made.entries()) {
        await client.query(`create temporary table hard${index} as select t::${columnSqlType({ kind } as Column)} as x from unnest($1::text[]) t`, [[...(hostile[kind] ?? ['', 'a', 'abcd', '\u{1F9EA}é漢字']), null]]);
        await client.query(`create index on hard${index} using ${kind === 'geopoint' ? 'gist' : 'btree'} ((${expression}))`);
      }
    } finally {
      client.release();
    }
  });
});

describe('what is shown', () => {
  test('what covers a text is the rule\'s text, whatever it holds', async () => {
    const cover = `it's \\ "so" $1`;
    expect(await transformed('text', maskCell({ keepStart: 2, keepEnd: 1, with: cover }, 'r.x'), ['abcd', 'abc', '', null])).toEqual([`ab${cover}d`, cover, cover, null]);
    expect(await transformed('text', maskCell({ keepStart: 0, keepEnd: 0, with: cover }, 'r.x'), ['abcd', null])).toEqual([cover, null]);
  });
  test('a bin is the multiple at or below, a rounding the nearest one, and both tell nothing more', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: -2_000_000, max: 2_000_000 }), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 5_000 }), async (values, step) => {
      const texts = values.map(String);
      expect((await transformed('int32', stepCell('bin', 'int32', step, 'r.x'), texts)).map(Number)).toEqual(values.map((value) => Math.floor(value / step) * step + 0));
      const rounded = (await transformed('int32', stepCell('round', 'int32', step, 'r.x'), texts)).map(Number);
      rounded.forEach((shown, index) => {
        expect(Math.abs(shown % step)).toBe(0);
        expect(Math.abs(shown - values[index]!) * 2).toBeLessThanOrEqual(step);
      });
    }), { numRuns: 40 });
  });
  test('the greatest and least integers stay in their type', async () => {
    expect(await transformed('int32', stepCell('round', 'int32', 1_000_000, 'r.x'), ['2147483647', '-2147483648'])).toEqual(['2147000000', '-2147000000']);
    expect(await transformed('int32', stepCell('bin', 'int32', 1_000_000_000, 'r.x'), ['-2147483648'])).toEqual(['-2147483648']);
  });
  test('a tenth stays a tenth', async () => {
    expect(await transformed('float', stepCell('round', 'float', 0.1, 'r.x'), ['0.30000000000000004', '71.26', '-0.05', 'NaN'])).toEqual(['0.3', '71.3', '-0.1', null]);
  });
  test('periods begin in UTC, whatever the session is', async () => {
    await db.pool.query(`set timezone = 'Asia/Seoul'`);
    expect(await transformed('datetime', `(${periodCell('datetime', 'year', 'r.x')}) at time zone 'UTC'`, ['2026-12-31T23:30:00-05:00', '2026-12-31T23:30:00Z'])).toEqual(['2027-01-01 00:00:00', '2026-01-01 00:00:00']);
    expect(await transformed('date', periodCell('date', 'quarter', 'r.x'), ['2026-05-31', '2026-12-31'])).toEqual(['2026-04-01', '2026-10-01']);
  });
  test('all places of a cell are one place, on the globe', async () => {
    const shown = await transformed('geopoint', placeCell(0.5, 'r.x'), ['(127.0276,37.4979)', '(127.4999,37.0001)', '(127.5,37.5)', '(-0.1,-0.1)', '(180,90)', '(181,0)']);
    expect(shown).toEqual(['(127.25,37.25)', '(127.25,37.25)', '(127.75,37.75)', '(-0.25,-0.25)', '(180,90)', null]);
  });
});
