import type { Column, ForeignKey, TableDefinition } from '../catalog/model.js';
import { columnField, derivedTypeSuffixes, foreignKeyField, giveNames, graphqlName, reservedColumnFields, upperFirst, type NameRequest } from '../catalog/naming.js';
import type { ColumnDraft, TableDraft } from './tableDraft.js';

/**
 * Gives tables, columns and both sides of foreign keys their GraphQL names. What the previous version named keeps its name.
 * @throws DureError INVALID_PACKAGE for a name that cannot be made or is taken.
 */
export function nameTables(drafts: readonly TableDraft[], previous: readonly TableDefinition[] = []): TableDefinition[] {
  const tableFields = giveNames(
    drafts.map(({ name, declared }) => ({ key: name, wanted: declared ?? graphqlName(name), declared })),
    new Map(previous.map((table) => [table.name, table.field])),
    tableNameTaken,
  );
  const rowFields = new Map(drafts.map((draft) => [draft.name, nameRow(draft, drafts, tableFields, previous)]));
  return drafts.map((draft) => {
    const fields = rowFields.get(draft.name)!;
    return {
      name: draft.name, field: tableFields.get(draft.name)!, title: draft.title, description: draft.description,
      columns: draft.columns.map((column) => toColumn(column, fields.get(columnKey(column.name))!)),
      primaryKey: draft.primaryKey, uniqueKeys: draft.uniqueKeys,
      foreignKeys: draft.foreignKeys.map((key): ForeignKey => ({
        columns: key.columns, table: key.table, referenced: key.referenced,
        field: fields.get(forwardKey(key))!, backField: rowFields.get(key.table)!.get(backKey(draft.name, key))!,
      })),
    };
  });
}

/** Type names run together: `Materials` and its `MaterialsWhere` leave no room for a table `materials-where`, `…_v1` is an older major's. */
function tableNameTaken(name: string, given: ReadonlySet<string>): boolean {
  if (/_v\d+$/.test(name)) return true;
  const type = upperFirst(name);
  return [...given].some((other) => {
    const taken = upperFirst(other);
    return taken === type || derivedTypeSuffixes.some((suffix) => type === taken + suffix || taken === type + suffix);
  });
}

type KeyPlace = Pick<ForeignKey, 'columns' | 'table' | 'referenced'>;
const columnKey = (name: string): string => `column ${name}`;
const forwardKey = (key: KeyPlace): string => `to ${JSON.stringify([key.columns, key.table, key.referenced])}`;
const backKey = (child: string, key: KeyPlace): string => `from ${JSON.stringify([child, key.columns, key.referenced])}`;

/** Columns, parents and children of a row share one space of names. */
function nameRow(draft: TableDraft, drafts: readonly TableDraft[], tableFields: ReadonlyMap<string, string>, previous: readonly TableDefinition[]): Map<string, string> {
  const requests: NameRequest[] = [
    ...draft.columns.map(({ name, declared }) => ({ key: columnKey(name), wanted: declared ?? columnField(name), declared })),
    ...draft.foreignKeys.map((key) => ({ key: forwardKey(key), wanted: foreignKeyField(key.columns, tableFields.get(key.table)!), declared: key.declared })),
    ...drafts.flatMap((child) => child.foreignKeys.filter((key) => key.table === draft.name)
      .map((key) => ({ key: backKey(child.name, key), wanted: tableFields.get(child.name)!, declared: key.declaredBack }))),
  ];
  const before = previous.find((table) => table.name === draft.name);
  const names = new Map<string, string>([
    ...(before?.columns ?? []).map((column) => [columnKey(column.name), column.field] as const),
    ...(before?.foreignKeys ?? []).map((key) => [forwardKey(key), key.field] as const),
    ...previous.flatMap((child) => child.foreignKeys.filter((key) => key.table === draft.name).map((key) => [backKey(child.name, key), key.backField] as const)),
  ]);
  return giveNames(requests, names, (name, given) => given.has(name) || reservedColumnFields.has(name));
}

function toColumn(draft: ColumnDraft, field: string): Column {
  const { declared: _declared, read: _read, missing: _missing, indexed: _indexed, ...column } = draft;
  return { ...column, field };
}
