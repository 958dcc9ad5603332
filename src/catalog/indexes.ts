/**
 * The indexes that a table's declarations ask for: what publishing makes and what statements may count on. Values are ordered with the
 * row number behind, so that pages by them need no sort.
 */
import type { Column, ColumnKind, TableDefinition } from './model.js';

export type TableIndex =
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'ordered'; readonly columns: readonly string[] }
  /** From the greatest value, missing values last: in the other index they come first in this direction. */
  | { readonly kind: 'descending'; readonly column: string }
  /** What is in a list or in JSON. */
  | { readonly kind: 'contents'; readonly column: string }
  /** Points. */
  | { readonly kind: 'places'; readonly column: string }
  | { readonly kind: 'fullText'; readonly column: string };

const withoutOrder: ReadonlySet<ColumnKind> = new Set(['json', 'geopoint', 'list']);

type Declarations = Pick<TableDefinition, 'columns' | 'primaryKey' | 'uniqueKeys' | 'foreignKeys'>;

/** Keys, foreign keys, identifiers of a namespace, facets, full text. */
export function indexesOf(table: Declarations): readonly TableIndex[] {
  const unique = [table.primaryKey, ...table.uniqueKeys].filter((key) => key.length > 0);
  const seen = new Set(unique.map((key) => JSON.stringify(key)));
  const ordered = [
    ...table.foreignKeys.map((key) => key.columns),
    ...table.columns.filter((column) => (column.namespace !== undefined || column.facet) && !withoutOrder.has(column.kind)).map((column) => [column.name]),
  ].filter((key) => !seen.has(JSON.stringify(key)) && seen.add(JSON.stringify(key)));
  return [
    ...unique.map((columns) => ({ kind: 'unique', columns }) as const),
    ...ordered.map((columns) => ({ kind: 'ordered', columns }) as const),
    ...table.columns.flatMap(({ name, kind, facet, required, fullText }): TableIndex[] => [
      ...(facet && !required && !withoutOrder.has(kind) ? [{ kind: 'descending', column: name } as const] : []),
      ...(facet && (kind === 'list' || kind === 'json') ? [{ kind: 'contents', column: name } as const] : []),
      ...(facet && kind === 'geopoint' ? [{ kind: 'places', column: name } as const] : []),
      ...(fullText === true ? [{ kind: 'fullText', column: name } as const] : []),
    ]),
  ];
}

/** Whether an index has the rows in the order of this column, missing values last. */
export function isOrderedBy(table: Declarations, column: Column, descending: boolean): boolean {
  return indexesOf(table).some((index) => {
    if (index.kind === 'descending') return descending && index.column === column.name;
    if (index.kind !== 'unique' && index.kind !== 'ordered') return false;
    return index.columns[0] === column.name && (!descending || column.required);
  });
}
