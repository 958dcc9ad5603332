/** Rows of dure.access_request and its events as values. */
import type { AccessRequest, AccessRequestEvent, RequestEventKind, RequestState, Wanted } from '../access/request.js';

export interface RequestRow {
  readonly id: string; readonly dataset_id: string; readonly subject: string; readonly issuer: string | null; readonly name: string | null; readonly organizations: string[];
  readonly state: string; readonly wanted: StoredWanted; readonly approvals: number; readonly begins: Date | null; readonly ends: Date | null; readonly conditions: string[];
  readonly last_seq: number; readonly created_at: Date; readonly submitted_at: Date | null; readonly decided_at: Date | null; readonly ended_at: Date | null;
}
/** Instants as ISO 8601. */
type StoredWanted = Omit<Wanted, 'from' | 'until' | 'irb'> & { readonly from?: string; readonly until?: string; readonly irb?: { readonly number: string; readonly expiresAt: string; readonly documentHash?: string } };

export const requestColumns = 'id, dataset_id, subject, issuer, name, organizations, state, wanted, approvals, begins, ends, conditions, last_seq, created_at, submitted_at, decided_at, ended_at';

export function toRequest(row: RequestRow): AccessRequest {
  const { from, until, irb, ...rest } = row.wanted;
  return Object.freeze({
    id: row.id, datasetId: row.dataset_id, by: person(row.subject, row.issuer, row.name), organizations: row.organizations, state: row.state as RequestState,
    wanted: { ...rest, ...(from ? { from: new Date(from) } : {}), ...(until ? { until: new Date(until) } : {}), ...(irb ? { irb: { ...irb, expiresAt: new Date(irb.expiresAt) } } : {}) },
    approvals: row.approvals, begins: row.begins ?? undefined, ends: row.ends ?? undefined, conditions: row.conditions, lastSeq: row.last_seq, createdAt: row.created_at,
    submittedAt: row.submitted_at ?? undefined, decidedAt: row.decided_at ?? undefined, endedAt: row.ended_at ?? undefined,
  });
}

export interface RequestEventRow {
  readonly request_id: string; readonly seq: number; readonly at: Date; readonly kind: string; readonly state: string; readonly actor_subject: string | null; readonly actor_issuer: string | null;
  readonly actor_name: string | null; readonly internal: boolean; readonly text: string | null; readonly details: Record<string, unknown> | null;
}
export const requestEventColumns = 'request_id, seq, at, kind, state, actor_subject, actor_issuer, actor_name, internal, text, details';

export function toRequestEvent(row: RequestEventRow): AccessRequestEvent {
  return Object.freeze({
    requestId: row.request_id, seq: row.seq, at: row.at, kind: row.kind as RequestEventKind, state: row.state as RequestState, internal: row.internal, text: row.text ?? undefined, details: row.details ?? undefined,
    ...(row.actor_subject === null ? {} : { actor: person(row.actor_subject, row.actor_issuer, row.actor_name) }),
  });
}

function person(subject: string, issuer: string | null, name: string | null): AccessRequest['by'] {
  return { subject, ...(issuer === null ? {} : { issuer }), ...(name === null ? {} : { name }) };
}
