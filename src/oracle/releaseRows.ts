/** Cells as a release keeps them, made up: some told, some suppressed. What is asked is who gets them, not how they were made. */
import type { Column, Dataset, Table, Version } from '../catalog/model.js';
import type { Side } from '../sources/postgres/twoCopies.js';
import { keysOf, type CellKey } from '../policy/releaseCells.js';
import { releaseDigest, releasesOf } from '../policy/release.js';
import type { Random } from './random.js';
import { isReleaseSecret } from './reference.js';
import type { Caller } from './referenceCondition.js';

export interface ReleaseRow {
  readonly version: string;
  readonly table: string;
  readonly definition: string;
  readonly state: 'READY' | 'WITHHELD';
  readonly cells: readonly unknown[];
}

/** Both copies of every release: the same cells where the caller may have them, others where not. */
export function releaseRows(datasets: Iterable<Dataset>, caller: Caller, random: Random): Readonly<Record<Side, readonly ReleaseRow[]>> {
  const made: Record<Side, ReleaseRow[]> = { a: [], b: [] };
  for (const dataset of datasets) {
    for (const version of dataset.versions) {
      for (const table of version.tables) {
        for (const release of releasesOf(dataset, { version, table })) {
          const row = (): ReleaseRow => rowOf(version, table, release, random);
          const a = row();
          made.a.push(a);
          made.b.push(isReleaseSecret(dataset, version, table, release, caller) ? row() : a);
        }
      }
    }
  }
  return made;
}

function rowOf(version: Version, table: Table, release: Parameters<typeof releaseDigest>[0], random: Random): ReleaseRow {
  const field = (name: string): string => table.columns.find((column: Column) => column.name === name)?.field ?? name;
  const margins = release.dimensions.reduce<readonly (readonly { readonly column: string; readonly key: CellKey }[])[]>(
    (cells, dimension) => cells.flatMap((cell) => [cell, ...keysOf(dimension).map((key) => [...cell, { column: dimension.column, key }])]), [[]]);
  const cells = margins.map((cell) => {
    const place = { margin: JSON.stringify(cell.map(({ column }) => column)), key: Object.fromEntries(cell.map(({ column, key }) => [field(column), key])) };
    if (random.chance(0.3)) return place;
    const figures = Object.fromEntries((release.sums ?? []).map((name) => [name, random.between(0, 500)]));
    return { ...place, count: random.between(5, 90), sum: figures, mean: figures };
  });
  return { version: version.id, table: table.name, definition: releaseDigest(release), state: random.chance(0.9) ? 'READY' : 'WITHHELD', cells };
}
