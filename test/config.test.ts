import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { configurationKeys, configurationMarkdown, readClientConfig, readConfig, startupNotes, type ConfigurationProblem } from '../src/config.js';
import { configurationShape } from '../src/configurationShape.js';
import { DureError } from '../src/errors.js';

const secret = 'this is a secret of more than 32 bytes';
const signingKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const database = 'postgres://dure:hunter2@db.example/dure';

function problems(environment: Record<string, string>): Record<string, ConfigurationProblem> {
  try {
    readConfig(environment);
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    expect(error.code).toBe('BAD_USER_INPUT');
    const list = error.details.problems as ConfigurationProblem[];
    for (const { variable, value, problem, allowed } of list) expect(error.message).toContain(`${variable} = ${value}: ${problem}. Allowed: ${allowed}.`);
    return Object.fromEntries(list.map((each) => [each.variable, each]));
  }
  return {};
}

describe('the configuration', () => {
  test('of an empty environment is the embedded default on this machine', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1', port: 4000, role: 'all', logLevel: 'info', trust: { kind: 'demo' }, secretKeys: [], visaIssuers: [], warnings: [],
      jwtAlgorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'], claimNames: { subject: 'sub', visas: 'ga4gh_passport_v1' },
      limits: { defaultPageSize: 20, maxPageSize: 1000, maxDocumentBytes: 131_072, maxUploadBytes: 2 * 1024 ** 3, statementTimeoutMs: 30_000 },
    });
    expect(config.dataDirectory).toMatch(/\/\.dure$/);
    expect(config.database).toEqual({ kind: 'embedded', directory: `${config.dataDirectory}/postgres` });
    expect(config.blobs).toEqual({ kind: 'files', directory: `${config.dataDirectory}/blobs` });
    expect(Object.isFrozen(config) && Object.isFrozen(config.limits) && Object.isFrozen(config.database)).toBe(true);
    expect(startupNotes(config)).toEqual([]);
  });

  test('of a site names everything', () => {
    const config = readConfig({
      PORT: '8080', HOST: '0.0.0.0', DATABASE_URL: database, DURE_DATABASE_LISTEN_URL: 'postgresql://direct.example/dure', DURE_BLOB_URL: 's3://bucket/a/prefix/',
      DURE_OIDC_ISSUER: 'https://id.example/realms/lab', DURE_OIDC_AUDIENCE: 'dure', DURE_JWT_ALGORITHMS: 'ES256, EdDSA', DURE_SECRET_KEYS: `b:${secret},a:${secret}!`,
      DURE_VISA_ISSUERS: 'https://dac.example|https://dac.example/keys,https://b.example|https://b.example/jwks', DURE_CLAIM_ORGANIZATIONS: 'groups', DURE_MAX_UPLOAD_BYTES: '500 MiB', DURE_ROLE: 'api',
      DURE_DATABASE_OWNER_URL: 'postgresql://owner@db.example/dure', DURE_AUDIT: 'all', DURE_AUDIT_SIGNING_KEY: signingKey,
    });
    expect(config).toMatchObject({
      port: 8080, role: 'api', database: { kind: 'external', url: database, ownerUrl: 'postgresql://owner@db.example/dure', loaderUrl: database, listenUrl: 'postgresql://direct.example/dure' }, blobs: { kind: 's3', bucket: 'bucket', prefix: 'a/prefix' },
      trust: { kind: 'oidc', issuer: 'https://id.example/realms/lab', audience: 'dure' }, jwtAlgorithms: ['ES256', 'EdDSA'], secretKeys: [{ id: 'b' }, { id: 'a' }],
      visaIssuers: [{ issuer: 'https://dac.example', keySet: 'https://dac.example/keys' }, { issuer: 'https://b.example' }], claimNames: { organizations: 'groups', name: 'name' },
      limits: { maxUploadBytes: 500 * 1024 ** 2 }, audit: { scope: 'all', mode: 'wait', reviewMonths: 1, trustedKeys: [] },
    });
    expect(startupNotes(config)).toEqual([]);
  });

  test('has three database roles, each with its address, and says so where one serves all', () => {
    const [owner, server, loader] = ['owner', 'server', 'loader'].map((role) => `postgresql://${role}:x@db.example/dure`);
    const roles = { DURE_DATABASE_OWNER_URL: owner!, DURE_DATABASE_SERVER_URL: server!, DURE_DATABASE_LOADER_URL: loader! };
    expect(readConfig(roles)).toMatchObject({ database: { kind: 'external', ownerUrl: owner, url: server, loaderUrl: loader, listenUrl: server }, trust: { kind: 'none' } });
    expect(startupNotes(readConfig(roles)).join('\n')).not.toMatch(/One database role/);
    expect(startupNotes(readConfig({ DATABASE_URL: database })).join('\n')).toMatch(/One database role/);
    expect(readConfig({ DURE_DATABASE_SERVER_URL: server!, DURE_ROLE: 'api' }).database).not.toHaveProperty('ownerUrl', expect.anything());
    expect(Object.keys(problems({ DURE_DATABASE_OWNER_URL: owner! }))).toEqual(['DURE_DATABASE_SERVER_URL', 'DURE_DATABASE_LOADER_URL']);
    expect(Object.keys(problems({ DURE_DATABASE_SERVER_URL: server!, DURE_JWT_SECRET: secret }))).toContain('DURE_JWT_SECRET');
  });

  test('takes an empty value as not set', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ', DURE_OIDC_ISSUER: '' })).toMatchObject({ port: 4000, database: { kind: 'embedded' } });
  });

  test('takes a folder for blobs', () => {
    expect(readConfig({ DURE_BLOB_URL: 'file:///srv/dure%20files' }).blobs).toEqual({ kind: 'files', directory: '/srv/dure files' });
  });
});

describe('mistakes', () => {
  test('are told all at once, with value, reason and what is allowed', () => {
    const found = problems({
      PORT: '70000', HOST: 'a b', DURE_ROLE: 'boss', DURE_LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x:hunter2@y', DURE_DATABASE_POOL_SIZE: '0', DURE_BLOB_URL: 'ftp://user:hunter2@x', DURE_SECRET_KEYS: 'k:hunter2',
      DURE_OIDC_ISSUER: 'http://id.example', DURE_JWT_ALGORITHMS: 'RS256,HS256', DURE_VISA_ISSUERS: 'https://x', DURE_MAX_PAGE_SIZE: 'many', DURE_MAX_BODY_BYTES: '1MB', DURE_MAX_DEPTH: '-1', DURE_CLAIM_NAME: 'a b', DURE_WORKER_CONCURRENCY: '1.5',
    });
    expect(Object.keys(found).sort()).toEqual(['DATABASE_URL', 'DURE_BLOB_URL', 'DURE_CLAIM_NAME', 'DURE_DATABASE_POOL_SIZE', 'DURE_JWT_ALGORITHMS', 'DURE_LOG_LEVEL', 'DURE_MAX_BODY_BYTES', 'DURE_MAX_DEPTH', 'DURE_MAX_PAGE_SIZE',
      'DURE_OIDC_AUDIENCE', 'DURE_OIDC_ISSUER', 'DURE_ROLE', 'DURE_SECRET_KEYS', 'DURE_VISA_ISSUERS', 'DURE_WORKER_CONCURRENCY', 'HOST', 'PORT']);
    expect(found.PORT).toEqual({ variable: 'PORT', value: '70000', problem: 'is more than 65535', allowed: 'a port, 0 to 65535 (0: any free one)' });
    expect(found.DURE_SECRET_KEYS).toMatchObject({ value: '(not shown)', problem: 'entry 1 (k) has a key of 7 bytes, at least 32 are needed' });
    expect(found.DURE_BLOB_URL!.value).toBe('ftp://***@x');
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  test.each<[string, Record<string, string>, string, RegExp]>([
    ['a shared secret beside a real database', { DATABASE_URL: database, DURE_JWT_SECRET: secret }, 'DURE_JWT_SECRET', /can be anybody.*DURE_OIDC_ISSUER/],
    ['a shared secret beside a provider', { DURE_OIDC_ISSUER: 'https://x', DURE_OIDC_AUDIENCE: 'y', DURE_JWT_SECRET: secret }, 'DURE_JWT_SECRET', /one authority/],
    ['a short shared secret', { DURE_JWT_SECRET: 'short' }, 'DURE_JWT_SECRET', /32 bytes/],
    ['a provider without audience', { DURE_OIDC_ISSUER: 'https://x' }, 'DURE_OIDC_AUDIENCE', /meant for other services/],
    ['an audience without provider', { DURE_OIDC_AUDIENCE: 'x' }, 'DURE_OIDC_ISSUER', /missing/],
    ['a listening address without database', { DURE_DATABASE_LISTEN_URL: database }, 'DURE_DATABASE_LISTEN_URL', /without DATABASE_URL/],
    ['a usual page larger than the largest', { DURE_MAX_PAGE_SIZE: '10' }, 'DURE_DEFAULT_PAGE_SIZE', /more than DURE_MAX_PAGE_SIZE \(10\)/],
    ['an algorithm that signs nothing', { DURE_JWT_ALGORITHMS: 'none' }, 'DURE_JWT_ALGORITHMS', /not accepted/],
    ['no algorithm', { DURE_JWT_ALGORITHMS: ',' }, 'DURE_JWT_ALGORITHMS', /names no algorithm/],
    ['an address of a source that is none', { DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1,10.0.0.0/99' }, 'DURE_SOURCE_ALLOW_PRIVATE', /neither an address, a range nor a host/],
    ['visa keys without TLS', { DURE_VISA_ISSUERS: 'https://x|http://x/keys' }, 'DURE_VISA_ISSUERS', /https/],
  ])('%s', (_, environment, variable, reason) => {
    const found = problems(environment);
    expect(Object.keys(found)).toEqual([variable]);
    expect(found[variable]!.problem).toMatch(reason);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|this is a secret/);
  });

  test('in names are warned of, with the name that was meant and without the value', () => {
    const { warnings } = readConfig({ DURE_OIDC_ISSUSER: 'hunter2', DURE_MAX_PAGESIZE: '5', dure_role: 'api', DURE_SOMETHING_ELSE_ENTIRELY: 'x', PATH: '/bin', DURE_TOKEN: 'x' });
    expect(warnings).toEqual([
      'The variable DURE_MAX_PAGESIZE is not known and has no effect; did you mean DURE_MAX_PAGE_SIZE?',
      'The variable DURE_OIDC_ISSUSER is not known and has no effect; did you mean DURE_OIDC_ISSUER?',
      'The variable DURE_SOMETHING_ELSE_ENTIRELY is not known and has no effect.',
      'The variable dure_role is not known and has no effect; did you mean DURE_ROLE?',
    ]);
  });
});

describe('notes at the start', () => {
  test('a real database without provider: anonymous callers and API tokens', () => {
    const config = readConfig({ DATABASE_URL: database });
    expect(config.trust).toEqual({ kind: 'none' });
    expect(startupNotes(config).join('\n')).toMatch(/only anonymous callers and API tokens[^]*DURE_SECRET_KEYS[^]*DURE_BLOB_URL/);
    expect(startupNotes(config).join('\n')).not.toContain('hunter2');
  });

  test('demo tokens on a network', () => {
    expect(startupNotes(readConfig({ HOST: '0.0.0.0' }))).toEqual([expect.stringMatching(/Demo tokens are accepted/)]);
  });
});

describe('the table of variables', () => {
  test('has each variable once, and its default passes its own check', () => {
    const names = configurationKeys.map((key) => key.name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(configurationShape).sort()).toEqual([...names].sort());
  });

  test('becomes a page that has them all', () => {
    const page = configurationMarkdown();
    for (const key of configurationKeys) expect(page).toContain(`| \`${key.name}\` |`);
    for (const line of page.split('\n').filter((each) => each.startsWith('|'))) expect(line.replaceAll('\\|', '').split('|')).toHaveLength(6);
  });
});

test('the command line reads only its own variables', () => {
  expect(readClientConfig({ PORT: 'wrong' })).toEqual({ url: 'http://127.0.0.1:4000', token: undefined });
  expect(readClientConfig({ DURE_URL: 'https://dure.example/', DURE_TOKEN: 't' })).toEqual({ url: 'https://dure.example', token: 't' });
  expect(() => readClientConfig({ DURE_URL: 'dure.example' })).toThrow(/DURE_URL = dure.example: is not an http/);
});
