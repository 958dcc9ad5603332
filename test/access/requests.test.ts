/** Requests for access over HTTP on published data: from the question to the end of the grant, with what each side sees. */
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

const dataset = 'seoram/kidney-transplants';
const purpose = 'DUO_0000006';
let dure: Running;
let database: pg.Pool;
let ada: string;
let mina: string;
let jun: string;
beforeAll(async () => {
  dure = await startRunning();
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 });
  ada = await signPerson(dure.folder, { subject: 'ada', name: 'Ada', organizations: ['uni:member'], country: 'KR' });
  mina = await signPerson(dure.folder, { subject: 'mina', name: 'Mina', organizations: ['seoram:steward'] });
  jun = await signPerson(dure.folder, { subject: 'jun', name: 'Jun', organizations: ['seoram:steward'] });
}, 60_000);
afterAll(async () => {
  await database.end();
  await dure.close();
}, 30_000);

const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);
const data = <T>(answer: GraphQLAnswer): T => {
  expect(answer.errors).toBeUndefined();
  return Object.values(answer.data as Record<string, T>)[0]!;
};
const byGrant = { id: 'granted', effect: 'allow', to: { grant: true } };
const rules = (access?: object, more: object[] = []): Promise<GraphQLAnswer> => dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', mina, { input: { dataset, document: { rules: [byGrant, ...more], ...(access ? { access } : {}) } } });
const request = (who: string | undefined, more: object = {}): Promise<GraphQLAnswer> => dure.ask('mutation($input: RequestAccessInput!) { requestAccess(input: $input) { id state remaining handler } }', who, { input: { dataset, purpose, project: 'Survival after transplants', reason: 'Compare survival by age.', ...more } });
const requested = async (more: object = {}, who = ada): Promise<string> => data<{ id: string }>(await request(who, more)).id;
const act = (name: string, who: string | undefined, id: string, more = ''): Promise<GraphQLAnswer> => dure.ask(`mutation($id: ID!) { ${name}(id: $id${more}) { id state remaining conditions begins ends missing } }`, who, { id });
const approve = (who: string, id: string, input: object = {}): Promise<GraphQLAnswer> => dure.ask('mutation($id: ID!, $input: ApproveAccessRequestInput) { approveAccessRequest(id: $id, input: $input) { state remaining begins ends conditions } }', who, { id, input });
const read = async (selection: string, who: string | undefined, declared = purpose): Promise<GraphQLAnswer> => {
  const response = await fetch(`${dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...dure.authorization(who), 'dure-purpose': declared }, body: JSON.stringify({ query: `{ seoram { kidneyTransplants { transplants${selection} } } }` }) });
  return (await response.json()) as GraphQLAnswer;
};
const count = (who: string | undefined, declared = purpose): Promise<GraphQLAnswer> => read(' { totalCount }', who, declared);
const kinds = async (id: string): Promise<string[]> => (await database.query<{ kind: string }>('select kind from dure.access_request_event where request_id = $1 order by seq', [id])).rows.map(({ kind }) => kind);
const audited = async (id: string): Promise<string[]> => (await database.query<{ kind: string }>(`select kind from dure_audit.entry where body::jsonb->'details'->>'request' = $1 order by at, seq`, [id])).rows.map(({ kind }) => kind);
async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const found = await what();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('it did not happen');
}

beforeEach(async () => {
  expect(codes(await dure.ask('mutation { setDatasetAccess(input: { dataset: "seoram/kidney-transplants", listed: true }) { dataset { path } } }', mina))).toEqual([]);
  for (const { id, state } of (await database.query<{ id: string; state: string }>(`select id, state from dure.access_request where state in ('DRAFT', 'SUBMITTED', 'APPROVED')`)).rows) {
    const { rows } = await database.query<{ subject: string }>('select subject from dure.access_request where id = $1', [id]);
    expect([state, codes(await act('withdrawAccessRequest', rows[0]!.subject === 'ada' ? ada : mina, id))]).toEqual([state, []]);
  }
  await rules();
});

describe('from the question to the grant', () => {
  test('two approve, the grant opens what was asked at once, with its purpose and conditions; it is given back', async () => {
    await rules({ approvals: 2 });
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    const asked = await request(ada, { tables: ['transplants'], columns: [{ table: 'transplants', columns: ['age', 'survival_time'] }], country: 'KR', irb: { number: 'IRB-1', expiresAt: '2099-01-01T00:00:00Z' } });
    expect(data(asked)).toMatchObject({ state: 'SUBMITTED', remaining: 2, handler: 'seoram:steward' });
    const { id } = data<{ id: string }>(asked);
    expect(data(await approve(mina, id, { conditions: ['No copies.'] }))).toMatchObject({ state: 'SUBMITTED', remaining: 1, begins: null, ends: null });
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    expect(codes(await approve(mina, id))).toEqual(['CONFLICT']);
    expect(data(await approve(jun, id))).toMatchObject({ state: 'APPROVED', remaining: 0, conditions: ['No copies.'] });

    const answer = await read('(first: 1) { totalCount nodes { age sex } }', ada);
    expect(answer).toMatchObject({ data: { seoram: { kidneyTransplants: { transplants: { totalCount: 863, nodes: [{ age: 46, sex: null }] } } } }, extensions: { grants: [{ id, dataset, conditions: ['No copies.'] }], withheld: [{ column: 'sex' }] } });
    // The owner sees what the person reads by it.
    const explained = await dure.ask('query($as: IdentityInput) { explainAccess(dataset: "seoram/kidney-transplants", as: $as) { code tables { columns { column rule } } } }', mina, { as: { subject: 'ada', purpose, country: 'KR' } });
    expect(data(explained)).toMatchObject({ code: 'GRANTED', tables: [{ columns: expect.arrayContaining([{ column: 'sex', rule: 'grant' }]) }] });
    const elsewhere = await dure.ask('query($as: IdentityInput) { explainAccess(dataset: "seoram/kidney-transplants", as: $as) { code } }', mina, { as: { subject: 'ada', issuer: 'https://other.example', purpose, country: 'KR' } });
    expect(data(elsewhere)).toEqual({ code: 'NOT_ADMITTED' });
    // Not for another purpose, not for another person, not filtered by what was not granted.
    expect(codes(await count(ada, 'DUO_0000042'))).toEqual(['FORBIDDEN']);
    expect(codes(await count(await signPerson(dure.folder, { subject: 'eve', country: 'KR' })))).toEqual(['FORBIDDEN']);
    expect(codes(await read('(where: { died: { eq: true } }) { totalCount }', ada))).toEqual(['FORBIDDEN']);
    // Where nobody asserts the country, or another, it is not in force.
    for (const country of [undefined, 'DE']) expect(codes(await count(await signPerson(dure.folder, { subject: 'ada', country })))).toEqual(['FORBIDDEN']);

    expect(data(await act('withdrawAccessRequest', ada, id))).toMatchObject({ state: 'WITHDRAWN' });
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    expect(await kinds(id)).toEqual(['SUBMITTED', 'VOTED', 'APPROVED', 'GIVEN_BACK']);
    expect(await audited(id)).toEqual(['GRANT_REQUESTED', 'GRANT_VOTED', 'GRANT_APPROVED', 'GRANT_WITHDRAWN']);
  });

  test('a steward revokes: it is closed with the answer, and the reason is read', async () => {
    const id = await requested();
    await approve(mina, id);
    expect((await count(ada)).errors).toBeUndefined();
    expect(data(await act('revokeAccess', jun, id, ', reason: "The study was stopped."'))).toMatchObject({ state: 'REVOKED' });
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    expect(codes(await act('revokeAccess', mina, id, ', reason: "Again"'))).toEqual(['CONFLICT']);
    const events = data<{ events: { kind: string; text: string; actor: unknown }[] }>(await dure.ask('query($id: ID!) { accessRequest(id: $id) { events { seq kind text actor { subject } } } }', ada, { id })).events;
    expect(events.at(-1)).toMatchObject({ kind: 'REVOKED', text: 'The study was stopped.', actor: null });
  });

  test('one refusal decides; afterwards one may ask anew', async () => {
    await rules({ approvals: 3 });
    const id = await requested();
    await approve(mina, id);
    expect(data(await act('rejectAccessRequest', jun, id, ', reason: "The purpose is not clear."'))).toMatchObject({ state: 'REJECTED' });
    expect(codes(await approve(await signPerson(dure.folder, { subject: 'third', organizations: ['seoram:owner'] }), id))).toEqual(['CONFLICT']);
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    expect(await requested()).not.toBe(id);
  });

  test('what is granted is no finer than what was asked', async () => {
    const id = await requested({ granularity: 'COUNT' });
    await approve(mina, id);
    expect((await count(ada)).errors).toBeUndefined();
    expect(codes(await read('(first: 1) { nodes { age } }', ada))).toEqual(['FORBIDDEN']);
    expect(codes(await read(' { aggregate { age { avg } } }', ada))).toEqual(['FORBIDDEN']);
  });

  test('nor than what was asked of a table that others read in part', async () => {
    const all = { id: 'all', effect: 'allow', to: { authenticated: true } };
    for (const rule of [
      { id: 'closed', effect: 'deny', to: { not: { grant: true } } },
      { id: 'young', effect: 'rows', where: { column: 'age', op: 'lt', value: 30 }, unless: { grant: true } },
      { id: 'figures', effect: 'granularity', atMost: 'count', minimumCell: 10, unless: { grant: true } },
    ]) {
      await rules(undefined, [all, rule]);
      const counted = await requested({ granularity: 'COUNT' });
      await approve(mina, counted);
      expect((await count(ada)).errors).toBeUndefined();
      expect(codes(await read('(first: 1) { nodes { age } }', ada))).toEqual(['FORBIDDEN']);
      expect(codes(await act('withdrawAccessRequest', ada, counted))).toEqual([]);
      const aged = await requested({ tables: ['transplants'], columns: [{ table: 'transplants', columns: ['age'] }] });
      await approve(mina, aged);
      expect(await read('(where: { age: { gt: 45 } }, first: 1) { nodes { age sex race } }', ada)).toMatchObject({ data: { seoram: { kidneyTransplants: { transplants: { nodes: [{ age: expect.any(Number), sex: null, race: null }] } } } }, extensions: { withheld: [{ column: 'sex', rule: 'grant' }, { column: 'race', rule: 'grant' }] } });
      expect(codes(await read('(where: { race: { isNull: false } }) { totalCount }', ada))).toEqual(['FORBIDDEN']);
      expect(codes(await act('withdrawAccessRequest', ada, aged))).toEqual([]);
    }
  });

  test('columns that a rule narrows are opened by `unless: grant`, and closed again with the grant', async () => {
    await rules(undefined, [{ id: 'all', effect: 'allow', to: { authenticated: true } }, { id: 'race', effect: 'columns', columns: ['race'], transform: { kind: 'deny' }, unless: { grant: true } }]);
    const race = async (): Promise<unknown> => (await read('(first: 1) { nodes { race } }', ada)).data;
    const cell = (value: string | null): unknown => ({ seoram: { kidneyTransplants: { transplants: { nodes: [{ race: value }] } } } });
    expect(await race()).toEqual(cell(null));
    const id = await requested();
    await approve(mina, id);
    expect(await race()).toEqual(cell('white'));
    await act('revokeAccess', mina, id, ', reason: "Over."');
    expect(await race()).toEqual(cell(null));
  });
});

describe('refusals', () => {
  test('a second open request is refused and names the first', async () => {
    const id = await requested();
    const again = await request(ada);
    expect(codes(again)).toEqual(['CONFLICT']);
    expect(again.errors![0]!.extensions).toMatchObject({ request: id, state: 'SUBMITTED' });
    const both = await Promise.all([request(mina), request(mina)]);
    expect(both.flatMap(codes)).toEqual(['CONFLICT']);
  });
  test('nobody approves their own request, by whichever token', async () => {
    const id = await requested({}, mina);
    expect(codes(await approve(mina, id))).toEqual(['FORBIDDEN']);
    const { token } = data<{ token: string }>(await dure.ask('mutation { createApiToken(input: { name: "t", scopes: [READ, RULES] }) { token } }', mina));
    expect(codes(await approve(token, id))).toEqual(['FORBIDDEN']);
    expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { mayDecide } }', mina, { id }))).toEqual({ mayDecide: false });
    expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { mayDecide } }', jun, { id }))).toEqual({ mayDecide: true });
  });
  test('a vote by an API token is the person\'s own: not a second one; a token that only reads has none', async () => {
    await rules({ approvals: 2 });
    const id = await requested();
    const create = async (scopes: string): Promise<string> => data<{ token: string }>(await dure.ask(`mutation { createApiToken(input: { name: "t", scopes: [${scopes}] }) { token } }`, mina)).token;
    expect(codes(await approve(await create('READ'), id))).toEqual(['FORBIDDEN']);
    expect(codes(await approve(await create('READ, RULES'), id))).toEqual([]);
    expect(codes(await approve(mina, id))).toEqual(['CONFLICT']);
  });
  test('who is not on the committee decides nothing, and sees nothing', async () => {
    const id = await requested();
    const eve = await signPerson(dure.folder, { subject: 'eve' });
    for (const name of ['approveAccessRequest', 'withdrawAccessRequest']) expect(codes(await act(name, eve, id))).toEqual(['NOT_FOUND']);
    expect(codes(await approve('administrator', id))).toEqual(['FORBIDDEN']);
    expect(codes(await act('withdrawAccessRequest', mina, id))).toEqual(['FORBIDDEN']);
    for (const who of [eve, undefined]) expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { state } }', who, { id }))).toBeNull();
    expect(codes(await request(undefined))).toEqual(['UNAUTHENTICATED']);
    expect(codes(await dure.ask('{ accessRequests { nodes { id } } }'))).toEqual(['UNAUTHENTICATED']);
    expect(data(await dure.ask('{ accessRequests { nodes { id } } }', eve))).toEqual({ nodes: [] });
  });
  test('a draft is its writer\'s alone until it is submitted', async () => {
    const id = await requested({ draft: true });
    expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { state } }', mina, { id }))).toBeNull();
    expect(codes(await approve(mina, id))).toEqual(['NOT_FOUND']);
    const revised = await dure.ask('mutation($id: ID!, $input: RequestAccessInput!) { reviseAccessRequest(id: $id, input: $input) { project state } }', ada, { id, input: { dataset, purpose, project: 'Better', reason: 'Clearer.' } });
    expect(data(revised)).toEqual({ project: 'Better', state: 'DRAFT' });
    expect(data(await act('submitAccessRequest', ada, id))).toMatchObject({ state: 'SUBMITTED' });
    expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { project } }', mina, { id }))).toEqual({ project: 'Better' });
  });
  test('a dataset that nothing would open by a grant, one that is not there, tables that are not there', async () => {
    await dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', mina, { input: { dataset, document: { rules: [] } } });
    const requestable = async (): Promise<unknown> => (await dure.ask(`{ dataset(id: "${dataset}") { access { requestable } } }`, ada)).data;
    expect(await requestable()).toEqual({ dataset: { access: { requestable: false } } });
    const nothing = await request(ada);
    expect(codes(nothing)).toEqual(['BAD_USER_INPUT']);
    expect(nothing.errors![0]!.message).toMatch(/No rule of seoram\/kidney-transplants opens anything by a grant/);
    await rules();
    expect(await requestable()).toEqual({ dataset: { access: { requestable: true } } });
    expect(codes(await request(ada, { dataset: 'seoram/nothing' }))).toEqual(['NOT_FOUND']);
    const wrong = await request(ada, { tables: ['nothing'], purpose: 'research' });
    expect(wrong.errors![0]!.extensions.mistakes).toMatchObject([{ path: 'purpose' }, { path: 'tables' }]);
    // Unlisted: it is not told that it exists.
    await dure.ask('mutation { setDatasetAccess(input: { dataset: "seoram/kidney-transplants", listed: false }) { dataset { path } } }', mina);
    expect(codes(await request(ada))).toEqual(['NOT_FOUND']);
  });
  test('the part of the rule document that says how it is decided is validated with its place', async () => {
    const wrong = await rules({ committee: ['everybody'], approvals: 0, days: 3 });
    expect(codes(wrong)).toEqual(['BAD_USER_INPUT']);
    expect((wrong.errors![0]!.extensions.mistakes as { path: string }[]).map(({ path }) => path).sort()).toEqual(['access', 'access.approvals', 'access.committee.0']);
  });
});

describe('what each side sees', () => {
  test('the committee sees who asked and why; the requester where it stands, and not who voted, unless the rules tell it', async () => {
    await rules({ approvals: 2, committee: ['seoram:steward', 'person:mina'] });
    const id = await requested();
    await approve(mina, id, { comment: 'Fine by me.' });
    await act('commentAccessRequest', mina, id, ', text: "Is the age needed?"');
    await act('commentAccessRequest', mina, id, ', text: "I doubt it.", internal: true');
    await act('commentAccessRequest', ada, id, ', text: "It is."');
    const look = async (who: string): Promise<unknown> => data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { requester { subject name } organizations reason handler remaining events { seq kind text actor { subject } } } }', who, { id }));
    expect(await look(jun)).toEqual({
      requester: { subject: 'ada', name: 'Ada' }, organizations: ['uni'], reason: 'Compare survival by age.', handler: 'seoram:steward, person:mina', remaining: 1,
      events: [
        { seq: 1, kind: 'SUBMITTED', text: null, actor: { subject: 'ada' } }, { seq: 2, kind: 'VOTED', text: 'Fine by me.', actor: { subject: 'mina' } }, { seq: 3, kind: 'COMMENTED', text: 'Is the age needed?', actor: { subject: 'mina' } },
        { seq: 4, kind: 'COMMENTED', text: 'I doubt it.', actor: { subject: 'mina' } }, { seq: 5, kind: 'COMMENTED', text: 'It is.', actor: { subject: 'ada' } },
      ],
    });
    const own = (await look(ada)) as { handler: string; events: unknown[] };
    expect(own).toMatchObject({
      handler: 'seoram:steward, seoram: data access committee', remaining: 1,
      events: [{ seq: 1, actor: { subject: 'ada' } }, { seq: 2, kind: 'VOTED', text: null, actor: null }, { seq: 3, text: 'Is the age needed?', actor: null }, { seq: 5, text: 'It is.' }],
    });
    expect(JSON.stringify(own)).not.toMatch(/mina|Fine by me|doubt/);
    await rules({ approvals: 2, tellVotes: true });
    expect(await look(ada)).toMatchObject({ events: [{}, { actor: { subject: 'mina' } }, {}, { seq: 5 }] });
  });
  test('the inbox holds what one decides, by filters, page by page', async () => {
    const id = await requested();
    const list = async (who: string, where: string): Promise<string[]> => data<{ nodes: { id: string }[] }>(await dure.ask(`{ accessRequests(where: ${where}) { nodes { id } } }`, who)).nodes.map((node) => node.id);
    expect(await list(mina, '{ state: [SUBMITTED] }')).toEqual([id]);
    expect(await list(mina, '{ state: [SUBMITTED], mine: true }')).toEqual([]);
    expect(await list(mina, `{ dataset: ["${dataset}"], state: [SUBMITTED] }`)).toEqual([id]);
    expect(await list(mina, '{ dataset: ["hanbit/elements"] }')).toEqual([]);
    expect(await list(ada, '{ mine: true, state: [SUBMITTED, DRAFT] }')).toEqual([id]);
    const all = await list(mina, '{}');
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } = data(await dure.ask('query($a: String) { accessRequests(first: 2, after: $a) { nodes { id } pageInfo { hasNextPage endCursor } } }', mina, { a: after }));
      seen.push(...page.nodes.map((node) => node.id));
      [after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage];
    }
    expect(seen).toEqual(all);
  });
});

describe('by the clock', () => {
  test('an ethics approval that ends closes its grant at that instant, with an event and an entry of the audit', async () => {
    const { ends } = (await database.query<{ ends: Date }>(`select date_trunc('milliseconds', clock_timestamp() + interval '3 seconds') as ends`)).rows[0]!;
    const id = await requested({ irb: { number: 'IRB-9', expiresAt: ends.toISOString() } });
    expect(data(await approve(mina, id))).toMatchObject({ state: 'APPROVED', ends: ends.toISOString() });
    expect((await count(ada)).errors).toBeUndefined();
    const closed = await until(async () => {
      const { rows: [before] } = await database.query<{ now: Date }>('select clock_timestamp() as now');
      const answer = await count(ada);
      // Never a moment too late: what was asked after the end is refused, whatever the server's clock says.
      if (before!.now >= ends) expect(codes(answer)).toEqual(['FORBIDDEN']);
      return answer.errors ? before!.now : undefined;
    });
    expect(closed.getTime()).toBeGreaterThan(ends.getTime() - 5_000);
    await until(async () => ((await kinds(id)).includes('EXPIRED') ? true : undefined));
    expect(await kinds(id)).toEqual(['SUBMITTED', 'APPROVED', 'EXPIRED']);
    const told = data<{ state: string; events: { text: string; details: unknown }[] }>(await dure.ask('query($id: ID!) { accessRequest(id: $id) { state events { text details } } }', ada, { id }));
    expect(told).toMatchObject({ state: 'EXPIRED', events: [{}, {}, { text: 'The ethics approval IRB-9 ended.', details: { cause: 'IRB', from: 'APPROVED' } }] });
    expect(await until(async () => ((await audited(id)).includes('GRANT_EXPIRED') ? true : undefined))).toBe(true);
  }, 40_000);
  test('a request of whose period nothing is left closes by itself; a grant that begins later opens then', async () => {
    const { rows: [at] } = await database.query<{ soon: Date; later: Date }>(`select clock_timestamp() + interval '2 seconds' as soon, clock_timestamp() + interval '1 hour' as later`);
    const waiting = await requested({ until: at!.soon.toISOString() }, await signPerson(dure.folder, { subject: 'slow' }));
    const id = await requested({ from: at!.soon.toISOString(), until: at!.later.toISOString() });
    expect(data(await approve(mina, id))).toMatchObject({ state: 'APPROVED', begins: at!.soon.toISOString() });
    expect(codes(await count(ada))).toEqual(['FORBIDDEN']);
    await until(async () => ((await count(ada)).errors ? undefined : true));
    const { rows: [now] } = await database.query<{ now: Date }>('select clock_timestamp() as now');
    expect(now!.now.getTime()).toBeGreaterThanOrEqual(at!.soon.getTime());
    expect(await until(async () => ((await kinds(waiting)).includes('EXPIRED') ? true : undefined))).toBe(true);
    expect(codes(await approve(mina, waiting))).toEqual(['CONFLICT']);
  }, 40_000);
});

describe('kept', () => {
  test('events are numbered without gaps however many write at once, and nobody can change them', async () => {
    const id = await requested();
    await Promise.all(Array.from({ length: 12 }, (_, n) => act('commentAccessRequest', n % 2 ? ada : mina, id, `, text: "remark ${n}"`)));
    const { rows } = await database.query<{ seq: number }>('select seq from dure.access_request_event where request_id = $1 order by seq', [id]);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
    for (const sql of ['update dure.access_request_event set text = null', 'delete from dure.access_request_event', 'truncate dure.access_request_event']) await expect(database.query(sql)).rejects.toThrow(/append-only/);
  });
  test('columns that the dataset no longer has are told, and the request is not approved', async () => {
    const id = await requested({ columns: [{ table: 'transplants', columns: ['age'] }] });
    await database.query(`update dure.access_request set wanted = jsonb_set(wanted, '{columns}', '{"transplants": ["age", "weight"]}') where id = $1`, [id]);
    expect(data(await dure.ask('query($id: ID!) { accessRequest(id: $id) { missing } }', ada, { id }))).toEqual({ missing: ['column "transplants.weight"'] });
    const refused = await approve(mina, id);
    expect(codes(refused)).toEqual(['CONFLICT']);
    expect(refused.errors![0]!.extensions).toMatchObject({ missing: ['column "transplants.weight"'] });
  });
});
