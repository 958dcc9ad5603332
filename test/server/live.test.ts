/**
 * What is open when somebody's rights end: two real server processes over one database, real WebSocket and event-stream clients on both.
 * Bounds are generous, since machines of tests are busy; set DURE_TEST_TIMES to print what was measured.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import { startTwoServers, type ServerProcess, type TwoServers } from '../support/processes.js';
import { signPerson, type TestPerson } from '../support/tokens.js';

const dataset = 'seoram/kidney-transplants';
const bound = 10_000;
let servers: TwoServers;
let admin: string;
let steward: string;
beforeAll(async () => {
  servers = await startTwoServers();
  admin = await apiToken({ subject: 'root', roles: ['administrator'] }, 'READ, RULES, ADMIN');
  steward = await apiToken({ subject: 'mina', organizations: ['seoram:steward'] }, 'READ, RULES');
}, 120_000);
afterAll(() => servers.close(), 60_000);

type Answer = { data?: Record<string, never>; errors?: { message: string; extensions: Record<string, unknown> }[] };
async function ask(server: ServerProcess, query: string, token: string, variables: object = {}): Promise<Answer & { status: number }> {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
  return { ...((await response.json()) as Answer), status: response.status };
}
async function good<T>(answer: Promise<Answer>): Promise<T> {
  const { data, errors } = await answer;
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data!)[0] as T;
}
/** Of the person that the first server's demo tokens could name: both servers know it. */
async function apiToken(person: TestPerson, scopes = 'READ, RULES', expiresAt?: Date): Promise<string> {
  return (await namedToken(person, scopes, expiresAt)).token;
}
async function namedToken(person: TestPerson, scopes = 'READ, RULES', expiresAt?: Date): Promise<{ token: string; apiToken: { id: string } }> {
  return good(ask(servers.first, `mutation($e: DateTime) { createApiToken(input: { name: "live", scopes: [${scopes}], expiresAt: $e }) { token apiToken { id } } }`, await signPerson(servers.folder, person), { e: expiresAt?.toISOString() ?? null }));
}

interface Open { readonly where: string; readonly events: unknown[]; readonly ended: Promise<{ at: number; code: unknown }>; readonly close: () => void }

/** A subscription over a WebSocket; ends with the code of its last error or of the close. */
function overSocket(server: ServerProcess, token: string, query: string, variables: Record<string, unknown>): Open {
  const events: unknown[] = [];
  const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: `Bearer ${token}` } });
  const ended = (async () => {
    let code: unknown;
    try {
      for await (const event of client.iterate({ query, variables })) {
        if (event.errors) code = event.errors[0]!.extensions?.code;
        else events.push(event.data);
      }
    } catch (error) {
      code = (error as { code?: number }).code ?? String(error);
    }
    return { at: Date.now(), code };
  })();
  return { where: `${server.url} ws`, events, ended, close: () => void client.dispose() };
}

function overEventStream(server: ServerProcess, token: string, query: string, variables: Record<string, unknown>): Open {
  const events: unknown[] = [];
  const leaving = new AbortController();
  const ended = (async () => {
    let code: unknown;
    try {
      const response = await fetch(`${server.url}/graphql`, { method: 'POST', signal: leaving.signal, headers: { accept: 'text/event-stream', 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
      let text = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const messages = (text + chunk).split('\n\n');
        text = messages.pop()!;
        for (const message of messages) {
          const [, told] = /^event: next\ndata: (.*)$/s.exec(message) ?? [];
          if (told === undefined) continue;
          const event = JSON.parse(told) as Answer;
          if (event.errors) code = event.errors[0]!.extensions.code;
          else events.push(event.data);
        }
      }
    } catch (error) {
      code ??= leaving.signal.aborted ? 'left' : String(error);
    }
    return { at: Date.now(), code };
  })();
  return { where: `${server.url} sse`, events, ended, close: () => leaving.abort() };
}

/** On both servers, over both transports; resolves when each has had its first event. */
async function everywhere(token: string, query: string, variables: Record<string, unknown> = {}, firstEvent = true): Promise<Open[]> {
  const opened = [servers.first, servers.second].flatMap((server) => [overSocket(server, token, query, variables), overEventStream(server, token, query, variables)]);
  if (firstEvent) await eventually(() => opened.every(({ events }) => events.length > 0));
  else await new Promise((done) => setTimeout(done, 700));
  return opened;
}
async function eventually(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    if (Date.now() > end) throw new Error('it did not come true');
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** All end, in time; tells how long the slowest took. */
async function allEnd(what: string, opened: readonly Open[], since: number, socketCodes: readonly unknown[], streamCode: unknown): Promise<void> {
  const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error(`${what}: still open after ${bound} ms`)), bound).unref());
  const ends = await Promise.race([Promise.all(opened.map(async (open) => ({ open, ...(await open.ended) }))), late]);
  if (process.env.DURE_TEST_TIMES) console.error(what, ends.map(({ open, at, code }) => `${open.where.slice(-8)} ${at - since} ms (${String(code)})`).join(', '));
  for (const { open, code } of ends) {
    if (open.where.endsWith('ws')) expect(socketCodes).toContain(code);
    else expect(code).toBe(streamCode);
  }
}

const request = 'mutation($input: RequestAccessInput!) { requestAccess(input: $input) { id } }';
const events = 'subscription($id: ID!) { accessRequestEvents(request: $id) { seq kind } }';
let number = 0;
/** Somebody new with a request of their own, whose events they follow. */
async function asker(more: object = {}, expiresAt?: Date): Promise<{ subject: string; token: string; tokenId: string; id: string }> {
  const subject = `asker-${(number += 1)}`;
  const { token, apiToken: { id: tokenId } } = await namedToken({ subject }, undefined, expiresAt);
  const { id } = await good<{ id: string }>(ask(servers.first, request, token, { input: { dataset: 'seoram/lung-cancer', purpose: 'DUO_0000006', project: 'Live', reason: 'To see what ends.', ...more } }));
  return { subject, token, tokenId, id };
}
const setRules = (of: string, document: object): Promise<Answer> => ask(servers.second, 'mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', steward, { input: { dataset: of, document } });
const byGrant = { rules: [{ id: 'granted', effect: 'allow', to: { grant: true } }] };

describe('the person', () => {
  beforeAll(async () => { await good(setRules('seoram/lung-cancer', byGrant)); });

  test('an API token that is revoked on one server ends what is open by it on both', async () => {
    const { token, tokenId, id } = await asker();
    const opened = await everywhere(token, events, { id });
    const since = Date.now();
    await good(ask(servers.first, 'mutation($id: ID!) { revokeApiToken(id: $id) { id } }', await signPerson(servers.folder, { subject: `asker-${number}` }), { id: tokenId }));
    await allEnd('revoked token', opened, since, [4401], 'UNAUTHENTICATED');
    for (const server of [servers.first, servers.second]) expect((await ask(server, '{ me { subject } }', token)).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  }, 60_000);

  test('a token that expires ends what is open by it', async () => {
    const { token, id } = await asker({}, new Date(Date.now() + 6_000));
    const opened = await everywhere(token, events, { id });
    // The socket and the stream have a timer each: either may be first.
    await allEnd('expired token', opened, Date.now(), [4403, 'UNAUTHENTICATED'], 'UNAUTHENTICATED');
  }, 60_000);

  test('a person who is suspended is refused everything, everywhere, whichever token they use; and may come back', async () => {
    const { token, id, subject } = await asker();
    const another = await apiToken({ subject });
    const opened = [...(await everywhere(token, events, { id })), ...(await everywhere(another, events, { id }))];
    const since = Date.now();
    const suspension = await good<{ id: string }>(ask(servers.second, 'mutation($s: String!) { suspendPerson(subject: $s, reason: "Left the institute.") { id } }', admin, { s: subject }));
    await allEnd('suspended person', opened, since, [4403], 'FORBIDDEN');
    for (const server of [servers.first, servers.second]) {
      for (const each of [token, another]) expect((await ask(server, '{ me { subject } }', each)).errors![0]).toMatchObject({ extensions: { code: 'FORBIDDEN', reason: 'SUSPENDED' } });
      const upload = await fetch(`${server.url}/uploads`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' }, body: 'a\n1\n' });
      expect(upload.status).toBe(403);
    }
    expect((await ask(servers.first, '{ me { subject } }', await signPerson(servers.folder, { subject }))).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect((await ask(servers.first, 'mutation($s: String!) { suspendPerson(subject: $s, reason: "x") { id } }', admin, { s: subject })).errors![0]!.extensions.code).toBe('CONFLICT');
    await good(ask(servers.first, 'mutation($id: ID!) { restorePerson(suspension: $id) { liftedAt } }', admin, { id: suspension.id }));
    expect(await good<unknown>(ask(servers.first, '{ me { subject } }', token))).toEqual({ subject });
    for (const who of [steward, token]) expect((await ask(servers.first, 'mutation { suspendPerson(subject: "x", reason: "x") { id } }', who)).errors![0]!.extensions.code).toBe('FORBIDDEN');
    expect((await ask(servers.first, 'mutation { suspendPerson(subject: "root", reason: "x") { id } }', admin)).errors![0]!.extensions.code).toBe('BAD_USER_INPUT');
  }, 60_000);

  test('a socket that is open answers nothing more once the token behind it is revoked', async () => {
    const subject = 'socket';
    const { token, apiToken: { id } } = await namedToken({ subject });
    const sockets: Client[] = [servers.first, servers.second].map((server) => createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0, connectionParams: { authorization: `Bearer ${token}` }, onNonLazyError: () => undefined }));
    const once = async (client: Client, query: string): Promise<unknown> => {
      try {
        for await (const { data, errors } of client.iterate<unknown>({ query })) return errors ? errors[0]!.extensions?.code : data;
        return 'nothing';
      } catch (error) {
        return (error as { code?: number }).code ?? 'failed';
      }
    };
    for (const client of sockets) expect(await once(client, '{ me { subject } }')).toEqual({ me: { subject } });
    await good(ask(servers.first, 'mutation($id: ID!) { revokeApiToken(id: $id) { id } }', await signPerson(servers.folder, { subject }), { id }));
    // The server that revoked it refuses from then on; the other one soon.
    const refused = (told: unknown): boolean => told === 'UNAUTHENTICATED' || told === 4401 || told === 'failed';
    for (const query of ['{ me { subject } }', 'mutation { createApiToken(input: { name: "x", scopes: [READ] }) { token } }']) expect(refused(await once(sockets[0]!, query))).toBe(true);
    for (const end = Date.now() + bound; !refused(await once(sockets[1]!, '{ me { subject } }'));) {
      expect(Date.now()).toBeLessThan(end);
      await new Promise((done) => setTimeout(done, 20));
    }
    for (const client of sockets) void client.dispose();
  }, 60_000);
});

describe('the grant and the rules', () => {
  const follow = 'subscription($d: ID) { datasetEvents(dataset: $d) { kind dataset { path } } }';
  const nudge = (of: string, visibility: string, who = steward): Promise<Answer> => ask(servers.first, `mutation { setDatasetAccess(input: { dataset: "${of}", visibility: ${visibility} }) { dataset { path } } }`, who);

  /** Somebody to whom an unlisted dataset exists by a grant alone. */
  async function granted(until?: Date): Promise<{ token: string; id: string }> {
    const subject = `granted-${(number += 1)}`;
    const token = await apiToken({ subject });
    await good(ask(servers.first, `mutation { setDatasetAccess(input: { dataset: "${dataset}", listed: true }) { dataset { path } } }`, steward));
    await good(setRules(dataset, byGrant));
    const until2 = until ? { until: until.toISOString() } : {};
    const wait = async (): Promise<Answer> => ask(servers.first, request, token, { input: { dataset, purpose: 'DUO_0000006', project: 'Live', reason: 'To see what ends.', ...until2 } });
    let asked = await wait();
    for (const end = Date.now() + bound; asked.errors && Date.now() < end;) {
      await new Promise((done) => setTimeout(done, 50));
      asked = await wait();
    }
    const { id } = await good<{ id: string }>(Promise.resolve(asked));
    await good(ask(servers.first, `mutation { setDatasetAccess(input: { dataset: "${dataset}", listed: false }) { dataset { path } } }`, steward));
    const exists = async (server: ServerProcess): Promise<boolean> => (await ask(server, `{ dataset(id: "${dataset}") { path } }`, token)).data!.dataset !== null;
    for (const server of [servers.first, servers.second]) for (const end = Date.now() + bound; await exists(server);) if (Date.now() > end) throw new Error('still there');
    await good(ask(servers.first, 'mutation($id: ID!) { approveAccessRequest(id: $id) { state } }', steward, { id }));
    for (const server of [servers.first, servers.second]) for (const end = Date.now() + bound; !(await exists(server));) if (Date.now() > end) throw new Error('not there');
    return { token, id };
  }

  test('a grant that is revoked closes what follows the dataset, and silences what follows all', async () => {
    const { token, id } = await granted();
    const bound1 = await everywhere(token, follow, { d: dataset }, false);
    const all = await everywhere(token, follow, {}, false);
    await good(nudge(dataset, 'RESTRICTED'));
    await good(nudge('seoram/lung-cancer', 'RESTRICTED'));
    // Nothing changed yet for this reader; a change of rules is an event for who may see the dataset.
    await good(setRules(dataset, { ...byGrant, contact: 'mailto:a@lab.example' }));
    await eventually(() => [...bound1, ...all].every((open) => open.events.some((event) => JSON.stringify(event).includes(dataset))));
    const since = Date.now();
    await good(ask(servers.first, 'mutation($id: ID!) { revokeAccess(id: $id, reason: "Over.") { state } }', steward, { id }));
    await allEnd('revoked grant', bound1, since, ['FORBIDDEN'], 'FORBIDDEN');
    const before = all.map((open) => open.events.length);
    await good(setRules(dataset, { ...byGrant, contact: 'mailto:b@lab.example' }));
    await good(setRules('seoram/lung-cancer', { ...byGrant, contact: `mailto:c${Date.now()}@lab.example` }));
    await eventually(() => all.every((open, index) => open.events.length > before[index]!));
    for (const [index, open] of all.entries()) expect(JSON.stringify(open.events.slice(before[index]))).not.toContain(dataset);
    for (const open of all) open.close();
  }, 90_000);

  test('a grant that ends by the clock closes what follows the dataset', async () => {
    const until = new Date(Date.now() + 9_000);
    const { token } = await granted(until);
    const opened = await everywhere(token, follow, { d: dataset }, false);
    await allEnd('grant that ended', opened, until.getTime(), ['FORBIDDEN'], 'FORBIDDEN');
    expect(Date.now()).toBeGreaterThanOrEqual(until.getTime() - 1_000);
  }, 90_000);

  test('rules that no longer admit close what follows the dataset', async () => {
    const { token } = await granted();
    const opened = await everywhere(token, follow, { d: dataset }, false);
    const since = Date.now();
    await good(setRules(dataset, { rules: [] }));
    await allEnd('changed rules', opened, since, ['FORBIDDEN'], 'FORBIDDEN');
  }, 90_000);

  test('the inbox of a committee tells of a request on whichever server it is made, and ends for who leaves the committee', async () => {
    await good(setRules('seoram/lung-cancer', { ...byGrant, access: { committee: ['person:outside'] } }));
    const outside = await apiToken({ subject: 'outside' });
    const inbox = await everywhere(outside, 'subscription { accessRequests(where: { state: [SUBMITTED] }) { matches request { id state } } }', {}, false);
    const { id } = await asker();
    await eventually(() => inbox.every((open) => JSON.stringify(open.events).includes(id)));
    const followed = await everywhere(outside, events, { id });
    const since = Date.now();
    await good(setRules('seoram/lung-cancer', byGrant));
    await allEnd('left the committee', followed, since, ['FORBIDDEN'], 'FORBIDDEN');
    const unseen = await asker();
    await good(ask(servers.second, 'mutation($id: ID!) { rejectAccessRequest(id: $id, reason: "No.") { state } }', steward, { id }));
    await new Promise((done) => setTimeout(done, 1_500));
    for (const open of inbox) {
      expect(JSON.stringify(open.events)).not.toContain(unseen.id);
      expect(JSON.stringify(open.events)).not.toContain('REJECTED');
      open.close();
    }
  }, 90_000);
});
