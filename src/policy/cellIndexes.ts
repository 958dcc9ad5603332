/**
 * The indexes over transformed cells, as the rules ask for them. They are made when a version is published and by a job when rules change;
 * statements are written as if they were there, and without them only take longer.
 */
import { createHash } from 'node:crypto';
import type { Column, TableDefinition } from '../catalog/model.js';
import { mayBeNull, reckoned, transforms, type ColumnAccess } from './columnAccess.js';
import { maskCell, periodCell, placeCell, stepCell } from './postgresCells.js';
import type { RuleDocument } from './rule.js';

export interface CellIndex {
  /** The column's name in the package. */
  readonly column: string;
  /** As in catalog/indexes.ts. */
  readonly kind: 'ordered' | 'descending' | 'places';
  /** What follows the table's name in `create index`. */
  readonly definition: string;
  /** Twelve digits that differ where the definition does. */
  readonly digest: string;
}

/** Once each, whatever number of rules say the same. @param major the rules that are for it, or those for any */
export function cellIndexes(document: RuleDocument, table: Pick<TableDefinition, 'name' | 'columns'>, major?: number): readonly CellIndex[] {
  const wanted = new Map<string, CellIndex>();
  for (const rule of document.rules) {
    if (rule.effect !== 'columns' || rule.transform.kind === 'hash') continue;
    if (rule.tables !== undefined && !rule.tables.includes(table.name)) continue;
    if (major !== undefined && rule.majors !== undefined && !rule.majors.includes(major)) continue;
    for (const column of table.columns) {
      if (!rule.columns.includes(column.name) || transforms(rule.transform, column) !== undefined) continue;
      for (const index of indexesOfCell(reckoned(rule.transform), column)) wanted.set(index.digest, index);
    }
  }
  return [...wanted.values()];
}

/** Two transforms of one column that differ are composed to one of them or to null, so that of each rule alone suffices. */
function indexesOfCell(access: ColumnAccess, column: Column): readonly CellIndex[] {
  const cell = cellText(access, column);
  if (cell === undefined) return [];
  const made = (kind: CellIndex['kind'], definition: string): CellIndex => ({ column: column.name, kind, definition, digest: createHash('sha256').update(definition).digest('hex').slice(0, 12) });
  if (access.kind === 'place') return column.facet ? [made('places', `using gist ((${cell}))`)] : [];
  // PostgreSQL answers from the index alone only where the columns of the expression are in it, too. Texts can be too long for that.
  const beside = column.kind === 'text' ? '' : ` include (${column.physical})`;
  return [
    made('ordered', `((${cell}), _rid)${beside}`),
    ...(column.facet && mayBeNull(access, column) ? [made('descending', `((${cell}) desc nulls last, _rid desc)`)] : []),
  ];
}

/** The cell over a row whose columns need no alias; undefined where nothing can be looked up by it. */
function cellText(access: ColumnAccess, { kind, physical }: Column): string | undefined {
  switch (access.kind) {
    case 'round': case 'bin': return stepCell(access.kind, kind, access.step, physical);
    case 'generalise': return periodCell(kind, access.to, physical);
    case 'place': return placeCell(access.degrees, physical);
    case 'mask': return access.keepStart + access.keepEnd > 0 ? maskCell(access, physical) : undefined;
    case 'plain': case 'withheld': case 'null': case 'hash': return undefined;
  }
}

/** Whether an index answers tests of the cell by its value (`ordered`), or by where it lies (`places`). */
export function hasCellIndex(access: ColumnAccess, column: Column, kind: 'ordered' | 'places'): boolean {
  return indexesOfCell(access, column).some((index) => index.kind === kind);
}

/** Whether an index has the rows in the order of the cell, missing values last. */
export function isOrderedByCell(access: ColumnAccess, column: Column, descending: boolean): boolean {
  return hasCellIndex(access, column, 'ordered') && (!descending || column.facet || !mayBeNull(access, column));
}

/** Whether anything is to be made, or was, for columns to be read as the rules say: hashes and indexes. */
export function asksForPreparation(document: RuleDocument): boolean {
  return document.rules.some((rule) => rule.effect === 'columns' && rule.transform.kind !== 'deny' && rule.transform.kind !== 'null');
}
