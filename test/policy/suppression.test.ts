/** An attacker who knows every published cell and tries every table of counts: no withheld cell is known to fewer than width + 1 counts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cellKey, cellsOf, suppress, type Lattice } from '../../src/policy/suppression.js';
import { attackCells, countOf } from '../support/cellAttack.js';

function lattice(sizes: readonly number[], counts: readonly number[], least: number): Lattice {
  return { sizes, counts, small: (cell) => countOf(sizes, counts, cell) < least, width: least };
}

function expectProtected(table: Lattice): void {
  const withheld = suppress(table);
  for (const cell of cellsOf(table.sizes)) if (table.small(cell)) expect(withheld.has(cellKey(cell))).toBe(true);
  // The total is a published cell unless nothing is.
  if (withheld.has(cellKey(table.sizes.map(() => -1)))) {
    expect(withheld.size).toBe(cellsOf(table.sizes).length);
    return;
  }
  for (const [, counts] of attackCells(table.sizes, table.counts, withheld)) expect(counts.size).toBeGreaterThanOrEqual(table.width + 1);
}

test('a small cell takes another of its row with it: total minus the rest gives only their sum', () => {
  const table = lattice([3], [2, 20, 30], 5);
  const withheld = suppress(table);
  expect([...withheld].sort()).toEqual(['0', '1']);
  expect(attackCells(table.sizes, table.counts, withheld).get('0')!.size).toBe(23);
});

test('in two dimensions a rectangle is withheld: neither the margin of its row nor that of its column gives a corner back', () => {
  const table = lattice([3, 3], [1, 5, 6, 7, 8, 9, 6, 7, 5], 4);
  const withheld = suppress(table);
  expect(withheld.size).toBe(4);
  expect(withheld.has('0,0')).toBe(true);
  expectProtected(table);
});

test('a withheld margin takes what is below it along, and a second margin of its dimension', () => {
  const table = lattice([3, 2], [1, 1, 5, 6, 7, 5], 4);
  const withheld = suppress(table);
  expect([withheld.has('0,-1'), withheld.has('0,0'), withheld.has('0,1'), withheld.has('-1,-1')]).toEqual([true, true, true, false]);
  expectProtected(table);
});

test('where every cell is small and the total is not, the total alone is told', () => {
  const table = lattice([2, 2], [2, 2, 2, 2], 5);
  expect(suppress(table).has('-1,-1')).toBe(false);
  expectProtected(table);
});

test('a total that is small withholds everything; a table without small cells withholds nothing', () => {
  expect(suppress(lattice([2, 2], [1, 0, 1, 1], 5)).size).toBe(9);
  expect(suppress(lattice([2, 2], [5, 6, 7, 8], 5)).size).toBe(0);
});

test('empty cells count as small, so a person who appears in one changes nothing', () => {
  const [before, after] = [lattice([2, 2], [0, 9, 9, 9], 3), lattice([2, 2], [1, 9, 9, 9], 3)];
  expect([...suppress(before)].sort()).toEqual([...suppress(after)].sort());
});

test('a total that is small takes the empty cells along that would be told', () => {
  const plain = lattice([3], [0, 2, 0], 5);
  const withheld = suppress({ ...plain, small: (cell) => plain.small(cell) && countOf([3], [0, 2, 0], cell) > 0 });
  expect([...withheld].sort()).toEqual(['-1', '0', '1', '2']);
});

test('where empty cells are told, the rest is protected all the same', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 9, maxLength: 9 }), (counts) => {
    const plain = lattice([3, 3], counts, 3);
    expectProtected({ ...plain, small: (cell) => plain.small(cell) && countOf([3, 3], counts, cell) > 0 });
  }), { numRuns: 60 });
});

test('random tables: one, two and three dimensions, with crowded, sparse and empty cells', () => {
  const table = fc.constantFrom([2], [4], [2, 2], [2, 3], [3, 3], [2, 2, 2]).chain((sizes) => {
    const cells = sizes.reduce((a, b) => a * b, 1);
    const count = cells > 6 ? fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 3 }) }, fc.integer({ min: 0, max: 6 })) : fc.integer({ min: 0, max: 9 });
    return fc.record({ sizes: fc.constant(sizes), counts: fc.array(count, { minLength: cells, maxLength: cells }), least: fc.integer({ min: 2, max: 4 }) });
  });
  fc.assert(fc.property(table, ({ sizes, counts, least }) => expectProtected(lattice(sizes, counts, least))), { numRuns: 120 });
}, 60_000);

test('a release of the greatest size is worked out within seconds', () => {
  const sizes = [9, 9, 9];
  let seed = 7;
  const counts = Array.from({ length: 729 }, () => (seed = (seed * 48_271) % 2_147_483_647) % 40);
  const began = performance.now();
  const withheld = suppress(lattice(sizes, counts, 10));
  expect(withheld.size).toBeGreaterThan(100);
  expect(performance.now() - began).toBeLessThan(60_000);
});
