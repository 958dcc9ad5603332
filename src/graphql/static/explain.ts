import type { Dataset } from '../../catalog/model.js';
import { hasRole } from '../../identity/identity.js';
import type { Asking } from '../../policy/asking.js';
import { decideDataset, type TableDecision } from '../../policy/decide.js';
import type { RequestContext } from '../context.js';
import { granularityRefusal } from '../../policy/granularity.js';
import { tell } from './access.js';
import { clock } from './lookups.js';
import { datasetValue } from './types/datasetType.js';
import type { AccessExplanationType, TableExplanationType } from './types/explanationType.js';

/** Rules' ids are for those who wrote them: an id may name a person. */
export function explain(dataset: Dataset, who: Asking, context: RequestContext): AccessExplanationType {
  const now = clock(context.services);
  const decision = decideDataset(dataset, who, now);
  const { message: reason, ...told } = tell(decision, context.language, now);
  const steward = hasRole(context.identity, dataset.organization.slug, 'steward');
  const tables = dataset.versions[0]!.tables.flatMap((table): TableExplanationType[] => {
    const found = decision.tables.get(table.name);
    if (!found) return [];
    const { readable, code, message } = tell(decision, context.language, now, table.name);
    return [{ table: table.name, readable, code, reason: message, ...narrowing(found, steward), ...terms(dataset, found) }];
  });
  return { dataset: datasetValue(dataset), ...told, reason, embargoUntil: decision.embargoUntil, tables };
}

function narrowing(decision: TableDecision, steward: boolean): Pick<TableExplanationType, 'rule' | 'rows' | 'columns'> {
  return {
    rule: steward ? decision.reason.rule : undefined,
    rows: decision.rows.map(({ id, reason }) => ({ rule: steward ? id : undefined, reason })),
    columns: [...decision.columns].map(([column, { rule, reason, transform }]) => ({ column, treatment: transform.kind, rule: steward ? rule : undefined, reason })),
  };
}

/** The terms of access are no secret to whom they bind: the summary of the rules tells everybody as much. */
function terms(dataset: Dataset, decision: TableDecision): Pick<TableExplanationType, 'granularity' | 'minimumCell' | 'allowed' | 'terms'> {
  const { granularity, minimumCell, reason, windows, budgets, obligations, grant, readable } = decision;
  const bound = (from: Date | undefined, until: Date | undefined): string => [from && `from ${from.toISOString()}`, until && `until ${until.toISOString()}`].filter(Boolean).join(' ');
  const told = [
    ...windows.map(({ from, until }) => `Open ${bound(from, until)}.`),
    ...(grant ? [`Granted to you ${bound(grant.from, grant.until) || 'without an end'}${grant.purpose ? ` for ${grant.purpose}` : ''}.`, ...(grant.conditions ?? [])] : []),
    ...budgets.map(({ queries, per }) => `${queries} operations a ${per}.`),
    ...obligations.map(({ kind, text }) => text ?? kind),
  ];
  const refused = readable ? granularityRefusal('count', dataset, decision) : undefined;
  return { granularity: readable ? granularity : 'existence', minimumCell, allowed: reason.allowed ?? [], terms: refused ? [...told, refused.message] : told };
}
