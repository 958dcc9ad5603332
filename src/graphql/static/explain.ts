import type { Dataset } from '../../catalog/model.js';
import { hasRole, type Identity } from '../../identity/identity.js';
import { asking } from '../../policy/asking.js';
import { decideDataset, type TableDecision } from '../../policy/decide.js';
import type { RequestContext } from '../context.js';
import { tell } from './access.js';
import { datasetValue } from './types/datasetType.js';
import type { AccessExplanationType, TableExplanationType } from './types/explanationType.js';

/** Rules' ids are for those who wrote them: an id may name a person. */
export function explain(dataset: Dataset, identity: Identity, context: RequestContext): AccessExplanationType {
  const decision = decideDataset(dataset, asking(identity, { channel: 'query' }));
  const { message: reason, ...told } = tell(decision, context.language);
  const steward = hasRole(context.identity, dataset.organization.slug, 'steward');
  const tables = dataset.versions[0]!.tables.flatMap((table): TableExplanationType[] => {
    const found = decision.tables.get(table.name);
    if (!found) return [];
    const { readable, code, message } = tell(decision, context.language, table.name);
    return [{ table: table.name, readable, code, reason: message, ...narrowing(found, steward) }];
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
