/** Requests for access as values: what was asked, where it stands, what happened to it. */
import type { Granularity } from '../policy/rule.js';

export const requestStates = ['DRAFT', 'SUBMITTED', 'APPROVED', 'REJECTED', 'REVOKED', 'EXPIRED', 'WITHDRAWN'] as const;
export type RequestState = (typeof requestStates)[number];

/** VOTED: an approval that was not the last one needed. GIVEN_BACK: the person ended a grant of theirs. */
export const requestEventKinds = ['DRAFTED', 'REVISED', 'SUBMITTED', 'COMMENTED', 'VOTED', 'APPROVED', 'REJECTED', 'REVOKED', 'GIVEN_BACK', 'WITHDRAWN', 'EXPIRED'] as const;
export type RequestEventKind = (typeof requestEventKinds)[number];

/** An approval by an ethics committee (institutional review board). */
export interface EthicsApproval {
  readonly number: string;
  readonly expiresAt: Date;
  /** SHA-256 of the document, hexadecimal. */
  readonly documentHash?: string;
}

export interface Wanted {
  /** Table names; all tables where absent. */
  readonly tables?: readonly string[];
  /** Column names by table; of a table that is not named, all. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  /** DUO permission. */
  readonly purpose: string;
  readonly project: string;
  /** Why, in the requester's words. */
  readonly reason: string;
  readonly irb?: EthicsApproval;
  /** ISO 3166-1 alpha-2: where the data will be used. */
  readonly country?: string;
  readonly granularity?: Granularity;
  readonly from?: Date;
  readonly until?: Date;
}

/** A person as an issuer asserts them. */
export interface Person {
  readonly subject: string;
  readonly issuer?: string;
  readonly name?: string;
}

export interface AccessRequest {
  readonly id: string;
  readonly datasetId: string;
  readonly by: Person;
  /** Slugs of the requester's organizations when they asked. */
  readonly organizations: readonly string[];
  readonly state: RequestState;
  readonly wanted: Wanted;
  readonly approvals: number;
  /** The grant's interval, once there is one: from `begins` on and before `ends`. */
  readonly begins?: Date;
  readonly ends?: Date;
  readonly conditions: readonly string[];
  readonly lastSeq: number;
  readonly createdAt: Date;
  readonly submittedAt?: Date;
  readonly decidedAt?: Date;
  readonly endedAt?: Date;
}

export interface AccessRequestEvent {
  readonly requestId: string;
  /** 1, 2, 3… without gaps, in the order of commit. */
  readonly seq: number;
  readonly at: Date;
  readonly kind: RequestEventKind;
  /** Where the request stood then. */
  readonly state: RequestState;
  /** Absent for what the server did by the clock. */
  readonly actor?: Person;
  readonly internal: boolean;
  readonly text?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Subjects are unique within their issuer. Where either has none, the same subject is taken for the same person: nobody gains by that. */
export function isSamePerson(a: Pick<Person, 'subject' | 'issuer'>, b: { readonly subject?: string; readonly issuer?: string }): boolean {
  return a.subject === b.subject && (a.issuer === undefined || b.issuer === undefined || a.issuer === b.issuer);
}

/** When nothing is left of what is asked: the end of the period or of the ethics approval. */
export function closesAt({ until, irb }: Wanted): Date | undefined {
  return earliest([until, irb?.expiresAt]);
}

export function earliest(instants: readonly (Date | undefined)[]): Date | undefined {
  return instants.reduce<Date | undefined>((first, at) => (at && (!first || at < first) ? at : first), undefined);
}
