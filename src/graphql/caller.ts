/** Whose a request is where callers share what the server can do: a token, a person or an address, and the organization behind it. */
import type { Identity } from '../identity/identity.js';

export interface Caller {
  readonly key: string;
  /** Equal for callers of one organization. */
  readonly group: string;
}

export function callerOf(identity: Identity, address: string | undefined): Caller {
  const key = ownKey(identity, address);
  const organization = identity.memberships[0]?.organization;
  return { key, group: organization === undefined ? key : `organization ${organization}` };
}

function ownKey(identity: Identity, address: string | undefined): string {
  if (identity.tokenId !== undefined) return `token ${identity.tokenId}`;
  if (identity.subject !== undefined) return `person ${identity.issuer ?? ''} ${identity.subject}`;
  return `address ${network(address ?? '')}`;
}

/** One household or machine has a whole IPv6 network of 64 bits (RFC 6177). */
function network(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right];
  return groups.slice(0, 4).map((group) => parseInt(group || '0', 16).toString(16)).join(':');
}
