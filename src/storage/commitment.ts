import type { SecretKeys } from '../identity/secretKeys.js';

/**
 * What is kept of an erased person: an HMAC-SHA-256 of the key by a key of the ring that is made for the organization. It shows that
 * this person was erased to whoever has the ring and names the person; without the ring it cannot be tried out, however few keys there are.
 * @throws DureError INTERNAL where the ring has no key of this id
 */
export function personCommitment(keys: SecretKeys, organizationId: string, domain: string, key: string, keyId: string): string {
  return keys.mac(`erased persons of ${organizationId}`, JSON.stringify([domain, key]), keyId);
}
