/**
 * What the audit records: accesses to governed datasets (made by the engine, one a dataset and version that an operation reads), and
 * events, which whoever changes something records by `Audit.record`. Values are what will be hashed: strings, whole numbers, booleans,
 * lists and objects of them. Nothing of a row belongs in them.
 */
import type { Dataset } from '../catalog/model.js';
import { datasetPath } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import type { Within } from '../transaction.js';

export interface Actor {
  readonly kind: Identity['kind'];
  readonly issuer?: string;
  readonly subject?: string;
  readonly name?: string;
  /** Slugs of the organizations that the actor is a member of. */
  readonly organizations: readonly string[];
  /** The API token that was used. */
  readonly tokenId?: string;
}

export interface AuditedDataset {
  readonly id: string;
  /** `org/name`, as it was then. */
  readonly path: string;
}

/** Where it came from: what a RequestContext knows. Every part may be missing (a job has no address, a command no request). */
export interface Origin {
  readonly requestId?: string;
  readonly address?: string;
  /** DUO code. */
  readonly purpose?: string;
  readonly channel?: string;
}

/**
 * ALLOWED: rows (or figures of them) were answered. REFUSED: the rules refused before anything ran. FAILED: allowed, but nothing was
 * answered (an embargo, a time-out, a lost client); the reason is the error's code.
 */
export type AccessDecision = 'ALLOWED' | 'REFUSED' | 'FAILED';

export interface AccessEvent extends Origin {
  readonly kind: 'ACCESS';
  readonly actor: Actor;
  readonly dataset: AuditedDataset;
  /** MAJOR.MINOR */
  readonly version: string;
  readonly rulesRevision: number;
  readonly operation: {
    /** SHA-256 of the document's text, base64url; the text is kept once under it. */
    readonly document: string;
    /** HMAC-SHA-256 of the variables in canonical JSON by a key of the server, base64url. */
    readonly variables: string;
    readonly name?: string;
    /** The caller had sent more new texts than are kept of one: there is no text under the digest, unless somebody else's. */
    readonly text?: 'DIGEST_ONLY';
  };
  /** Tables with the columns that the operation selects, filters, orders, groups, links or aggregates by. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** Rows in the answer, those of levels below included; 0 where only figures were asked. */
  readonly rows: number;
  readonly decision: AccessDecision;
  /** The code of the decision's reason (policy) or of the error. */
  readonly reason: string;
  readonly rule?: string;
  /** What figures with noise cost, where some were asked: a decimal number; `0` where all were asked before. */
  readonly epsilon?: string;
  /** `table.column` of what was selected and withheld. */
  readonly withheld?: readonly string[];
}

/** What happened beside accesses. Add a kind here, with a line in docs/access.md. */
export const changeKinds = [
  'CHAIN_STARTED', 'CHAIN_ENDED',
  'RULES_CHANGED', 'RULES_TRIED', 'ACCESS_SETTINGS_CHANGED', 'EMERGENCY_OVERRIDE', 'EMERGENCY_OVERRIDE_ENDED',
  'GRANT_DRAFTED', 'GRANT_REQUESTED', 'GRANT_VOTED', 'GRANT_APPROVED', 'GRANT_REJECTED', 'GRANT_REVOKED', 'GRANT_WITHDRAWN', 'GRANT_EXPIRED', 'GRANT_COMMENTED',
  'TOKEN_CREATED', 'TOKEN_REVOKED', 'PERSON_SUSPENDED', 'PERSON_RESTORED', 'ORGANIZATION_CREATED',
  'SOURCE_REGISTERED', 'SOURCE_REMOVED', 'COLLECTION_CREATED', 'COLLECTION_CHANGED', 'COLLECTION_DELETED',
  'PUBLISH_REQUESTED', 'SYNC_REQUESTED', 'EXPORT_REQUESTED', 'EXPORTED', 'EXPORT_REFUSED', 'ERASURE_REQUESTED', 'ERASED', 'CONSENT_RENEWED', 'FROZEN', 'UNFROZEN',
  'AUDIT_READ', 'AUDIT_EXPORTED', 'AUDIT_REVIEWED', 'AUDIT_SEALED', 'AUDIT_DESTROYED', 'AUDIT_ANCHORED',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

export type AuditValue = string | number | boolean | null | readonly AuditValue[] | { readonly [name: string]: AuditValue | undefined };

export interface ChangeEvent extends Origin {
  readonly kind: ChangeKind;
  readonly actor: Actor;
  /** Owners of the dataset see the event; events without one are for administrators. */
  readonly dataset?: AuditedDataset;
  /** Facts of the event: a revision, a period, a count, an id, a note. Not values of rows, not secrets. */
  readonly details?: Readonly<Record<string, AuditValue | undefined>>;
  /** Of what changed something: under which id its transaction wrote it down (`dure_audit.pending`), and when it was made (RFC 3339). The entry's own instant is when it was chained. */
  readonly change?: { readonly id: string; readonly at: string };
}

export type AuditEvent = AccessEvent | ChangeEvent;

/** Years that an entry is kept at least; nothing destroys it before. */
export type RetentionYears = 1 | 2 | 3;

export interface Audit {
  /**
   * Resolves when the event is durable, for what changes nothing but the audit itself. Let the error through where that fails: what cannot be
   * recorded is not answered.
   * @throws DureError DATABASE_UNAVAILABLE
   */
  record(event: ChangeEvent): Promise<void>;
}

export interface ChangeAudit extends Audit {
  /**
   * Makes a change whose event is durable with it: `change` passes `within` to what opens the transaction, and `eventOf` tells of what was
   * made there. Resolves when the events are in a chain, or, where these cannot be written now, with the change: its events wait in the database.
   * @throws whatever `change` throws; an event of it is there exactly where the change was committed
   */
  recorded<T, R>(change: (within: Within<T>) => Promise<R>, eventOf: (made: T) => ChangeEvent): Promise<R>;
}

export function actorOf(identity: Identity): Actor {
  const { kind, issuer, subject, name, memberships, tokenId } = identity;
  return { kind, issuer, subject, name, organizations: memberships.map(({ organization }) => organization), tokenId };
}

/** For what the server or a command does by itself. */
export function systemActor(name: string): Actor {
  return { kind: 'system', subject: 'system', name, organizations: [] };
}

export function auditedDataset(dataset: Pick<Dataset, 'id' | 'organization' | 'name'>): AuditedDataset {
  return { id: dataset.id, path: datasetPath(dataset) };
}
