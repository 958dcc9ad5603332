/** Every dataset that a plan names, in rows or in conditions: their decisions bind it. */
import type { Dataset } from '../catalog/model.js';
import type { ConnectionItem, Level, QueryPlan, RowItem } from './plan.js';
import { visitPredicate, type Predicate } from './predicate.js';

export function datasetsOf(plan: QueryPlan): readonly Dataset[] {
  const found = new Set<Dataset>();
  const predicate = (where: Predicate): void => visitPredicate(where, {
    related: (link, far) => {
      found.add(link.target.dataset);
      predicate(far);
    },
  });
  const row = (items: readonly RowItem[]): void => {
    for (const item of items) {
      if (item.kind === 'level') level(item.level);
      else if (item.kind === 'object') row(item.items);
    }
  };
  const connection = (item: ConnectionItem): void => {
    if (item.kind === 'nodes') row(item.row);
    if (item.kind === 'edges') for (const edge of item.items) if (edge.kind === 'node') row(edge.row);
  };
  const level = (at: Level): void => {
    found.add(at.at.dataset);
    predicate(at.where);
    if (at.shape === 'row') row(at.row);
    else at.items.forEach(connection);
  };
  for (const root of plan.roots) if (root.kind === 'level') level(root.level);
  return [...found];
}
