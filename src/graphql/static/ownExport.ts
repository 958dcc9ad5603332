import type { Identity } from '../../identity/identity.js';
import type { ExportRecord } from '../../storage/exportStore.js';

/** A person has what they and their API tokens exported; an API token, which may be limited to less, only what it exported itself. */
export function ownExport({ subject, issuer, identity: asker }: Pick<ExportRecord, 'subject' | 'issuer' | 'identity'>, identity: Identity): boolean {
  return identity.kind !== 'anonymous' && identity.subject === subject && identity.issuer === issuer && identity.site === asker.site && (identity.kind !== 'token' || (identity.tokenId !== undefined && identity.tokenId === asker.tokenId));
}
