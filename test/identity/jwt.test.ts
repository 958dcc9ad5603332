import { createHmac, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportSPKI, importJWK, type CryptoKey, type JWTPayload } from 'jose';
import { buildIdentifier } from '../../src/identity/buildIdentifier.js';
import { defaultClaimNames } from '../../src/identity/claims.js';
import type { Identifier } from '../../src/identity/identifier.js';
import { hasRole, isAdministrator } from '../../src/identity/identity.js';
import { Provider, signingKey } from './provider.js';
import { refusal } from './refusal.js';

let provider: Provider;
let clock = 0;
beforeAll(async () => { provider = await Provider.start('ES256', 'RS256'); });
afterAll(async () => { await provider.down(); });

function identifier(options: { issuer?: string; now?: () => number; warn?: (message: string) => void; algorithms?: string[]; claims?: Partial<typeof defaultClaimNames> } = {}): Identifier {
  return buildIdentifier({
    trust: { kind: 'oidc', issuer: options.issuer ?? provider.issuer, audience: 'dure-test' },
    jwtAlgorithms: options.algorithms ?? ['RS256', 'PS256', 'ES256', 'EdDSA'],
    visaIssuers: [],
    claimNames: { ...defaultClaimNames, ...options.claims },
    dataDirectory: '/nowhere',
  }, { now: options.now, warn: options.warn });
}
const bearer = (token: string): string => `Bearer ${token}`;
const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of the provider', () => {
  test('becomes a person with what the provider asserts', async () => {
    const exp = seconds(600);
    const identity = await identifier().identify(bearer(await provider.token({
      exp, name: '김민지', organizations: ['kist:publisher', 'hanbit:member'], roles: ['administrator'], country: 'kr',
      eduperson_scoped_affiliation: 'researcher@example.ac.kr', training: ['irb-2026'], level: 3, nested: { secret: true }, jti: 'x',
    })));
    expect(identity).toMatchObject({
      kind: 'person', subject: 'minji', issuer: provider.issuer, name: '김민지', country: 'KR',
      memberships: [{ organization: 'hanbit', role: 'member' }, { organization: 'kist', role: 'publisher' }],
      affiliations: ['researcher@example.ac.kr'], visas: [], expiresAt: exp * 1000,
    });
    expect(identity.claims).toEqual({ training: ['irb-2026'], level: 3 });
    expect(isAdministrator(identity)).toBe(true);
    expect(hasRole({ ...identity, roles: [] }, 'kist', 'steward')).toBe(false);
    expect(Object.isFrozen(identity.memberships[0])).toBe(true);
  });

  test.each([['at+jwt'], ['application/at+jwt'], ['JWT']])('of type %s is accepted', async (typ) => {
    await expect(identifier().identify(bearer(await provider.token({}, { typ })))).resolves.toMatchObject({ subject: 'minji' });
  });

  test('may be signed by any of the provider\'s keys, and meant for us among others', async () => {
    const token = await provider.token({ aud: ['other', 'dure-test'] }, { key: provider.keys[1]! });
    await expect(identifier().identify(bearer(token))).resolves.toMatchObject({ kind: 'person' });
  });

  test('is read by the claim names that are configured', async () => {
    const token = await provider.token({ oid: 'p-1', groups: 'kist:owner' });
    const identity = await identifier({ claims: { subject: 'oid', organizations: 'groups' } }).identify(bearer(token));
    expect(identity).toMatchObject({ subject: 'p-1', memberships: [{ organization: 'kist', role: 'owner' }] });
  });

  test('has a key that is equal only where everything is equal', async () => {
    const exp = seconds(600);
    const who = async (claims: object): Promise<string> => (await identifier().identify(bearer(await provider.token({ exp, ...claims })))).key;
    const key = await who({ organizations: ['a:member', 'b:owner'], jti: '1' });
    expect(await who({ organizations: ['b:owner', 'a:member'], jti: '2' })).toBe(key);
    for (const other of [{ organizations: ['a:member'] }, { organizations: ['a:member', 'b:owner'], country: 'KR' }, { organizations: ['a:member', 'b:owner'], team: 'x' }, { organizations: ['a:member', 'b:owner'], exp: exp + 1 }]) {
      expect(await who(other)).not.toBe(key);
    }
  });

  test('may come from a clock that is a little ahead of ours', async () => {
    await expect(identifier().identify(bearer(await provider.token({ nbf: seconds(15), iat: seconds(15) })))).resolves.toMatchObject({ kind: 'person' });
  });
});

describe('claims that are not as they should be', () => {
  test('a malformed entry grants nothing and is warned of', async () => {
    const warnings: string[] = [];
    const identity = await identifier({ warn: (message) => warnings.push(message) }).identify(bearer(await provider.token({
      organizations: ['kist', 'KIST:owner', 'a:b:owner', 7, 'good:member'], country: 'Korea', eduperson_scoped_affiliation: ['nobody', 'x@y'], roles: [{}],
    })));
    expect(identity).toMatchObject({ memberships: [{ organization: 'good', role: 'member' }], roles: [], affiliations: ['x@y'] });
    expect(identity.country).toBeUndefined();
    expect(warnings).toHaveLength(7);
  });

  test('a role that does not exist refuses the token', async () => {
    expect(await refusal(async () => identifier().identify(bearer(await provider.token({ organizations: ['kist:emperor'] })))))
      .toMatch(/^UNAUTHENTICATED: .*"emperor".*member, publisher, steward, owner/);
  });

  test.each([['a number', 7], ['empty', ''], ['missing', undefined]])('a subject that is %s refuses the token', async (_, sub) => {
    expect(await refusal(async () => identifier().identify(bearer(await provider.token({ sub: sub as string }))))).toMatch(/^UNAUTHENTICATED: .*sub/);
  });

  test('a claim named like a prototype stays a claim', async () => {
    const identity = await identifier().identify(bearer(await provider.token(JSON.parse('{"__proto__": ["x"]}') as JWTPayload)));
    expect(Object.hasOwn(identity.claims, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(identity.claims)).toBe(Object.prototype);
  });
});

describe('a token that is refused', () => {
  const cases: [string, () => Promise<string>, RegExp][] = [
    ['of another issuer', async () => provider.token({ iss: 'https://elsewhere.example' }), /another issuer/],
    ['for another audience', async () => provider.token({ aud: 'other' }), /another service \(claim aud\).*dure-test/],
    ['without audience', async () => provider.token({ aud: undefined }), /aud/],
    ['that expired', async () => provider.token({ exp: seconds(-40) }), /expired at 20\d\d-.*Sign in again/],
    ['that expired a moment ago (no tolerance)', async () => provider.token({ exp: seconds(-2) }), /expired/],
    ['that never expires', async () => provider.token({ exp: undefined }), /claim exp/],
    ['that is not valid yet', async () => provider.token({ nbf: seconds(120) }), /not valid yet/],
    ['with a key that the provider does not publish', async () => provider.token({}, { kid: 'unknown' }), /does not publish/],
    ['signed by another key under a published id', async () => provider.token({}, { key: { ...(await signingKey()), kid: provider.keys[0]!.kid } }), /signature/],
    ['of another type', async () => provider.token({}, { typ: 'logout+jwt' }), /another type/],
    ['bound to a key', async () => provider.token({ cnf: { jkt: 'x' } }), /bound to a key/],
    ['whose claims were changed', async () => {
      const [header, payload, signature] = (await provider.token()).split('.');
      return `${header}.${encode({ ...JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object, roles: ['administrator'] })}.${signature}`;
    }, /signature/],
    ['without signature (alg none)', async () => {
      const payload = (await provider.token()).split('.')[1];
      return `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`;
    }, /algorithm is not accepted/],
    ['with HS256 over the public key', async () => {
      const key = await importJWK(provider.keys[1]!.publicJwk, 'RS256', { extractable: true }) as CryptoKey;
      const body = `${encode({ alg: 'HS256', kid: provider.keys[1]!.kid, typ: 'JWT' })}.${(await provider.token()).split('.')[1]}`;
      return `${body}.${createHmac('sha256', await exportSPKI(key)).update(body).digest('base64url')}`;
    }, /algorithm is not accepted/],
    ['that names its own key', async () => {
      const own = await signingKey();
      const body = `${encode({ alg: 'ES256', jwk: own.publicJwk, kid: own.kid })}.${(await provider.token()).split('.')[1]}`;
      return `${body}.${'A'.repeat(86)}`;
    }, /does not publish/],
    ['with a critical extension that we do not know', async () => `${encode({ alg: 'ES256', kid: provider.keys[0]!.kid, crit: ['x'], x: 1 })}.${(await provider.token()).split('.')[1]}.AA`, /not a well-formed/],
    ['that is no token', async () => 'hello', /neither an API token .* nor a JSON Web Token/],
    ['that is cut off', async () => (await provider.token()).slice(0, 20), /cut off/],
  ];
  test.each(cases)('%s', async (_, make, reason) => {
    const refused = await refusal(async () => identifier().identify(bearer(await make())));
    expect(refused).toMatch(/^UNAUTHENTICATED: /);
    expect(refused).toMatch(reason);
  });

  test('with an algorithm that is not configured, though the provider has such a key', async () => {
    const token = await provider.token({}, { key: provider.keys[1]! });
    expect(await refusal(() => identifier({ algorithms: ['ES256'] }).identify(bearer(token)))).toMatch(/accepted: ES256/);
  });

  test('no refusal is remembered as an identity, and none falls back to anonymous', async () => {
    const one = identifier();
    const token = bearer(await provider.token({ aud: 'other' }));
    for (let time = 0; time < 3; time += 1) await expect(one.identify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('the provider\'s keys', () => {
  test('are fetched once, for many at a time', async () => {
    const own = await Provider.start();
    const one = identifier({ issuer: own.issuer });
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => own.token({ sub: `p${n}` })));
    await Promise.all(tokens.map((token) => one.identify(bearer(token))));
    expect(own.requests).toEqual(['/.well-known/openid-configuration', '/keys']);
    await own.down();
  });

  test('are not fetched for tokens that cannot be ours', async () => {
    const own = await Provider.start();
    await refusal(async () => identifier({ issuer: own.issuer }).identify(bearer(await provider.token())));
    expect(own.requests).toEqual([]);
    await own.down();
  });

  test('rotate: the new key is found, the withdrawn one stops working, invented ids are looked up seldom', async () => {
    const own = await Provider.start();
    clock = Date.now();
    const one = identifier({ issuer: own.issuer, now: () => clock });
    const before = bearer(await own.token({ exp: seconds(3600) }));
    await one.identify(before);
    own.keys = [await signingKey()];
    const after = bearer(await own.token({ exp: seconds(3600) }));
    for (let n = 0; n < 5; n += 1) expect(await refusal(async () => one.identify(bearer(await own.token({}, { kid: `invented-${n}` }))))).toMatch(/does not publish/);
    expect(own.requests).toHaveLength(2);
    clock += 31_000;
    await expect(one.identify(after)).resolves.toMatchObject({ subject: 'minji' });
    clock += 5 * 60_000;
    expect(await refusal(() => one.identify(before))).toMatch(/does not publish/);
    await own.down();
  });

  test('cannot be had: SOURCE_DOWN and not UNAUTHENTICATED, again and again, until the provider is back', async () => {
    const own = await Provider.start();
    clock = Date.now();
    const one = identifier({ issuer: own.issuer, now: () => clock });
    const token = bearer(await own.token());
    await own.down();
    expect(await refusal(() => one.identify(token))).toMatch(/^SOURCE_DOWN: .*cannot be checked now.*Try again/);
    await own.up();
    expect(await refusal(() => one.identify(token))).toMatch(/^SOURCE_DOWN/); // left alone for five seconds
    expect(own.requests).toEqual([]);
    clock += 6_000;
    await expect(one.identify(token)).resolves.toMatchObject({ kind: 'person' });
    await own.down();
  });

  test('go on working for an hour while the provider is away', async () => {
    const own = await Provider.start();
    clock = Date.now();
    const one = identifier({ issuer: own.issuer, now: () => clock });
    const token = bearer(await own.token({ exp: seconds(7200) }));
    await one.identify(token);
    await own.down();
    clock += 30 * 60_000;
    await expect(one.identify(token)).resolves.toMatchObject({ kind: 'person' });
    clock += 31 * 60_000;
    expect(await refusal(() => one.identify(token))).toMatch(/^SOURCE_DOWN/);
  });

  test.each<[string, (issuer: string) => unknown]>([
    ['speaks for another issuer', (issuer) => ({ issuer: 'https://elsewhere.example', jwks_uri: `${issuer}/keys` })],
    ['names a key set without TLS elsewhere', (issuer) => ({ issuer, jwks_uri: 'http://192.0.2.1/keys' })],
    ['names no key set', (issuer) => ({ issuer })],
    ['is a list', () => []],
  ])('are not taken from a discovery document that %s', async (_, discovery) => {
    const own = await Provider.start();
    own.discovery = discovery;
    expect(await refusal(async () => identifier({ issuer: own.issuer }).identify(bearer(await own.token())))).toMatch(/^SOURCE_DOWN/);
    await own.down();
  });

  test('a symmetric key in the set is not used', async () => {
    const own = await Provider.start();
    const secret = createPublicKey({ key: own.keys[0]!.publicJwk as never, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    own.keySet = () => ({ keys: [{ kty: 'oct', k: secret.toString('base64url'), kid: own.keys[0]!.kid, alg: 'ES256' }] });
    expect(await refusal(async () => identifier({ issuer: own.issuer }).identify(bearer(await own.token())))).toMatch(/^UNAUTHENTICATED/);
    await own.down();
  });
});

describe('the authorization header', () => {
  test('absent is anonymous', async () => {
    await expect(identifier().identify(undefined)).resolves.toMatchObject({ kind: 'anonymous', key: 'anonymous' });
  });

  test.each([
    ['', /holds no token/], ['Bearer', /holds no token/], ['Bearer  ', /holds no token/], ['Basic dXNlcjpwYXNz', /scheme Basic is not supported/],
    ['Digest a="b", c="d"', /authorization header/], ['dure_abc', /has no scheme|holds no token/], ['Bearer a, Bearer b', /authorization header/], [`Bearer ${'a'.repeat(70_000)}`, /longer than/],
  ])('case %#: a header that is wrong is refused', async (header, reason) => {
    const refused = await refusal(() => identifier().identify(header));
    expect(refused).toMatch(/^UNAUTHENTICATED: /);
    expect(refused).toMatch(reason);
    expect(refused).not.toContain('dXNlcjpwYXNz');
  });

  test('the scheme may be written in any case', async () => {
    await expect(identifier().identify(`bearer ${await provider.token()}`)).resolves.toMatchObject({ kind: 'person' });
  });

  test('without provider and secret says that only API tokens work', async () => {
    const none = buildIdentifier({ trust: { kind: 'none' }, jwtAlgorithms: ['RS256'], visaIssuers: [], claimNames: defaultClaimNames, dataDirectory: '/nowhere' }, {});
    expect(await refusal(async () => none.identify(bearer(await provider.token())))).toMatch(/only API tokens/);
    await expect(none.identify(undefined)).resolves.toMatchObject({ kind: 'anonymous' });
  });
});

test('a person is remembered until the token expires, and then refused', async () => {
  clock = Date.now();
  const one = identifier({ now: () => clock });
  const token = bearer(await provider.token({ exp: seconds(60) }));
  const first = await one.identify(token);
  expect(await one.identify(token)).toBe(first);
  clock = first.expiresAt!;
  expect(await refusal(() => one.identify(token))).toMatch(/expired/);
});
