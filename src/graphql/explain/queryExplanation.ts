/** What explainQuery tells: everything that is known of an operation before it runs. */
import { datasetPath } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import type { Identity } from '../../identity/identity.js';
import type { Dataset } from '../../catalog/model.js';
import type { Bindings } from '../../plan/predicate.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import type { PlanNode, Source } from '../../sources/source.js';
import type { RequestContext } from '../context.js';
import { missingIndexes, type MissingIndex } from './missingIndexes.js';
import { explainedLevels, type ExplainedLevel } from './planLevels.js';

export interface ExplainRequest {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Whose rules hold; the asker's own where absent. */
  readonly as?: Identity;
  /** Throws where the asker may not know how these are read. Called before anything about them is worked out. */
  readonly allow: (datasets: readonly Dataset[]) => void;
}

export interface QueryExplanation {
  readonly cost: number;
  readonly maxCost: number;
  readonly levels: readonly ExplainedLevel[];
  /** Absent where nothing would be run, or where rows of several sources take part. */
  readonly sql?: string;
  readonly parameters: readonly { readonly number: number; readonly variable?: string; readonly value?: unknown }[];
  readonly plan: readonly (Omit<PlanNode, 'rows' | 'cost'> & Partial<Pick<PlanNode, 'rows' | 'cost'>>)[];
  readonly missingIndexes: readonly (Omit<MissingIndex, 'rows'> & Partial<Pick<MissingIndex, 'rows'>>)[];
  /** What would be refused before anything runs. */
  readonly refusals: readonly string[];
}

export interface QueryExplainer {
  explain(request: ExplainRequest, context: RequestContext): Promise<QueryExplanation>;
}

export async function explanationOf(plan: AuthorizedPlan, cost: number, maxCost: number, source: Source, bindings: Bindings, given: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<QueryExplanation> {
  const explanation = source.compile(plan).explanation?.();
  const names = new Map(plan.reads.flatMap((at) => at.table.segments.map((segment) => [segment.physical, `${datasetPath(at.dataset)} ${at.table.name}`] as const)));
  const nodes = explanation ? await explanation.plan(bindings, signal) : [];
  const failed = plan.roots.flatMap((root) => (root.kind === 'failed' ? [root] : []));
  return {
    cost, maxCost,
    levels: explainedLevels(plan),
    sql: explanation?.text,
    parameters: (explanation?.parameters ?? []).map((read, index) => ({ number: index + 1, ...ownVariable(read(bindings), given) })),
    plan: nodes.map((node) => ({ ...node, table: node.table === undefined ? undefined : (names.get(node.table) ?? node.table) })),
    missingIndexes: missingIndexes(plan),
    refusals: [
      ...(cost > maxCost ? [`LIMIT_EXCEEDED: it may cost ${cost}, ${maxCost} are allowed.`] : []),
      ...[...failed, ...plan.refusals].map(({ path, error }) => `${path.join('.')}: ${error instanceof DureError ? `${error.code}: ${error.message}` : 'INTERNAL'}`),
    ],
  };
}

/** What the database expects rests on statistics of all rows and columns, so it tells of values: a filter's estimate is nearly its count. */
export function withoutEstimates(explanation: QueryExplanation): QueryExplanation {
  return {
    ...explanation,
    plan: explanation.plan.map(({ rows: _rows, cost: _cost, ...node }) => node),
    missingIndexes: explanation.missingIndexes.map(({ rows: _rows, ...missing }) => missing),
  };
}

/**
 * A parameter's value is told only where it stands among the asker's own variables just as it is: what rules, grants, cursors and keys
 * put into a statement is not the asker's to read.
 */
function ownVariable(value: unknown, given: Readonly<Record<string, unknown>>): { readonly variable?: string; readonly value?: unknown } {
  const text = JSON.stringify(value);
  if (value === null || value === undefined || text === undefined) return {};
  const search = (held: unknown, name: string): string | undefined => {
    if (JSON.stringify(held) === text || (typeof held !== 'object' && String(held) === value)) return name;
    if (typeof held !== 'object' || held === null) return undefined;
    for (const [key, inner] of Object.entries(held)) {
      const found = search(inner, `${name}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const [name, held] of Object.entries(given)) {
    const variable = search(held, `$${name}`);
    if (variable !== undefined) return { variable, value };
  }
  return {};
}
