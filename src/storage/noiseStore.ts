/** Accounts of epsilon in the database: one for all processes. */
import type { DataSource, EntityManager } from 'typeorm';
import type { Dataset } from '../catalog/model.js';
import { thousandths } from '../policy/noise.js';
import type { NoiseAccount, NoiseAccounts, NoisePayment } from '../policy/noiseBudget.js';
import type { Noise } from '../policy/rule.js';

/** Stands for all callers together; no caller's name begins so. */
const everybody = '*';

/** Periods are those of UTC by the database's clock; a week begins on Monday. Locks the account until the transaction ends. */
const openSql = `
  insert into dure.noise_account as a (dataset_id, caller, period, period_start, spent)
  values ($1, $2, $3, date_trunc($3, statement_timestamp(), 'UTC'), 0)
  on conflict (dataset_id, caller, period, period_start) do update set spent = a.spent
  returning spent, period_start, period_start + ('1 ' || $3)::interval as resets_at`;
const newSql = `select q from unnest($3::text[]) q where not exists (select 1 from dure.noise_question n where n.dataset_id = $1 and n.caller = $2 and n.question = q)`;
const noteSql = 'insert into dure.noise_question (dataset_id, caller, question, epsilon) select $1, $2, q, $4::int from unnest($3::text[]) q on conflict do nothing';
const spendSql = 'update dure.noise_account set spent = spent + $5 where dataset_id = $1 and caller = $2 and period = $3 and period_start = $4';
const spentSql = `
  select coalesce((select spent from dure.noise_account where dataset_id = $1 and caller = $2 and period = $3 and period_start = date_trunc($3, statement_timestamp(), 'UTC')), 0) as spent,
    date_trunc($3, statement_timestamp(), 'UTC') + ('1 ' || $3)::interval as resets_at`;

interface Exceeded { readonly exceeded: NoisePayment; readonly of: 'caller' | 'all'; readonly account: NoiseAccount }

class UsedUp extends Error {
  constructor(readonly told: Exceeded) { super('the epsilon is used up'); }
}

export class NoiseStore implements NoiseAccounts {
  constructor(private readonly dataSource: DataSource) {}

  async pay(caller: string, payments: readonly NoisePayment[]): Promise<{ readonly accounts: readonly NoiseAccount[] } | Exceeded> {
    // In one order, so that two operations never wait for each other's accounts crosswise: by dataset, first the caller's, then everybody's.
    const ordered = [...payments].sort((a, b) => (a.dataset.id < b.dataset.id ? -1 : a.dataset.id > b.dataset.id ? 1 : a.noise.rule < b.noise.rule ? -1 : 1));
    try {
      return await this.dataSource.transaction(async (manager) => {
        const accounts = new Map<NoisePayment, NoiseAccount>();
        for (const payment of ordered) {
          const own = await charge(manager, caller, payment, thousandths(payment.noise.budget), 'caller');
          const { budgetOfAll } = payment.noise;
          const all = budgetOfAll === undefined ? own : await charge(manager, everybody, payment, thousandths(budgetOfAll), 'all');
          accounts.set(payment, { ...own, remaining: Math.min(own.remaining, all.remaining) });
        }
        return { accounts: payments.map((payment) => accounts.get(payment)!) };
      });
    } catch (error) {
      if (error instanceof UsedUp) return error.told;
      throw error;
    }
  }

  async remaining(caller: string, dataset: Dataset, { budget, budgetOfAll, per }: Noise & { readonly rule: string }): Promise<NoiseAccount> {
    const left = async (who: string, of: number): Promise<NoiseAccount> => {
      const [row] = await this.dataSource.query<{ spent: number; resets_at: Date }[]>(spentSql, [dataset.id, who, per]);
      return { spent: 0, remaining: Math.max(0, thousandths(of) - row!.spent), resetsAt: row!.resets_at };
    };
    const own = await left(caller, budget);
    return budgetOfAll === undefined ? own : { ...own, remaining: Math.min(own.remaining, (await left(everybody, budgetOfAll)).remaining) };
  }
}

/** All rules of a dataset spend from one account: a second rule is no second budget. */
async function charge(manager: EntityManager, who: string, payment: NoisePayment, budget: number, of: 'caller' | 'all'): Promise<NoiseAccount> {
  const { dataset, noise } = payment;
  const [account] = await manager.query<{ spent: number; period_start: Date; resets_at: Date }[]>(openSql, [dataset.id, who, noise.per]);
  const { spent, period_start, resets_at: resetsAt } = account!;
  const unpaid = (await manager.query<{ q: string }[]>(newSql, [dataset.id, who, [...new Set(payment.questions)]])).map(({ q }) => q);
  const cost = unpaid.length * thousandths(noise.epsilon);
  if (cost > 0 && spent + cost > budget) throw new UsedUp({ exceeded: payment, of, account: { spent: 0, remaining: Math.max(0, budget - spent), resetsAt } });
  if (cost > 0) {
    await manager.query(noteSql, [dataset.id, who, unpaid, thousandths(noise.epsilon)]);
    await manager.query(spendSql, [dataset.id, who, noise.per, period_start, cost]);
  }
  return { spent: cost, remaining: Math.max(0, budget - spent - cost), resetsAt };
}
