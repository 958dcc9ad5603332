import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';
import { buildIdentifier } from '../../src/identity/buildIdentifier.js';
import { defaultClaimNames } from '../../src/identity/claims.js';
import { attribute, type Identity } from '../../src/identity/identity.js';
import { Provider, signingKey } from './provider.js';

let provider: Provider;
let committee: Provider;
let stranger: Provider;
const warnings: string[] = [];
beforeAll(async () => { [provider, committee, stranger] = await Promise.all([Provider.start(), Provider.start('RS256'), Provider.start()]); });
afterAll(async () => { await Promise.all([provider.down(), committee.down(), stranger.down()]); });

const now = Math.floor(Date.now() / 1000);
const granted = { type: 'ControlledAccessGrants', value: 'https://dure.example/hanbit/cohort', source: 'https://hanbit.example', by: 'dac', asserted: now - 100 };

async function visa(claim: object = {}, payload: JWTPayload = {}, issuer: Provider = committee): Promise<string> {
  return issuer.token({ aud: undefined, ga4gh_visa_v1: { ...granted, ...claim }, ...payload }, { typ: 'vnd.ga4gh.visa+jwt' });
}

async function identify(passport: unknown, exp = now + 600, at: () => number = Date.now): Promise<Identity> {
  warnings.length = 0;
  const identifier = buildIdentifier({
    trust: { kind: 'oidc', issuer: provider.issuer, audience: 'dure-test' },
    jwtAlgorithms: ['RS256', 'ES256'],
    visaIssuers: [{ issuer: committee.issuer, keySet: `${committee.issuer}/keys` }],
    claimNames: defaultClaimNames,
    dataDirectory: '/nowhere',
  }, { warn: (message) => warnings.push(message), now: at });
  return identifier.identify(`Bearer ${await provider.token({ ga4gh_passport_v1: passport, exp })}`);
}

test('a visa of a trusted issuer is the person\'s', async () => {
  const identity = await identify([await visa({}, { exp: now + 600 })]);
  expect(identity.visas).toEqual([{ ...granted, asserted: granted.asserted * 1000, expiresAt: (now + 600) * 1000 }]);
  expect(attribute(identity, 'person.visas')).toEqual([`ControlledAccessGrants=${granted.value}`]);
  expect(warnings).toEqual([]);
});

test('the earliest end counts, and afterwards the person is there without the visa', async () => {
  const passport = [await visa({}, { exp: now + 60 })];
  expect((await identify(passport)).expiresAt).toBe((now + 60) * 1000);
  expect(await identify(passport, now + 600, () => (now + 61) * 1000)).toMatchObject({ visas: [], expiresAt: (now + 600) * 1000 });
});

describe('a visa is dropped, and the person stays,', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['of an issuer that is not trusted', async () => visa({}, {}, stranger), /not trusted/],
    ['of an issuer that is not trusted under the name of one that is', async () => visa({}, { iss: committee.issuer }, stranger), /dropped/],
    ['signed by another key', async () => committee.token({ ga4gh_visa_v1: granted }, { key: { ...(await signingKey('RS256')), kid: committee.keys[0]!.kid } }), /signature/],
    ['that expired', async () => visa({}, { exp: now - 60 }), /exp/],
    ['that never expires', async () => visa({}, { exp: undefined }), /exp/],
    ['about somebody else', async () => visa({}, { sub: 'jiho' }), /another subject/],
    ['with conditions', async () => visa({ conditions: [[{ type: 'AffiliationAndRole', value: 'const:faculty@x' }]] }), /conditions/],
    ['with empty conditions', async () => visa({ conditions: [] }), /conditions/],
    ['asserted in the future', async () => visa({ asserted: now + 3600 }), /future/],
    ['without a source', async () => visa({ source: undefined }), /malformed/],
    ['without its claim', async () => visa({}, { ga4gh_visa_v1: undefined }), /ga4gh_visa_v1/],
    ['that is no token', async () => 'x', /dropped/],
    ['that is an object instead of a token', async () => ({ ga4gh_visa_v1: granted }), /not texts/],
  ])('%s', async (_, make, warning) => {
    const identity = await identify([await make()]);
    expect(identity).toMatchObject({ kind: 'person', subject: 'minji', visas: [] });
    expect(warnings.join()).toMatch(warning);
  });

  test('beyond fifty', async () => {
    const one = await visa();
    expect((await identify(Array.from({ length: 60 }, () => one))).visas).toHaveLength(50);
  });
});
