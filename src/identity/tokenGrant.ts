/** What a new API token may stand for: at most what its creator holds. Pure; storage/tokenStore.ts keeps the result. */
import { DureError } from '../errors.js';
import { isMemberRole } from './claims.js';
import { hasRole, isAdministrator, memberRoles, scopes as allScopes, type Identity, type LeftOut, type Membership, type Scope } from './identity.js';

export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** 90 days from now where absent; a year at most. */
  readonly expiresAt?: Date;
  /** Who asks. */
  readonly identity: Identity;
  /** `kist` (with the creator's own role there) or `kist:publisher`; all that the creator holds where absent. */
  readonly organizations?: readonly string[];
}

export interface TokenGrant {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date;
  readonly memberships: readonly Membership[];
  readonly roles: readonly string[];
  /** What the creator is known to hold beside; absent where that is nothing. */
  readonly leftOut?: LeftOut;
}

const day = 24 * 60 * 60 * 1000;
const defaultLifetime = 90 * day;
export const longestLifetime = 365 * day;

export function grantToken(request: TokenRequest, now: number): TokenGrant {
  const { identity } = request;
  if (identity.kind === 'anonymous') throw new DureError('UNAUTHENTICATED', 'An API token stands for somebody: sign in to make one.');
  // It would outlive what the other site vouches for, a minute at a time.
  if (identity.site !== undefined) throw new DureError('FORBIDDEN', 'Another site vouches for you: make an API token there.');
  const scopes = grantedScopes(request);
  const granted = { memberships: request.organizations?.map((asked) => membership(identity, asked)) ?? identity.memberships, roles: roles(request, scopes) };
  return Object.freeze({ name: tokenName(request.name), scopes, expiresAt: grantedEnd(request, now), ...granted, ...leftOut(identity, granted) });
}

function leftOut({ memberships, roles: held, leftOut: before }: Identity, granted: LeftOut): { readonly leftOut?: LeftOut } {
  const left: LeftOut = {
    memberships: [...memberships.filter((own) => !granted.memberships.some(({ organization, role }) => organization === own.organization && role === own.role)), ...(before?.memberships ?? [])],
    roles: [...held.filter((role) => !granted.roles.includes(role)), ...(before?.roles ?? [])],
  };
  return left.memberships.length + left.roles.length === 0 ? {} : { leftOut: left };
}

function tokenName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 100) throw new DureError('BAD_USER_INPUT', 'A token needs a name of 1 to 100 characters that says what it is used for.');
  return name;
}

function grantedScopes({ scopes, identity }: TokenRequest): readonly Scope[] {
  const unknown = scopes.find((scope) => !allScopes.includes(scope));
  if (scopes.length === 0 || unknown !== undefined) {
    throw new DureError('BAD_USER_INPUT', `${unknown === undefined ? 'A token needs at least one scope' : `The scope ${JSON.stringify(unknown)} does not exist`}; scopes are ${allScopes.join(', ')}.`);
  }
  const excess = scopes.find((scope) => identity.kind !== 'system' && !identity.scopes.includes(scope));
  if (excess !== undefined) throw new DureError('FORBIDDEN', `You cannot give the scope ${excess}: the token you use does not have it itself.`);
  return [...new Set(scopes)];
}

function grantedEnd({ expiresAt, identity }: TokenRequest, now: number): Date {
  // A person's session is short and a token outlives it on purpose; a token made with a token ends with it.
  const latest = Math.min(now + longestLifetime, identity.kind === 'token' ? identity.expiresAt ?? Infinity : Infinity);
  if (expiresAt === undefined) return new Date(Math.min(now + defaultLifetime, latest));
  const end = expiresAt.getTime();
  if (!(end > now)) throw new DureError('BAD_USER_INPUT', 'The token would have expired already: expiresAt must be in the future.');
  if (end > latest) throw new DureError('BAD_USER_INPUT', `A token of yours can last until ${new Date(latest).toISOString()} at most.`);
  return expiresAt;
}

function membership(identity: Identity, asked: string): Membership {
  const [organization = '', role, ...rest] = asked.split(':');
  const own = identity.memberships.find((held) => held.organization === organization)?.role;
  const wanted = role ?? own;
  if (rest.length > 0 || !/^[a-z][a-z0-9-]{0,62}$/.test(organization) || (role !== undefined && !isMemberRole(role))) {
    throw new DureError('BAD_USER_INPUT', `${JSON.stringify(asked)} is not an organization or ORGANIZATION:ROLE; roles are ${memberRoles.join(', ')}.`);
  }
  if (wanted === undefined && isAdministrator(identity)) throw new DureError('BAD_USER_INPUT', `Say which role the token shall have: ${organization}:ROLE, one of ${memberRoles.join(', ')}.`);
  if (wanted === undefined || !isMemberRole(wanted) || !hasRole(identity, organization, wanted)) {
    throw new DureError('FORBIDDEN', `You cannot give ${asked}: you do not hold that role yourself.`);
  }
  return { organization, role: wanted };
}

/** A token for certain organizations, or without the scope `admin`, is never an administrator's. */
function roles({ identity, organizations }: TokenRequest, scopes: readonly Scope[]): readonly string[] {
  const held = identity.kind === 'system' ? [...identity.roles, 'administrator'] : identity.roles;
  return held.filter((role) => role !== 'administrator' || (organizations === undefined && scopes.includes('admin')));
}
