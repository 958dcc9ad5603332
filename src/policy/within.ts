/** Whether what one caller may read of a dataset lies within what another may: then showing it to the other tells nothing new. */
import { compose } from './columns.js';
import { attributesOf, everyTable, type DatasetDecision, type TableDecision } from './decide.js';
import { granularities, type RowCondition } from './rule.js';
import { canonicalJson } from '../canonicalJson.js';

/** In doubt no. */
export function isWithin(shown: DatasetDecision, own: DatasetDecision): boolean {
  for (const name of shown.tables.keys()) {
    const owned = everyTable(own, name);
    for (const table of everyTable(shown, name)) if (table.readable && !(owned.length > 0 && owned.every((mine) => tableWithin(table, mine)))) return false;
  }
  return own.embargoUntil === undefined || shown.embargoUntil?.getTime() === own.embargoUntil.getTime();
}

/** Whether a caller reads every row and every column as it is, and may at any time: then figures of the whole dataset tell nothing new. In doubt no. */
export function readsAll({ tables, byMajor, embargoUntil }: DatasetDecision, now: number): boolean {
  return (embargoUntil === undefined || embargoUntil.getTime() <= now) && [...(byMajor ?? tables).values()].every((table) =>
    table.readable && !table.noRows && table.rows.length === 0 && table.columns.size === 0 && table.budgets.length === 0 && table.windows.length === 0
    && table.minimumCell === 1 && table.minimumContributors.length === 0 && granularities.indexOf(table.granularity) >= granularities.indexOf('row'));
}

function tableWithin(shown: TableDecision, own: TableDecision): boolean {
  return own.readable && !own.noRows && own.budgets.length === 0 && own.minimumCell === 1 && own.minimumContributors.length === 0
    && granularities.indexOf(own.granularity) >= Math.min(granularities.indexOf(shown.granularity), granularities.indexOf('row'))
    && shown.rows.every(({ where }) => columnsOf(where).every((column) => !own.columns.has(column)) || own.rows.some((mine) => canonicalJson(mine.where) === canonicalJson(where)))
    && own.rows.every((rule) => attributesOf(rule.where).length === 0 && shown.rows.some((other) => canonicalJson(other.where) === canonicalJson(rule.where)))
    && [...own.columns].every(([column, { transform }]) => {
      const other = shown.columns.get(column);
      return other !== undefined && canonicalJson(compose(transform, other.transform)) === canonicalJson(other.transform);
    })
    && own.windows.every(({ from, until }) => shown.windows.some((window) => window.from?.getTime() === from?.getTime() && window.until?.getTime() === until?.getTime()));
}

/** A rule that chooses rows by a column tells of its values, also where the column itself is not shown. */
function columnsOf(where: RowCondition): readonly string[] {
  if ('and' in where) return where.and.flatMap(columnsOf);
  if ('or' in where) return where.or.flatMap(columnsOf);
  return 'not' in where ? columnsOf(where.not) : [where.column];
}
