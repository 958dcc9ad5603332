import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lru } from '../src/lru.js';

/** The same by a Map whose order is that of use. */
class Plain {
  readonly entries = new Map<number, number>();

  constructor(private readonly limit: number) {}

  get(key: number): number | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: number, value: number): number | undefined {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return undefined;
    const oldest = this.entries.keys().next().value!;
    this.entries.delete(oldest);
    return oldest;
  }

  delete(key: number): void {
    this.entries.delete(key);
  }
}

test('what was used longest ago is forgotten first, whatever happens in between', () => {
  const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(6), fc.nat());
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
    const lru = new Lru<number, number>(limit);
    const plain = new Plain(limit);
    for (const [kind, key, value] of steps) {
      if (kind === 'get') expect(lru.get(key)).toBe(plain.get(key));
      else if (kind === 'set') expect(lru.set(key, value)).toBe(plain.set(key, value));
      else { lru.delete(key); plain.delete(key); }
      expect(lru.size).toBe(plain.entries.size);
      expect(new Map(lru.all())).toEqual(plain.entries);
    }
  }));
});

test('a value may be replaced, and one that is undefined is none', () => {
  const lru = new Lru<string, number | undefined>(2);
  lru.set('a', 1);
  lru.set('a', 2);
  expect([lru.get('a'), lru.size]).toEqual([2, 1]);
  lru.set('b', undefined);
  expect(lru.get('b')).toBeUndefined();
});

test('what all entries weigh together is bounded too: the oldest go, also where one of them grows', () => {
  const lru = new Lru<string, { weight: number }>(5, { weight: 10, weigh: ({ weight }) => weight });
  for (const key of ['a', 'b', 'c']) lru.set(key, { weight: 3 });
  expect(lru.size).toBe(3);
  lru.get('a');
  expect(lru.set('d', { weight: 4 })).toBe('b');
  expect([lru.get('b'), lru.get('a')?.weight]).toEqual([undefined, 3]);
  lru.set('a', { weight: 6 });
  expect([...lru.all()].map(([key]) => key).sort()).toEqual(['a', 'd']);
  lru.set('huge', { weight: 11 });
  expect(lru.size).toBe(0);
  for (const key of ['1', '2', '3', '4', '5', '6']) lru.set(key, { weight: 1 });
  expect([lru.size, lru.get('1')]).toEqual([5, undefined]);
});
