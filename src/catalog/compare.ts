import type { Column, TableDefinition } from './model.js';

/** What of the present version's columns a client relies on and would miss in the next, in words. Empty: the next may be a minor version. */
export function incompatibilities(present: readonly TableDefinition[], next: readonly TableDefinition[]): string[] {
  return present.flatMap((table) => {
    const successor = next.find((candidate) => candidate.name === table.name);
    if (!successor) return [`table ${table.name} is gone`];
    return [
      ...(successor.field === table.field ? [] : [`table ${table.name} is called ${successor.field} instead of ${table.field}`]),
      ...(same(successor.primaryKey, table.primaryKey) ? [] : [`table ${table.name} has another primary key (${list(successor.primaryKey)} instead of ${list(table.primaryKey)})`]),
      ...table.columns.flatMap((column) => columnDifferences(table.name, column, successor.columns.find(({ name }) => name === column.name))),
      ...table.foreignKeys.flatMap((key) => {
        const kept = successor.foreignKeys.find((candidate) => same(candidate.columns, key.columns) && candidate.table === key.table && same(candidate.referenced, key.referenced));
        if (!kept) return [`table ${table.name} has no foreign key ${list(key.columns)} to ${key.table} any more`];
        return kept.field === key.field && kept.backField === key.backField ? [] : [`the foreign key ${list(key.columns)} of table ${table.name} has other names`];
      }),
    ];
  });
}

function columnDifferences(table: string, before: Column, after: Column | undefined): string[] {
  const place = `${table}.${before.name}`;
  if (!after) return [`column ${place} is gone`];
  if (after.kind !== before.kind || after.item !== before.item) return [`column ${place} is ${kindName(after)} instead of ${kindName(before)}`];
  const lost = (before.values ?? []).filter((value) => !after.values?.includes(value));
  return [
    ...(after.field === before.field ? [] : [`column ${place} is called ${after.field} instead of ${before.field}`]),
    ...(lost.length === 0 ? [] : [`column ${place} may no longer be ${lost.join(', ')}`]),
  ];
}

function kindName(column: Column): string {
  return column.kind === 'list' ? `a list of ${column.item}` : column.kind;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'none' : columns.join(' + ');
}
