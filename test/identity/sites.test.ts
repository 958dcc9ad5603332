/** Tokens between sites: what a site may say, and what nobody can make it seem to say. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Identifier } from '../../src/identity/identifier.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import { SiteSigner, SiteVerifier, type TrustedSite } from '../../src/identity/sites.js';
import { startFaultyServer, unavailable, type FaultyServer } from '../standins/faults.js';

const here = 'https://far.example';
const folder = mkdtempSync(join(tmpdir(), 'dure-sites-'));
const other = generateKeyPairSync('ed25519');
let home: SiteSigner;
let stranger: SiteSigner;
let server: FaultyServer;
let sites: readonly TrustedSite[];
const ada: Identity = makeIdentity({
  kind: 'person', subject: 'ada', issuer: 'https://idp.home.example', name: 'Ada', memberships: [{ organization: 'kist', role: 'owner' }], roles: ['administrator'], country: 'KR',
  affiliations: ['staff@home.example', 'staff@elsewhere.example'], visas: [], claims: { secret: 'x' }, scopes: ['read', 'publish', 'rules', 'admin'],
});

beforeAll(async () => {
  home = new SiteSigner({ issuer: 'https://home.example', dataDirectory: join(folder, 'home') });
  stranger = new SiteSigner({ issuer: 'https://third.example', dataDirectory: join(folder, 'third') });
  server = await startFaultyServer(async ({ path }) => ({ body: path === '/home' ? await home.keySet() : await stranger.keySet() }));
  sites = [
    { issuer: 'https://home.example', keySet: `${server.url}/home`, country: 'KR', domains: ['home.example'] },
    { issuer: 'https://third.example', keySet: `${server.url}/third`, domains: [] },
  ];
});
afterEach(() => server.clear());
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const verifier = (now?: () => number): SiteVerifier => new SiteVerifier({ site: here, sites, now });
const refusal = (token: string, now?: () => number): Promise<unknown> => verifier(now).verify(token).then(() => 'accepted', (error: unknown) => error);

test('a person of another site: who it is, where from, and for what purpose; nothing that only this site can give', async () => {
  const identity = await verifier().verify(await home.sign(ada, 'DUO_0000042', here));
  expect(identity).toMatchObject({
    kind: 'person', subject: 'https://home.example#ada', issuer: 'https://home.example', site: 'https://home.example', purpose: 'DUO_0000042', name: 'Ada', country: 'KR',
    memberships: [], roles: [], visas: [], scopes: ['read'], affiliations: ['staff@home.example'], claims: { site: 'https://home.example', idp: 'https://idp.home.example' },
  });
  expect(identity.expiresAt! - Date.now()).toBeLessThanOrEqual(60_000);
  expect(identity.key).not.toBe((await verifier().verify(await home.sign(ada, undefined, here))).key);
});

test('the token says no more than is needed', async () => {
  const token = await home.sign(ada, 'DUO_0000042', here);
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'EdDSA', typ: 'dure-site+jwt' });
  expect(Object.keys(decodeJwt(token)).toSorted()).toEqual(['affiliations', 'aud', 'country', 'exp', 'iat', 'idp', 'iss', 'jti', 'name', 'purpose', 'sub']);
  expect(Object.keys((await home.keySet()).keys[0]!).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  expect(statSync(join(folder, 'home', 'site-key')).mode & 0o077).toBe(0);
});

test('a token is used again while it has time left, for the same person, purpose and site only', async () => {
  let now = Date.now();
  const signer = new SiteSigner({ issuer: 'https://home.example', dataDirectory: join(folder, 'home'), now: () => now });
  const first = await signer.sign(ada, undefined, here);
  expect(await signer.sign(ada, undefined, here)).toBe(first);
  expect(await signer.sign(ada, 'DUO_0000042', here)).not.toBe(first);
  expect(await signer.sign(ada, undefined, 'https://third.example')).not.toBe(first);
  expect(await signer.sign(makeIdentity({ ...ada, subject: 'bea' }), undefined, here)).not.toBe(first);
  now += 31_000;
  expect(await signer.sign(ada, undefined, here)).not.toBe(first);
});

test('a site speaks for its own persons only', async () => {
  const foreign = await verifier().verify(await home.sign(ada, undefined, here));
  const system: Identity = makeIdentity({ ...ada, kind: 'system', subject: 'system' });
  for (const identity of [anonymous, foreign, system]) await expect(home.sign(identity, undefined, here)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(home.sign(makeIdentity({ ...ada, expiresAt: Date.now() - 1 }), undefined, here)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const soon = Date.now() + 5_000;
  expect(decodeJwt(await home.sign(makeIdentity({ ...ada, expiresAt: soon }), undefined, here)).exp).toBeLessThanOrEqual(soon / 1000);
});

function forge(claims: Readonly<Record<string, unknown>>, key: KeyObject = homeKey(), header: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const at = Math.floor(Date.now() / 1000);
  return home.keySet().then(({ keys }) => new SignJWT({ iss: 'https://home.example', sub: 'ada', aud: here, iat: at, exp: at + 60, ...claims }).setProtectedHeader({ alg: 'EdDSA', typ: 'dure-site+jwt', kid: keys[0]!.kid, ...header }).sign(key));
}

function homeKey(): KeyObject {
  // The key of the home site, as its own operator has it.
  return createPrivateKey(readFileSync(join(folder, 'home', 'site-key'), 'utf8'));
}

test('forged, stretched, misdirected and unsigned tokens are refused', async () => {
  const at = Math.floor(Date.now() / 1000);
  const thirdKey = (await stranger.keySet()).keys[0]!.kid;
  const cases: readonly (readonly [string, string])[] = [
    ['signed by another key', await forge({}, other.privateKey)],
    ['another site’s person, signed by the home site', await forge({ iss: 'https://third.example' })],
    ['the same, naming the other site’s key', await forge({ iss: 'https://third.example' }, homeKey(), { kid: thirdKey })],
    ['a site that is not known', await forge({ iss: 'https://nobody.example' })],
    ['this site itself', await forge({ iss: here })],
    ['meant for another site', await forge({ aud: 'https://third.example' })],
    ['meant for nobody', await forge({ aud: undefined })],
    ['expired', await forge({ iat: at - 120, exp: at - 1 })],
    ['expired within the tolerance of clocks', await forge({ iat: at - 70, exp: at - 10 })],
    ['from the future', await forge({ nbf: at + 600, exp: at + 660 })],
    ['valid for a day', await forge({ exp: at + 86_400 })],
    ['without an end', await forge({ exp: undefined })],
    ['without a beginning', await forge({ iat: undefined })],
    ['about nobody', await forge({ sub: '' })],
    ['with a purpose that is no text', await forge({ purpose: { code: 'DUO_0000042' } })],
    ['of another type', await forge({}, homeKey(), { typ: 'JWT' })],
    ['unsigned', new UnsecuredJWT({ iss: 'https://home.example', sub: 'ada', aud: here, iat: at, exp: at + 60 }).encode()],
    ['signed with the public key as a secret', await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256', typ: 'dure-site+jwt' }).setIssuer('https://home.example').setAudience(here).setIssuedAt(at).setExpirationTime(at + 60).sign(new TextEncoder().encode((await home.keySet()).keys[0]!.x!.padEnd(32, 'x')))],
    ['no token', 'a.b.c'],
  ];
  for (const [name, token] of cases) expect([name, await refusal(token)]).toEqual([name, expect.objectContaining({ code: 'UNAUTHENTICATED' })]);
  expect(await refusal(await forge({}))).toBe('accepted');
});

test('whatever a site claims, its person is its own: no membership, no role, no scope, no other domain, no other country', async () => {
  const identity = await verifier().verify(await forge({
    sub: 'https://third.example#ada', organizations: ['kist:owner'], roles: ['administrator'], scopes: ['admin'], country: 'US', affiliations: ['faculty@third.example', 'x@evil.home.example', 'Staff@HOME.example', 5], site: 'https://third.example',
    ga4gh_passport_v1: ['x'],
  }));
  expect(identity).toMatchObject({ subject: 'https://home.example#https://third.example#ada', memberships: [], roles: [], visas: [], scopes: ['read'], affiliations: ['Staff@HOME.example'], claims: { site: 'https://home.example' } });
  expect(identity.country).toBeUndefined();
});

test('through the identifier: a site’s token is never taken for one of the own provider, and is refused where no site is known', async () => {
  const token = await home.sign(ada, undefined, here);
  expect((await new Identifier({ sites: verifier() }).identify(`Bearer ${token}`)).subject).toBe('https://home.example#ada');
  await expect(new Identifier({}).identify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Tokens of other sites are not accepted here.' });
});

test('a site whose keys cannot be had is not disbelieved but asked for later', async () => {
  server.inject(unavailable());
  expect(await refusal(await home.sign(ada, undefined, here))).toMatchObject({ code: 'SOURCE_DOWN' });
});
