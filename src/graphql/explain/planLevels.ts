/** The levels of a plan as they are told. */
import { datasetPath, versionName } from '../../catalog/model.js';
import { levelsBelow } from '../../plan/levels.js';
import type { Level } from '../../plan/plan.js';
import { shapeOf } from '../../plan/predicate.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';

export interface ExplainedLevel {
  readonly path: readonly string[];
  readonly dataset: string;
  readonly version: string;
  readonly table: string;
  /** Rows of a page; absent where there is one row at most. */
  readonly pageSize?: number;
  readonly link?: string;
  readonly where?: string;
  /** What the rules add; absent where they let every row through. */
  readonly rules?: string;
  readonly orderBy: readonly string[];
  readonly parts: readonly string[];
  readonly refused: boolean;
}

/** Parents before children. */
export function explainedLevels(plan: AuthorizedPlan): readonly ExplainedLevel[] {
  const told: ExplainedLevel[] = [];
  const level = (one: Level): void => {
    const refused = plan.refusedLevels.has(one);
    const rules = refused ? 'true' : shapeOf(plan.relation(one.at).rows);
    const where = shapeOf(one.where);
    told.push({
      path: one.path, dataset: datasetPath(one.at.dataset), version: versionName(one.at.version), table: one.at.table.name, refused,
      pageSize: one.shape === 'connection' ? one.page.limit : undefined,
      link: one.link?.on.map(({ here, there }) => `${here.field} = ${there.field}`).join(', '),
      where: where === 'true' ? undefined : where,
      rules: rules === 'true' ? undefined : rules,
      orderBy: one.shape === 'connection' ? one.order.map(({ column, direction }) => `${column.field} ${direction}`) : [],
      parts: one.shape === 'connection' ? one.items.flatMap(({ kind }) => (kind === 'typename' ? [] : [kind])) : ['row'],
    });
    if (refused) return;
    levelsBelow(one).forEach(level);
  };
  for (const root of plan.roots) if (root.kind === 'level') level(root.level);
  return told;
}
