/** Which datasets are audited, how long their entries are kept, and whether an answer waits for its entry. */
import type { Dataset } from '../catalog/model.js';
import type { RetentionYears } from './event.js';

export const auditScopes = ['governed', 'all'] as const;
export type AuditScope = (typeof auditScopes)[number];
export const auditModes = ['wait', 'async'] as const;
export type AuditMode = (typeof auditModes)[number];

/** A dataset is governed unless everybody may read all of it: public, without rules, without an embargo. */
export function isGoverned(dataset: Dataset): boolean {
  return dataset.visibility !== 'PUBLIC' || dataset.rules.rules.length > 0 || dataset.embargoUntil !== undefined;
}

export function isAudited(dataset: Dataset, scope: AuditScope): boolean {
  return scope === 'all' || isGoverned(dataset);
}

/** As the owner set it; else two years where a column is a person's key, one year otherwise. */
export function retentionOf(dataset: Dataset): RetentionYears {
  if (dataset.audit?.retentionYears !== undefined) return dataset.audit.retentionYears;
  return dataset.versions.some(({ tables }) => tables.some(({ columns }) => columns.some((column) => column.personKey))) ? 2 : 1;
}

/** What happened to a dataset or to the audit itself is kept as long as anything is. */
export const retentionOfChanges: RetentionYears = 3;
