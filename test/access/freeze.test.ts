/** An incident: two servers over one database, and nobody gets anything of a frozen dataset from either, by whichever way. */
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import pg from 'pg';
import { Readable } from 'node:stream';
import WebSocket from 'ws';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import { run } from '../../src/cli/main.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import type { Source } from '../../src/sources/source.js';
import { createTestDatabase } from '../support/database.js';
import { person, testCursors, testEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { zip } from '../support/publishing.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { signPerson, type TestPerson } from '../support/tokens.js';

const dataset = 'hanbit/superconductivity';
const reason = 'A person was recognised in the rows.';
let dure: Running;
let database: pg.Pool;
let second: { readonly child: ChildProcess; readonly url: string };
let [mina, minaHerself, jun, member, admin, stranger] = ['', '', '', '', '', ''];

async function startSecond(): Promise<typeof second> {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', DURE_DATA_DIR: dure.folder, DATABASE_URL: dure.dure.databaseUrl, DURE_ROLE: 'api' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  for (const end = Date.now() + 40_000; !/ready after/.test(text) || !/metrics/.test(text);) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the server did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { child, url: /GraphQL\s+(http:\S+)\/graphql/.exec(text)![1]! };
}

beforeAll(async () => {
  dure = await startRunning();
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 });
  database.on('error', () => undefined); // its last connections may still be closing when the database ends
  second = await startSecond();
  // Tokens that both servers know.
  const token = async (person: TestPerson, scopes: string): Promise<string> => {
    const { data, errors } = await at(dure.url, `mutation { createApiToken(input: { name: "t", scopes: [${scopes}] }) { token } }`, await signPerson(dure.folder, person));
    expect(errors).toBeUndefined();
    return (data as { createApiToken: { token: string } }).createApiToken.token;
  };
  minaHerself = await signPerson(dure.folder, { subject: 'mina', organizations: ['hanbit:steward'] });
  mina = await token({ subject: 'mina', organizations: ['hanbit:steward'] }, 'READ, PUBLISH, RULES');
  jun = await token({ subject: 'jun', organizations: ['hanbit:steward'] }, 'READ, PUBLISH, RULES');
  member = await token({ subject: 'member', organizations: ['hanbit:publisher'] }, 'READ, PUBLISH');
  admin = await token({ subject: 'root', roles: ['administrator'] }, 'READ, RULES, ADMIN');
  stranger = await token({ subject: 'stranger', organizations: ['uni:steward'] }, 'READ, RULES');
}, 90_000);
afterAll(async () => {
  second.child.kill('SIGKILL');
  await database.end();
  await dure.close();
}, 30_000);

async function at(url: string, query: string, who?: string, variables: object = {}, path = '/graphql'): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...dure.authorization(who) }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as GraphQLAnswer;
}
const declare = (who: string | undefined, why = reason, url = dure.url): Promise<GraphQLAnswer> => at(url, 'mutation($input: DeclareIncidentInput!) { declareIncident(input: $input) { everywhere incident { id createdBy endedAt } } }', who, { input: { dataset, reason: why } });
const end = (who: string | undefined, url = dure.url): Promise<GraphQLAnswer> => at(url, 'mutation($input: EndIncidentInput!) { endIncident(input: $input) { everywhere incident { createdBy endedBy endReason } } }', who, { input: { dataset, reason: 'The column was withheld by a rule.' } });
const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map(({ extensions }) => [extensions.code, extensions.reason].filter((part) => part !== undefined).join(' '));
const frozen = ['FORBIDDEN FROZEN'];
const rows = '{ hanbit { superconductivity { materials(first: 1) { nodes { formula } } } } }';
const socket = (url: string, who: string): Client => createClient({ url: `${url.replace('http', 'ws')}/graphql`, retryAttempts: 0, webSocketImpl: WebSocket, connectionParams: dure.authorization(who) });

describe('who may freeze', () => {
  test('stewards of the owner and administrators, with a reason; nobody else', async () => {
    expect(codes(await declare(undefined))).toEqual(['UNAUTHENTICATED']);
    for (const who of [stranger, member]) expect(codes(await declare(who))).toEqual(['FORBIDDEN']);
    expect(codes(await declare(mina, 'short'))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await end(mina))).toEqual(['NOT_FOUND']);
    expect(codes(await at(dure.url, `{ incidents(dataset: "${dataset}") { id } }`, member))).toEqual(['FORBIDDEN']);
    expect((await at(dure.url, rows)).errors).toBeUndefined();
  });
});

describe('while it is frozen', () => {
  let global: string;
  let watched: Promise<unknown>;
  let socketClient: Client | undefined;
  beforeAll(async () => {
    const collection = await at(dure.url, 'mutation { createCollection(input: { name: "metals", organization: "hanbit", datasets: [{ dataset: "hanbit/superconductivity" }] }) { name } }', member);
    expect(collection.errors).toBeUndefined();
    global = ((await at(dure.url, '{ hanbit { superconductivity { materials(first: 1) { nodes { id } } } } }')).data as { hanbit: { superconductivity: { materials: { nodes: [{ id: string }] } } } }).hanbit.superconductivity.materials.nodes[0].id;
    // Compiled and cached on both servers, for all who ask below.
    for (const { url } of [dure, second]) for (const who of [undefined, member, mina, admin]) expect((await at(url, rows, who)).errors).toBeUndefined();
    const { rows: jobs } = await database.query<{ id: string }>(`select j.id from dure.job j join dure.dataset d on d.id = j.dataset_id where d.name = 'superconductivity'`);
    await database.query(`update dure.job set state = 'RUNNING', finished_at = null, lease_until = now() + interval '1 hour' where id = $1`, [jobs[0]!.id]);
    socketClient = socket(second.url, member);
    const subscription = socketClient.iterate({ query: `subscription { jobEvents(jobId: "${jobs[0]!.id}", after: 0) { seq } }` });
    await subscription.next();
    watched = (async () => {
      for await (const value of { [Symbol.asyncIterator]: () => subscription }) if (value.errors) return value.errors;
      return 'ended';
    })().catch((error: unknown) => error);
    const answer = await declare(mina);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ declareIncident: { everywhere: true, incident: { id: expect.any(String), createdBy: 'mina', endedAt: null } } });
    await database.query(`update dure.job set state = 'COMPLETE', finished_at = now(), lease_until = null where id = $1`, [jobs[0]!.id]);
  }, 60_000);
  afterAll(async () => {
    await socketClient?.dispose();
  });

  test('rows, figures and pages are refused at both servers: to anonymous callers, members, stewards, administrators', async () => {
    for (const { url } of [dure, second]) {
      for (const who of [undefined, stranger, member, mina, admin]) {
        const answer = await at(url, rows, who);
        expect({ codes: codes(answer), data: answer.data }).toEqual({ codes: frozen, data: { hanbit: { superconductivity: { materials: null } } } });
        expect(codes(await at(url, '{ hanbit { superconductivity { materials { totalCount aggregate { tc { max } } } } } }', who))).toEqual(frozen);
      }
    }
  });

  test('a subscription that was open on the other server ends with the reason', async () => {
    expect(JSON.stringify(await watched)).toContain('"FROZEN"');
    const client = socket(dure.url, member);
    try {
      const { value } = await client.iterate({ query: `query { hanbit { superconductivity { materials(first: 1) { nodes { formula } } } } }` }).next();
      expect(codes(value as GraphQLAnswer)).toEqual(frozen);
    } finally {
      await client.dispose();
    }
  });

  test('nodes by id, collections and explanations are no way round', async () => {
    for (const { url } of [dure, second]) {
      expect(codes(await at(url, 'query($id: ID!) { node(id: $id) { id } }', member, { id: global }))).toEqual(frozen);
      const collected = await at(url, rows, member, {}, '/graphql/c/metals');
      expect({ codes: codes(collected), data: collected.data }).toEqual({ codes: frozen, data: { hanbit: { superconductivity: { materials: null } } } });
      const represented = await at(url, 'query($r: [_Any!]!) { _entities(representations: $r) { ... on HanbitSuperconductivityMaterials { formula } } }', member, { r: [{ __typename: 'HanbitSuperconductivityMaterials', id: global }] }, '/graphql/c/metals');
      expect(codes(represented)).toEqual(frozen);
      expect(JSON.stringify(represented)).not.toContain('"formula":"');
    }
    const { data } = await at(dure.url, `{ explainAccess(dataset: "${dataset}") { readable code } dataset(id: "${dataset}") { frozenSince access { readable code } tables { rowCount } } }`, mina);
    expect(data).toMatchObject({ explainAccess: { readable: false, code: 'FROZEN' }, dataset: { frozenSince: expect.any(String), access: { readable: false, code: 'FROZEN' } } });
    const simulated = await at(dure.url, 'query($input: TryQueryInput!) { simulateQuery(input: $input) }', mina, { input: { dataset, as: { subject: 'x' }, query: rows } });
    expect(JSON.stringify(simulated)).not.toMatch(/"formula":"/);
    expect(JSON.stringify(simulated)).toContain('FROZEN');
  });

  test('an emergency override does not open it', async () => {
    const override = await at(dure.url, 'mutation($input: OverrideDatasetRulesInput!) { overrideDatasetRules(input: $input) { id } }', admin, { input: { dataset, subject: 'stranger', reason: 'A patient needs it now.', minutes: 5 } });
    expect(override.errors).toBeUndefined();
    expect(codes(await at(dure.url, rows, stranger))).toEqual(frozen);
  });

  test('nothing is published into it, nor computed for it', async () => {
    const descriptor = { name: 'superconductivity', title: 'S', licenses: [{ name: 'CC0-1.0' }], resources: [{ name: 't', path: 't.csv', schema: { fields: [{ name: 'a', type: 'string' }] } }] };
    const { id: upload } = await dure.upload(await zip({ 'datapackage.json': descriptor, 't.csv': 'a\n1\n' }), 'application/zip', member);
    const { data } = await at(dure.url, 'mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', member, { input: { organization: 'hanbit', upload, allowMajor: true } });
    const job = (data as { publishDataset: { job: { id: string } } }).publishDataset.job.id;
    const ended = await until(async () => {
      const { rows: [row] } = await database.query<{ state: string; error: { details: { reason: string } } | null }>('select state, error from dure.job where id = $1 and finished_at is not null', [await uuid(job)]);
      return row;
    });
    expect(ended).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'FORBIDDEN', details: { reason: 'FROZEN' } } });
  });

  test('description and audit are read; what was refused is in it with the reason', async () => {
    expect((await at(second.url, `{ dataset(id: "${dataset}") { path citation frozenSince versions { version } } }`, stranger)).errors).toBeUndefined();
    const { data, errors } = await at(dure.url, `{ auditEntries(dataset: "${dataset}", first: 100) { nodes { kind decision reason } } incidents(dataset: "${dataset}") { reason createdBy endedAt } }`, mina);
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ incidents: [{ reason, createdBy: 'mina', endedAt: null }] });
    expect((data as { auditEntries: { nodes: unknown[] } }).auditEntries.nodes).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'FROZEN' })]));
  });

  test('who froze it does not let it go; another person does, and all is answered again', async () => {
    expect(codes(await declare(jun))).toEqual(['CONFLICT']);
    expect(codes(await end(mina))).toEqual(['FORBIDDEN TWO_PERSONS']);
    expect(codes(await end(minaHerself))).toEqual(['FORBIDDEN TWO_PERSONS']);
    for (const who of [stranger, member, undefined]) expect(codes(await end(who))[0]).toMatch(/FORBIDDEN|UNAUTHENTICATED/);
    expect(await end(jun, second.url)).toEqual({ data: { endIncident: { everywhere: true, incident: { createdBy: 'mina', endedBy: 'jun', endReason: 'The column was withheld by a rule.' } } } });
    for (const { url } of [dure, second]) for (const who of [undefined, member]) expect((await at(url, rows, who)).errors).toBeUndefined();
    const { rows: kinds } = await database.query<{ kind: string }>(`select kind from dure_audit.entry where kind in ('FROZEN', 'UNFROZEN') order by at`);
    expect(kinds.map(({ kind }) => kind)).toEqual(['FROZEN', 'UNFROZEN']);
  });
});

test('by the command line', async () => {
  const cli = async (who: string, ...args: string[]): Promise<{ code: number; text: string }> => {
    let text = '';
    const code = await run(args, { environment: { DURE_URL: dure.url, DURE_TOKEN: who }, input: Readable.from([]), interactive: false, columns: 80, out: (part) => { text += part; }, note: (part) => { text += part; } });
    return { code, text };
  };
  expect(await cli(admin, 'datasets', 'freeze', dataset, '--reason', 'A token of ours was found in public.')).toEqual({ code: 0, text: expect.stringContaining('is frozen on every server') });
  expect(codes(await at(second.url, rows))).toEqual(frozen);
  expect(await cli(admin, 'datasets', 'unfreeze', dataset, '--reason', 'The token was revoked.')).toEqual({ code: 1, text: expect.stringContaining('another person') });
  expect(await cli(jun, 'datasets', 'unfreeze', dataset, '--reason', 'The token was revoked.')).toEqual({ code: 0, text: expect.stringContaining('answered again') });
  expect((await cli(jun, 'datasets', 'incidents', dataset)).text).toContain('ended');
});

describe('an operation on its way', () => {
  test('gets nothing, whether the freeze comes before its statement runs or before its rows are told', async () => {
    const db = await createTestDatabase();
    try {
      const snapshot = await makeSnapshot(db.pool, [{ organization: 'lab', name: 'p', tables: { t: { columns: { v: 'text' }, rows: [['secret']] } } }]);
      const cursors = testCursors();
      const own = new PostgresSource(db.pool, cursors);
      let when: 'never' | 'before' | 'after' = 'never';
      let runs = 0;
      const source: Source = {
        compile(plan) {
          const compiled = own.compile(plan);
          return { ...compiled, run: async (bindings, signal) => {
            runs += 1;
            const answers = await compiled.run(bindings, signal);
            if (when === 'after') freeze();
            return answers;
          } };
        },
      };
      const engine = await testEngine(db.pool, snapshot, cursors, source);
      const freeze = (): void => {
        const datasets = new Map([...snapshot.datasets].map(([id, value]) => [id, { ...value, freeze: { incident: 'i', since: new Date() } }]));
        engine.snapshot = { ...snapshot, revision: 2n, datasets } as CatalogSnapshot;
      };
      const identity = person({ memberships: [{ organization: 'lab', role: 'owner' }] });
      const query = '{ lab { p { t { nodes { v } } } } }';
      expect(JSON.stringify(await engine.ask(query, { identity }))).toContain('secret');
      when = 'after';
      const late = await engine.ask(query, { identity });
      expect(late).toMatchObject({ data: { lab: { p: { t: null } } }, errors: [{ extensions: { code: 'FORBIDDEN', reason: 'FROZEN' } }] });
      // The schema and the plan of before, as an operation has that waited for its turn.
      engine.snapshot = snapshot;
      const schema = engine.engine.schemaFor(identity);
      const prepared = engine.engine.prepare(schema, query) as { operation: never };
      freeze();
      when = 'never';
      runs = 0;
      const waited = await engine.engine.execute(prepared.operation, {}, schema, { identity, channel: 'query', requestId: 'r', language: 'en', signal: new AbortController().signal, services: {} } as never);
      expect(JSON.stringify(waited)).toContain('FROZEN');
      expect(JSON.stringify(waited)).not.toContain('secret');
      // Nothing is asked, of our database or of a source elsewhere, and nothing is paid.
      expect(runs).toBe(0);
    } finally {
      await db.drop();
    }
  });
});

async function uuid(job: string): Promise<string> {
  return Buffer.from(job, 'base64url').toString().split(':').at(-1)!;
}

async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (const stop = Date.now() + 20_000; Date.now() < stop;) {
    const found = await what();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('it did not happen');
}
