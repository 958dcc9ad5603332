/** Columns that hold keys of persons, and which of them hold the keys of the same persons. */
import type { Column, TableDefinition } from '../catalog/model.js';

/** Keys are the same persons' where they are of one namespace, or, without one, where their columns have one name. */
export function personDomain(column: Pick<Column, 'name' | 'namespace'>): string {
  return column.namespace === undefined ? `column ${column.name}` : `namespace ${column.namespace}`;
}

export interface PersonColumns {
  /** Say whose row it is. */
  readonly owners: readonly Column[];
  /** Name a person in a row that is another's: a mother, a donor. */
  readonly mentions: readonly Column[];
}

/** Where several columns of a table hold such keys, a row is that person's whose key identifies it. */
export function personColumns(table: Pick<TableDefinition, 'columns' | 'primaryKey' | 'uniqueKeys'>, domain: string): PersonColumns {
  const columns = table.columns.filter((column) => column.personKey && personDomain(column) === domain);
  const identifying = columns.filter(({ name, unique }) => unique || [table.primaryKey, ...table.uniqueKeys].some((key) => key.length === 1 && key[0] === name));
  const owners = columns.length > 1 && identifying.length > 0 ? identifying : columns;
  return { owners, mentions: columns.filter((column) => !owners.includes(column)) };
}

/** Whether a cell may be without a value. */
export function mayBeEmpty(table: Pick<TableDefinition, 'primaryKey'>, column: Column): boolean {
  return !column.required && !table.primaryKey.includes(column.name);
}
