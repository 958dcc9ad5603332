/** An operation authorized and compiled: all that is the same each time it runs under the same decisions. */
import type { OperationDefinitionNode } from 'graphql';
import type { Level, PlannedRoot, Skeleton } from '../plan/plan.js';
import type { TableAt } from '../plan/link.js';
import type { PlannedOperation } from '../plan/planOperation.js';
import { accessesOf, type AuditRules, type PlannedAccess } from './accesses.js';
import { isAudited } from '../audit/governed.js';
import { datasetPath, type Dataset } from '../catalog/model.js';
import { authorize, type AuthorizedPlan, type Decide, type Refusal, type Withheld } from '../policy/authorize.js';
import type { TransformKind } from '../policy/rule.js';
import type { CompiledPlan, Source } from '../sources/source.js';
import type { Load } from './admission.js';
import { fixExtensions } from './engine.js';
import { provenanceOf } from './provenance.js';

export interface CompiledOperation extends Pick<AuthorizedPlan, 'budgets' | 'granted' | 'noisy' | 'overrides'> {
  readonly skeleton: Skeleton;
  readonly roots: readonly PlannedRoot[];
  /** Those of the roots that are read, with their numbers. */
  readonly levels: readonly { readonly index: number; readonly level: Level }[];
  readonly plan: CompiledPlan;
  readonly resolved?: OperationDefinitionNode;
  /** Errors that stand before anything runs. */
  readonly refusals: readonly Refusal[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** What it reads. */
  readonly reads: readonly TableAt[];
  readonly datasets: readonly Dataset[];
  /** What the audit is told each time it runs; empty where nothing that it reads is audited. */
  readonly accesses: readonly PlannedAccess[];
  /** What it was found to take, the one thing here that changes. */
  readonly load: Load;
}

export function compileOperation(planned: PlannedOperation, decide: Decide, source: Source, cost: number, audit?: AuditRules): CompiledOperation {
  const authorized = authorize(planned.plan, decide, (dataset) => audit !== undefined && isAudited(dataset, audit.scope));
  const failed = authorized.roots.flatMap((root): Refusal[] => (root.kind === 'failed' ? [{ path: root.path, error: root.error }] : []));
  const withheld = authorized.withheld.map(tell);
  const provenance = provenanceOf(authorized);
  const extensions = {
    ...(withheld.length > 0 ? { withheld } : {}),
    ...(provenance.length > 0 ? { provenance } : {}),
    ...(authorized.obligations.length > 0 ? { obligations: authorized.obligations.map(({ dataset, rule, kind, text }) => ({ dataset: datasetPath(dataset), rule, kind, text })) } : {}),
    ...(authorized.overrides.length > 0 ? { override: authorized.overrides.map(({ dataset, override }) => ({ dataset: datasetPath(dataset), id: override.id, reason: override.reason, until: override.until.toISOString() })) } : {}),
  };
  const accesses = audit ? accessesOf(planned.plan, authorized, decide, audit) : [];
  // Counts that nobody takes out would stand in the answer.
  if (authorized.countsRows && accesses.length === 0) throw new Error('rows are counted that no access tells of');
  return {
    skeleton: planned.plan.skeleton,
    roots: authorized.roots,
    levels: authorized.roots.flatMap((root, index) => (root.kind === 'level' ? [{ index, level: root.level }] : [])),
    plan: source.compile(authorized),
    resolved: planned.resolved,
    load: { cost },
    refusals: [...failed, ...authorized.refusals],
    accesses,
    reads: authorized.reads,
    datasets: [...new Set(authorized.reads.map(({ dataset }) => dataset))],
    noisy: authorized.noisy, budgets: authorized.budgets, granted: authorized.granted, overrides: authorized.overrides,
    extensions: Object.keys(extensions).length > 0 ? fixExtensions(extensions) : undefined,
  };
}

function tell({ path, column, treatment, rule, reason, howToAsk }: Withheld): Record<string, unknown> {
  return { path, column, treatment: treatmentNames[treatment], rule, reason, ...(howToAsk === undefined ? {} : { howToAsk }) };
}

/** As the enum ColumnTreatment names them. */
const treatmentNames: Record<TransformKind, string> = {
  deny: 'WITHHELD', null: 'EMPTY', mask: 'MASKED', hash: 'HASHED', round: 'ROUNDED', bin: 'BINNED', generalise: 'GENERALISED', place: 'COARSE_PLACE',
};
