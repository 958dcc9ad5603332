import type { ColumnKind } from '../catalog/model.js';
import { descriptorName } from './packageFiles.js';
import type { MistakeList } from './report.js';
import type { ColumnDraft, TableDraft } from './tableDraft.js';

const withoutEquality: ReadonlySet<ColumnKind> = new Set(['json', 'geopoint']);

/** Keys must name columns that exist and can be compared; a foreign key must lead to one row. */
export function checkKeys(tables: readonly TableDraft[], mistakes: MistakeList): void {
  const tell = (path: string, message: string): void => mistakes.add('descriptor', () => ({ file: descriptorName, path, message }));
  const byName = new Map(tables.map((table) => [table.name, table]));
  tables.forEach((table, index) => {
    const path = `$.resources[${index}].schema`;
    checkKey(table, table.primaryKey, `${path}.primaryKey`, tell);
    table.uniqueKeys.forEach((key) => checkKey(table, key, `${path}.uniqueKeys`, tell));
    table.foreignKeys.forEach((key, position) => {
      const place = `${path}.foreignKeys[${position}]`;
      const ours = checkKey(table, key.columns, `${place}.fields`, tell);
      const parent = byName.get(key.table);
      if (!parent) return tell(`${place}.reference.resource`, `names the table “${key.table}”, which is not in the package`);
      const theirs = checkKey(parent, key.referenced, `${place}.reference.fields`, tell);
      if (!ours || !theirs) return undefined;
      if (ours.length !== theirs.length) return tell(place, `has ${ours.length} fields that lead to ${theirs.length}`);
      ours.forEach((column, at) => {
        if (comparable(column) !== comparable(theirs[at]!)) tell(place, `compares “${column.name}” (${column.kind}) with “${theirs[at]!.name}” (${theirs[at]!.kind}): give both one type`);
      });
      if (![parent.primaryKey, ...parent.uniqueKeys].some((unique) => sameColumns(unique, key.referenced))) {
        tell(`${place}.reference.fields`, `“${key.referenced.join(', ')}” is not known to be unique in “${parent.name}”: make it the primary key or one of uniqueKeys`);
      }
      return undefined;
    });
  });
}

function checkKey(table: TableDraft, key: readonly string[], path: string, tell: (path: string, message: string) => void): ColumnDraft[] | undefined {
  const columns = key.map((name) => table.columns.find((column) => column.name === name));
  const unknown = key.filter((_, index) => !columns[index]);
  if (unknown.length > 0) tell(path, `names “${unknown.join(', ')}”, which “${table.name}” has not`);
  if (new Set(key).size !== key.length) tell(path, 'names a field twice');
  if (key.length > 32) tell(path, 'has more than 32 fields');
  for (const column of columns) {
    if (column && (withoutEquality.has(column.kind) || column.kind === 'list')) tell(path, `names “${column.name}”, whose values (${column.kind}) cannot be a key`);
  }
  return unknown.length === 0 ? (columns as ColumnDraft[]) : undefined;
}

/** Kinds that PostgreSQL compares without a cast. */
function comparable(column: ColumnDraft): string {
  switch (column.kind) {
    case 'text': case 'enum': case 'yearmonth': return 'text';
    case 'int32': case 'int64': return 'integer';
    default: return column.kind;
  }
}

/** The order of a key's columns does not matter to whether it is unique. */
function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
