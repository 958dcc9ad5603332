/** Rows with other secrets: hidden rows changed, added and removed, hidden parts of cells changed; what the caller may know is as before. */
import type { Table } from '../catalog/model.js';
import { otherCell, someValue } from './otherCell.js';
import type { Random } from './random.js';
import type { Cells, TableSecret } from './reference.js';

export interface NumberedRow {
  readonly number: number;
  readonly cells: Cells;
}

const tries = 6;

/** @param rows in the order of their numbers, with gaps between @returns the other rows, in order; undefined where nothing of the table is secret */
export function changed(table: Table, rows: readonly NumberedRow[], secret: TableSecret, random: Random): readonly NumberedRow[] | undefined {
  const valuesOf = table.columns.map((_, place) => rows.map(({ cells }) => cells[place] ?? null));
  const keys = table.primaryKey.map((name) => table.columns.findIndex((column) => column.name === name));
  const taken = new Set(rows.map(({ cells }) => keyOf(cells, keys)));
  const anyRow = (): string[] | (string | null)[] => table.columns.map((column, place) => someValue(column, null, valuesOf[place]!, random));
  const isHidden = (cells: Cells): boolean => secret.all || secret.hidden(cells) === true;
  let touched = false;
  const unique = (cells: Cells, own?: Cells): boolean => keys.length === 0 || (keys.every((place) => cells[place] !== null) && (!taken.has(keyOf(cells, keys)) || (own !== undefined && keyOf(cells, keys) === keyOf(own, keys))));
  const hiddenRow = (near: Cells | undefined): Cells | undefined => {
    for (let n = 0; n < tries; n += 1) {
      // One that differs from a row in a few cells is harder to tell from it.
      const from = near ?? (rows.length > 0 && random.chance(0.7) ? random.one(rows).cells : undefined);
      const cells = from ? from.map((text, place) => (random.chance(0.4) ? someValue(table.columns[place]!, text, valuesOf[place]!, random) : text)) : anyRow();
      if (isHidden(cells) && unique(cells, near)) return cells;
    }
    return undefined;
  };
  const result: NumberedRow[] = [];
  for (const row of rows) {
    if (isHidden(row.cells)) {
      touched = true;
      if (random.chance(0.3)) continue;
      result.push({ number: row.number, cells: random.chance(0.8) ? (hiddenRow(row.cells) ?? row.cells) : row.cells });
      continue;
    }
    let cells = row.cells;
    for (let n = 0; n < tries && cells === row.cells; n += 1) {
      const other = row.cells.map((text, place) => {
        const transform = secret.transforms.get(place);
        return transform && random.chance(0.8) ? otherCell(table.columns[place]!, text, transform, valuesOf[place]!, random) : text;
      });
      if (other.some((text, place) => text !== row.cells[place]) && secret.hidden(other) === false && secret.hidden(row.cells) === false && unique(other, row.cells)) cells = other;
    }
    if (cells !== row.cells) {
      touched = true;
      taken.add(keyOf(cells, keys));
    }
    result.push({ number: row.number, cells });
  }
  const numbers = new Set(result.map(({ number }) => number));
  for (let n = random.between(0, 3); n > 0; n -= 1) {
    const cells = hiddenRow(undefined);
    const number = rows.length === 0 ? random.between(1, 100) : random.one(rows).number + random.between(-15, 15);
    if (!cells || number < 1 || numbers.has(number) || rows.some((row) => row.number === number)) continue;
    taken.add(keyOf(cells, keys));
    numbers.add(number);
    result.push({ number, cells });
    touched = true;
  }
  // Sums of floating-point numbers depend on the order of rows.
  if (secret.unordered && !secret.all && !table.columns.some(({ kind }) => kind === 'float')) {
    touched = true;
    shuffle(result, random);
  }
  return touched ? result.sort((a, b) => a.number - b.number) : undefined;
}

/** Which row is which. */
function shuffle(rows: NumberedRow[], random: Random): void {
  for (let last = rows.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last);
    [rows[last], rows[other]] = [{ ...rows[last]!, cells: rows[other]!.cells }, { ...rows[other]!, cells: rows[last]!.cells }];
  }
}

function keyOf(cells: Cells, keys: readonly number[]): string {
  return JSON.stringify(keys.map((place) => cells[place]));
}
