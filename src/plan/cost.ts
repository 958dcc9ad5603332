/**
 * The cost of a plan, known before anything runs: roughly the rows that may be touched, from page sizes multiplied down the levels. Page
 * sizes are part of a plan (they came out of the variables when it was made), so a cached plan has one cost and a request pays nothing
 * for it. Numbers of rows that a table really has are left out: telling the cost would tell of rows that rules hide.
 */
import type { ConnectionItem, ConnectionLevel, Level, QueryPlan, RowItem } from './plan.js';
import { visitPredicate, type Predicate } from './predicate.js';

/** What one of each weighs, a row being 1. Aggregates and groups read every row of the filter, whatever the page. */
export const costWeights: Readonly<Record<'row' | 'level' | 'totalCount' | 'aggregate' | 'groups' | 'condition' | 'release' | 'noisy', number>> = Object.freeze({ row: 1, level: 1, totalCount: 10, aggregate: 20, groups: 50, condition: 10, release: 50, noisy: 20 });

/** In rows; a whole number, at least 1. */
export function costOf(plan: QueryPlan): number {
  let cost = 1;
  for (const root of plan.roots) if (root.kind === 'level') cost += levelCost(root.level);
  return Math.min(Math.ceil(cost), Number.MAX_SAFE_INTEGER);
}

function levelCost(level: Level): number {
  const condition = conditions(level.where) * costWeights.condition;
  if (level.shape === 'row' && level.keys) return costWeights.level + level.keys.most * (costWeights.row + rowCost(level.row));
  if (level.shape === 'row') return costWeights.level + condition + rowCost(level.row);
  return costWeights.level + condition + level.items.reduce((sum, item) => sum + itemCost(item, level), 0);
}

function itemCost(item: ConnectionItem, { page }: ConnectionLevel): number {
  switch (item.kind) {
    case 'nodes': return page.limit * (costWeights.row + rowCost(item.row));
    case 'edges': return page.limit * item.items.reduce((sum, edge) => sum + (edge.kind === 'node' ? rowCost(edge.row) : 0), costWeights.row);
    case 'totalCount': return costWeights.totalCount;
    case 'aggregate': return costWeights.aggregate;
    case 'groups': return costWeights.groups + item.groups.page.limit;
    case 'release': return item.release.items.reduce((sum, part) => sum + (part.kind === 'cells' ? costWeights.release : 0), 0);
    case 'noisy': return costWeights.noisy * Math.max(1, item.items.length);
    case 'pageInfo': case 'typename': return 0;
  }
}

/** What hangs below one row. */
function rowCost(items: readonly RowItem[]): number {
  return items.reduce((sum, item) => sum + (item.kind === 'level' ? levelCost(item.level) : item.kind === 'object' ? rowCost(item.items) : 0), 0);
}

/** How many related tables a condition looks into. */
function conditions(where: Predicate): number {
  let count = 0;
  visitPredicate(where, { related: (_link, far) => { count += 1 + conditions(far); } });
  return count;
}
