/** PostgreSQL's plan without its conditions: these hold values, which rules may have put there. */
import type { PlanNode } from '../source.js';

interface Explained {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Plan Rows': number;
  readonly 'Total Cost': number;
  readonly Plans?: readonly Explained[];
}

/** @param answer the first column of `explain (format json)` */
export function planSummary(answer: unknown): readonly PlanNode[] {
  const nodes: PlanNode[] = [];
  const visit = (node: Explained, depth: number): void => {
    nodes.push({ depth, node: node['Node Type'], table: node['Relation Name'], index: node['Index Name'], rows: node['Plan Rows'], cost: node['Total Cost'] });
    for (const below of node.Plans ?? []) visit(below, depth + 1);
  };
  const [{ Plan: top } = { Plan: undefined }] = (typeof answer === 'string' ? JSON.parse(answer) : answer) as readonly { Plan?: Explained }[];
  if (top) visit(top, 0);
  return nodes;
}
