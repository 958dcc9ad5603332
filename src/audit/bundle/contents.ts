/** What lies in a bundle, by file. */
import type { AuditEvent } from '../event.js';

export const bundleFormat = 'dure-audit-bundle-1';

export interface BundleHead {
  readonly format: typeof bundleFormat;
  readonly madeAt: string;
  readonly madeBy: string;
  readonly dataset: { readonly id: string; readonly path: string; readonly title?: string; readonly organization: string };
  /** `to` is exclusive. */
  readonly period: { readonly from: string; readonly to: string };
  readonly keyId: string;
  readonly counts: { readonly accesses: number; readonly refused: number; readonly events: number; readonly grants: number; readonly requests: number; readonly ruleRevisions: number; readonly proofEntries: number };
}

/** A rule document with the time in which it was in force. */
export interface RulesInForce {
  readonly revision: number;
  readonly from: string;
  /** Absent while it is in force. */
  readonly to?: string;
  readonly by?: string;
  readonly note?: string;
  readonly document: unknown;
}

/** A request for access, and the grant that it became, with what happened to it until the end of the period. */
export interface BundledRequest {
  readonly id: string;
  readonly requester: { readonly subject: string; readonly issuer?: string; readonly name?: string; readonly organizations: readonly string[] };
  readonly state: string;
  readonly wanted: unknown;
  readonly conditions: readonly string[];
  readonly begins?: string;
  readonly ends?: string;
  /** Ended before its time, or by the clock. */
  readonly endedAt?: string;
  readonly events: readonly { readonly seq: number; readonly at: string; readonly kind: string; readonly state: string; readonly actor?: string; readonly text?: string; readonly details?: unknown }[];
}

export type BundledEntry = AuditEvent & { readonly at: string; readonly seq: number; readonly chain: string };

/** The text of an operation, or why it is not told: the bundle's reader may not know of everything that one operation names. */
export type BundledText = string | { readonly withheld: string };
export const withheldText: BundledText = { withheld: 'The operation names more than this owner\'s datasets and those that everybody knows of. Ask the site for its text by this digest.' };

export const unkeptText: BundledText = { withheld: 'The text was not kept: whoever sent it had sent more new texts that day than the site keeps of one caller, or it was destroyed with its entries.' };

export const files = {
  head: 'bundle.json', rules: 'rules.json', accesses: 'accesses.json', grants: 'grants.json', requests: 'requests.json', events: 'events.json', documents: 'documents.json',
  keys: 'proof/keys.json', roots: 'proof/roots.json', destructions: 'proof/destructions.json', chains: 'proof/chains',
  page: 'index.html', readme: 'README.md', manifest: 'manifest.json',
} as const;

/** Names every other file with its SHA-256 (base64url), signed. */
export interface Manifest {
  readonly files: Readonly<Record<string, string>>;
  readonly keyId: string;
  readonly signature: string;
}
