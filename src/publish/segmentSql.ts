/** The statements that make a segment. Physical names are ours (`s12`, `c3`), so they need no quoting. */
import { indexesOf, type TableIndex } from '../catalog/indexes.js';
import type { Column, TableDefinition } from '../catalog/model.js';
import { columnSqlType } from '../catalog/sqlType.js';
import type { CellIndex } from '../policy/cellIndexes.js';

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

/** Making them is also the check that keys are unique: the database refuses the index otherwise. */
export function uniqueIndexes(physical: string, table: TableDefinition): KeyIndex[] {
  return indexesOf(table).flatMap((index) => (index.kind === 'unique' ? [{ columns: index.columns, sql: indexSql(physical, table, index) }] : []));
}

/** What queries will look up by. */
export function lookupIndexes(physical: string, table: TableDefinition): string[] {
  return indexesOf(table).filter((index) => index.kind !== 'unique').map((index) => indexSql(physical, table, index));
}

export interface NamedIndex { readonly name: string; readonly sql: string }

/** The name says what the index is of, so that it can be told whether it is there. */
export function cellIndexSql(physical: string, { definition, digest }: Pick<CellIndex, 'definition' | 'digest'>): NamedIndex {
  const name = `${physical}_cell_${digest}`;
  return { name, sql: `create index ${name} on ${dataSchema}.${physical} ${definition}` };
}

function indexSql(physical: string, table: TableDefinition, index: TableIndex): string {
  const names = physicalNames(table, 'column' in index ? [index.column] : index.columns);
  const on = `on ${dataSchema}.${physical}`;
  switch (index.kind) {
    case 'unique': return `create unique index ${on} (${names.join(', ')})`;
    case 'ordered': return `create index ${on} (${[...names, '_rid'].join(', ')})`;
    case 'descending': return `create index ${on} (${names[0]!} desc nulls last, _rid desc)`;
    case 'contents': return `create index ${on} using gin (${names[0]!})`;
    case 'places': return `create index ${on} using gist (${names[0]!})`;
    case 'fullText': return `create index ${on} using gin (dure.search_vector(${names[0]!}))`;
  }
}

export function physicalNames(table: Pick<TableDefinition, 'columns'>, names: readonly string[]): string[] {
  return names.map((name) => table.columns.find((column) => column.name === name)!.physical);
}
