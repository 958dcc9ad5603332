/** Rules tried before they are in force: who gains and loses what, and real answers as somebody else. */
import type { CatalogSnapshot, Dataset } from '../../catalog/model.js';
import { datasetPath } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import type { Identity } from '../../identity/identity.js';
import { memberRoles } from '../../identity/identity.js';
import { asking, type Asking } from '../../policy/asking.js';
import { decideDataset, type DatasetDecision } from '../../policy/decide.js';
import type { RuleDocument } from '../../policy/rule.js';
import { frozenError } from '../../policy/closed.js';
import { isWithin } from '../../policy/within.js';
import { askingOf } from '../asking.js';
import type { RequestContext } from '../context.js';
import { answerText, type Answer } from '../engine.js';

export interface TriedAccess {
  readonly readable: boolean;
  readonly code: string;
  readonly granularity: string;
  /** Undefined where nothing is told. */
  readonly rows?: number;
  readonly columns: readonly { readonly column: string; readonly treatment: string; readonly rule: string; readonly reason: string }[];
}

/** Rows are told only where the steward reads as much: a simulation shows nobody more than they may see. */
export async function tryAccess(dataset: Dataset, rules: RuleDocument, who: Asking, context: RequestContext): Promise<ReadonlyMap<string, TriedAccess>> {
  const draft = withRules(dataset, rules);
  const decision = decideDataset(draft, asking(who.identity, who));
  const counts = mayShow(draft, dataset, who, context) ? await rowCounts(draft, decision, who, context) : new Map<string, number>();
  return new Map(draft.versions[0]!.tables.flatMap((table): [string, TriedAccess][] => {
    const found = decision.tables.get(table.name);
    if (!found) return [];
    return [[table.name, {
      readable: found.readable, code: found.reason.code, granularity: found.readable ? found.granularity : 'existence', rows: found.readable ? counts.get(table.name) : undefined,
      columns: [...found.columns].map(([column, { transform, rule, reason }]) => ({ column, treatment: transform.kind, rule, reason })),
    }]];
  }));
}

async function rowCounts(draft: Dataset, decision: DatasetDecision, who: Asking, context: RequestContext): Promise<ReadonlyMap<string, number>> {
  const tables = draft.versions[0]!.tables.filter((table) => decision.tables.get(table.name)?.readable);
  if (tables.length === 0) return new Map();
  const query = `{ ${draft.organization.field} { ${draft.field} { ${tables.map((table, index) => `t${index}: ${table.field} { totalCount }`).join(' ')} } } }`;
  const answer = await answerOf(context.services.catalog.snapshot, [draft], who, { query }, context);
  const data = (answer.data === undefined ? null : JSON.parse(answer.data)) as Record<string, Record<string, Record<string, { totalCount: number } | null> | null> | null> | null;
  const found = data?.[draft.organization.field]?.[draft.field];
  return new Map(tables.flatMap((table, index) => (found?.[`t${index}`] ? [[table.name, found[`t${index}`]!.totalCount]] : [])));
}

/** The whole answer of a query under the draft. Other datasets exist in it only where the caller is their steward, too, and reads no less. */
export async function tryQuery(dataset: Dataset, rules: RuleDocument, who: Asking, question: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> }, context: RequestContext): Promise<unknown> {
  const draft = withRules(dataset, rules);
  if (!mayShow(draft, dataset, who, context)) {
    throw new DureError('FORBIDDEN', `${datasetPath(dataset)} would show this person more than you may read of it yourself: a trial shows only what you may see. Ask a steward who reads all of it.`, { reason: 'NOT_WITHIN' });
  }
  const { snapshot } = context.services.catalog;
  const datasets = [...snapshot.datasets.values()].flatMap((other) => {
    if (other.id === dataset.id) return [draft];
    return isSteward(context.identity, other) && mayShow(other, other, who, context) ? [other] : [];
  });
  return JSON.parse(answerText(await answerOf(snapshot, datasets, who, question, context))) as unknown;
}

/** A trial may take its time: it is given where the steward may still read what it shows. */
async function answerOf(snapshot: CatalogSnapshot, datasets: readonly Dataset[], who: Asking, question: Parameters<RequestContext['services']['simulator']['answer']>[2], context: RequestContext): Promise<Answer> {
  const answer = await context.services.simulator.answer(restricted(snapshot, datasets), who, question, context);
  const { datasets: now } = context.services.catalog.snapshot;
  for (const shown of datasets) {
    const inForce = now.get(shown.id);
    if (inForce?.freeze) throw frozenError(inForce);
    if (!inForce || !mayShow(shown, inForce, who, context)) throw new DureError('FORBIDDEN', 'What you may read here has changed while this was being tried, so nothing of it is given. Ask again.', { reason: 'NO_LONGER' });
  }
  return answer;
}

function mayShow(draft: Dataset, inForce: Dataset, who: Asking, context: RequestContext): boolean {
  return isWithin(decideDataset(draft, who), decideDataset(inForce, askingOf(context, context.services.grants)));
}

/** By membership: administrators run the platform, and that gives them no right to read. */
function isSteward(identity: Identity, dataset: Dataset): boolean {
  return identity.memberships.some(({ organization, role }) => organization === dataset.organization.slug && memberRoles.indexOf(role) >= memberRoles.indexOf('steward'));
}

function withRules(dataset: Dataset, rules: RuleDocument): Dataset {
  return Object.freeze({ ...dataset, rules });
}

function restricted(snapshot: CatalogSnapshot, datasets: readonly Dataset[]): CatalogSnapshot {
  return Object.freeze({ ...snapshot, collections: new Map(), datasets: new Map(datasets.map((d) => [d.id, d])), byPath: new Map(datasets.map((d) => [datasetPath(d), d])) });
}
