/** Rows that a remote source gave, under the rules: hidden ones left out, cells transformed, written as the JSON that was asked for. */
import type { Column } from '../catalog/model.js';
import type { TableAt } from '../plan/link.js';
import type { RowItem } from '../plan/plan.js';
import type { Bindings, Predicate } from '../plan/predicate.js';
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
  const condition = (predicate: Predicate): void => {
    if (predicate.op === 'and' || predicate.op === 'or') predicate.of.forEach(condition);
    else if (predicate.op === 'not') condition(predicate.of);
    else if ('column' in predicate) names.add(predicate.column.name);
  };
  [...conditions, relation.rows].forEach(condition);
  return table.columns.filter((column) => names.has(column.name));
}

/** The row as the caller may see it; undefined where the rules hide it. Conditions of the caller come after, on what is left. */
export function readable(plan: AuthorizedPlan, at: TableAt, row: RemoteRow, bindings: Bindings): RemoteRow | undefined {
  const relation = plan.relation(at);
  if (evaluate(relation.rows, row, bindings) !== true) return undefined;
  return Object.fromEntries(at.table.columns.map((column) => [column.name, cellOf(relation.access(column), column, row[column.name])]));
}

export function rowJson(plan: AuthorizedPlan, at: TableAt, items: readonly RowItem[], row: RemoteRow, cut: (item: Extract<RowItem, { kind: 'level' }>) => number | undefined): string {
  return `{${items.map((item) => `${JSON.stringify(item.key)}:${itemJson(plan, at, item, row, cut)}`).join(',')}}`;
}

function itemJson(plan: AuthorizedPlan, at: TableAt, item: RowItem, row: RemoteRow, cut: (item: Extract<RowItem, { kind: 'level' }>) => number | undefined): string {
  switch (item.kind) {
    case 'absent': return 'null';
    case 'typename': return JSON.stringify(item.name);
    case 'id': return JSON.stringify(rowId(at, row));
    case 'column': return JSON.stringify(row[item.column.name] ?? null);
    case 'object': return rowJson(plan, at, item.items, row, cut);
    case 'level': {
      const number = cut(item);
      const { here } = item.level.link!.on[0]!;
      // A source that names no identifiers in a list leads to no records, which is an empty page.
      const value = row[here.name] ?? (here.kind === 'list' ? [] : null);
      return number === undefined || value === null ? 'null' : markText(number, JSON.stringify(value));
    }
  }
}

export function rowId(at: TableAt, row: RemoteRow): string {
  return `${rowIdPrefix(at)}=${String(row[at.table.remote?.key ?? ''] ?? '')}`;
}
