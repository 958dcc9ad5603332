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
  readonly counts: { readonly accesses: number; readonly refused: number; readonly events: number; readonly grants: number; readonly ruleRevisions: number; readonly proofEntries: number };
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

export type BundledEntry = AuditEvent & { readonly at: string; readonly seq: number; readonly chain: string };

export const files = {
  head: 'bundle.json', rules: 'rules.json', accesses: 'accesses.json', grants: 'grants.json', events: 'events.json', documents: 'documents.json',
  keys: 'proof/keys.json', roots: 'proof/roots.json', destructions: 'proof/destructions.json', chains: 'proof/chains',
  page: 'index.html', readme: 'README.md', manifest: 'manifest.json',
} as const;

/** Names every other file with its SHA-256 (base64url), signed. */
export interface Manifest {
  readonly files: Readonly<Record<string, string>>;
  readonly keyId: string;
  readonly signature: string;
}
