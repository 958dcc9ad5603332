/** What a caller must be for a change. A missing sign-in is told before a missing role, a missing role before a missing scope. */
import type { Organization } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import { hasRole, hasScope, isAdministrator, type Identity, type MemberRole, type Scope } from '../../identity/identity.js';

/** @throws DureError UNAUTHENTICATED; returns the caller's subject. */
export function requireSignedIn(identity: Identity): string {
  if (identity.kind === 'anonymous' || identity.subject === undefined) {
    throw new DureError('UNAUTHENTICATED', 'Sign in first: send a token in the authorization header.');
  }
  return identity.subject;
}

/** @throws DureError UNAUTHENTICATED or FORBIDDEN; returns the caller's subject. */
export function requireRole(identity: Identity, organization: Organization, role: MemberRole, scope: Scope): string {
  const subject = requireSignedIn(identity);
  if (!hasRole(identity, organization.slug, role)) {
    throw new DureError('FORBIDDEN', `This needs the role ${role} in ${organization.slug}. Ask an owner of the organization.`, { organization: organization.slug, role });
  }
  requireScope(identity, scope);
  return subject;
}

export function requireAdministrator(identity: Identity): string {
  const subject = requireSignedIn(identity);
  if (!isAdministrator(identity)) throw new DureError('FORBIDDEN', 'This needs an administrator of the platform.');
  requireScope(identity, 'admin');
  return subject;
}

export function requireScope(identity: Identity, scope: Scope): void {
  if (!hasScope(identity, scope)) {
    throw new DureError('FORBIDDEN', `This API token lacks the scope "${scope}". Make one that has it.`, { scope });
  }
}

export function isExpired(identity: Identity, now = Date.now()): boolean {
  return identity.expiresAt !== undefined && identity.expiresAt <= now;
}
