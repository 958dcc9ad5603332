/** Two Dure servers, each with its own database, persons and rules: one reads a dataset of the other for whoever asks it. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeIdentity } from '../../../src/identity/makeIdentity.js';
import { SiteSigner } from '../../../src/identity/sites.js';
import { checkSource } from '../../../src/sources/conformance/checkSource.js';
import { declaredSubject } from '../../../src/sources/conformance/declared.js';
import { noSecrets } from '../../../src/sources/remote/client/secrets.js';
import { startRunning, type GraphQLAnswer, type Running } from '../../support/running.js';

let far: Running;
let home: Running;
let settings: Readonly<Record<'far' | 'home', Record<string, string> & { DURE_DATA_DIR: string }>>;
let other: { readonly far: string; readonly home: string };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const [farPort, homePort] = await Promise.all([freePort(), freePort()]);
  other = { far: `http://127.0.0.1:${farPort}`, home: `http://127.0.0.1:${homePort}` };
  settings = {
    far: { PORT: String(farPort), DURE_DATA_DIR: mkdtempSync(join(tmpdir(), 'dure-far-')), DURE_SOURCES: 'none', DURE_SITE: other.far, DURE_SITES: `${other.home}|${other.home}/.well-known/dure-keys.json|KR|example.ac.kr` },
    home: { PORT: String(homePort), DURE_DATA_DIR: mkdtempSync(join(tmpdir(), 'dure-home-')), DURE_SOURCES: 'none', DURE_SITE: other.home, DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1', DURE_SOURCE_TIMEOUT_MS: '60000' },
  };
  [far, home] = await Promise.all([startRunning(settings.far), startRunning(settings.home)]);
}, 120_000);
afterAll(async () => {
  await Promise.all([far?.close(), home?.close()]);
  for (const { DURE_DATA_DIR } of [settings.far, settings.home]) rmSync(DURE_DATA_DIR, { recursive: true, force: true });
}, 60_000);

const register = (options: Record<string, unknown>, who = 'administrator', url = `${far.url}/graphql`): Promise<GraphQLAnswer> =>
  home.ask('mutation ($input: RegisterSourceInput!) { registerSource(input: $input) { id kind health { state } } }', who, { input: { kind: 'DURE', url, options } });

interface Node { readonly cas: string; readonly name: string | null; readonly criticalVolume: number | null }
const ask = (who: string | undefined, more = ''): Promise<GraphQLAnswer> => home.ask(`{ labBora { criticalProperties { criticalProperties(where: { name: { in: ["tetrachloromethane", "ethanol"] } }, orderBy: [{ cas: ASC }]${more}) { nodes { cas name criticalVolume } } } } }`, who);
const nodes = (answer: GraphQLAnswer): readonly Node[] => (answer.data as { labBora: { criticalProperties: { criticalProperties: { nodes: readonly Node[] } } } }).labBora.criticalProperties.criticalProperties.nodes;
const rules = (list: readonly unknown[]): Promise<GraphQLAnswer> => far.ask('mutation ($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { dataset { path } } }', 'steward', { input: { dataset: 'bora/critical-properties', document: { rules: list, contact: 'data@bora.example' } } });

describe('registration', () => {
  test('the far dataset is described by its site; its organization has the site’s name before it, as both have one of this name', async () => {
    const registered = await register({ name: 'lab', site: other.far, dataset: 'bora/critical-properties', country: 'KR' });
    expect(registered.errors).toBeUndefined();
    expect(registered).toMatchObject({ data: { registerSource: { id: 'lab-bora', kind: 'DURE' } } });
    const { data } = await home.ask('{ bora: dataset(id: "bora/critical-properties") { path } lab: dataset(id: "lab-bora/critical-properties") { path tables { name primaryKey columns { name type namespace unit } } } }', 'researcher');
    const described = await far.ask('{ lab: dataset(id: "bora/critical-properties") { tables { name primaryKey columns { name type namespace unit } } } }', 'researcher');
    expect(data).toMatchObject({ bora: { path: 'bora/critical-properties' }, lab: { path: 'lab-bora/critical-properties', tables: (described.data as { lab: { tables: { primaryKey: string[] }[] } }).lab.tables.map((table) => ({ ...table, primaryKey: table.primaryKey })) } });
  });

  test('a site that may not be spoken to, or does not answer, is told as that', async () => {
    const { errors } = await register({ name: 'lost', site: other.far, dataset: 'bora/critical-properties' }, 'administrator', 'http://10.0.0.1:9/graphql');
    expect(errors).toMatchObject([{ message: expect.stringMatching(/^lost/), extensions: { code: expect.stringMatching(/^SOURCE_/), source: expect.stringMatching(/^lost/) } }]);
  });

  test('only by administrators; mistakes are told', async () => {
    expect((await register({ name: 'lab', dataset: 'bora/critical-properties' }, 'researcher')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await register({ name: 'Lab', dataset: 'bora' })).errors?.[0]).toMatchObject({ message: expect.stringMatching(/name: use a lower-case letter.*dataset: write ORGANIZATION\/DATASET/), extensions: { code: 'BAD_USER_INPUT' } });
    expect((await register({ name: 'lab', dataset: 'bora/nothing' })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await register({ id: 'bora', name: 'lab', dataset: 'bora/critical-properties' })).errors?.[0]?.extensions.code).toBe('CONFLICT');
  });
});

describe('who asks here is who asks there', () => {
  test('the far site’s rules decide: its registered data for persons, not for nobody', async () => {
    const answer = await ask('researcher');
    expect(answer.errors).toBeUndefined();
    expect(nodes(answer).map((node) => node.cas)).toEqual(['56-23-5', '64-17-5']);
    const nobody = await ask(undefined);
    expect(nobody.errors?.[0]).toMatchObject({ extensions: { code: 'SOURCE_INVALID' } });
    expect(JSON.stringify(nobody.data)).not.toContain('56-23-5');
  });

  test('an affiliation counts that the home site may assert: example.ac.kr is its domain', async () => {
    expect(nodes(await ask('researcher'))[0]!.criticalVolume).toBe(276);
    // The publisher is staff there, and no researcher; that site's own rule withholds the column.
    const withheld = await ask('publisher');
    expect(nodes(withheld)[0]!.criticalVolume).toBeNull();
    expect(withheld.extensions?.provenance).toEqual([expect.objectContaining({ source: 'lab-bora', status: 'OK', treated: [{ column: 'critical_volume', treatment: 'WITHHELD' }] })]);
    // A steward of bora at home is nobody's steward at the far site.
    expect(nodes(await ask('steward'))[0]!.criticalVolume).toBeNull();
  });

  test('a rule names a person of the other site by that site; its own person of the same name is somebody else', async () => {
    const only = (id: string): unknown => ({ id: 'one-person', effect: 'columns', tables: ['critical_properties'], columns: ['critical_volume'], transform: { kind: 'deny' }, unless: { attribute: 'person.id', eq: id }, reason: 'For one person.' });
    expect((await rules([only('demo-researcher')])).errors).toBeUndefined();
    expect(nodes(await ask('researcher'))[0]!.criticalVolume).toBeNull();
    expect((await rules([only(`${other.home}#demo-researcher`)])).errors).toBeUndefined();
    expect(nodes(await ask('researcher'))[0]!.criticalVolume).toBe(276);
    expect(nodes(await ask('publisher'))[0]!.criticalVolume).toBeNull();
    const own = await far.ask('{ bora { criticalProperties { criticalProperties(where: { cas: { eq: "56-23-5" } }) { nodes { criticalVolume } } } } }', 'researcher');
    expect(own).toMatchObject({ data: { bora: { criticalProperties: { criticalProperties: { nodes: [{ criticalVolume: null }] } } } } });
  });

  test('the purpose travels signed', async () => {
    expect((await rules([{ id: 'for-health', effect: 'columns', tables: ['critical_properties'], columns: ['critical_volume'], transform: { kind: 'deny' }, unless: { purpose: ['DUO_0000006'] }, reason: 'For health research.' }])).errors).toBeUndefined();
    const query = '{ labBora { criticalProperties { criticalProperties(where: { cas: { eq: "56-23-5" } }) { nodes { cas name criticalVolume } } } } }';
    const asked = async (purpose?: string): Promise<number | null> => {
      const response = await fetch(`${home.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...home.authorization('researcher'), ...(purpose === undefined ? {} : { 'dure-purpose': purpose }) }, body: JSON.stringify({ query }) });
      return nodes((await response.json()) as GraphQLAnswer)[0]!.criticalVolume;
    };
    expect([await asked(), await asked('DUO_0000006'), await asked('DUO_0000011')]).toEqual([null, 276, null]);
  });

  test('by key, in one request for many; filters and orders are the far site’s', async () => {
    const answer = await home.ask('{ labBora { criticalProperties { criticalProperties(where: { cas: { in: ["56-23-5", "64-17-5", "0-0-0"] } }) { nodes { cas } } } } }', 'researcher');
    expect(nodes(answer).map((node) => node.cas)).toEqual(['56-23-5', '64-17-5']);
    const page = await home.ask('{ labBora { criticalProperties { criticalProperties(first: 3, where: { molarMass: { gt: 100 }, not: { name: { contains: "chloro" } } }, orderBy: [{ molarMass: DESC }, { cas: ASC }]) { nodes { cas molarMass } pageInfo { hasNextPage } } } } }', 'researcher');
    const there = await far.ask('{ bora { criticalProperties { criticalProperties(first: 3, where: { molarMass: { gt: 100 }, not: { name: { contains: "chloro" } } }, orderBy: [{ molarMass: DESC }, { cas: ASC }]) { nodes { cas molarMass } pageInfo { hasNextPage } } } } }', 'researcher');
    expect(page.errors).toBeUndefined();
    expect((page.data as { labBora: unknown }).labBora).toEqual((there.data as { bora: unknown }).bora);
  });
});

describe('whoever holds the home site’s key', () => {
  const send = async (token: string, query: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${far.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers }, body: JSON.stringify({ query }) });
    return { status: response.status, text: await response.text() };
  };
  const signed = async (claims: Readonly<Record<string, unknown>> = {}, key = createPrivateKey(readFileSync(join(home.folder, 'site-key'), 'utf8'))): Promise<string> => {
    const { keys } = (await (await fetch(`${home.url}/.well-known/dure-keys.json`)).json()) as { keys: { kid: string }[] };
    const at = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: other.home, sub: 'demo-administrator', aud: other.far, iat: at, exp: at + 60, ...claims }).setProtectedHeader({ alg: 'EdDSA', typ: 'dure-site+jwt', kid: keys[0]!.kid }).sign(key);
  };

  test('speaks for its own persons, and for nobody else’s', async () => {
    expect((await send(await signed(), '{ me { subject issuer administrator scopes memberships { role } } }')).text).toContain(`{"data":{"me":{"subject":"${other.home}#demo-administrator","issuer":"${other.home}","administrator":false,"scopes":["READ"],"memberships":[]}}`);
    const at = Math.floor(Date.now() / 1000);
    for (const claims of [{ iss: other.far }, { iss: 'https://third.example' }, { iss: 'dure-demo' }, { aud: other.home }, { iat: at - 300, exp: at - 1 }, { exp: at + 86_400 }]) {
      expect([claims, (await send(await signed(claims), '{ me { subject } }')).status]).toEqual([claims, 401]);
    }
    expect((await send(await signed({}, generateKeyPairSync('ed25519').privateKey), '{ me { subject } }')).status).toBe(401);
  });

  test('makes nobody an administrator or a member there', async () => {
    const token = await signed({ roles: ['administrator'], organizations: ['bora:steward'] });
    expect((await send(token, 'mutation { removeSource(id: "x") }')).text).toContain('"FORBIDDEN"');
    expect((await send(token, 'mutation { setDatasetRules(input: { dataset: "bora/critical-properties", document: { rules: [] } }) { dataset { path } } }')).text).toContain('"FORBIDDEN"');
  });

  test('gets no token that would last', async () => {
    expect((await send(await signed(), 'mutation { createApiToken(input: { name: "mine", scopes: [READ] }) { token } }')).text).toContain('"FORBIDDEN"');
  });

  test('cannot add a purpose to a token that was signed for another', async () => {
    const refused = await send(await signed({ purpose: 'DUO_0000011' }), '{ me { subject } }', { 'dure-purpose': 'DUO_0000006' });
    expect(refused.text).toContain('"FORBIDDEN"');
    expect((await send(await signed(), '{ me { subject } }', { 'dure-purpose': 'DUO_0000006' })).text).toContain('"FORBIDDEN"');
    expect((await send(await signed({ purpose: 'DUO_0000006' }), '{ me { subject } }', { 'dure-purpose': 'DUO_0000006' })).text).toContain('"data"');
  });
});

test('the connector passes the conformance kit, with a dataset that is open to all', async () => {
  const declaration = { kind: 'dure', name: 'far.json', url: `${far.url}/graphql`, options: { name: 'lab', dataset: 'hanbit/elements' } } as const;
  const report = await checkSource(await declaredSubject(declaration, noSecrets));
  expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.passed).toBeGreaterThan(20);
}, 60_000);

test('a site that does not know this one believes nothing of it', async () => {
  // The home site trusts nobody: what the far site would say of its persons is refused.
  const response = await fetch(`${home.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(far)}` }, body: JSON.stringify({ query: '{ me { subject } }' }) });
  expect(response.status).toBe(401);
  expect(await response.text()).toContain('UNAUTHENTICATED');
});

test('keys are public, and only the public half', async () => {
  const keys = (await (await fetch(`${home.url}/.well-known/dure-keys.json`)).json()) as { keys: Record<string, unknown>[] };
  expect(keys.keys).toEqual([expect.objectContaining({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })]);
  expect(keys.keys[0]).not.toHaveProperty('d');
});

test('while the far site is down its fields are null with an error, and the rest is there', async () => {
  await far.close();
  const answer = await home.ask('{ labBora { criticalProperties { criticalProperties(first: 1) { nodes { cas } } } } hanbit { elements { elements(first: 1) { nodes { symbol } } } } }', 'researcher');
  expect(answer.errors?.map((error) => error.extensions.code)).toEqual(['SOURCE_DOWN']);
  expect((answer.data as { hanbit: unknown }).hanbit).toEqual({ elements: { elements: { nodes: [{ symbol: 'H' }] } } });
});

test('a site that was down when this one started is there when it is back', async () => {
  await home.close();
  home = await startRunning(settings.home);
  const state = async (): Promise<unknown> => ((await home.ask('{ sources { id health { state } } }', 'administrator')).data as { sources: { id: string; health: { state: string } }[] }).sources.find(({ id }) => id === 'lab-bora')?.health.state;
  const query = '{ labBora { criticalProperties { criticalProperties(where: { cas: { eq: "56-23-5" } }) { nodes { cas } } } } }';
  expect(await state()).toBe('DOWN');
  expect((await home.ask(query, 'researcher')).errors?.map((error) => error.extensions.code)).toEqual(['SOURCE_DOWN']);
  far = await startRunning(settings.far);
  const deadline = Date.now() + 60_000;
  while ((await state()) === 'DOWN' && Date.now() < deadline) await new Promise((resolve) => { setTimeout(resolve, 200); });
  // Its breaker may let only a trial through at first.
  let answer = await home.ask(query, 'researcher');
  while (answer.errors && Date.now() < deadline) {
    await new Promise((resolve) => { setTimeout(resolve, 200); });
    answer = await home.ask(query, 'researcher');
  }
  expect(answer.errors).toBeUndefined();
  expect(nodes(answer)).toEqual([{ cas: '56-23-5' }]);
}, 120_000);

/** A token that the far site could send to the home site: signed with the far site's own key. */
async function tokenOf(site: Running): Promise<string> {
  return new SiteSigner({ issuer: other.far, dataDirectory: site.folder }).sign(makeIdentity({ kind: 'person', subject: 'x', memberships: [], roles: [], affiliations: [], visas: [], claims: {}, scopes: ['read'] }), undefined, other.home);
}
