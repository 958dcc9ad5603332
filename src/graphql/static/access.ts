/** A decision as it is told to the caller, embargo included. */
import type { Dataset, Table } from '../../catalog/model.js';
import type { Asking } from '../../policy/asking.js';
import { decideDataset, everyTable, type DatasetDecision, type TableDecision } from '../../policy/decide.js';
import { granularityRefusal } from '../../policy/granularity.js';
import { askingOf } from '../asking.js';
import { clock } from './lookups.js';
import type { RequestContext } from '../context.js';
import type { Language } from './language.js';

export interface ToldReason {
  readonly readable: boolean;
  readonly code: string;
  readonly message: string;
  readonly howToAsk?: string;
}

/** True while rows are closed to this caller because of the embargo. Rows themselves are guarded by the database's clock. */
export function isEmbargoed(decision: DatasetDecision, now: number): boolean {
  return decision.embargoUntil !== undefined && decision.embargoUntil.getTime() > now;
}

/** The dataset's decision, or one table's. A refusal for another reason comes before the embargo: that one would end by itself. */
export function tell(decision: DatasetDecision, language: Language, now: number, table?: string): ToldReason {
  const { readable, reason } = table === undefined ? decision : decision.tables.get(table) ?? decision;
  if (readable && isEmbargoed(decision, now)) {
    const until = decision.embargoUntil!.toISOString();
    return {
      readable: false,
      code: 'EMBARGO',
      message: language === 'ko' ? `${until}까지 공개 유예 중입니다.` : `Under embargo until ${until}.`,
      howToAsk: decision.dataset.rules.contact,
    };
  }
  return { readable, code: reason.code, message: language === 'ko' ? reason.messageKo : reason.message, howToAsk: reason.howToAsk };
}

/** The number of rows, if knowing it tells the caller of no row that is hidden from them. */
export function toldRowCount(dataset: Dataset, table: Table, context: RequestContext): number | undefined {
  const decision = decisionFor(dataset, context);
  const decisions = everyTable(decision, table.name);
  return decisions.length > 0 && !isEmbargoed(decision, clock(context.services)) && decisions.every((open) => tellsRowCount(dataset, open, clock(context.services))) ? table.rows : undefined;
}

/** A budget counts questions, and this is one that nobody counts. */
function tellsRowCount(dataset: Dataset, open: TableDecision, now: number): boolean {
  return open.readable && open.rows.length === 0 && open.budgets.length === 0 && open.windows.every(({ from, until }) => isWithin(from, until, now)) && !granularityRefusal('count', dataset, open);
}

function isWithin(from: Date | undefined, until: Date | undefined, now: number): boolean {
  return (from === undefined || from.getTime() <= now) && (until === undefined || now < until.getTime());
}

const decisions = new WeakMap<Dataset, { readonly asking: Asking; readonly decision: DatasetDecision }>();

/** One request asks for the same decision many times (each table, each version): the last one is kept. Both keys are immutable values. */
export function decisionFor(dataset: Dataset, context: RequestContext): DatasetDecision {
  const asking = askingOf(context, context.services.grants);
  const last = decisions.get(dataset);
  const now = clock(context.services);
  if (last?.asking === asking && (last.decision.validUntil ?? Infinity) > now) return last.decision;
  const decision = decideDataset(dataset, asking, now);
  decisions.set(dataset, { asking, decision });
  return decision;
}
