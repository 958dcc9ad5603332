/** Budgets of queries: what is counted, and what a counter answers. */
import type { Dataset } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import { DureError } from '../errors.js';
import { datasetPath } from '../catalog/model.js';
import type { Budget } from './narrow.js';

export interface BudgetUse extends Budget {
  readonly dataset: Dataset;
}

/** Counts in the database, so that all processes share one count. */
export interface BudgetCounter {
  /** Counts one operation against every budget, or against none: then the budget that is used up, and when its next period begins. */
  take(caller: string, uses: readonly BudgetUse[]): Promise<{ readonly exceeded: BudgetUse; readonly resetsAt: Date } | undefined>;
}

/** Whose budget it is. All anonymous callers share one: nothing tells them apart that they could not make up. */
export function budgetCaller(identity: Identity): string {
  return identity.kind === 'anonymous' ? 'anonymous' : JSON.stringify([identity.issuer ?? null, identity.subject ?? null]);
}

export function budgetExceeded({ dataset, rule, queries, per }: BudgetUse, resetsAt: Date): DureError {
  const at = resetsAt.toISOString();
  return new DureError('LIMIT_EXCEEDED', `${datasetPath(dataset)} allows ${queries} operations a ${per} to each caller, and yours are used up. They begin anew at ${at}.`, {
    limit: 'budget', rule, queries, per, resetsAt: at, howToAsk: dataset.rules.contact, messageKo: `${datasetPath(dataset)} 데이터의 질의 한도(${queries}회)를 모두 썼습니다. ${at}에 다시 시작됩니다.`,
  });
}
