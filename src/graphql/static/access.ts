/** A decision as it is told to the caller, embargo included. */
import type { Dataset, Table } from '../../catalog/model.js';
import type { Identity } from '../../identity/identity.js';
import { decideDataset, type DatasetDecision } from '../../policy/decide.js';
import type { Language } from './language.js';

export interface ToldReason {
  readonly readable: boolean;
  readonly code: string;
  readonly message: string;
  readonly howToAsk?: string;
}

/** True while rows are closed to this caller because of the embargo. Rows themselves are guarded by the database's clock. */
export function isEmbargoed(decision: DatasetDecision, now = Date.now()): boolean {
  return decision.embargoUntil !== undefined && decision.embargoUntil.getTime() > now;
}

/** The dataset's decision, or one table's. A refusal for another reason comes before the embargo: that one would end by itself. */
export function tell(decision: DatasetDecision, language: Language, table?: string): ToldReason {
  const { readable, reason } = table === undefined ? decision : decision.tables.get(table) ?? decision;
  if (readable && isEmbargoed(decision)) {
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
export function toldRowCount(dataset: Dataset, table: Table, identity: Identity): number | undefined {
  const decision = decisionFor(dataset, identity);
  const open = decision.tables.get(table.name);
  return open?.readable && open.rows.length === 0 && !isEmbargoed(decision) ? table.rows : undefined;
}

const decisions = new WeakMap<Dataset, { readonly identity: Identity; readonly decision: DatasetDecision }>();

/** One request asks for the same decision many times (each table, each version): the last one is kept. Both keys are immutable values. */
export function decisionFor(dataset: Dataset, identity: Identity): DatasetDecision {
  const last = decisions.get(dataset);
  if (last?.identity === identity) return last.decision;
  const decision = decideDataset(dataset, identity);
  decisions.set(dataset, { identity, decision });
  return decision;
}
