/** The levels of a plan as they are told. */
import { datasetPath, versionName } from '../../catalog/model.js';
import type { ConnectionItem, Level, RowItem } from '../../plan/plan.js';
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
    if (one.shape === 'row') row(one.row);
    else one.items.forEach(connection);
  };
  for (const root of plan.roots) if (root.kind === 'level') level(root.level);
  return told;
}
