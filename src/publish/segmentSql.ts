/** The statements that make a segment. Physical names are ours (`s12`, `c3`), so they need no quoting. */
import type { Column, ColumnKind, TableDefinition } from '../catalog/model.js';
import { columnSqlType } from '../catalog/sqlType.js';

type ColumnType = Pick<Column, 'physical' | 'kind' | 'item' | 'required'>;

export const dataSchema = 'dure_data';

export function createSegmentSql(physical: string, columns: readonly ColumnType[]): string {
  const definitions = columns.map((column) => `${column.physical} ${segmentType(column)}${column.required ? ' not null' : ''}`);
  return `create table ${dataSchema}.${physical} (_rid bigint not null, ${definitions.join(', ')})`;
}

/** FREEZE: the table is made in the same transaction, so its rows are written once, as visible to all. */
export function copySegmentSql(physical: string, columns: readonly Pick<Column, 'physical'>[]): string {
  return `copy ${dataSchema}.${physical} (_rid, ${columns.map((column) => column.physical).join(', ')}) from stdin with (freeze)`;
}

/** Keysets order text by its bytes, so every text column does. */
function segmentType(column: Pick<ColumnType, 'kind' | 'item'>): string {
  const type = columnSqlType(column);
  return type.startsWith('text') ? `${type} collate "C"` : type;
}

export interface KeyIndex {
  /** Column names of the package. */
  readonly columns: readonly string[];
  readonly sql: string;
}

const withoutOrder: ReadonlySet<ColumnKind> = new Set(['json', 'geopoint', 'list']);

/** Making them is also the check that keys are unique: the database refuses the index otherwise. */
export function uniqueIndexes(physical: string, table: TableDefinition): KeyIndex[] {
  return [table.primaryKey, ...table.uniqueKeys].filter((key) => key.length > 0)
    .map((columns) => ({ columns, sql: `create unique index on ${dataSchema}.${physical} (${physicalNames(table, columns).join(', ')})` }));
}

/** What queries will look up by: foreign keys, identifiers of a namespace, facets. With `_rid` behind, so that pages by them need no sort. */
export function lookupIndexes(physical: string, table: TableDefinition): string[] {
  const covered = new Set([table.primaryKey, ...table.uniqueKeys].map((key) => JSON.stringify(key)));
  const wanted = [
    ...table.foreignKeys.map((key) => key.columns),
    ...table.columns.filter((column) => (column.namespace !== undefined || column.facet) && !withoutOrder.has(column.kind)).map((column) => [column.name]),
  ];
  // Missing values come last in both directions, so a column that may miss them needs an index of its own to be read from its greatest value.
  const descending = table.columns.filter((column) => column.facet && !column.required && !withoutOrder.has(column.kind))
    .map((column) => `create index on ${dataSchema}.${physical} (${column.physical} desc nulls last, _rid desc)`);
  return [
    ...wanted.filter((key) => !covered.has(JSON.stringify(key)) && covered.add(JSON.stringify(key)))
      .map((key) => `create index on ${dataSchema}.${physical} (${[...physicalNames(table, key), '_rid'].join(', ')})`),
    ...descending,
  ];
}

export function physicalNames(table: Pick<TableDefinition, 'columns'>, names: readonly string[]): string[] {
  return names.map((name) => table.columns.find((column) => column.name === name)!.physical);
}
