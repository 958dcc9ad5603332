/** Every dataset that a plan names, in rows or in conditions: their decisions bind it. */
import type { Dataset } from '../catalog/model.js';
import { levelsBelow } from './levels.js';
import type { Level, QueryPlan } from './plan.js';
import { visitPredicate, type Predicate } from './predicate.js';

export function datasetsOf(plan: QueryPlan): readonly Dataset[] {
  const found = new Set<Dataset>();
  const predicate = (where: Predicate): void => visitPredicate(where, {
    related: (link, far) => {
      found.add(link.target.dataset);
      predicate(far);
    },
  });
  const level = (at: Level): void => {
    found.add(at.at.dataset);
    predicate(at.where);
    levelsBelow(at).forEach(level);
  };
  for (const root of plan.roots) if (root.kind === 'level') level(root.level);
  return [...found];
}
