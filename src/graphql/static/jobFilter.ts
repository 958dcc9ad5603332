import type { JobFilter } from '../../jobs/jobFilter.js';
import { creatorOf } from '../../jobs/jobStore.js';
import type { RequestContext } from '../context.js';
import type { JobWhereInput } from './inputs.js';
import { findDataset, jobVisibility } from './lookups.js';

/** What is asked for by an organization or dataset that the caller does not see is nothing, not everything. */
export function jobFilter(context: RequestContext, where?: JobWhereInput | null): JobFilter {
  const { organizations } = context.services.catalog.snapshot;
  return {
    where: {
      state: where?.state ?? undefined,
      kind: where?.kind ?? undefined,
      organizationId: where?.organization?.flatMap((slug) => organizations.get(slug)?.id ?? []),
      datasetId: where?.dataset?.flatMap((id) => findDataset(context, id)?.id ?? []),
      // The empty text is no subject, so an anonymous caller's own jobs are none.
      createdBy: where?.mine ? { subject: creatorOf(context.identity) ?? '', issuer: context.identity.issuer } : undefined,
    },
    visibleTo: jobVisibility(context),
  };
}
