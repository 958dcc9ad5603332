/** Requests for access as resolvers see them: whose the caller sees, and what of them. */
import { auditKinds, factsOf } from '../../access/facts.js';
import { isSamePerson, type AccessRequest, type AccessRequestEvent, type Person } from '../../access/request.js';
import { isOnCommittee, isSteward, settingsOf } from '../../access/settings.js';
import type { Dataset } from '../../catalog/model.js';
import { hasScope } from '../../identity/identity.js';
import type { RequestFilter, RequestVisibility, Stepped } from '../../storage/requestStore.js';
import type { Within } from '../../transaction.js';
import type { RequestContext } from '../context.js';
import type { AccessRequestWhereInput } from './accessRequestInputs.js';
import { requireSignedIn } from './authority.js';
import { notFound } from './ids.js';
import { findDataset } from './lookups.js';
import { changeRecorded } from './recordChange.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Decides of the dataset's requests, or watches over them. */
export function watchesOver({ identity }: RequestContext, dataset: Dataset): boolean {
  return hasScope(identity, 'read') && (isOnCommittee(identity, settingsOf(dataset)) || isSteward(identity, dataset));
}

export function personOf(context: RequestContext): Person {
  const { issuer, name } = context.identity;
  return { subject: requireSignedIn(context.identity), ...(issuer === undefined ? {} : { issuer }), ...(name === undefined ? {} : { name }) };
}

/** The dataset of a request that the caller may see; undefined where they may not. A draft is its writer's alone. */
export function aboutRequest(context: RequestContext, request: AccessRequest): Dataset | undefined {
  const { identity, services } = context;
  const dataset = services.catalog.snapshot.datasets.get(request.datasetId);
  if (!dataset || identity.kind === 'anonymous' || !hasScope(identity, 'read')) return undefined;
  return isSamePerson(request.by, identity) || (request.state !== 'DRAFT' && watchesOver(context, dataset)) ? dataset : undefined;
}

export interface Found { readonly request: AccessRequest; readonly dataset: Dataset }

export async function findRequest(context: RequestContext, id: string): Promise<Found | undefined> {
  const request = uuid.test(id) ? await context.services.requests.get(id) : undefined;
  const dataset = request && aboutRequest(context, request);
  return dataset && { request, dataset };
}

/** @throws DureError UNAUTHENTICATED or NOT_FOUND */
export async function requireRequest(context: RequestContext, id: string): Promise<Found> {
  requireSignedIn(context.identity);
  const found = await findRequest(context, id);
  if (!found) throw notFound('access request', id);
  return found;
}

export function requestVisibility(context: RequestContext): RequestVisibility {
  const { identity, services } = context;
  if (identity.kind === 'anonymous' || !hasScope(identity, 'read')) return { datasetIds: [] };
  return {
    ...(identity.subject === undefined ? {} : { person: { subject: identity.subject, ...(identity.issuer === undefined ? {} : { issuer: identity.issuer }) } }),
    datasetIds: [...services.catalog.snapshot.datasets.values()].filter((dataset) => watchesOver(context, dataset)).map(({ id }) => id),
  };
}

export function requestFilter(context: RequestContext, where?: AccessRequestWhereInput | null): RequestFilter {
  return { visibleTo: requestVisibility(context), ...wantedRequests(context, where) };
}

/** What is asked for by a dataset that the caller does not see is nothing, not everything. */
export function wantedRequests(context: RequestContext, where?: AccessRequestWhereInput | null): Omit<RequestFilter, 'visibleTo'> {
  const { byPath, datasets } = context.services.catalog.snapshot;
  const known = (id: string): string | undefined => {
    const dataset = findDataset(context, id) ?? byPath.get(id) ?? datasets.get(id);
    return dataset && (findDataset(context, id) || watchesOver(context, dataset)) ? dataset.id : undefined;
  };
  return {
    states: where?.state ?? undefined, mine: where?.mine ?? undefined,
    datasetIds: where?.dataset?.flatMap((id) => known(id) ?? []),
  };
}

export function matchesFilter({ states, datasetIds, mine }: Omit<RequestFilter, 'visibleTo'>, request: AccessRequest, { identity }: RequestContext): boolean {
  return (!states || states.includes(request.state)) && (!datasetIds || datasetIds.includes(request.datasetId)) && (mine !== true || isSamePerson(request.by, identity));
}

/** An event as the caller may see it: requesters see no internal remarks, and who of the committee did what only where the rules say so. */
export function eventFor(context: RequestContext, event: AccessRequestEvent, request: AccessRequest, dataset: Dataset): AccessRequestEvent | undefined {
  if (!isSamePerson(request.by, context.identity)) return event;
  if (event.internal) return undefined;
  if (!event.actor || isSamePerson(request.by, event.actor) || settingsOf(dataset).tellVotes) return event;
  const { actor: _, text, ...rest } = event;
  return { ...rest, ...(event.kind === 'VOTED' ? {} : { text }) };
}

/** Makes a step; it is answered once it is recorded, and once this process decides by it. */
export function stepped(context: RequestContext, dataset: Dataset, step: (within: Within<Stepped>) => Promise<Stepped>): Promise<Found> {
  return changeRecorded(context, ({ request, event }: Stepped) => ({ kind: auditKinds[event.kind], dataset, details: factsOf(request, event) }), async (within) => {
    const { request } = await step(within);
    await context.services.standing.refresh();
    return { request, dataset };
  });
}
