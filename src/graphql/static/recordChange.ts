import { actorOf, auditedDataset, type ChangeEvent, type ChangeKind } from '../../audit/event.js';
import type { Dataset } from '../../catalog/model.js';
import type { RequestContext } from '../context.js';

/** Records what a mutation did, before its answer is given. @throws DureError DATABASE_UNAVAILABLE */
export async function recordChange({ services, identity, requestId, address, purpose, channel }: RequestContext, kind: ChangeKind, dataset?: Pick<Dataset, 'id' | 'organization' | 'name'>, details?: ChangeEvent['details']): Promise<void> {
  await services.audit.record({ kind, actor: actorOf(identity), requestId, address, purpose, channel, ...(dataset && { dataset: auditedDataset(dataset) }), details });
}
