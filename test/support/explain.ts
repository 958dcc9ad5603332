/** The statements that really went to the database, and how PostgreSQL runs them. */
import type { Pool, PoolClient } from 'pg';
import { RowsQuery } from '../../src/sources/postgres/rowsQuery.js';

export interface Recorded { readonly name?: string; readonly text: string; readonly values: readonly unknown[] }

export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

const unrecorded = new WeakMap<PoolClient, PoolClient['query']>();

/** From now on the statements that sources run on the pool's clients are in `statements`, the newest last. */
export function record(pool: Pool): { readonly statements: Recorded[] } {
  const statements: Recorded[] = [];
  pool.on('acquire', (client) => {
    if (unrecorded.has(client)) return;
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    unrecorded.set(client, client.query);
    client.query = ((...args: unknown[]) => {
      const [asked] = args;
      if (asked instanceof RowsQuery) statements.push({ name: asked.name, text: asked.text, values: asked.values });
      return query(...args);
    }) as PoolClient['query'];
  });
  return { statements };
}

/** Every node of the plan, run with the values that it was asked with. */
export async function explain(pool: Pool, { text, values }: Recorded): Promise<readonly PlanNode[]> {
  const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (analyze, timing off, format json) ${text}`, values as unknown[]);
  const nodes = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
  return nodes(rows[0]!['QUERY PLAN'][0].Plan);
}
