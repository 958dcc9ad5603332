import { actorOf, auditedDataset, type ChangeEvent, type ChangeKind } from '../../audit/event.js';
import type { Dataset } from '../../catalog/model.js';
import type { Within } from '../../transaction.js';
import type { RequestContext } from '../context.js';

export interface Told {
  readonly kind: ChangeKind;
  readonly dataset?: Pick<Dataset, 'id' | 'organization' | 'name'>;
  readonly details?: ChangeEvent['details'];
}

/**
 * Makes a change and its entry of the audit durable together: `change` passes `within` to the store that makes it, `tell` says what is recorded
 * of what was made. What else must be done before the answer (following the change) belongs in `change`, so that it waits for no entry.
 */
export function changeRecorded<T, R>(context: RequestContext, tell: (made: T) => Told, change: (within: Within<T>) => Promise<R>): Promise<R> {
  return context.services.audit.recorded(change, (made: T) => eventOf(context, tell(made)));
}

/** Records what changes nothing: that somebody looked. Before the answer is given. @throws DureError DATABASE_UNAVAILABLE */
export function recordEvent(context: RequestContext, told: Told): Promise<void> {
  return context.services.audit.record(eventOf(context, told));
}

function eventOf({ identity, requestId, address, purpose, channel }: RequestContext, { kind, dataset, details }: Told): ChangeEvent {
  return { kind, actor: actorOf(identity), requestId, address, purpose, channel, ...(dataset && { dataset: auditedDataset(dataset) }), details };
}
