/** Budgets of epsilon: what is paid, and what the store answers. */
import { datasetPath, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { Noise } from './rule.js';

/** Figures of one dataset under one rule, asked together. */
export interface NoisePayment {
  readonly dataset: Dataset;
  readonly noise: Noise & { readonly rule: string };
  /** Marks of the figures' questions (`answerOf`). */
  readonly questions: readonly string[];
}

/** In thousandths. */
export interface NoiseAccount {
  /** By this operation. */
  readonly spent: number;
  /** Of the caller's budget (or of everybody's where that is less). */
  readonly remaining: number;
  readonly resetsAt: Date;
}

/** Accounts are kept in the database, so that all processes share them. */
export interface NoiseAccounts {
  /** Pays for all or for nothing. A question that was paid for before costs nothing. In the order of the payments. */
  pay(caller: string, payments: readonly NoisePayment[]): Promise<{ readonly accounts: readonly NoiseAccount[] } | { readonly exceeded: NoisePayment; readonly of: 'caller' | 'all'; readonly account: NoiseAccount }>;
  /** What is left to the caller. */
  remaining(caller: string, dataset: Dataset, noise: Noise & { readonly rule: string }): Promise<NoiseAccount>;
}

export function noiseExceeded({ dataset, noise }: NoisePayment, of: 'caller' | 'all', { remaining, resetsAt }: NoiseAccount): DureError {
  const path = datasetPath(dataset);
  const at = resetsAt.toISOString();
  const whose = of === 'all' ? 'all callers together' : 'each caller';
  return new DureError('LIMIT_EXCEEDED', `${path} allows ${whose} an epsilon of ${of === 'all' ? noise.budgetOfAll : noise.budget} a ${noise.per} for figures with noise, and ${remaining / 1000} is left, which does not suffice. Questions that were answered before cost nothing. It begins anew at ${at}.`, {
    limit: 'noise', rule: noise.rule, of, epsilon: noise.epsilon, remaining: remaining / 1000, resetsAt: at, howToAsk: dataset.rules.contact, messageKo: `${path} 데이터의 잡음 통계 예산이 부족합니다(남은 엡실론 ${remaining / 1000}). ${at}에 다시 시작됩니다.`,
  });
}
