/** A real server killed between the commit of changes and their entries in the chain: after the next start each is there, once. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { run } from '../../src/cli/main.js';
import { runningEmbedded, startEmbedded } from '../../src/storage/embedded.js';

const folder = mkdtempSync(join(tmpdir(), 'dure-crash-changes-'));
const data = join(folder, 'data');
let child: ChildProcess;
let url = '';

beforeAll(async () => {
  chmodSync(folder, 0o755);
  await start();
}, 90_000);
afterAll(async () => {
  child.kill('SIGTERM');
  await once(child, 'exit');
  // Where it was killed before it could end its database.
  if (runningEmbedded(join(data, 'postgres'))) await (await startEmbedded({ directory: join(data, 'postgres') })).stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function start(): Promise<void> {
  child = spawn(process.execPath, ['dist/src/main.js'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', DURE_DATA_DIR: data }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  while (!/Demo tokens/.test(text)) {
    if (child.exitCode !== null) throw new Error(`the server did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  url = /GraphQL\s+(http:\S+\/graphql)/.exec(text)![1]!;
}

type Person = 'researcher' | 'steward' | 'administrator';
type Answer = { readonly data?: Record<string, never>; readonly errors?: unknown };
async function ask(who: Person, query: string, variables: object = {}): Promise<Answer> {
  const token = (JSON.parse(readFileSync(join(data, 'demo-tokens.json'), 'utf8')) as Record<Person, string>)[who];
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as Answer;
}
async function made<T>(who: Person, query: string, variables: object = {}): Promise<T> {
  const { data: answer, errors } = await ask(who, query, variables);
  expect(errors).toBeUndefined();
  return Object.values(answer!)[0] as T;
}
const command = async (...args: string[]): Promise<{ code: number; out: string; note: string }> => {
  let [out, note] = ['', ''];
  const code = await run(args, { environment: { DURE_DATA_DIR: data }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { note += text; } });
  return { code, out, note };
};
interface Exported { readonly entry: { readonly kind: string; readonly actor: { readonly subject?: string }; readonly dataset?: { readonly path: string }; readonly details?: Record<string, unknown>; readonly change?: { readonly id: string } } }
async function exported(): Promise<Exported['entry'][]> {
  const [year] = new Date().toISOString().split('-');
  const { code, out } = await command('audit', 'export', '--from', `${year}-01`, '--to', `${year}-12`);
  expect(code).toBe(0);
  return (JSON.parse(out) as Exported[]).map(({ entry }) => entry);
}

const [asked, granted, ruled, frozen] = ['seoram/kidney-transplants', 'seoram/lung-cancer', 'bora/critical-properties', 'bora/critical-properties'];
const document = { rules: [{ id: 'granted', effect: 'allow', to: { grant: true } }] };
const setRules = 'mutation($dataset: ID!, $document: JSON!) { setDatasetRules(input: { dataset: $dataset, document: $document }) { revision } }';
const request = 'mutation($dataset: ID!) { requestAccess(input: { dataset: $dataset, purpose: "DUO_0000006", project: "Survival", reason: "Compare survival by age." }) { id } }';
const approve = 'mutation($id: ID!) { approveAccessRequest(id: $id) { state } }';

test('kill -9 between a change and its entry loses and doubles none', async () => {
  for (const dataset of [asked, granted]) await made('steward', setRules, { dataset, document });
  await made('steward', 'mutation($dataset: ID!) { setDatasetAccess(input: { dataset: $dataset, listed: true }) { dataset { path } } }', { dataset: asked });
  const [toApprove, toRevoke] = [await made<{ id: string }>('researcher', request, { dataset: asked }), await made<{ id: string }>('researcher', request, { dataset: granted })];
  await made('steward', approve, toRevoke);
  const { apiToken: token } = await made<{ apiToken: { id: string } }>('researcher', 'mutation { createApiToken(input: { name: "old", scopes: [READ] }) { apiToken { id } } }');
  const before = (await exported()).length;

  // Nobody can add to a chain any more: each change is committed, and none is answered. Then the server dies.
  const database = new pg.Client({ connectionString: runningEmbedded(join(data, 'postgres')) });
  await database.connect();
  const { rows: tables } = await database.query<{ name: string }>(`select format('dure_audit.%I', tablename) as name from pg_tables where schemaname = 'dure_audit' and tablename not in ('pending', 'signing_key')`);
  await database.query('begin');
  await database.query(`lock table ${tables.map(({ name }) => name).join(', ')} in share mode`);
  const mutations: [Person, string, object][] = [
    ['steward', setRules, { dataset: ruled, document: { rules: [{ id: 'all', effect: 'allow', to: { authenticated: true } }] } }],
    ['steward', 'mutation($dataset: ID!) { overrideDatasetRules(input: { dataset: $dataset, subject: "kim", reason: "A patient must be called back.", minutes: 5 }) { id } }', { dataset: granted }],
    ['steward', approve, toApprove],
    ['steward', 'mutation($id: ID!) { revokeAccess(id: $id, reason: "The thesis was handed in.") { state } }', toRevoke],
    ['researcher', 'mutation { createApiToken(input: { name: "new", scopes: [READ] }) { apiToken { id } } }', {}],
    ['researcher', 'mutation($id: ID!) { revokeApiToken(id: $id) { id } }', token],
    ['steward', 'mutation($dataset: ID!) { declareIncident(input: { dataset: $dataset, reason: "Somebody was recognised." }) { incident { id } } }', { dataset: frozen }],
    ['administrator', 'mutation { suspendPerson(subject: "lee", reason: "left") { id } }', {}],
    ['administrator', 'mutation { createOrganization(input: { slug: "kist", title: "KIST" }) { slug } }', {}],
  ];
  const answers: unknown[] = [];
  const asking = mutations.map(([who, query, variables]) => ask(who, query, variables).then((answer) => answers.push(answer), () => undefined));
  const waiting = async (): Promise<string[]> => (await database.query<{ kind: string }>(`select body::jsonb->>'kind' as kind from dure_audit.pending where chained_at is null order by 1`)).rows.map(({ kind }) => kind);
  const kinds = ['EMERGENCY_OVERRIDE', 'FROZEN', 'GRANT_APPROVED', 'GRANT_REVOKED', 'ORGANIZATION_CREATED', 'PERSON_SUSPENDED', 'RULES_CHANGED', 'TOKEN_CREATED', 'TOKEN_REVOKED'];
  while ((await waiting()).length < kinds.length) await new Promise((next) => setTimeout(next, 20));
  expect(await waiting()).toEqual(kinds);
  const facts = `select (select count(*)::int from dure.access_override) as overrides, (select count(*)::int from dure.incident) as incidents, (select count(*)::int from dure.suspension) as suspended,
    (select string_agg(state, ' ' order by created_at) from dure.access_request) as requests, (select count(*)::int from dure.organization where slug = 'kist') as organizations,
    (select string_agg(name || case when revoked_at is null then '' else ' revoked' end, ', ' order by created_at) from dure.api_token) as tokens`;
  const changed = { overrides: 1, incidents: 1, suspended: 1, requests: 'APPROVED REVOKED', organizations: 1, tokens: 'old revoked, new' };
  expect((await database.query(facts)).rows).toEqual([changed]);
  expect(answers).toEqual([]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await Promise.all(asking);
  // What the dead server's statement was waiting for: the database still runs it.
  await database.query('rollback');
  await database.end();

  await start();
  const again = new pg.Client({ connectionString: runningEmbedded(join(data, 'postgres')) });
  await again.connect();
  expect((await again.query(facts)).rows).toEqual([changed]);
  while ((await again.query('select 1 from dure_audit.pending where chained_at is null')).rowCount! > 0) await new Promise((next) => setTimeout(next, 50));
  await again.end();
  const entries = (await exported()).slice(before);
  expect(entries.flatMap(({ kind, change }) => (change ? [kind] : [])).sort()).toEqual(kinds);
  expect(new Set(entries.flatMap(({ change }) => (change ? [change.id] : []))).size).toBe(kinds.length);
  expect(entries).toEqual(expect.arrayContaining([
    expect.objectContaining({ kind: 'EMERGENCY_OVERRIDE', actor: expect.objectContaining({ subject: 'demo-steward' }), dataset: expect.objectContaining({ path: granted }), details: { subject: 'kim', issuer: 'dure-demo', reason: 'A patient must be called back.', minutes: 5 } }),
    expect.objectContaining({ kind: 'GRANT_APPROVED', details: expect.objectContaining({ request: toApprove.id, state: 'APPROVED' }) }),
    expect.objectContaining({ kind: 'GRANT_REVOKED', details: expect.objectContaining({ request: toRevoke.id, text: 'The thesis was handed in.' }) }),
    expect.objectContaining({ kind: 'TOKEN_CREATED', actor: expect.objectContaining({ subject: 'demo-researcher' }), details: expect.objectContaining({ name: 'new' }) }),
  ]));
  const [year] = new Date().toISOString().split('-');
  expect(await command('audit', 'verify')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ entries.*all verify\n$/) });
  const bundle = join(folder, 'bundle');
  expect(await command('audit', 'bundle', '--dataset', asked!, '--from', `${year}-01`, '--to', `${year}-12`, '--out', bundle)).toMatchObject({ code: 0 });
  expect((JSON.parse(readFileSync(join(bundle, 'grants.json'), 'utf8')) as { kind: string }[]).map(({ kind }) => kind)).toEqual(['GRANT_REQUESTED', 'GRANT_APPROVED']);
  expect(await command('audit', 'verify', '--bundle', bundle)).toMatchObject({ code: 0, out: expect.stringMatching(/all verify/) });
  expect(await made('steward', `{ auditEntries(dataset: "${granted}", where: { kind: [EMERGENCY_OVERRIDE] }) { nodes { kind at changedAt actor { subject } } } }`)).toEqual({ nodes: [{ kind: 'EMERGENCY_OVERRIDE', at: expect.any(String), changedAt: expect.any(String), actor: { subject: 'demo-steward' } }] });
}, 120_000);
