/** How resolvers find things: only among what the caller may see. */
import type { CatalogSnapshot, Dataset, Organization } from '../../catalog/model.js';
import type { Standing } from '../../access/standing.js';
import { hasRole, isAdministrator, type Identity } from '../../identity/identity.js';
import type { Job } from '../../jobs/job.js';
import { isVisible as isJobVisible, type JobVisibility } from '../../jobs/jobFilter.js';
import { isVisible } from '../../policy/visible.js';
import { frozenError } from '../../policy/closed.js';
import type { DureError } from '../../errors.js';
import type { RequestContext } from '../context.js';
import { notFound, uuidOf } from './ids.js';

/** By global id, uuid or `org/name`. An UNLISTED dataset without access is undefined, like an unknown one. */
export function findDataset(context: RequestContext, id: string): Dataset | undefined {
  const { snapshot } = context.services.catalog;
  const uuid = uuidOf('Dataset', id);
  const dataset = uuid === undefined ? snapshot.byPath.get(id) : snapshot.datasets.get(uuid);
  return dataset && maySeeDataset(context, dataset) ? dataset : undefined;
}

export function maySeeDataset({ identity, services }: RequestContext, dataset: Dataset): boolean {
  return isVisible(dataset, identity, clock(services), services.grants?.of(identity));
}

/** The database's clock as this process knows it. Rows themselves are judged by the database. */
export function clock({ standing }: Pick<RequestContext['services'], 'standing'>): number {
  return (standing as Standing | undefined)?.now() ?? Date.now();
}

/** @throws DureError NOT_FOUND */
export function requireDataset(context: RequestContext, id: string): Dataset {
  const dataset = findDataset(context, id);
  if (!dataset) throw notFound('dataset', id);
  return dataset;
}

const organizationsById = new WeakMap<CatalogSnapshot, ReadonlyMap<string, Organization>>();

export function organizationById(snapshot: CatalogSnapshot, id: string): Organization | undefined {
  let byId = organizationsById.get(snapshot);
  if (!byId) organizationsById.set(snapshot, (byId = new Map([...snapshot.organizations.values()].map((organization) => [organization.id, organization]))));
  return byId.get(id);
}

/** @throws DureError NOT_FOUND */
export function requireOrganization(context: RequestContext, slug: string): Organization {
  const organization = context.services.catalog.snapshot.organizations.get(slug);
  if (!organization) throw notFound('organization', slug);
  return organization;
}

/**
 * Whose jobs the caller sees: their own and those of the organizations they publish for. Undefined: everybody's. An API token carries its
 * maker's subject, but sees only what it asked for itself and what its own memberships open: it may be limited to one of the maker's organizations.
 */
export function jobVisibility(context: RequestContext): JobVisibility | undefined {
  const { identity } = context;
  if (isAdministrator(identity)) return undefined;
  const organizations = identity.memberships
    .filter(({ organization }) => hasRole(identity, organization, 'publisher'))
    .flatMap(({ organization }) => context.services.catalog.snapshot.organizations.get(organization) ?? []);
  return { createdBy: creator(identity), ...(identity.kind === 'token' && identity.tokenId !== undefined ? { tokenId: identity.tokenId } : {}), organizationIds: organizations.map(({ id }) => id) };
}

function creator({ kind, subject, issuer }: Identity): JobVisibility['createdBy'] {
  return kind === 'anonymous' || kind === 'token' || subject === undefined ? undefined : { subject, issuer };
}

export function maySeeJob(context: RequestContext, job: Job): boolean {
  const visibility = jobVisibility(context);
  return visibility === undefined || isJobVisible(visibility, job);
}

/** What a job tells of a frozen dataset is refused with it. */
export function frozenOf({ services }: RequestContext, { datasetId }: Pick<Job, 'datasetId'>): DureError | undefined {
  const dataset = datasetId === undefined ? undefined : services.catalog.snapshot.datasets.get(datasetId);
  return dataset?.freeze && frozenError(dataset);
}

export async function findJob(context: RequestContext, id: string): Promise<Job | undefined> {
  const uuid = uuidOf('Job', id);
  const job = uuid === undefined ? undefined : await context.services.jobs.get(uuid);
  return job && maySeeJob(context, job) ? job : undefined;
}

/** @throws DureError NOT_FOUND */
export async function requireJob(context: RequestContext, id: string): Promise<Job> {
  const job = await findJob(context, id);
  if (!job) throw notFound('job', id);
  return job;
}
