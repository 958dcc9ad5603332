import type { Job, JobKindName, JobState } from './job.js';

/** Which jobs are asked for. A list means any of its values. */
export interface JobWhere {
  readonly state?: JobState | readonly JobState[];
  readonly kind?: JobKindName | readonly JobKindName[];
  readonly organizationId?: string | readonly string[];
  readonly datasetId?: string | readonly string[];
  readonly createdBy?: JobCreator;
}

/** Subjects are unique within their issuer only. */
export interface JobCreator {
  readonly subject: string;
  readonly issuer?: string;
}

/** A job is visible to whoever made it and to whoever may see the jobs of its organization. */
export interface JobVisibility {
  readonly createdBy?: JobCreator;
  /** An API token that sees the jobs it made itself. */
  readonly tokenId?: string;
  readonly organizationIds: readonly string[];
}

export interface JobFilter {
  readonly where?: JobWhere;
  /** Every job where absent: only for those who may see all. */
  readonly visibleTo?: JobVisibility;
}

/** The filter without its state: what of a job does not change while it lives. */
export function concerns(filter: JobFilter, job: Job): boolean {
  const { where = {}, visibleTo } = filter;
  return among(where.kind, job.kind) && among(where.organizationId, job.organizationId) && among(where.datasetId, job.datasetId)
    && (where.createdBy === undefined || isCreator(where.createdBy, job))
    && (visibleTo === undefined || isVisible(visibleTo, job));
}

export function matches(filter: JobFilter, job: Job): boolean {
  return concerns(filter, job) && among(filter.where?.state, job.state);
}

export function isVisible(to: JobVisibility, job: Pick<Job, 'createdBy' | 'createdIssuer' | 'organizationId' | 'identity'>): boolean {
  return (to.createdBy !== undefined && isCreator(to.createdBy, job))
    || (to.tokenId !== undefined && to.tokenId === job.identity.tokenId)
    || (job.organizationId !== undefined && to.organizationIds.includes(job.organizationId));
}

function isCreator({ subject, issuer }: JobCreator, job: Pick<Job, 'createdBy' | 'createdIssuer'>): boolean {
  return job.createdBy === subject && job.createdIssuer === issuer;
}

export function values<T extends string>(wanted: T | readonly T[] | undefined): readonly T[] | null {
  if (wanted === undefined) return null;
  return typeof wanted === 'string' ? [wanted] : wanted;
}

function among<T extends string>(wanted: T | readonly T[] | undefined, actual: T | undefined): boolean {
  const list = values<string>(wanted);
  return list === null || (actual !== undefined && list.includes(actual));
}
