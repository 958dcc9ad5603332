/** Dure with three database roles, made as deploy/roles.sql makes them: everything works, and the database itself refuses the rest. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import yazl from 'yazl';
import { DatabaseArchive } from '../../src/audit/databaseArchive.js';
import { loadSigningKey } from '../../src/audit/signingKey.js';
import { verifyAudit } from '../../src/audit/verify.js';
import { buildDure, type Dure } from '../../src/build.js';
import { run } from '../../src/cli/main.js';
import { readConfig } from '../../src/config.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import { SecretKeys } from '../../src/identity/secretKeys.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { ApiTokenRow } from '../../src/storage/entities/apiToken.js';
import { TokenStore } from '../../src/storage/tokenStore.js';
import { unrecorded } from '../../src/transaction.js';
import { Readable } from 'node:stream';

const secret = randomBytes(32).toString('base64url');
const suffix = randomBytes(4).toString('hex');
const [database, owner, server, loader] = ['site', 'owner', 'server', 'loader'].map((name) => `${name}_${suffix}`) as [string, string, string, string];
const folder = mkdtempSync(join(tmpdir(), 'dure-site-'));
const pools = new Map<string, pg.Pool>();
let environment: Record<string, string>;
let dure: Dure;
let administrator: string;

const address = (role?: string, name = database): string => {
  const url = new URL(`${process.env.DURE_TEST_SERVER!}/${name}`);
  if (role !== undefined) [url.username, url.password] = [role, 'pw'];
  return url.href;
};
async function superuser(statements: readonly string[], name = 'postgres'): Promise<void> {
  const client = new pg.Client({ connectionString: address(undefined, name) });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
function as(role: string): pg.Pool {
  let pool = pools.get(role);
  if (!pool) pools.set(role, (pool = new pg.Pool({ connectionString: address(role), max: 1 })));
  return pool;
}
const dureCommand = async (args: readonly string[], env: Record<string, string> = environment): Promise<{ code: number; out: string; note: string }> => {
  let [out, note] = ['', ''];
  const code = await run(args, { environment: env, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { note += text; } });
  return { code, out, note };
};

beforeAll(async () => {
  // The statements of the script, with names that this run alone has.
  const script = readFileSync('deploy/roles.sql', 'utf8').replace(/^--.*$/gm, '').replace(/:'\w+_password'/g, `'pw'`)
    .replaceAll('dure_owner', owner).replaceAll('dure_server', server).replaceAll('dure_loader', loader).replaceAll('database dure', `database ${database}`);
  await superuser(script.split(';').map((statement) => statement.trim()).filter((statement) => statement !== ''));
  environment = {
    DURE_DATABASE_OWNER_URL: address(owner), DURE_DATABASE_SERVER_URL: address(server), DURE_DATABASE_LOADER_URL: address(loader),
    DURE_DATA_DIR: folder, DURE_SECRET_KEYS: `k1:${secret}`, PORT: '0', DURE_LOG_LEVEL: 'silent',
  };
}, 60_000);
afterAll(async () => {
  await dure?.stop();
  await Promise.all([...pools.values()].map((pool) => pool.end()));
  await superuser([`drop database ${database} with (force)`, ...[owner, server, loader].map((role) => `drop role ${role}`)]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function ask(query: string, variables: Record<string, unknown> = {}, token?: string): Promise<{ data?: Record<string, never>; errors?: { message: string; extensions: { code: string } }[] }> {
  const response = await fetch(`${dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as Awaited<ReturnType<typeof ask>>;
}

test('a server whose database is not set up tells what to run, and does not set it up', async () => {
  const { DURE_DATABASE_OWNER_URL: _, ...rest } = environment;
  await expect(buildDure(readConfig(rest), { progress: { step: () => undefined, sample: () => undefined }, log: pino({ level: 'silent' }) })).rejects.toThrow(/Run "dure migrate"/);
});

test('dure migrate makes the tables and the privileges, again without harm', async () => {
  expect((await dureCommand(['migrate'])).out).toMatch(/Foundation0001/);
  expect(await dureCommand(['migrate'])).toMatchObject({ code: 0, out: 'The database is up to date.\n' });
});

test('everything works without the owner: publish, ask, change rules, read the audit', async () => {
  const { DURE_DATABASE_OWNER_URL: _, ...rest } = environment;
  dure = await buildDure(readConfig(rest), { progress: { step: () => undefined, sample: () => undefined }, log: pino({ level: 'silent' }) });
  const dataSource = await createDataSource(address(server), [ApiTokenRow]).initialize();
  const identity = makeIdentity({ kind: 'person', subject: 'admin', issuer: 'https://id.example', memberships: [], roles: ['administrator'], affiliations: [], visas: [], claims: {}, scopes: ['read', 'publish', 'rules', 'admin'], expiresAt: Date.now() + 3_600_000 });
  ({ token: administrator } = await new TokenStore(dataSource, new SecretKeys([{ id: 'k1', key: secret }])).create({ name: 'admin', scopes: ['read', 'publish', 'rules', 'admin'], identity }, unrecorded));
  await dataSource.destroy();
  expect((await ask('mutation { createOrganization(input: { slug: "kist", title: "KIST" }) { slug } }', {}, administrator)).errors).toBeUndefined();

  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(JSON.stringify({ name: 'people', title: 'People', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'RESTRICTED', resources: [{ name: 'rows', path: 'rows.csv', schema: { fields: [{ name: 'n', type: 'integer' }, { name: 'name', type: 'string' }], primaryKey: ['n'] } }] })), 'datapackage.json');
  zip.addBuffer(Buffer.from('n,name\n1,Kim\n2,Lee\n'), 'rows.csv');
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  const uploaded = (await (await fetch(`${dure.url}/uploads`, { method: 'POST', headers: { 'content-type': 'application/zip', authorization: `Bearer ${administrator}` }, body: Buffer.concat(chunks) })).json()) as { id: string };
  const { data } = await ask('mutation($u: ID!) { publishDataset(input: { organization: "kist", upload: $u }) { job { id } } }', { u: uploaded.id }, administrator);
  const job = (data as unknown as { publishDataset: { job: { id: string } } }).publishDataset.job.id;
  for (;;) {
    const { data: seen } = await ask('query($id: ID!) { job(id: $id) { state error { message } } }', { id: job }, administrator);
    const { state, error } = (seen as unknown as { job: { state: string; error: unknown } }).job;
    if (state === 'COMPLETE') break;
    if (/ERROR/.test(state)) throw new Error(JSON.stringify(error));
    await new Promise((next) => setTimeout(next, 50));
  }
  const rules = { rules: [{ id: 'all', effect: 'allow', to: { authenticated: true } }] };
  expect((await ask('mutation($r: JSON!) { setDatasetRules(input: { dataset: "kist/people", document: $r }) { revision } }', { r: rules }, administrator)).errors).toBeUndefined();
  expect((await ask('{ kist { people { rows { nodes { name } } } } }', {}, administrator)).data).toEqual({ kist: { people: { rows: { nodes: [{ name: 'Kim' }, { name: 'Lee' }] } } } });
  expect((await ask('{ kist { people { rows { nodes { name } } } } }')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const found = await ask('{ auditEntries(dataset: "kist/people") { nodes { kind decision rows } } }', {}, administrator);
  expect(found.data).toEqual({ auditEntries: { nodes: [{ kind: 'ACCESS', decision: 'REFUSED', rows: 0 }, { kind: 'ACCESS', decision: 'ALLOWED', rows: 2 }, { kind: 'RULES_CHANGED', decision: null, rows: null }] } });
  expect(await verifyAudit(new DatabaseArchive(as(server)), { trusted: new Set([loadSigningKey(undefined, folder).id]) })).toMatchObject({ sound: true });
}, 60_000);

describe('the database refuses', () => {
  const segment = async (): Promise<string> => (await as(server).query<{ physical: string }>('select physical from dure.segment limit 1')).rows[0]!.physical;

  test.each([
    'update dure_audit.block set bodies = bodies', 'delete from dure_audit.block', 'truncate dure_audit.block', 'drop table dure_audit.block', 'drop view dure_audit.entry', 'alter table dure_audit.block disable trigger all',
    `update dure_audit.root set body = ''`, 'delete from dure_audit.signing_key', 'delete from dure_audit.document', 'delete from dure_audit.chain', 'set session_replication_role = replica', 'create table dure_audit.other (n int)',
    'update dure_audit.pending set body = body', 'update dure_audit.pending set created_at = now()', 'delete from dure_audit.pending', 'truncate dure_audit.pending', `select set_config('dure.audit_destroy', 'on', false); delete from dure_audit.pending`,
    `select set_config('dure.audit_destroy', 'on', false); delete from dure_audit.block`,
  ])('the server: %s', async (statement) => {
    await expect(as(server).query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('the server: writing rows, or saying that rows are there', async () => {
    const physical = await segment();
    for (const statement of [`insert into dure_data.${physical} values (9)`, `update dure_data.${physical} set _rid = 9`, `delete from dure_data.${physical}`, `truncate dure_data.${physical}`, `drop table dure_data.${physical}`, 'create table dure_data.s9 (n int)',
      `insert into dure.segment (physical, state) values ('s9', 'LIVE')`, `update dure.version set metadata = '{}'`, 'delete from dure.version_segment', 'delete from dure.migration']) {
      await expect(as(server).query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    expect((await as(server).query(`select * from dure_data.${physical}`)).rowCount).toBe(2);
  });

  test.each(['select * from dure_audit.entry', 'select body from dure_audit.pending', `insert into dure_audit.pending (id, writer, body, signature) values (gen_random_uuid(), gen_random_uuid(), '', '')`, `update dure_audit.pending set chained_at = now()`, 'select text from dure_audit.document', 'select * from dure_audit.block', `insert into dure_audit.block select * from dure_audit.block`, 'delete from dure_audit.block', 'select hash from dure.api_token', `update dure.api_token set revoked_at = null`])('the loader: %s', async (statement) => {
    await expect(as(loader).query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('and nothing of the audit was changed', async () => {
    expect(await verifyAudit(new DatabaseArchive(as(server)), { trusted: new Set([loadSigningKey(undefined, folder).id]) })).toMatchObject({ sound: true });
  });
});

describe('the commands beside the database', () => {
  test('verify, seal, anchor and export as the server; destroying needs the owner', async () => {
    expect(await dureCommand(['audit', 'verify'])).toMatchObject({ code: 0, out: expect.stringMatching(/all verify\n$/) });
    expect(await dureCommand(['audit', 'seal'])).toMatchObject({ code: 0, out: 'Every month that is over is sealed.\n' });
    const anchor = join(folder, 'anchor.json');
    expect(await dureCommand(['audit', 'anchor', '--out', anchor])).toMatchObject({ code: 0 });
    expect(await dureCommand(['audit', 'verify', '--anchor', anchor])).toMatchObject({ code: 0 });
    const [year] = new Date().toISOString().split('-');
    const csv = await dureCommand(['audit', 'export', '--from', `${year}-01`, '--to', `${year}-12`, '--dataset', 'kist/people', '--format', 'csv']);
    expect(csv.out.split('\r\n')[0]).toMatch(/^at,kind,decision/);
    expect(csv.out).toMatch(/,ACCESS,ALLOWED,ALLOWED_BY_RULE|,ACCESS,ALLOWED,\w+/);
    const json = JSON.parse((await dureCommand(['audit', 'export', '--from', `${year}-01-01`, '--to', `${Number(year) + 1}-01-01`])).out) as { entry: { kind: string } }[];
    expect(json.map(({ entry }) => entry.kind)).toEqual(expect.arrayContaining(['ACCESS', 'AUDIT_ANCHORED', 'AUDIT_EXPORTED', 'ORGANIZATION_CREATED']));
    expect(await dureCommand(['audit', 'destroy'])).toMatchObject({ code: 0, out: 'No sealed segment is past its years.\n' });
    const { DURE_DATABASE_OWNER_URL: _, ...rest } = environment;
    expect(await dureCommand(['audit', 'destroy', '--confirm'], rest)).toMatchObject({ code: 2, note: expect.stringMatching(/DURE_DATABASE_OWNER_URL/) });
    expect(await dureCommand(['audit', 'destroy', '--confirm'])).toMatchObject({ code: 0 });
    expect(await dureCommand(['audit', 'export', '--from', '2026-13', '--to', '2026'])).toMatchObject({ code: 1, note: expect.stringMatching(/no month/) });
  });

  test('verification tells what somebody with the whole database has done', async () => {
    await superuser(['set session_replication_role = replica', `update dure_audit.block set bodies = string_to_array(replace(array_to_string(bodies, e'\\n'), '"rows":2', '"rows":1'), e'\\n') where kinds @> '{ACCESS}'`], database);
    const { code, out } = await dureCommand(['audit', 'verify']);
    expect(code).toBe(1);
    expect(out).toMatch(/^CHANGED: chain [-0-9a-f]{36}: entry \d+ is not what was hashed$/m);
    expect(await dureCommand(['audit', 'seal'])).toMatchObject({ code: 1, note: expect.stringMatching(/does not verify, and nothing was done/) });
    await superuser(['set session_replication_role = replica', `update dure_audit.block set bodies = string_to_array(replace(array_to_string(bodies, e'\\n'), '"rows":1', '"rows":2'), e'\\n') where kinds @> '{ACCESS}'`], database);
    expect(await dureCommand(['audit', 'verify'])).toMatchObject({ code: 0 });
  });
});
