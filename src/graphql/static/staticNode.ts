import type { RequestContext } from '../context.js';
import { readGlobalId } from './ids.js';
import { findDataset, findJob, organizationById } from './lookups.js';
import { datasetValue } from './types/datasetType.js';
import { JobType } from './types/jobType.js';
import { OrganizationType } from './types/organizationType.js';
import { ApiTokenType } from './types/tokenType.js';

/** Undefined where the id is not one of the static types; else the value for `node(id:)`, null where there is none that the caller may see. */
export function staticNode(id: string, context: RequestContext): Promise<object | null> | undefined {
  const read = readGlobalId(id);
  if (!read) return undefined;
  switch (read.type) {
    case 'Organization': return Promise.resolve(organizationNode(read.id, context));
    case 'Dataset': return Promise.resolve(datasetNode(read.id, context));
    case 'Job': return findJob(context, read.id).then((job) => (job ? new JobType(job) : null));
    case 'ApiToken': return tokenNode(read.id, context);
  }
}

function organizationNode(id: string, context: RequestContext): OrganizationType | null {
  const organization = organizationById(context.services.catalog.snapshot, id);
  return organization ? new OrganizationType(organization) : null;
}

function datasetNode(id: string, context: RequestContext): object | null {
  const dataset = findDataset(context, id);
  return dataset ? datasetValue(dataset) : null;
}

async function tokenNode(id: string, context: RequestContext): Promise<ApiTokenType | null> {
  const own = await context.services.tokens.list(context.identity);
  const token = own.find((candidate) => candidate.id === id);
  return token ? new ApiTokenType(token) : null;
}
