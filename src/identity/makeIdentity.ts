import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonicalJson.js';
import { memberRoles, type Identity, type Membership } from './identity.js';

export type IdentityParts = Omit<Identity, 'key'>;

/** A frozen identity whose key is a hash of everything in it: the same assertions in another order have the same key. */
export function makeIdentity(parts: IdentityParts): Identity {
  const ordered: IdentityParts = {
    ...parts,
    memberships: highestRoles(parts.memberships),
    roles: [...new Set(parts.roles)].sort(),
    affiliations: [...new Set(parts.affiliations)].sort(),
    visas: [...parts.visas].sort((a, b) => compare(canonicalJson(a), canonicalJson(b))),
    scopes: [...new Set(parts.scopes)].sort(),
  };
  const key = createHash('sha256').update(canonicalJson(ordered)).digest('base64url');
  return deepFreeze({ ...ordered, key });
}

/** One membership an organization: the highest role asserted. */
function highestRoles(memberships: readonly Membership[]): Membership[] {
  const byOrganization = new Map<string, Membership>();
  for (const membership of memberships) {
    const other = byOrganization.get(membership.organization);
    if (!other || memberRoles.indexOf(membership.role) > memberRoles.indexOf(other.role)) byOrganization.set(membership.organization, membership);
  }
  return [...byOrganization.values()].sort((a, b) => compare(a.organization, b.organization));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
