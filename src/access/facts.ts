/** What the audit records of a request's steps. */
import type { AccessRequest, AccessRequestEvent, RequestEventKind } from './request.js';

export const auditKinds = {
  DRAFTED: 'GRANT_DRAFTED', REVISED: 'GRANT_DRAFTED', SUBMITTED: 'GRANT_REQUESTED', COMMENTED: 'GRANT_COMMENTED', VOTED: 'GRANT_VOTED', APPROVED: 'GRANT_APPROVED', REJECTED: 'GRANT_REJECTED',
  REVOKED: 'GRANT_REVOKED', GIVEN_BACK: 'GRANT_WITHDRAWN', WITHDRAWN: 'GRANT_WITHDRAWN', EXPIRED: 'GRANT_EXPIRED',
} as const satisfies Record<RequestEventKind, string>;

type Fact = string | number | boolean | null | readonly Fact[] | { readonly [name: string]: Fact | undefined };

export function factsOf({ id, by, state, wanted, begins, ends, conditions, organizations }: AccessRequest, { seq, kind, text, details }: AccessRequestEvent): Readonly<Record<string, Fact | undefined>> {
  const { tables, columns, purpose, project, reason, irb, country, granularity, from, until } = wanted;
  return {
    request: id, event: seq, step: kind, state, text, requester: { subject: by.subject, issuer: by.issuer, name: by.name, organizations },
    asked: {
      tables, columns, purpose, project, reason, country, granularity, from: from?.toISOString(), until: until?.toISOString(),
      irb: irb && { number: irb.number, expiresAt: irb.expiresAt.toISOString(), documentHash: irb.documentHash },
    },
    ...(begins && ends && state !== 'SUBMITTED' ? { begins: begins.toISOString(), ends: ends.toISOString(), conditions } : {}),
    ...(details?.cause === undefined ? {} : { cause: String(details.cause) }),
  };
}
