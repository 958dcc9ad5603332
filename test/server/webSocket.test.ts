import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient, type Client, type ExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createPlainEngine } from '../support/plainEngine.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const engine = createPlainEngine();
let server: TestServer;
const clients: Client[] = [];
beforeAll(async () => { server = await startTestServer(engine); });
afterAll(async () => {
  for (const client of clients) await client.dispose();
  await server.close();
});

function connect(authorization?: string, options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...(authorization ? { connectionParams: { authorization } } : {}), ...options });
  clients.push(client);
  return client;
}

async function collect(client: Client, query: string, variables?: Record<string, unknown>): Promise<ExecutionResult[]> {
  const results: ExecutionResult[] = [];
  for await (const result of client.iterate({ query, variables })) results.push(result as ExecutionResult);
  return results;
}

/** A socket that speaks the protocol by hand, and how it was closed. */
function bare(headers: Record<string, string> = {}, path = ''): { socket: WebSocket; closed: Promise<{ code: number; reason: string }> } {
  const socket = new WebSocket(server.socketUrl + path, 'graphql-transport-ws', { headers });
  const closed = new Promise<{ code: number; reason: string }>((done) => {
    socket.on('close', (code, reason) => done({ code, reason: String(reason) }));
    socket.on('error', (error) => done({ code: -1, reason: error.message }));
  });
  return { socket, closed };
}

function initialise(socket: WebSocket, payload?: unknown): void {
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
}

describe('operations', () => {
  test('a subscription gives each event and completes', async () => {
    expect(await collect(connect(), 'subscription ($to: Int!) { count(to: $to) }', { to: 3 })).toEqual([1, 2, 3].map((count) => ({ data: { count } })));
  });

  test('queries and mutations too, as the identity of connection_init', async () => {
    const client = connect('Bearer ada');
    expect(await collect(client, '{ who hello(name: "두레") }')).toEqual([{ data: { who: 'person', hello: 'Hello 두레' } }]);
    expect(await collect(client, 'mutation { set(value: 2) }')).toEqual([{ data: { set: 2 } }]);
  });

  test('errors carry code and request id', async () => {
    const [result] = await collect(connect(), '{ refused broken }');
    expect(result!.data).toEqual({ refused: null, broken: null });
    expect(result!.errors!.map((error) => error.extensions)).toEqual([{ code: 'FORBIDDEN', requestId: expect.any(String) }, { code: 'INTERNAL', requestId: expect.any(String) }]);
    expect(JSON.stringify(result)).not.toContain('1234');
  });

  test.each([
    ['{ hello', 'GRAPHQL_PARSE_FAILED'],
    ['{ helo }', 'GRAPHQL_VALIDATION_FAILED'],
    [`{ hello } # ${'x'.repeat(3_000)}`, 'LIMIT_EXCEEDED'],
  ])('a document that does not pass is refused before it runs: %.20s', async (query, code) => {
    await expect(collect(connect(), query)).rejects.toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code, requestId: expect.any(String) }) })]);
  });

  test('a subscription that is refused says so', async () => {
    const results = await collect(connect(), 'subscription { refusedStream }');
    expect(results[0]!.errors![0]).toEqual(expect.objectContaining({ message: 'No stream for you.', extensions: { code: 'FORBIDDEN', requestId: expect.any(String) } }));
  });

  test('completing ends the work behind', async () => {
    const before = engine.aborted;
    const iterator = connect().iterate({ query: 'subscription { forever }' });
    expect((await iterator.next()).value).toEqual({ data: { forever: 0 } });
    await iterator.return!();
    await expectSoon(() => engine.aborted === before + 1);
  });

  test('so does going away', async () => {
    const before = engine.aborted;
    const { socket } = bare();
    initialise(socket);
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { forever }' } }));
      if (type === 'next') socket.terminate();
    });
    await expectSoon(() => engine.aborted === before + 1);
  });

  test('a connection holds only so many', async () => {
    const client = connect();
    const open = [1, 2, 3].map(() => client.iterate({ query: 'subscription { forever }' }));
    for (const iterator of open) await iterator.next();
    await expect(collect(client, '{ hello }')).rejects.toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: 'LIMIT_EXCEEDED' }) })]);
    await open[0]!.return!();
    await expectSoon(async () => (await collect(client, '{ hello }').catch(() => [])).length === 1);
    for (const iterator of open.slice(1)) await iterator.return!();
  });
});

describe('connections', () => {
  test('a token that is refused closes with 4401 and the reason', async () => {
    const { socket, closed } = bare();
    initialise(socket, { authorization: 'Bearer wrong' });
    expect(await closed).toEqual({ code: 4401, reason: 'This token is unknown.' });
  });

  test('an authorization that is no text is refused', async () => {
    const { socket, closed } = bare();
    initialise(socket, { authorization: { token: 1 } });
    expect((await closed).code).toBe(4401);
  });

  test('asking before connection_init closes with 4401', async () => {
    const { socket, closed } = bare();
    socket.on('open', () => socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ hello }' } })));
    expect((await closed).code).toBe(4401);
  });

  test('the connection closes when its token expires', async () => {
    const { socket, closed } = bare();
    initialise(socket, { authorization: 'Bearer brief' });
    expect(await closed).toEqual({ code: 4403, reason: 'The token has expired.' });
  });

  test('nonsense closes with 4400, too large a message with 1009', async () => {
    const nonsense = bare();
    nonsense.socket.on('open', () => nonsense.socket.send('hello?'));
    expect((await nonsense.closed).code).toBe(4400);
    const large = bare();
    large.socket.on('open', () => large.socket.send('x'.repeat(50_000)));
    expect((await large.closed).code).toBe(1009);
  });

  test.each([['https://evil.example', false], ['https://front.example', true], ['null', false]])('a page of %s: %s', async (origin, allowed) => {
    const { socket, closed } = bare({ origin });
    socket.on('open', () => socket.close(1000));
    expect((await closed).code).toBe(allowed ? 1000 : -1);
  });

  test('a page of the server itself may connect', async () => {
    const { socket, closed } = bare({ origin: server.url });
    socket.on('open', () => socket.close(1000));
    expect((await closed).code).toBe(1000);
  });

  test('there is no socket on other paths', async () => {
    expect((await bare({}, '/elsewhere').closed).reason).toMatch(/404/);
  });
});

test('stopping closes sockets with 1001', async () => {
  const other = await startTestServer(createPlainEngine());
  const socket = new WebSocket(other.socketUrl, 'graphql-transport-ws');
  const closed = new Promise<number>((done) => socket.on('close', done));
  await new Promise((done) => socket.on('open', done));
  await other.close();
  expect(await closed).toBe(1001);
});

async function expectSoon(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  expect(await holds()).toBe(true);
}
