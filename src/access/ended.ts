/** Why nothing more may be answered under an identity. */
import { DureError } from '../errors.js';
import type { Identity } from '../identity/identity.js';

/** Suspended subjects with the issuers that must have asserted them; undefined: whoever did. */
export type PersonsEnded = Map<string, readonly (string | undefined)[]>;

export interface Ended {
  readonly why: 'EXPIRED' | 'REVOKED' | 'SUSPENDED';
  readonly error: () => DureError;
}

const suspended: Ended = {
  why: 'SUSPENDED',
  error: () => new DureError('FORBIDDEN', 'Your access to this server was suspended. Ask its administrators.', { reason: 'SUSPENDED' }),
};
const revoked: Ended = { why: 'REVOKED', error: () => new DureError('UNAUTHENTICATED', 'The API token was revoked.', { reason: 'TOKEN_REVOKED' }) };
const expired: Ended = { why: 'EXPIRED', error: () => new DureError('UNAUTHENTICATED', 'The token has expired. Get a new one and ask again.', { reason: 'TOKEN_EXPIRED' }) };

export function endOf({ subject, issuer, tokenId, expiresAt }: Pick<Identity, 'subject' | 'issuer' | 'tokenId' | 'expiresAt'>, persons: PersonsEnded, tokens: ReadonlySet<string>): Ended | undefined {
  if (subject !== undefined) {
    const issuers = persons.get(subject);
    // An identity without an issuer stands for nobody's person in particular: in doubt it is the suspended one.
    if (issuers?.some((each) => each === undefined || issuer === undefined || each === issuer)) return suspended;
  }
  if (tokenId !== undefined && tokens.has(tokenId)) return revoked;
  if (expiresAt !== undefined && expiresAt <= Date.now()) return expired;
  return undefined;
}
