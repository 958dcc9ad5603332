/** Where a plan falls apart: the levels that another source than their parent's answers, and the conditions on rows of another source. */
import { homeOf } from './homes.js';
import type { TableAt } from '../plan/link.js';
import { levelsBelow } from '../plan/levels.js';
import type { Level } from '../plan/plan.js';
import type { Predicate, RelatedPredicate } from '../plan/predicate.js';
import type { AuthorizedPlan } from '../policy/authorize.js';

export interface Cuts {
  /** By level; the number stands in the mark. */
  readonly levels: ReadonlyMap<Level, number>;
  readonly byNumber: readonly Level[];
  /** Conditions on rows of another source, with the roots that they stand under. */
  readonly foreign: ReadonlyMap<RelatedPredicate, { readonly here: TableAt; readonly roots: ReadonlySet<number>; readonly negated: boolean }>;
  /** True if everything is answered by Dure's own database. */
  readonly none: boolean;
}

export function findCuts(plan: AuthorizedPlan): Cuts {
  const levels = new Map<Level, number>();
  const foreign = new Map<RelatedPredicate, { here: TableAt; roots: Set<number>; negated: boolean }>();
  let away = false;

  plan.roots.forEach((root, index) => {
    if (root.kind !== 'level') return;
    const predicate = (where: Predicate, here: TableAt, negated: boolean): void => {
      if (where.op === 'not') return predicate(where.of, here, !negated);
      if (where.op === 'and' || where.op === 'or') return where.of.forEach((part) => predicate(part, here, negated));
      if (where.op !== 'related') return;
      const far = where.link.target;
      const turned = negated !== (where.quantifier !== 'some');
      if (homeOf(far) !== homeOf(here)) {
        const known = foreign.get(where);
        if (known) known.roots.add(index);
        else foreign.set(where, { here, roots: new Set([index]), negated: turned });
      }
      predicate(where.where, far, turned);
    };
    const level = (at: Level): void => {
      if (homeOf(at.at) !== '') away = true;
      predicate(at.where, at.at, false);
      for (const below of levelsBelow(at)) {
        if (plan.refusedLevels.has(below)) continue;
        // A remote source nests nothing: each of its levels is asked for by itself.
        if (homeOf(below.at) !== homeOf(at.at) || below.at.table.remote) levels.set(below, levels.size);
        level(below);
      }
    };
    level(root.level);
  });
  return { levels, byNumber: [...levels.keys()], foreign, none: !away && levels.size === 0 && foreign.size === 0 };
}

