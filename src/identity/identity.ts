/** Who is asking. Made only by identity's strategies; a queued job keeps it as JSON and is judged by it when it runs. */

export interface Membership {
  /** Organization slug. */
  readonly organization: string;
  readonly role: MemberRole;
}
/** From least to most: each includes what the former may do. */
export const memberRoles = ['member', 'publisher', 'steward', 'owner'] as const;
export type MemberRole = (typeof memberRoles)[number];

export interface LeftOut {
  readonly memberships: readonly Membership[];
  /** Platform roles. */
  readonly roles: readonly string[];
}

/** GA4GH Passport visa after verification. */
export interface Visa {
  readonly type: string;
  readonly value: string;
  readonly source: string;
  readonly by?: string;
  /** Milliseconds since the epoch, as is expiresAt. */
  readonly asserted: number;
  readonly expiresAt: number;
}

export interface Identity {
  readonly kind: 'anonymous' | 'person' | 'token' | 'system';
  /** Equal for two requests only if everything below is equal: fit for cache keys. */
  readonly key: string;
  /** The issuer's subject; absent for anonymous. For an API token the subject of who created it. */
  readonly subject?: string;
  readonly issuer?: string;
  readonly name?: string;
  readonly memberships: readonly Membership[];
  /** Platform roles, e.g. `administrator`. */
  readonly roles: readonly string[];
  readonly country?: string;
  readonly affiliations: readonly string[];
  readonly visas: readonly Visa[];
  /** Further claims of the token that rules may name as `claim.NAME`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** API tokens are limited to scopes; a person has all. */
  readonly scopes: readonly Scope[];
  readonly tokenId?: string;
  /** Of an API token: what its maker held that it does not act with. Nothing can be had by it, and no rule about it be escaped. */
  readonly leftOut?: LeftOut;
  /** Attributes that are lists of which the issuer may not have asserted all: the claim was not there, or had entries that could not be used. */
  readonly incomplete?: readonly string[];
  /** The Dure site that vouches for this person of its own; absent for those who came by themselves. */
  readonly site?: string;
  /** What another site said that it asks for; its requests are for this purpose and no other. */
  readonly purpose?: string;
  /** Milliseconds since the epoch; nothing may be answered under this identity afterwards. */
  readonly expiresAt?: number;
}

export const scopes = ['read', 'publish', 'rules', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export const anonymous: Identity = Object.freeze({
  kind: 'anonymous', key: 'anonymous', memberships: [], roles: [], affiliations: [], visas: [], claims: {}, scopes: ['read'] as const,
});

/** True if the identity holds at least `role` in the organization (administrators hold every role). */
export function hasRole(identity: Identity, organization: string, role: MemberRole): boolean {
  if (isAdministrator(identity)) return true;
  const least = memberRoles.indexOf(role);
  return identity.memberships.some((m) => m.organization === organization && memberRoles.indexOf(m.role) >= least);
}

export function publishesSomewhere(identity: Identity): boolean {
  return isAdministrator(identity) || identity.memberships.some(({ organization }) => hasRole(identity, organization, 'publisher'));
}

export function isAdministrator(identity: Identity): boolean {
  return identity.kind === 'system' || identity.roles.includes('administrator');
}

export function hasScope(identity: Identity, scope: Scope): boolean {
  return identity.kind === 'system' || identity.scopes.includes(scope);
}

/**
 * The value of an attribute that rules name; undefined where the issuer did not assert it.
 * An undefined attribute denies (policy/decide.ts).
 */
export function attribute(identity: Identity, name: string): string | number | boolean | readonly string[] | undefined {
  switch (name) {
    case 'person.id': return identity.subject;
    case 'person.issuer': return identity.issuer;
    case 'person.organizations': return identity.kind === 'anonymous' ? undefined : identity.memberships.map((m) => m.organization);
    case 'person.roles': return identity.kind === 'anonymous' ? undefined : [...identity.roles, ...identity.memberships.map((m) => `${m.organization}:${m.role}`)];
    case 'person.country': return identity.country;
    case 'person.affiliation': return identity.affiliations.length > 0 ? identity.affiliations : undefined;
    case 'person.visas': return identity.kind === 'anonymous' ? undefined : identity.visas.map((v) => `${v.type}=${v.value}`);
  }
  if (!name.startsWith('claim.')) return undefined;
  const key = name.slice('claim.'.length);
  const value = Object.hasOwn(identity.claims, key) ? identity.claims[key] : undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value as readonly string[];
  return undefined;
}

/** Whether somebody may have this entry in a list where `attribute` does not show it: then it is not known that they have it not. */
export function mayHold({ leftOut, incomplete }: Identity, name: string, entry: string): boolean {
  return incomplete?.includes(name) === true || entriesOf(leftOut, name).includes(entry);
}

/** Whether a list holds all that there is. */
export function isComplete({ leftOut, incomplete }: Identity, name: string): boolean {
  return incomplete?.includes(name) !== true && entriesOf(leftOut, name).length === 0;
}

function entriesOf(leftOut: LeftOut | undefined, name: string): readonly string[] {
  if (!leftOut) return [];
  if (name === 'person.organizations') return leftOut.memberships.map((m) => m.organization);
  return name === 'person.roles' ? [...leftOut.roles, ...leftOut.memberships.map((m) => `${m.organization}:${m.role}`)] : [];
}

/** Slugs of all organizations that a person is known to belong to, by whichever token they ask. */
export function organizationsOf({ memberships, leftOut }: Pick<Identity, 'memberships' | 'leftOut'>): readonly string[] {
  return [...new Set([...memberships, ...(leftOut?.memberships ?? [])].map(({ organization }) => organization))];
}
