/** Rows that a remote source gave, under the rules: hidden ones left out, cells transformed, written as the JSON that was asked for. */
import type { Column } from '../catalog/model.js';
import type { TableAt } from '../plan/link.js';
import type { RowItem } from '../plan/plan.js';
import { visitPredicate, type Bindings, type Predicate } from '../plan/predicate.js';
import { rowIdPrefix } from '../plan/rowId.js';
import type { AuthorizedPlan } from '../policy/authorize.js';
import type { RemoteRow } from '../sources/remote/remoteSource.js';
import { cellOf } from './cells.js';
import { evaluate } from './conditions.js';
import { markText } from './marks.js';

/** Every column that must be fetched for these items, these conditions and the rules of the table. */
export function neededColumns(plan: AuthorizedPlan, at: TableAt, items: readonly RowItem[], conditions: readonly Predicate[]): readonly Column[] {
  const { table } = at;
  const names = new Set<string>(table.remote?.key === undefined ? [] : [table.remote.key]);
  const relation = plan.relation(at);
  const visit = (item: RowItem): void => {
    if (item.kind === 'column' && relation.access(item.column).kind !== 'withheld') names.add(item.column.name);
    if (item.kind === 'level') for (const pair of item.level.link!.on) names.add(pair.here.name);
    if (item.kind === 'object') item.items.forEach(visit);
  };
  items.forEach(visit);
  for (const predicate of [...conditions, relation.rows]) visitPredicate(predicate, { column: (column) => names.add(column.name) });
  return table.columns.filter((column) => names.has(column.name));
}

/** What makes of a row the row as the caller may see it: undefined where the rules hide it. Conditions of the caller come after, on what is left. */
export function readable(plan: AuthorizedPlan, at: TableAt, bindings: Bindings): (row: RemoteRow) => RemoteRow | undefined {
  const { rows, access } = plan.relation(at);
  const all = rows.op === 'constant' && rows.value;
  const cells = at.table.columns.map((column) => ({ column, access: access(column) }));
  // Who may see every column as it is sees the row as it is.
  const whole = cells.every((cell) => cell.access.kind === 'plain');
  return (row) => {
    if (!all && evaluate(rows, row, bindings) !== true) return undefined;
    return whole ? row : Object.fromEntries(cells.map((cell) => [cell.column.name, cellOf(cell.access, cell.column, row[cell.column.name])]));
  };
}

type Cut = (item: Extract<RowItem, { kind: 'level' }>) => number | undefined;

/** What writes a row as the JSON object of these items. */
export function rowWriter(at: TableAt, items: readonly RowItem[], cut: Cut): (row: RemoteRow) => string {
  const members = items.map((item, index) => ({ before: `${index === 0 ? '' : ','}${JSON.stringify(item.key)}:`, write: itemWriter(at, item, cut) }));
  return (row) => {
    let text = '{';
    for (const { before, write } of members) text += before + write(row);
    return `${text}}`;
  };
}

function itemWriter(at: TableAt, item: RowItem, cut: Cut): (row: RemoteRow) => string {
  switch (item.kind) {
    case 'absent': return () => 'null';
    case 'typename': return () => JSON.stringify(item.name);
    case 'id': return (row) => JSON.stringify(rowId(at, row));
    case 'column': {
      const { name } = item.column;
      return (row) => JSON.stringify(row[name] ?? null);
    }
    case 'object': return rowWriter(at, item.items, cut);
    case 'level': {
      const number = cut(item);
      if (number === undefined) return () => 'null';
      const { here } = item.level.link!.on[0]!;
      // A source that names no identifiers in a list leads to no records, which is an empty page.
      const missing = here.kind === 'list' ? [] : null;
      return (row) => {
        const value = row[here.name] ?? missing;
        return value === null ? 'null' : markText(number, JSON.stringify(value));
      };
    }
  }
}

export function rowId(at: TableAt, row: RemoteRow): string {
  return `${rowIdPrefix(at)}=${String(row[at.table.remote?.key ?? ''] ?? '')}`;
}
