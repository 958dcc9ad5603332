/** Budgets of queries, counted in the database: one count for all processes. */
import type { DataSource } from 'typeorm';
import type { BudgetCounter, BudgetUse } from '../policy/budget.js';

/** Periods are those of UTC by the database's clock; a week begins on Monday. */
const takeSql = `
  insert into dure.query_budget as b (dataset_id, rule, caller, period_start, used)
  values ($1, $2, $3, date_trunc($4, statement_timestamp(), 'UTC'), 1)
  on conflict (dataset_id, rule, caller, period_start) do update set used = b.used + 1 where b.used < $5
  returning used, period_start as period`;
/** The first of a new period takes the former ones away, so that a caller leaves one row for each budget. */
const forgetSql = 'delete from dure.query_budget where dataset_id = $1 and rule = $2 and caller = $3 and period_start < $4';
const resetsSql = `select date_trunc($1, statement_timestamp(), 'UTC') + ('1 ' || $1)::interval as at`;

class UsedUp extends Error {
  constructor(readonly use: BudgetUse) { super('the budget is used up'); }
}

export class BudgetStore implements BudgetCounter {
  constructor(private readonly dataSource: DataSource) {}

  async take(caller: string, uses: readonly BudgetUse[]): Promise<{ readonly exceeded: BudgetUse; readonly resetsAt: Date } | undefined> {
    // In one order, so that two operations never wait for each other's rows crosswise.
    const ordered = [...uses].sort((a, b) => (name(a) < name(b) ? -1 : 1));
    try {
      await this.dataSource.transaction(async (manager) => {
        for (const use of ordered) {
          const rows = await manager.query<{ used: number; period: Date }[]>(takeSql, [use.dataset.id, use.rule, caller, use.per, use.queries]);
          // Nothing of an operation that is refused is counted.
          if (rows.length === 0) throw new UsedUp(use);
          if (rows[0]!.used === 1) await manager.query(forgetSql, [use.dataset.id, use.rule, caller, rows[0]!.period]);
        }
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof UsedUp)) throw error;
      const [row] = await this.dataSource.query<{ at: Date }[]>(resetsSql, [error.use.per]);
      return { exceeded: error.use, resetsAt: row!.at };
    }
  }
}

function name({ dataset, rule }: BudgetUse): string {
  return `${dataset.id} ${rule}`;
}
