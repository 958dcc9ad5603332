/** Files as a dataset of tables: their columns typed and named, each mistake told with its place. */
import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '../../catalog/model.js';
import { giveNames, graphqlName } from '../../catalog/naming.js';
import { DureError } from '../../errors.js';
import type { SourceDefinition, SourceTableDefinition } from '../remote/definition.js';
import type { FileSourceOptions, FileTableOptions } from './fileOptions.js';
import type { FoundFiles } from './filePaths.js';
import { declaredColumn, typedColumn, type TypedColumn } from './fileTypes.js';
import { inspectFiles, type FileColumn, type InspectedFiles } from './inspectFiles.js';
import { columnFields, physicalName } from '../remote/nameColumns.js';
import { identifier } from './sqlText.js';

export interface FoundTable { readonly options: FileTableOptions; readonly found: FoundFiles }

/** The view in DuckDB that a table is read from. */
export function viewName(table: string): string {
  return `dure_data.t${digest(table)}`;
}

/**
 * Inspects the files and makes a view for each table.
 * @throws DureError SOURCE_INVALID with every mistake
 */
export async function describeFiles(connection: DuckDBConnection, options: FileSourceOptions, tables: readonly FoundTable[]): Promise<SourceDefinition> {
  const mistakes: string[] = [];
  const fields = giveNames(tables.map(({ options: { name } }) => ({ key: name, wanted: graphqlName(name) })), new Map());
  const definitions: SourceTableDefinition[] = [];
  for (const table of tables) {
    const inspected = await inspectFiles(connection, table.found);
    if (Array.isArray(inspected)) {
      mistakes.push(...(inspected as readonly string[]));
      continue;
    }
    const found = await describeTable(connection, table.options, inspected as InspectedFiles, fields.get(table.options.name)!);
    if (Array.isArray(found)) mistakes.push(...(found as readonly string[]).map((mistake) => `table ${table.options.name}: ${mistake}`));
    else definitions.push(found as SourceTableDefinition);
  }
  if (mistakes.length > 0) throw invalidFiles(options.id, mistakes);
  const { id, title, titleKo, description, dataset, homepage, licenses, citation, country } = options;
  return {
    id, kind: 'file', title, dataset, licenses, tables: definitions,
    ...(titleKo === undefined ? {} : { titleKo }), ...(description === undefined ? {} : { description }), ...(homepage === undefined ? {} : { homepage }), ...(citation === undefined ? {} : { citation }), ...(country === undefined ? {} : { country }),
  };
}

export function invalidFiles(source: string, mistakes: readonly string[]): DureError {
  return new DureError('SOURCE_INVALID', `The files of ${source} cannot be tables: ${mistakes.join('; ')}.`, { source, mistakes });
}

async function describeTable(connection: DuckDBConnection, options: FileTableOptions, inspected: InspectedFiles, field: string): Promise<SourceTableDefinition | readonly string[]> {
  const { key, omit = [], columns: declared = {} } = options;
  const names = new Set(inspected.columns.map(({ name }) => name));
  const mistakes = [...omit, ...Object.keys(declared), ...(key === undefined ? [] : [key])].filter((name) => !names.has(name)).map((name) => `it has no column ${JSON.stringify(name)}`);
  const kept = inspected.columns.filter(({ name }) => !omit.includes(name));
  if (kept.length === 0) mistakes.push('no column is left');
  const typed = kept.flatMap((column): { readonly column: FileColumn; readonly typed: TypedColumn }[] => {
    const { kind, scale = 6 } = declared[column.name] ?? {};
    const found = kind === undefined ? typedColumn(column.type) : declaredColumn(kind, scale);
    if (typeof found !== 'string') return [{ column, typed: found }];
    mistakes.push(`column ${JSON.stringify(column.name)} ${found}`);
    return [];
  });
  const fields = columnFields(kept.map(({ name }) => name), declared, mistakes);
  if (mistakes.length > 0) return mistakes;
  const columns = typed.map(({ column: { name }, typed: { kind, item } }): Column => {
    const { title, unit, namespace } = declared[name] ?? {};
    return {
      name, field: fields.get(name)!, physical: physicalName(name, kind, item), kind, facet: false, personKey: false, required: false, unique: name === key,
      ...(item === undefined ? {} : { item }), ...(title === undefined ? {} : { title }), ...(unit === undefined ? {} : { unit }), ...(namespace === undefined ? {} : { namespace }),
    };
  });
  const view = viewName(options.name);
  const selected = typed.map(({ column, typed: { value } }, index) => `${value(identifier(column.name))} as ${columns[index]!.physical}`);
  await connection.run(`create view ${view} as select ${[`${inspected.rowNumber} as _rid`, ...selected].join(', ')} from ${inspected.from}`);
  const wrong = await checkValues(connection, view, columns, declared, key);
  if (wrong.length > 0) return wrong;
  return {
    name: options.name, field, authority: false, columns,
    ...(key === undefined ? {} : { key }), ...(options.title === undefined ? {} : { title: options.title }), ...(options.description === undefined ? {} : { description: options.description }),
  };
}

function digest(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 20);
}

/** Keys are unique and there; values are of the kinds that were declared. */
async function checkValues(connection: DuckDBConnection, view: string, columns: readonly Column[], declared: NonNullable<FileTableOptions['columns']>, key: string | undefined): Promise<readonly string[]> {
  const mistakes: string[] = [];
  for (const column of columns) {
    if (declared[column.name]?.kind === undefined) continue;
    try {
      await connection.run(`select count(${column.physical}) from ${view}`);
    } catch {
      mistakes.push(`column ${JSON.stringify(column.name)} has a value that is no ${column.kind}`);
    }
  }
  const keyed = columns.find(({ name }) => name === key);
  if (!keyed || mistakes.length > 0) return mistakes;
  const [counts] = (await connection.runAndReadAll(`select count(*), count(${keyed.physical}), count(distinct ${keyed.physical}) from ${view}`)).getRows();
  const [rows, present, distinct] = (counts ?? []).map(Number) as [number, number, number];
  if (present < rows) mistakes.push(`the key ${JSON.stringify(key)} is missing in ${rows - present} of ${rows} rows`);
  if (distinct < present) mistakes.push(`the key ${JSON.stringify(key)} is not unique: ${present} rows have ${distinct} values`);
  return mistakes;
}
