import { describe, expect, test } from '@jest/globals';
import { isWellFormedApiToken, newApiToken } from '../../src/identity/apiToken.js';
import { Identifier } from '../../src/identity/identifier.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import { grantToken, type TokenRequest } from '../../src/identity/tokenGrant.js';
import { refusal } from './refusal.js';

describe('the form of an API token', () => {
  test('has a prefix, 256 random bits and a checksum', () => {
    const tokens = Array.from({ length: 200 }, newApiToken);
    expect(new Set(tokens).size).toBe(200);
    for (const token of tokens) {
      expect(token).toMatch(/^dure_[0-9A-Za-z]{49}$/);
      expect(isWellFormedApiToken(token)).toBe(true);
    }
  });

  test('tells every single changed character', () => {
    const token = newApiToken();
    for (let place = 5; place < token.length; place += 1) {
      const other = token[place] === 'a' ? 'b' : 'a';
      expect(isWellFormedApiToken(token.slice(0, place) + other + token.slice(place + 1))).toBe(false);
    }
  });

  test.each(['', 'dure_', 'dure_abc', `x${newApiToken()}`, `${newApiToken()}x`, newApiToken().toLowerCase().replace('dure_', 'DURE_')])('%j is none', (text) => {
    expect(isWellFormedApiToken(text)).toBe(false);
  });
});

const now = Date.UTC(2026, 0, 1);
const day = 24 * 3600 * 1000;
const person = makeIdentity({
  kind: 'person', subject: 'minji', issuer: 'x', roles: [], affiliations: [], visas: [], claims: {}, scopes: ['read', 'publish', 'rules', 'admin'],
  memberships: [{ organization: 'kist', role: 'publisher' }, { organization: 'hanbit', role: 'member' }], expiresAt: now + 3600_000,
});
const administrator: Identity = { ...person, roles: ['administrator', 'curator'] };
const reader: Identity = { ...person, kind: 'token', scopes: ['read'], tokenId: 't', expiresAt: now + 10 * day };
const system: Identity = { ...anonymous, kind: 'system' };
const grant = (request: Partial<TokenRequest>) => grantToken({ name: 'ci', scopes: ['read'], identity: person, ...request }, now);

describe('what a new token may stand for', () => {
  test('everything the creator holds, for 90 days, unless less is asked', () => {
    expect(grant({})).toEqual({ name: 'ci', scopes: ['read'], memberships: person.memberships, roles: [], expiresAt: new Date(now + 90 * day) });
    expect(grant({ organizations: ['kist'] }).memberships).toEqual([{ organization: 'kist', role: 'publisher' }]);
    expect(grant({ organizations: ['kist:member'] }).memberships).toEqual([{ organization: 'kist', role: 'member' }]);
    expect(grant({ organizations: [] }).memberships).toEqual([]);
  });

  test.each([['kist:owner'], ['kist:steward'], ['hanbit:publisher'], ['other'], ['other:member']])('never %s, which the creator does not hold', async (organization) => {
    expect(await refusal(() => grant({ organizations: [organization] }))).toMatch(/^FORBIDDEN: .*do not hold/);
  });

  test.each([['kist:emperor'], ['kist:member:x'], [''], ['KIST'], ['kist:']])('%j is no organization', async (organization) => {
    expect(await refusal(() => grant({ organizations: [organization] }))).toMatch(/^BAD_USER_INPUT/);
  });

  test('an administrator\'s only with the scope admin and for no organization in particular', () => {
    expect(grant({ identity: administrator, scopes: ['admin', 'read'] }).roles).toEqual(['administrator', 'curator']);
    expect(grant({ identity: administrator, scopes: ['read', 'publish'] }).roles).toEqual(['curator']);
    const restricted = grant({ identity: administrator, scopes: ['admin'], organizations: ['bora:steward'] });
    expect(restricted).toMatchObject({ roles: ['curator'], memberships: [{ organization: 'bora', role: 'steward' }] });
    expect(grant({ identity: person, scopes: ['admin'] }).roles).toEqual([]);
    expect(grant({ identity: system, scopes: ['admin'] }).roles).toEqual(['administrator']);
    expect(grant({ identity: system, scopes: ['publish'], organizations: ['kist:publisher'] })).toMatchObject({ roles: [], memberships: [{ organization: 'kist', role: 'publisher' }] });
  });

  test('an administrator says which role', async () => {
    expect(await refusal(() => grant({ identity: administrator, organizations: ['bora'] }))).toMatch(/^BAD_USER_INPUT: .*bora:ROLE/);
  });

  test('of a token no more scopes and no longer a life than its own', async () => {
    expect(grant({ identity: reader }).expiresAt).toEqual(new Date(now + 10 * day));
    expect(await refusal(() => grant({ identity: reader, scopes: ['publish'] }))).toMatch(/^FORBIDDEN: .*publish/);
    expect(await refusal(() => grant({ identity: reader, expiresAt: new Date(now + 11 * day) }))).toMatch(/^BAD_USER_INPUT: .*2026-01-11/);
  });

  test('nothing of an anonymous caller', async () => {
    expect(await refusal(() => grant({ identity: anonymous }))).toMatch(/^UNAUTHENTICATED/);
  });

  test.each<[string, Partial<TokenRequest>]>([
    ['no scope', { scopes: [] }], ['an unknown scope', { scopes: ['root' as 'read'] }], ['no name', { name: ' ' }], ['a long name', { name: 'x'.repeat(101) }],
    ['an end in the past', { expiresAt: new Date(now) }], ['no real end', { expiresAt: new Date(NaN) }], ['more than a year', { expiresAt: new Date(now + 366 * day) }],
  ])('%s is refused', async (_, request) => {
    expect(await refusal(() => grant(request))).toMatch(/^BAD_USER_INPUT/);
  });
});

describe('how the identifier trusts API tokens', () => {
  let clock = now;
  let revoked = false;
  const lookedUp: string[] = [];
  const identifier = new Identifier({
    now: () => clock,
    tokens: { find: async (token) => { lookedUp.push(token); if (revoked) throw new Error('revoked'); return reader; } },
  });

  test('for a second, unless a revocation is hinted at', async () => {
    const header = `Bearer ${newApiToken()}`;
    await Promise.all([identifier.identify(header), identifier.identify(header)]);
    clock += 999;
    await identifier.identify(header);
    expect(lookedUp).toHaveLength(1);
    clock += 1;
    await identifier.identify(header);
    expect(lookedUp).toHaveLength(2);
    revoked = true;
    await expect(identifier.identify(header)).resolves.toBe(reader);
    identifier.forget('t');
    await expect(identifier.identify(header)).rejects.toThrow('revoked');
  });

  test('and does not look up what is mistyped', async () => {
    const token = newApiToken();
    const before = lookedUp.length;
    expect(await refusal(() => identifier.identify(`Bearer ${token.slice(0, -1)}`))).toMatch(/^UNAUTHENTICATED: .*checksum/);
    expect(lookedUp).toHaveLength(before);
  });

  test('within a bounded memory', async () => {
    let asked = 0;
    const small = new Identifier({ cacheSize: 2, tokens: { find: async () => { asked += 1; return { ...reader, expiresAt: undefined }; } } });
    const headers = Array.from({ length: 3 }, () => `Bearer ${newApiToken()}`);
    for (const header of headers) await small.identify(header);
    await small.identify(headers[2]!);
    expect(asked).toBe(3);
    await small.identify(headers[0]!);
    expect(asked).toBe(4);
  });
});
