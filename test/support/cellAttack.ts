/** An attacker who knows every published cell, and has the time to try every table of counts. Knows nothing of how cells were chosen. */
import { cellKey, cellsOf } from '../../src/policy/suppression.js';

export function countOf(sizes: readonly number[], counts: readonly number[], cell: readonly number[]): number {
  return counts.reduce((sum, count, at) => (within(sizes, at, cell) ? sum + count : sum), 0);
}

function within(sizes: readonly number[], at: number, cell: readonly number[]): boolean {
  let rest = at;
  for (let d = sizes.length - 1; d >= 0; d -= 1) {
    const position = rest % sizes[d]!;
    if (cell[d]! >= 0 && cell[d] !== position) return false;
    rest = (rest - position) / sizes[d]!;
  }
  return true;
}

/** The different counts of each withheld cell over all tables of counts that agree with what is published. Independent of how cells were chosen. */
export function attackCells(sizes: readonly number[], counts: readonly number[], withheld: ReadonlySet<string>): Map<string, Set<number>> {
  const cells = cellsOf(sizes);
  const published = cells.filter((cell) => !withheld.has(cellKey(cell))).map((cell) => ({ members: counts.flatMap((_, at) => (within(sizes, at, cell) ? [at] : [])), sum: countOf(sizes, counts, cell) }));
  const hidden = cells.filter((cell) => withheld.has(cellKey(cell)));
  const found = new Map(hidden.map((cell) => [cellKey(cell), new Set<number>()]));
  const table = counts.map(() => 0);
  // Ends with the last member of each published cell: what is left of it then must be nought.
  const ends = counts.map((_, at) => published.filter(({ members }) => members.at(-1) === at));
  const of = counts.map((_, at) => published.filter(({ members }) => members.includes(at)));
  const left = new Map(published.map((one) => [one, one.sum]));
  const walk = (at: number): void => {
    if (at === counts.length) {
      for (const cell of hidden) found.get(cellKey(cell))!.add(countOf(sizes, table, cell));
      return;
    }
    const most = Math.min(...of[at]!.map((one) => left.get(one)!));
    for (let value = 0; value <= most; value += 1) {
      table[at] = value;
      for (const one of of[at]!) left.set(one, left.get(one)! - value);
      if (ends[at]!.every((one) => left.get(one) === 0)) walk(at + 1);
      for (const one of of[at]!) left.set(one, left.get(one)! + value);
    }
    table[at] = 0;
  };
  walk(0);
  return found;
}
