import type { Dataset } from '../../catalog/model.js';
import { hasRole } from '../../identity/identity.js';
import type { Asking } from '../../policy/asking.js';
import { decideDataset, type TableDecision } from '../../policy/decide.js';
import type { Identity } from '../../identity/identity.js';
import type { TableAt } from '../../plan/link.js';
import { budgetCaller } from '../../policy/budget.js';
import { releasesOf } from '../../policy/release.js';
import type { RequestContext } from '../context.js';
import { granularityRefusal } from '../../policy/granularity.js';
import { howToAsk as waysToAsk } from '../../policy/reason.js';
import { tell } from './access.js';
import { clock } from './lookups.js';
import { datasetValue } from './types/datasetType.js';
import type { AccessExplanationType, TableExplanationType } from './types/explanationType.js';

function isNarrowed({ readable, rows, columns, granularity }: TableExplanationType): boolean {
  return !readable || rows.length > 0 || columns.length > 0 || (granularity !== 'row' && granularity !== 'export');
}

/** Rules' ids are for those who wrote them: an id may name a person. */
export async function explain(dataset: Dataset, who: Asking, context: RequestContext): Promise<AccessExplanationType> {
  const now = clock(context.services);
  const decision = decideDataset(dataset, who, now);
  const { message: reason, ...told } = tell(decision, context.language, now);
  const steward = hasRole(context.identity, dataset.organization.slug, 'steward');
  const version = dataset.versions[0]!;
  const tables = (await Promise.all(version.tables.map(async (table): Promise<TableExplanationType[]> => {
    const found = decision.tables.get(table.name);
    if (!found) return [];
    const { readable, code, message } = tell(decision, context.language, now, table.name);
    return [{ table: table.name, readable, code, reason: message, ...narrowing(found, steward), ...await terms({ dataset, version, table }, found, who, context) }];
  }))).flat();
  const howToAsk = told.howToAsk ?? (tables.some(isNarrowed) ? waysToAsk(dataset) : undefined);
  return { dataset: datasetValue(dataset), ...told, howToAsk, reason, embargoUntil: decision.embargoUntil, tables };
}

function narrowing(decision: TableDecision, steward: boolean): Pick<TableExplanationType, 'rule' | 'rows' | 'columns'> {
  return {
    rule: steward ? decision.reason.rule : undefined,
    rows: decision.rows.map(({ id, reason }) => ({ rule: steward ? id : undefined, reason: reason ?? 'The dataset\'s rules show only some rows of this table.' })),
    columns: [...decision.columns].map(([column, { rule, reason, transform }]) => ({ column, treatment: transform.kind, rule: steward ? rule : undefined, reason })),
  };
}

/** The terms of access are no secret to whom they bind: the summary of the rules tells everybody as much. */
async function terms(at: TableAt, decision: TableDecision, { identity }: Asking, { services }: RequestContext): Promise<Pick<TableExplanationType, 'granularity' | 'minimumCell' | 'allowed' | 'terms'>> {
  const { dataset } = at;
  const { granularity, minimumCell, reason, windows, budgets, obligations, grant, readable, noise } = decision;
  const bound = (from: Date | undefined, until: Date | undefined): string => [from && `from ${from.toISOString()}`, until && `until ${until.toISOString()}`].filter(Boolean).join(' ');
  const told = [
    ...windows.map(({ from, until }) => `Open ${bound(from, until)}.`),
    ...(grant ? [`Granted to you ${bound(grant.from, grant.until) || 'without an end'}${grant.purpose ? ` for ${grant.purpose}` : ''}.`, ...(grant.conditions ?? [])] : []),
    ...budgets.map(({ queries, per }) => `${queries} operations a ${per}.`),
    ...obligations.map(({ kind, text }) => text ?? kind),
    ...(readable ? releasesOf(dataset, at).map(({ id, minimumCell: least }) => `The release ${id} tells figures of ${least} or more.`) : []),
    ...(readable && noise ? [await noiseTerm(at, identity, noise, services)] : []),
  ];
  const refused = readable ? granularityRefusal('count', dataset, decision, at) : undefined;
  return { granularity: readable ? granularity : 'existence', minimumCell, allowed: reason.allowed ?? [], terms: refused ? [...told, refused.message] : told };
}

async function noiseTerm({ dataset }: TableAt, identity: Identity, noise: NonNullable<TableDecision['noise']>, { noise: accounts }: RequestContext['services']): Promise<string> {
  const offered = `Figures with noise at an epsilon of ${noise.epsilon} each, ${noise.budget} a ${noise.per}${noise.budgetOfAll === undefined ? '' : ` (${noise.budgetOfAll} for all callers together)`}`;
  if (!accounts) return `${offered}.`;
  const { remaining, resetsAt } = await accounts.remaining(budgetCaller(identity), dataset, noise);
  return `${offered}; ${remaining / 1000} is left until ${resetsAt.toISOString()}.`;
}
