import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readInstant, writeInstant } from '../../../src/sources/http/dateText.js';
import { fieldPath } from '../../../src/sources/http/fieldPath.js';
import { readValue, unreadable } from '../../../src/sources/http/values.js';
import { JsonRefused, parseBoundedJson } from '../../../src/sources/remote/client/boundedJson.js';
import { RateLimit } from '../../../src/sources/remote/client/rateLimit.js';
import { backoffMs, retryAfterMs } from '../../../src/sources/remote/client/retryDelay.js';
import { redact, secretsOf } from '../../../src/sources/remote/client/secrets.js';
import { compareValues, evaluateFilter } from '../../../src/sources/remote/evaluateFilter.js';
import type { Column } from '../../../src/catalog/model.js';

const plain = { missing: ['', '-'], map: new Map([['yes indeed', 'true']]) };
const read = (kind: Column['kind'], raw: unknown, format?: string): unknown => readValue(kind, ['A', 'B'], raw, { ...plain, format });

describe('values', () => {
  test.each<[Column['kind'], unknown, unknown]>([
    ['text', 'a', 'a'], ['text', 5, '5'], ['text', '', null], ['text', '-', null], ['text', null, null], ['text', undefined, null], ['text', {}, unreadable], ['text', 'a\0b', unreadable],
    ['int32', '  12 ', 12], ['int32', '12.0', 12], ['int32', 12, 12], ['int32', '2147483648', unreadable], ['int32', '1.5', unreadable], ['int32', '-', null],
    ['int64', '9223372036854775807', '9223372036854775807'], ['int64', '9223372036854775808', unreadable], ['int64', 2 ** 53, unreadable], ['int64', 7, '7'],
    ['decimal', '180.160', '180.160'], ['decimal', '+.5', '0.5'], ['decimal', '1,5', unreadable], ['decimal', 1e-7, '1e-7'],
    ['float', '  1.5e3', 1500], ['float', 'NaN', unreadable], ['float', '1e999', unreadable], ['float', '0x10', unreadable],
    ['boolean', 'TRUE', true], ['boolean', 0, false], ['boolean', 'yes indeed', true], ['boolean', 'maybe', unreadable],
    ['date', '2024-02-29', '2024-02-29'], ['date', '2023-02-29', unreadable], ['date', '2024-06-01T23:00:00Z', '2024-06-01'],
    ['datetime', '2024-06-01T09:00:00+09:00', '2024-06-01T00:00:00.000Z'], ['datetime', '2024-06-01 09:00', '2024-06-01T09:00:00.000Z'], ['datetime', 'yesterday', unreadable],
    ['enum', 'A', 'A'], ['enum', 'C', unreadable],
  ])('%s %p', (kind, raw, expected) => expect(read(kind, raw)).toBe(expected));

  test('days in a form of their own, both ways', () => {
    expect(read('date', '20240229', '%Y%m%d')).toBe('2024-02-29');
    expect(read('date', '29.02.2024', '%d.%m.%Y')).toBe('2024-02-29');
    expect(read('date', '2024-02-29', '%Y%m%d')).toBe(unreadable);
    fc.assert(fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), fc.constantFrom('%Y%m%d%H%M%S', '%d/%m/%Y %H:%M:%S'), (date, format) => {
      const second = new Date(Math.floor(date.getTime() / 1000) * 1000);
      expect(readInstant(writeInstant(second, format), format)).toEqual(second);
    }));
  });
});

test('paths go through lists, choose members, and end where there is nothing', () => {
  const record = { a: [{ b: 1, k: 'x' }, { b: [2, 3], k: 'y.z' }], n: null, __proto__: { hidden: 1 } };
  expect(fieldPath('a.b')!.all(record)).toEqual([1, 2, 3]);
  expect(fieldPath('a.b')!.first(record)).toBe(1);
  expect(fieldPath('a[k=y.z].b')!.all(record)).toEqual([2, 3]);
  expect(fieldPath('n.x')!.first(record)).toBeUndefined();
  expect(fieldPath('hidden')!.first(record)).toBeUndefined();
  expect(['a..b', '.a', 'a.', 'a[', 'a b', '[k=v]'].map((text) => fieldPath(text))).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('JSON within its depth is what JSON.parse says; deeper is refused', () => {
  const depth = (value: unknown): number => (typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0);
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (value, most) => {
    const text = JSON.stringify(value);
    if (depth(value) > most) expect(() => parseBoundedJson(text, most)).toThrow(JsonRefused);
    else expect(parseBoundedJson(text, most)).toEqual(JSON.parse(text));
  }));
  expect(() => parseBoundedJson('['.repeat(1_000_000), 64)).toThrow(/nests deeper/);
});

test('the rate: never more in a second than allowed and a burst, in the order of asking, refused where it would be too late', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10 }), fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 80 }), (perSecond, burst, gaps) => {
    let now = 0;
    const rate = new RateLimit(perSecond, burst, () => now);
    const turns: number[] = [];
    for (const gap of gaps) {
      now += gap;
      const turn = rate.take(now + 500);
      if ('waitMs' in turn) turns.push(now + turn.waitMs);
      else expect(turn.refusedMs).toBeGreaterThan(500);
    }
    expect(turns).toEqual(turns.toSorted((a, b) => a - b));
    turns.forEach((from) => expect(turns.filter((at) => at >= from && at < from + 1000 - 1e-6).length).toBeLessThanOrEqual(perSecond + burst));
  }));
});

test('pauses', () => {
  expect([retryAfterMs('3', 0), retryAfterMs(' 0 ', 0), retryAfterMs('soon', 0), retryAfterMs(undefined, 0), retryAfterMs('-5', 0)]).toEqual([3000, 0, undefined, undefined, expect.anything()]);
  expect(retryAfterMs(new Date(10_000).toUTCString(), 4_000)).toBe(6_000);
  expect([0, 1, 2, 20].map((attempt) => backoffMs(attempt, 1000, () => 1))).toEqual([1000, 2000, 4000, 10_000]);
});

test('secrets are taken out in every form that an address gives them', () => {
  const store = secretsOf({ kma: 'a+b/c==', other: 'x%2By' });
  expect(redact('a+b/c== a%2Bb%2Fc%3D%3D x%2By x+y x%252By plain', store)).toBe('[secret kma] [secret kma] [secret other] [secret other] [secret other] plain');
});

test('conditions checked here: three values, and the order of each kind', () => {
  const column = (kind: Column['kind']): Column => ({ name: 'c', field: 'c', physical: 'c', kind, facet: false, personKey: false, required: false, unique: false });
  const is = (kind: Column['kind'], comparison: 'lt' | 'eq' | 'ne', value: unknown, cell: unknown): boolean | null => evaluateFilter({ op: 'compare', column: column(kind), comparison, value }, { c: cell });
  expect([is('decimal', 'eq', '1.50', '1.5'), is('decimal', 'lt', '1e2', '99.9'), is('int64', 'lt', '9223372036854775807', '9223372036854775806'), is('text', 'lt', 'a', 'B'), is('datetime', 'eq', '2024-01-01T09:00:00+09:00', '2024-01-01T00:00:00.000Z')]).toEqual([true, true, true, true, true]);
  expect([is('text', 'ne', 'a', null), is('int32', 'eq', 1, undefined)]).toEqual([null, null]);
  expect(evaluateFilter({ op: 'not', of: { op: 'compare', column: column('text'), comparison: 'eq', value: 'a' } }, { c: null })).toBeNull();
  expect(evaluateFilter({ op: 'or', of: [{ op: 'isNull', column: column('text'), value: true }, { op: 'compare', column: column('text'), comparison: 'eq', value: 'a' }] }, { c: null })).toBe(true);
  expect(compareValues('text', '\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
  expect(evaluateFilter({ op: 'list', column: { ...column('list'), item: 'text' }, test: 'containsAll', values: ['a', 'b'] }, { c: ['b', 'a', 'c'] })).toBe(true);
});
