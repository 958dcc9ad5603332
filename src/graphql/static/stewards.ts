import type { Dataset } from '../../catalog/model.js';
import { isAdministrator } from '../../identity/identity.js';
import type { RequestContext } from '../context.js';
import { requireAdministrator, requireRole } from './authority.js';
import { uuidOf } from './ids.js';
import { requireDataset } from './lookups.js';

/**
 * For what an emergency needs. An administrator finds what is not listed, too: to know that it is there is the least of it.
 * @throws DureError NOT_FOUND, UNAUTHENTICATED or FORBIDDEN
 */
export function stewardOrAdministrator(context: RequestContext, id: string): { readonly dataset: Dataset; readonly by: string } {
  const { snapshot } = context.services.catalog;
  const { identity } = context;
  const hidden = isAdministrator(identity) ? snapshot.byPath.get(id) ?? snapshot.datasets.get(uuidOf('Dataset', id) ?? '') : undefined;
  const dataset = hidden ?? requireDataset(context, id);
  return { dataset, by: isAdministrator(identity) ? requireAdministrator(identity) : requireRole(identity, dataset.organization, 'steward', 'rules') };
}
