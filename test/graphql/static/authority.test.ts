/** What a caller must be for a change: by role, by scope, by platform role; each refused by itself. */
import { expect, test } from '@jest/globals';
import type { Organization } from '../../../src/catalog/model.js';
import { isExpired, requireAdministrator, requireRole, requireScope, requireSignedIn } from '../../../src/graphql/static/authority.js';
import { anonymous, scopes, type Identity } from '../../../src/identity/identity.js';
import { person } from '../../support/engine.js';

const lab: Organization = { id: 'o', slug: 'lab', field: 'lab', title: 'Lab' };
const steward = person({ subject: 's', memberships: [{ organization: 'lab', role: 'steward' }] });
const token = (...given: readonly Identity['scopes'][number][]): Identity => ({ ...steward, kind: 'token', roles: ['administrator'], scopes: given });
function refused(code: string, work: () => unknown): void {
  let error: unknown;
  try {
    work();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code });
}

test('somebody must have signed in', () => {
  for (const work of [() => requireSignedIn(anonymous), () => requireRole(anonymous, lab, 'member', 'read'), () => requireAdministrator(anonymous), () => requireSignedIn({ ...steward, subject: undefined })]) refused('UNAUTHENTICATED', work);
  expect(requireSignedIn(steward)).toBe('s');
});

test('a role in the organization itself, and no less than it', () => {
  expect(requireRole(steward, lab, 'publisher', 'publish')).toBe('s');
  for (const identity of [person({}), person({ memberships: [{ organization: 'other', role: 'owner' }] }), person({ memberships: [{ organization: 'lab', role: 'member' }] })]) refused('FORBIDDEN', () => requireRole(identity, lab, 'steward', 'rules'));
});

test('an API token has its scopes and no others, whatever role its maker has', () => {
  for (const scope of scopes) {
    requireScope(token(scope), scope);
    requireRole(token(scope), lab, 'steward', scope);
    for (const other of scopes) if (other !== scope) for (const work of [() => requireScope(token(other), scope), () => requireRole(token(other), lab, 'steward', scope)]) refused('FORBIDDEN', work);
  }
});

test('an administrator of the platform, and by a token only with the scope', () => {
  expect(requireAdministrator(token('admin'))).toBe('s');
  refused('FORBIDDEN', () => requireAdministrator(token('read', 'publish', 'rules')));
  refused('FORBIDDEN', () => requireAdministrator(steward));
});

test('a token that has expired', () => {
  expect([isExpired({ ...steward, expiresAt: 10 }, 10), isExpired({ ...steward, expiresAt: 10 }, 9), isExpired(steward, 10)]).toEqual([true, false, false]);
});
