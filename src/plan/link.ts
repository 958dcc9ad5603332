/** A link leads from the rows of one table to those of another whose columns hold the same values. */
import type { Column, Dataset, ForeignKey, Table, Version } from '../catalog/model.js';

/** A table at a version: what a level reads. */
export interface TableAt {
  readonly dataset: Dataset;
  readonly version: Version;
  readonly table: Table;
}

export interface Link {
  /** The GraphQL field that follows it. */
  readonly name: string;
  readonly target: TableAt;
  /** Pairs of columns: here, there. */
  readonly on: readonly { readonly here: Column; readonly there: Column }[];
  /** True if at most one row can be at the other end. */
  readonly single: boolean;
}

export function columnOf(table: Pick<Table, 'columns' | 'name'>, name: string): Column {
  const column = table.columns.find((c) => c.name === name);
  if (!column) throw new Error(`table ${table.name} has no column ${name}`);
  return column;
}

/** The links of a table by the foreign keys of its dataset: to its parents, and back from the tables that refer to it. */
export function foreignKeyLinks(at: TableAt): readonly Link[] {
  const { table, version } = at;
  const target = (name: string): TableAt | undefined => {
    const found = version.tables.find((t) => t.name === (name === '' ? table.name : name));
    return found && { ...at, table: found };
  };
  const forward = table.foreignKeys.flatMap((key): Link[] => {
    const parent = target(key.table);
    return parent ? [{ name: key.field, target: parent, single: true, on: pairs(table, key.columns, parent.table, key.referenced) }] : [];
  });
  const back = version.tables.flatMap((child) => child.foreignKeys
    .filter((key) => refersTo(key, child, table))
    .map((key): Link => ({ name: key.backField, target: { ...at, table: child }, single: false, on: pairs(table, key.referenced, child, key.columns) })));
  return [...forward, ...back];
}

function refersTo(key: ForeignKey, child: Table, table: Table): boolean {
  return (key.table === '' ? child.name : key.table) === table.name;
}

function pairs(here: Table, hereNames: readonly string[], there: Table, thereNames: readonly string[]): Link['on'] {
  return hereNames.map((name, index) => ({ here: columnOf(here, name), there: columnOf(there, thereNames[index]!) }));
}
