/** From a verified token's claims to the parts of an identity. Nothing here verifies anything. */
import { DureError } from '../errors.js';
import { countryCode } from './countries.js';
import { memberRoles, type MemberRole, type Membership } from './identity.js';

/** Which claim says what; the names are configurable because identity providers differ. */
export interface ClaimNames {
  readonly subject: string;
  readonly name: string;
  readonly organizations: string;
  readonly roles: string;
  readonly country: string;
  readonly affiliation: string;
  readonly visas: string;
}

export const defaultClaimNames: ClaimNames = Object.freeze({
  subject: 'sub',
  name: 'name',
  organizations: 'organizations',
  roles: 'roles',
  country: 'country',
  affiliation: 'eduperson_scoped_affiliation',
  visas: 'ga4gh_passport_v1',
});

export interface ClaimParts {
  readonly subject: string;
  readonly name?: string;
  readonly memberships: readonly Membership[];
  readonly roles: readonly string[];
  readonly country?: string;
  readonly affiliations: readonly string[];
  /** Visas as they came: signed tokens of their own, not verified yet. */
  readonly visaTokens: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** Attributes whose lists may not be complete (Identity.incomplete). */
  readonly incomplete: readonly string[];
}

export type Claims = Readonly<Record<string, unknown>>;
type Warn = (message: string) => void;

/** Claims of the protocol (RFC 7519, OpenID Connect Core): about the token, not about the person. */
const protocolClaims = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'at_hash', 'c_hash', 's_hash', 'sid', 'auth_time', 'typ', 'scope', 'scp', 'client_id']);

export function readClaims(payload: Claims, names: ClaimNames, warn: Warn): ClaimParts {
  const subject = payload[names.subject];
  if (typeof subject !== 'string' || subject === '' || subject.length > 255) {
    throw new DureError('UNAUTHENTICATED', `The token names nobody: its claim ${names.subject} must be a text of 1 to 255 characters.`);
  }
  const name = payload[names.name];
  const incomplete = new Set<string>();
  /** A claim that a client did not ask for, or that cannot be read in full, does not say what somebody is not. */
  const noting = (claim: string, ...attributes: readonly string[]): Warn => {
    const note = (): void => attributes.forEach((attribute) => incomplete.add(attribute));
    if (payload[claim] === undefined || payload[claim] === null) note();
    return (message) => {
      note();
      warn(message);
    };
  };
  const parts = {
    subject,
    name: typeof name === 'string' && name !== '' ? name.slice(0, 200) : undefined,
    memberships: memberships(payload, names.organizations, noting(names.organizations, 'person.organizations', 'person.roles')),
    roles: texts(payload, names.roles, noting(names.roles, 'person.roles')),
    country: country(payload, names.country, warn),
    affiliations: affiliations(payload, names.affiliation, noting(names.affiliation, 'person.affiliation')),
    visaTokens: texts(payload, names.visas, noting(names.visas, 'person.visas')),
    claims: furtherClaims(payload, new Set<string>(Object.values(names))),
  };
  return { ...parts, incomplete: [...incomplete].sort() };
}

const membershipShape = /^([a-z][a-z0-9-]{0,62}):([A-Za-z][A-Za-z0-9_-]{0,62})$/;

/** A malformed entry grants nothing. A role that does not exist refuses the token: the provider means something that would silently be lost. */
function memberships(payload: Claims, claim: string, warn: Warn): Membership[] {
  const found: Membership[] = [];
  for (const entry of texts(payload, claim, warn)) {
    const match = membershipShape.exec(entry);
    if (!match) {
      warn(`The claim ${claim} has the entry ${shown(entry)}, which is not ORGANIZATION:ROLE; it is ignored.`);
      continue;
    }
    const role = match[2]!;
    if (!isMemberRole(role)) {
      throw new DureError('UNAUTHENTICATED', `The token's claim ${claim} names the role ${shown(role)}, which does not exist. Roles are ${memberRoles.join(', ')}: ask whoever runs your identity provider to correct it.`);
    }
    found.push({ organization: match[1]!, role });
  }
  return found;
}

export function isMemberRole(text: string): text is MemberRole {
  return (memberRoles as readonly string[]).includes(text);
}

function country(payload: Claims, claim: string, warn: Warn): string | undefined {
  const value = payload[claim];
  if (value === undefined || value === null) return undefined;
  const code = typeof value === 'string' ? countryCode(value) : undefined;
  if (code === undefined) warn(`The claim ${claim} is not a country code of ISO 3166-1 alpha-2 such as KR; it is ignored.`);
  return code;
}

/** eduPerson: the left side of the @ is the affiliation, the right side the domain that asserts it. */
function affiliations(payload: Claims, claim: string, warn: Warn): string[] {
  return texts(payload, claim, warn).filter((value) => {
    const valid = /^[^@\s]+@[^@\s]+$/.test(value);
    if (!valid) warn(`The claim ${claim} has the entry ${shown(value)}, which is not AFFILIATION@DOMAIN; it is ignored.`);
    return valid;
  });
}

/** A claim that is one text or a list of texts. */
function texts(payload: Claims, claim: string, warn: Warn): string[] {
  const value = payload[claim];
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const found = list.filter((item): item is string => typeof item === 'string' && item !== '');
  if (found.length < list.length) warn(`The claim ${claim} has entries that are not texts; they are ignored.`);
  return found;
}

/** `Object.fromEntries` defines members, so a claim named `__proto__` stays a claim. */
function furtherClaims(payload: Claims, taken: ReadonlySet<string>): Claims {
  return Object.fromEntries(Object.entries(payload).filter(([name, value]) => !protocolClaims.has(name) && !taken.has(name) && (isScalar(value) || (Array.isArray(value) && value.every(isScalar)))));
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
