/**
 * Counting the rows of an answer without parsing it. Where they are to be counted, a source adds a member to each connection's object (how
 * many rows its list has) and to each single row's (1), under a key that nobody else can have; whoever assembles the answer adds the numbers
 * up and takes the members out. Lists below the root come in any number, so their counts cannot be columns of their own.
 */
import { randomBytes } from 'node:crypto';
import type { TableAt } from './link.js';

/** Random, so that neither a field nor data can be taken for it; `~` is no part of a GraphQL name. */
const mark = `~${randomBytes(9).toString('hex')}.`;
const marked = new RegExp(`(?:, ?)?"${mark.replace('.', '\\.')}(\\d+)" ?: ?(\\d+)`, 'g');

/** The member's key for the table with this number; the number of rows is its value. It stands last in its object. */
export function rowCountKey(table: number): string {
  return mark + table;
}

/** The member for rows of a table, where they are counted. */
export function rowCountMember(plan: { readonly countsRows: boolean; readonly reads: readonly TableAt[] }, at: TableAt): string | undefined {
  return plan.countsRows ? rowCountKey(tableNumber(plan, at)) : undefined;
}

/** A table's number in the plan's reads. */
export function tableNumber({ reads }: { readonly reads: readonly TableAt[] }, at: TableAt): number {
  return reads.findIndex(({ version, table }) => version.id === at.version.id && table.name === at.table.name);
}

/** Takes the counts out of a JSON text. @param add told each of them with its table's number */
export function takeRowCounts(json: string, add: (table: number, rows: number) => void): string {
  if (!json.includes(mark)) return json;
  return json.replace(marked, (_member, table: string, rows: string) => {
    add(Number(table), Number(rows));
    return '';
  });
}
