/** Noise of an operation's figures: drawn and paid for before anything runs. */
import { datasetPath } from '../catalog/model.js';
import type { SecretKeys } from '../identity/secretKeys.js';
import type { Bindings } from '../plan/predicate.js';
import type { NoisyFigure } from '../plan/release.js';
import { budgetCaller } from '../policy/budget.js';
import { answerOf, margin95, type NoisyUse } from '../policy/noise.js';
import { noiseExceeded, type NoiseAccount, type NoiseAccounts, type NoisePayment } from '../policy/noiseBudget.js';

export interface NoiseOptions {
  readonly keys: SecretKeys;
  readonly accounts: NoiseAccounts;
}

export interface PaidNoise {
  readonly draw: (figure: NoisyFigure) => bigint | undefined;
  /** In thousandths, by the dataset's id. */
  readonly spent: ReadonlyMap<string, number>;
  /** What stands in `extensions.noise`. */
  readonly told: readonly unknown[];
}

/** @throws DureError LIMIT_EXCEEDED where the budget does not suffice: then nothing was paid */
export async function payNoise(uses: ReadonlyMap<NoisyFigure, NoisyUse>, bindings: Bindings, { keys, accounts }: NoiseOptions): Promise<PaidNoise> {
  const drawn = new Map<NoisyFigure, bigint>();
  const payments = new Map<string, NoisePayment & { readonly questions: string[]; readonly uses: NoisyUse[] }>();
  for (const [figure, use] of uses) {
    const { noise, question } = answerOf(use, bindings, keys);
    drawn.set(figure, noise);
    const { dataset } = use.at;
    const key = `${dataset.id} ${use.noise.rule}`;
    let payment = payments.get(key);
    if (!payment) payments.set(key, (payment = { dataset, noise: use.noise, questions: [], uses: [] }));
    payment.questions.push(question);
    payment.uses.push(use);
  }
  const paid = await accounts.pay(budgetCaller(bindings.identity), [...payments.values()]);
  if ('exceeded' in paid) throw noiseExceeded(paid.exceeded, paid.of, paid.account);
  const spent = new Map<string, number>();
  const told = [...payments.values()].map((payment, index) => {
    const account = paid.accounts[index]!;
    spent.set(payment.dataset.id, (spent.get(payment.dataset.id) ?? 0) + account.spent);
    return tell(payment, account);
  });
  return { draw: (figure) => drawn.get(figure), spent, told };
}

function tell({ dataset, noise, uses }: NoisePayment & { readonly uses: readonly NoisyUse[] }, { spent, remaining, resetsAt }: NoiseAccount): unknown {
  return {
    dataset: datasetPath(dataset), rule: noise.rule, mechanism: 'discrete Laplace', epsilon: noise.epsilon, spent: spent / 1000, remaining: remaining / 1000, per: noise.per, resetsAt: resetsAt.toISOString(),
    figures: uses.map((use) => ({ path: use.path, within95: margin95(use) })),
  };
}
