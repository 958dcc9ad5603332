/**
 * What runs when somebody's rights end: two real server processes over one database. A statement is held by a lock on its segment, and the
 * lock stays: what ends the statement is that it was stopped. Bounds are generous; set DURE_TEST_TIMES to print what was measured.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { startTwoServers, type ServerProcess, type TwoServers } from '../support/processes.js';
import { signPerson, type TestPerson } from '../support/tokens.js';

const dataset = 'seoram/kidney-transplants';
const purpose = 'DUO_0000006';
let servers: TwoServers;
let database: pg.Pool;
let holding: pg.Client | undefined;
let [admin, mina, jun, member] = ['', '', '', ''];

type Answer = { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[] };
async function ask(server: ServerProcess, query: string, token: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'dure-purpose': purpose }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as Answer;
}
async function good<T>(answer: Promise<Answer>): Promise<T> {
  const { data, errors } = await answer;
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data as Record<string, T>)[0]!;
}
const codes = ({ errors }: Answer): string[] => (errors ?? []).map(({ extensions }) => [extensions.code, extensions.reason].filter(Boolean).join(' '));
/** Of a person that the first server's demo secret signs; both servers know the token. */
async function named(person: TestPerson, scopes = 'READ, PUBLISH, RULES'): Promise<{ token: string; apiToken: { id: string } }> {
  return good(ask(servers.first, `mutation { createApiToken(input: { name: "t", scopes: [${scopes}] }) { token apiToken { id } } }`, await signPerson(servers.folder, person)));
}

beforeAll(async () => {
  servers = await startTwoServers();
  database = new pg.Pool({ connectionString: servers.databaseUrl, max: 3 });
  database.on('error', () => undefined); // its last connections may still be closing when the database ends
  admin = (await named({ subject: 'root', roles: ['administrator'] }, 'READ, RULES, ADMIN')).token;
  mina = (await named({ subject: 'mina', organizations: ['seoram:steward'] })).token;
  jun = (await named({ subject: 'jun', organizations: ['seoram:steward'] })).token;
  member = (await named({ subject: 'member', organizations: ['seoram:member'] })).token;
  await good(ask(servers.first, `mutation { setDatasetAccess(input: { dataset: "${dataset}", listed: true }) { dataset { path } } }`, mina));
  await rules([]);
}, 120_000);
afterEach(() => release());
afterAll(async () => {
  await database.end();
  await servers.close();
}, 60_000);

const rules = (more: object[]): Promise<unknown> => good(ask(servers.first, 'mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', mina, { input: { dataset, document: { rules: [{ id: 'granted', effect: 'allow', to: { grant: true } }, ...more] } } }));
async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const found = await what();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('it did not happen');
}

/** Nobody reads the rows of the table until `release`. */
async function hold(path = dataset): Promise<void> {
  const { rows } = await database.query<{ physical: string }>(
    `select distinct s.physical from dure.version_segment s join dure.version v on v.id = s.version_id join dure.dataset d on d.id = v.dataset_id join dure.organization o on o.id = d.organization_id where o.slug || '/' || d.name = $1`, [path],
  );
  holding = new pg.Client({ connectionString: servers.databaseUrl });
  await holding.connect();
  await holding.query('begin');
  for (const { physical } of rows) await holding.query(`lock table dure_data."${physical}" in access exclusive mode`);
}
async function release(): Promise<void> {
  await holding?.end();
  holding = undefined;
}
/** Of whoever reads rows: a job that makes or drops indexes waits for the same lock. */
const waiting = async (): Promise<number> => (await database.query<{ n: number }>(`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'relation' and query !~ '^(lock table|drop index)' and pid <> pg_backend_pid()`)).rows[0]!.n;
const isHeld = (): Promise<true> => until(async () => ((await waiting()) > 0 ? true : undefined));
const isOver = (): Promise<true> => until(async () => ((await waiting()) === 0 ? true : undefined));
const thaw = (): Promise<unknown> => good(ask(servers.first, 'mutation($input: EndIncidentInput!) { endIncident(input: $input) { everywhere } }', jun, { input: { dataset, reason: 'It is resolved.' } }));
const slow = '{ seoram { kidneyTransplants { transplants(first: 2) { nodes { age } } } } }';
const nothing = { seoram: { kidneyTransplants: { transplants: null } } };
function tell(what: string, since: number): void {
  if (process.env.DURE_TEST_TIMES) console.log(`${what}: ${Date.now() - since} ms`);
}

/** A question that is held at the second server, then a change at the first; its answer while the lock still stands. */
async function stoppedBy(what: string, token: string, change: () => Promise<unknown>): Promise<Answer> {
  expect(codes(await ask(servers.second, slow, token))).toEqual([]);
  await hold();
  const answer = ask(servers.second, slow, token);
  await isHeld();
  const since = Date.now();
  await change();
  const told = await answer;
  tell(what, since);
  await isOver();
  await release();
  return told;
}
async function lastDecision(subject: string): Promise<unknown> {
  const { rows } = await database.query<{ body: { decision: string; reason: string; rows: number } }>(`select body::jsonb as body from dure_audit.entry where kind = 'ACCESS' and body::jsonb->'actor'->>'subject' = $1 order by at desc, seq desc limit 1`, [subject]);
  return rows[0] && `${rows[0].body.decision} ${rows[0].body.reason} ${rows[0].body.rows}`;
}

describe('a statement that runs is stopped, at every server', () => {
  test('when the person is suspended', async () => {
    const { token } = await named({ subject: 'ada', organizations: ['seoram:member'] });
    const answer = await stoppedBy('suspended', token, () => good(ask(servers.first, 'mutation { suspendPerson(subject: "ada", reason: "test") { id } }', admin)));
    expect(codes(answer)).toEqual(['FORBIDDEN SUSPENDED']);
    expect(JSON.stringify(answer.data ?? null)).not.toMatch(/\d/);
    expect(await until(async () => ((await lastDecision('ada')) === 'REFUSED SUSPENDED 0' ? true : undefined))).toBe(true);
  }, 60_000);

  test('when the token is revoked', async () => {
    const { token, apiToken: { id } } = await named({ subject: 'bea', organizations: ['seoram:member'] });
    const answer = await stoppedBy('token revoked', token, async () => good(ask(servers.first, 'mutation($id: ID!) { revokeApiToken(id: $id) { id } }', await signPerson(servers.folder, { subject: 'bea', organizations: ['seoram:member'] }), { id })));
    expect(codes(answer)).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
  }, 60_000);

  test('when the grant is revoked', async () => {
    const { token } = await named({ subject: 'cho', organizations: ['uni:member'] });
    const { id } = await good<{ id: string }>(ask(servers.first, 'mutation($input: RequestAccessInput!) { requestAccess(input: $input) { id } }', token, { input: { dataset, purpose, project: 'Survival', reason: 'Compare survival by age.' } }));
    await good(ask(servers.first, 'mutation($id: ID!) { approveAccessRequest(id: $id) { state } }', mina, { id }));
    await until(async () => ((await ask(servers.second, slow, token)).errors ? undefined : true));
    const answer = await stoppedBy('grant revoked', token, () => good(ask(servers.first, 'mutation($id: ID!) { revokeAccess(id: $id, reason: "test") { state } }', jun, { id })));
    expect(answer.data).toEqual(nothing);
    expect(codes(answer)).toEqual(['FORBIDDEN NO_LONGER']);
    expect(await until(async () => ((await lastDecision('cho')) === 'REFUSED NO_LONGER 0' ? true : undefined))).toBe(true);
  }, 60_000);

  test('when rules are tightened, also those that leave the table open; a note or a rule of elsewhere changes nothing', async () => {
    const answer = await stoppedBy('rules', member, () => rules([{ id: 'ages', effect: 'columns', columns: ['age'], transform: { kind: 'bin', width: 10 } }]));
    expect({ data: answer.data, codes: codes(answer) }).toEqual({ data: nothing, codes: ['FORBIDDEN NO_LONGER'] });
    await until(async () => (JSON.stringify((await ask(servers.second, slow, member)).data).includes('40') ? true : undefined));

    await hold();
    const untouched = ask(servers.second, slow, member);
    await isHeld();
    await rules([{ id: 'ages', effect: 'columns', columns: ['age'], transform: { kind: 'bin', width: 10 } }, { id: 'cite', effect: 'deny', tables: ['transplants'], to: { attribute: 'person.id', eq: 'nobody' } }]);
    const { rows: [now] } = await database.query<{ revision: string }>('select revision from dure.catalog_state');
    await until(async () => ((await database.query<{ n: number }>('select count(*)::int as n from dure.process where catalog_revision < $1', [now!.revision])).rows[0]!.n === 0 ? true : undefined));
    await release();
    expect(codes(await untouched)).toEqual([]);
    await rules([]);
  }, 60_000);

  test('when the dataset is frozen: over HTTP, at first sight too, and over a WebSocket', async () => {
    await until(async () => ((await ask(servers.second, slow, member)).errors ? undefined : true));
    await hold();
    const client = createClient({ url: `${servers.second.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: `Bearer ${member}` } });
    try {
      const answers = [
        ask(servers.second, slow, member), ask(servers.second, slow.replace('first: 2', 'first: 3'), member), ask(servers.first, slow, member),
        client.iterate({ query: slow }).next().then(({ value }) => value as Answer),
      ];
      await until(async () => ((await waiting()) === 4 ? true : undefined));
      const since = Date.now();
      await good(ask(servers.first, 'mutation($input: DeclareIncidentInput!) { declareIncident(input: $input) { everywhere } }', mina, { input: { dataset, reason: 'A person was recognised.' } }));
      for (const answer of await Promise.all(answers)) expect({ data: answer.data, codes: codes(answer) }).toEqual({ data: nothing, codes: ['FORBIDDEN FROZEN'] });
      tell('frozen', since);
      await isOver();
    } finally {
      await client.dispose();
      await release();
    }
    await thaw();
  }, 60_000);
});

describe('a job that runs is stopped when its dataset is frozen', () => {
  const jobs = async (kind: string): Promise<readonly { id: string; state: string }[]> => (await database.query<{ id: string; state: string }>(`select j.id, j.state from dure.job j join dure.dataset d on d.id = j.dataset_id where j.kind = $1 and d.name = 'kidney-transplants' order by j.created_at desc`, [kind])).rows;
  const lastMessage = async (id: string): Promise<string | undefined> => (await database.query<{ message: string }>('select message from dure.job_event where job_id = $1 order by seq desc limit 1', [id])).rows[0]?.message;
  for (const [kind, document] of [
    ['PREPARE_COLUMNS', { rules: [{ id: 'ids', effect: 'columns', columns: ['patient_id'], transform: { kind: 'hash', scope: 'dataset' } }] }],
    ['MAKE_RELEASES', { rules: [{ id: 'figures', effect: 'granularity', atMost: 'aggregate', minimumCell: 5 }], releases: [{ id: 'by-sex', table: 'transplants', minimumCell: 5, dimensions: [{ column: 'sex', values: ['male', 'female'] }] }] }],
  ] as const) {
    test(`${kind}, in the middle of its statement; it is asked for anew when the incident ends`, async () => {
      await hold();
      await good(ask(servers.first, 'mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', mina, { input: { dataset, document } }));
      await isHeld();
      const [{ id }] = (await jobs(kind)) as unknown as [{ id: string }];
      const since = Date.now();
      await good(ask(servers.first, 'mutation($input: DeclareIncidentInput!) { declareIncident(input: $input) { everywhere } }', mina, { input: { dataset, reason: 'A person was recognised.' } }));
      await until(async () => ((await jobs(kind))[0]!.state === 'CANCELED' ? true : undefined));
      tell(kind, since);
      expect(await lastMessage(id)).toMatch(/it may go on no more.*frozen because of an incident/);
      await isOver();
      await release();
      await thaw();
      await until(async () => {
        const [newest] = await jobs(kind);
        return newest!.id !== id && newest!.state === 'COMPLETE' ? true : undefined;
      });
    }, 60_000);
  }
});
