/** Against a certified OpenID Connect provider: discovery, its keys and its access tokens (RFC 9068) as they really are. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { exportJWK } from 'jose';
import OidcProvider, { type Configuration } from 'oidc-provider';
import { buildIdentifier } from '../../src/identity/buildIdentifier.js';
import { defaultClaimNames } from '../../src/identity/claims.js';
import type { Identifier } from '../../src/identity/identifier.js';
import { signingKey } from './provider.js';
import { refusal } from './refusal.js';

let server: Server;
let issuer: string;

beforeAll(async () => {
  const key = await signingKey('RS256');
  const configuration: Configuration = {
    jwks: { keys: [{ ...(await exportJWK(key.privateKey)), kid: key.kid, alg: 'RS256', use: 'sig' } as never] },
    clients: [{ client_id: 'beamline', client_secret: 'a secret of the beamline', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    cookies: { keys: ['for these tests'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt', accessTokenTTL: 600 }) },
    },
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: () => ({ organizations: ['kist:publisher'], country: 'KR' }),
  };
  server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const quiet = jest.spyOn(console, 'warn').mockImplementation(() => {}); // it warns that it keeps its state in memory
  server.on('request', new OidcProvider(issuer, configuration).callback() as never);
  quiet.mockRestore();
});
afterAll(async () => {
  await new Promise((done) => { server.close(done); server.closeAllConnections(); });
});

function identifier(audience: string): Identifier {
  return buildIdentifier({ trust: { kind: 'oidc', issuer, audience }, jwtAlgorithms: ['RS256'], visaIssuers: [], claimNames: defaultClaimNames, dataDirectory: '/nowhere' }, {});
}

test('an access token for us is accepted, and by nobody whom it is not for', async () => {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('beamline:a+secret+of+the+beamline').toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', resource: 'https://dure.example' }),
  });
  const { access_token: token } = await answer.json() as { access_token: string };
  const identity = await identifier('https://dure.example').identify(`Bearer ${token}`);
  expect(identity).toMatchObject({ kind: 'person', subject: 'beamline', issuer, country: 'KR', memberships: [{ organization: 'kist', role: 'publisher' }] });
  expect(await refusal(() => identifier('https://other.example').identify(`Bearer ${token}`))).toMatch(/^UNAUTHENTICATED: .*another service/);
});
