import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { addressPolicy, allowEntryProblem } from '../../../src/sources/remote/client/addressPolicy.js';
import type { ClientLimits, ClientOptions, SourceRequest } from '../../../src/sources/remote/client/options.js';
import { secretsOf } from '../../../src/sources/remote/client/secrets.js';
import { SourceClient } from '../../../src/sources/remote/client/sourceClient.js';
import { SourceError, type RemoteCall } from '../../../src/sources/remote/remoteSource.js';
import * as faults from '../../standins/faults.js';

const local = addressPolicy(['127.0.0.1']);
let server: faults.FaultyServer;
const clients: SourceClient[] = [];

beforeAll(async () => {
  server = await faults.startFaultyServer(({ path, query }) => {
    if (path === '/packed') return { headers: { 'content-encoding': 'gzip', 'content-length': '' }, body: 'replaced below' };
    return { body: { path, query: Object.fromEntries(query) } };
  });
});
afterEach(async () => {
  server.clear();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => server.close());

function client(limits: Partial<ClientLimits> = {}, options: Partial<ClientOptions> = {}): SourceClient {
  const made = new SourceClient({ source: 'standin', addresses: local, limits: { retryBaseMs: 1, ...limits }, ...options });
  clients.push(made);
  return made;
}

function call(ms = 5_000, signal = new AbortController().signal): RemoteCall {
  return { signal, deadline: performance.now() + ms, requestId: 'r1' };
}

const get = (path = '/a', more: Partial<SourceRequest> = {}): SourceRequest => ({ url: `${server.url}${path}`, label: 'things lookup', ...more });

async function failure(work: Promise<unknown>): Promise<SourceError> {
  const error = await work.then(() => new Error('it did not fail'), (reason: unknown) => reason);
  if (!(error instanceof SourceError)) throw error;
  expect(error.message).not.toContain('upstream secret text');
  return error;
}

describe('an answer', () => {
  test('comes parsed, with its time and address', async () => {
    const answer = await client().request(get('/a?x=1'), call());
    expect(answer).toMatchObject({ status: 200, body: { path: '/a', query: { x: '1' } }, url: `${server.url}/a?x=1` });
    expect(Date.now() - answer.fetchedAt.getTime()).toBeLessThan(10_000);
  });

  test('may be packed, but not to more than is allowed', async () => {
    const packed = (text: string): faults.Fault => async ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(text));
      return 'sent';
    };
    server.inject(packed('{"a":1}'), { times: 1 });
    expect((await client().request(get(), call())).body).toEqual({ a: 1 });
    server.inject(packed(JSON.stringify('x'.repeat(1_000_000))), { times: 1 });
    expect(await failure(client({ maxResponseBytes: 10_000 }).request(get(), call()))).toMatchObject({ code: 'SOURCE_INVALID', message: 'standin sent an answer that is longer than the 10000 bytes that are allowed.' });
  });

  test('that never ends is cut off at its bound', async () => {
    server.inject(faults.endlessBody());
    expect((await failure(client({ maxResponseBytes: 200_000 }).request(get(), call()))).code).toBe('SOURCE_INVALID');
    expect(server.requests).toHaveLength(1);
  });

  test('that nests too deep, is no JSON, or is a web page is refused', async () => {
    server.inject(faults.deepJson(65), { times: 1 });
    expect((await failure(client().request(get(), call()))).message).toBe('standin sent an answer that nests deeper than the 64 levels that are allowed.');
    server.inject(faults.deepJson(64), { times: 1 });
    await client().request(get(), call());
    server.inject(faults.wrongJson(), { times: 1 });
    expect((await failure(client().request(get(), call()))).message).toBe('standin sent an answer that is not JSON.');
    server.inject(faults.webPage(), { times: 1 });
    expect((await failure(client().request(get(), call()))).message).toBe('standin sent an answer that is not JSON by its content type.');
    server.inject(faults.reply({ body: '{"text":"[[[[ \\" [[[ \\\\"}' }), { times: 1 });
    expect((await client({ maxDepth: 1 }).request(get(), call())).body).toEqual({ text: '[[[[ " [[[ \\' });
  });

  test('is judged by the source\'s own rules first', async () => {
    server.inject(faults.xml('<code>22</code>'), { times: 2 });
    const judge: SourceRequest['judge'] = ({ text }) => (text.includes('<code>22</code>') ? { kind: 'failed', code: 'SOURCE_LIMITED', retry: false, reason: 'has answered enough for today' } : undefined);
    expect(await failure(client().request(get('/a', { judge }), call()))).toMatchObject({ code: 'SOURCE_LIMITED', message: 'standin has answered enough for today.' });
    const empty = await client().request(get('/a', { judge: () => ({ kind: 'empty' }) }), call());
    expect(empty.body).toBeUndefined();
  });
});

describe('retries', () => {
  test('a safe request is sent again after a passing failure, and each is counted', async () => {
    for (const fault of [faults.unavailable(), faults.dropped(), faults.halfBody(), faults.reply({ status: 500 }), faults.reply({ status: 504 })]) {
      server.clear();
      server.inject(fault, { times: 2 });
      const tally = { requests: 0 };
      const answer = await client().request(get(), call(), tally);
      expect(answer.status).toBe(200);
      expect(tally.requests).toBe(3);
      expect(server.requests).toHaveLength(3);
    }
  });

  test('no more often than allowed', async () => {
    server.inject(faults.unavailable());
    const tally = { requests: 0 };
    const error = await failure(client({ retries: 1 }).request(get(), call(), tally));
    expect(error).toMatchObject({ code: 'SOURCE_DOWN', message: 'standin answered 503.', details: { source: 'standin', status: 503 } });
    expect(tally.requests).toBe(2);
  });

  test('not of a request that changes something, nor of one that was wrong', async () => {
    server.inject(faults.unavailable(), { times: 1 });
    await failure(client().request(get('/a', { method: 'POST', body: '{}' }), call()));
    expect(server.requests).toHaveLength(1);
    server.inject(faults.unavailable(), { times: 1 });
    expect((await client().request(get('/a', { method: 'POST', body: '{}', repeatable: true }), call())).status).toBe(200);
    server.clear();
    server.inject(faults.reply({ status: 400, body: { messages: ['upstream secret text'] } }));
    expect(await failure(client().request(get(), call()))).toMatchObject({ code: 'SOURCE_INVALID', message: 'standin did not understand the request (400).' });
    server.inject(faults.reply({ status: 403, body: 'upstream secret text' }));
    expect(server.requests).toHaveLength(1);
  });

  test('Retry-After is waited for where there is time', async () => {
    server.inject(faults.tooMany(1), { times: 1 });
    const started = performance.now();
    expect((await client().request(get(), call(20_000))).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test('where there is not, the caller is told at once, and so are the next ones, without a request', async () => {
    const one = client();
    server.inject(faults.tooMany(30), { times: 1 });
    const error = await failure(one.request(get(), call(2_000)));
    expect(error).toMatchObject({ code: 'SOURCE_LIMITED', message: 'standin asks for fewer requests; try again in 30 s.', details: { retryAfterMs: 30_000, status: 429 } });
    const next = await failure(one.request(get(), call(2_000)));
    expect(next).toMatchObject({ code: 'SOURCE_LIMITED' });
    expect(next.message).toMatch(/^standin has asked for a pause; try again in (30|29) s\.$/);
    expect(server.requests).toHaveLength(1);
  });

  test('Retry-After may be a date', async () => {
    server.inject(faults.unavailable(new Date(Date.now() + 60_000).toUTCString()), { times: 1 });
    const error = await failure(client().request(get(), call(2_000)));
    expect(error.code).toBe('SOURCE_LIMITED');
    expect(error.details.retryAfterMs).toBeGreaterThan(50_000);
  });
});

describe('time', () => {
  test('an attempt ends at its time-out, and the next may succeed', async () => {
    server.inject(faults.silence(), { times: 1 });
    expect((await client({ timeoutMs: 150 }).request(get(), call())).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test('the caller\'s deadline is never passed, whatever the source does', async () => {
    for (const fault of [faults.silence(), faults.slowHeaders(20), faults.slowBody(20), faults.latency(3_000)]) {
      server.clear();
      server.inject(fault);
      const started = performance.now();
      expect(await failure(client().request(get(), call(200)))).toMatchObject({ code: 'SOURCE_TIMEOUT', message: 'standin did not answer in time.' });
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });

  test('a name that is never resolved takes no longer than the deadline either', async () => {
    const one = client({ timeoutMs: 300 }, { resolver: () => undefined });
    expect((await failure(one.request({ url: 'http://never.example/', label: 'x' }, call(100)))).code).toBe('SOURCE_TIMEOUT');
  });

  test('a caller that goes away gets its own reason, and no failure is counted', async () => {
    const { fault, arrived } = faults.hold();
    server.inject(fault);
    const going = new AbortController();
    const one = client();
    const work = one.request(get(), call(5_000, going.signal));
    await arrived;
    going.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    expect(one.health()).toMatchObject({ state: 'UNKNOWN', failures: 0, requests: 1 });
  });
});

describe('limits', () => {
  test('never more requests at one time than allowed, on as many connections, which are kept', async () => {
    const before = server.connections;
    server.inject(faults.latency(10));
    const one = client({ concurrency: 3 });
    await Promise.all(Array.from({ length: 20 }, () => one.request(get(), call())));
    expect(server.requests).toHaveLength(20);
    expect(server.mostOpen).toBe(3);
    expect(server.connections - before).toBe(3);
  });

  test('a caller that finds no free connection in its time is told so; the line goes on without it', async () => {
    const { fault, release, arrived } = faults.hold();
    server.inject(fault, { times: 1 });
    const one = client({ concurrency: 1 });
    const first = one.request(get(), call());
    await arrived;
    expect(await failure(one.request(get(), call(50)))).toMatchObject({ code: 'SOURCE_LIMITED' });
    const third = one.request(get('/third'), call());
    release();
    expect((await first).status).toBe(200);
    expect((await third).body).toMatchObject({ path: '/third' });
  });

  test('no more requests a second than allowed; whose turn would come too late is refused at once', async () => {
    const one = client({ requestsPerSecond: 20, burst: 2, concurrency: 10 });
    const started = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => one.request(get(), call())));
    expect(performance.now() - started).toBeGreaterThan(190);
    const slow = client({ requestsPerSecond: 0.01, burst: 1 });
    await slow.request(get(), call());
    expect(await failure(slow.request(get(), call(1_000)))).toMatchObject({ code: 'SOURCE_LIMITED' });
  });
});

describe('the breaker', () => {
  test('opens after failures in a row, tries once after a while, and closes on success', async () => {
    const states: string[] = [];
    const one = client({ retries: 0, breakerFailures: 3, breakerOpenMs: 100 });
    one.onHealth(({ state, breaker }) => states.push(`${state} ${breaker}`));
    await one.request(get(), call());
    server.inject(faults.unavailable());
    for (let i = 0; i < 3; i++) await failure(one.request(get(), call()));
    expect(one.health()).toMatchObject({ state: 'DOWN', breaker: 'OPEN', failures: 3, lastError: 'SOURCE_DOWN' });
    const sent = server.requests.length;
    expect((await failure(one.request(get(), call()))).message).toBe('standin has failed several times and is left alone for a while.');
    expect(server.requests).toHaveLength(sent);

    await new Promise((resolve) => { setTimeout(resolve, 120); });
    expect((await failure(one.request(get(), call()))).message).toBe('standin answered 503.');
    expect(one.health().breaker).toBe('OPEN');
    server.clear();
    await new Promise((resolve) => { setTimeout(resolve, 120); });
    await Promise.all([one.request(get(), call()), one.request(get(), call()), one.request(get(), call())]);
    expect(one.health()).toMatchObject({ state: 'UP', breaker: 'CLOSED' });
    expect(states).toEqual(['UP CLOSED', 'DEGRADED CLOSED', 'DOWN OPEN', 'DEGRADED HALF_OPEN', 'DOWN OPEN', 'DEGRADED HALF_OPEN', 'UP HALF_OPEN', 'UP CLOSED']);
  });

  test('while one tries, another waits no longer than its caller', async () => {
    const one = client({ retries: 0, breakerFailures: 1, breakerOpenMs: 1 });
    server.inject(faults.unavailable(), { times: 1 });
    await failure(one.request(get(), call()));
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    const { fault, arrived, release } = faults.hold();
    server.inject(fault, { times: 1 });
    const trial = one.request(get(), call());
    await arrived;
    expect((await failure(one.request(get(), call(50)))).code).toBe('SOURCE_TIMEOUT');
    release();
    expect((await trial).status).toBe(200);
  });

  test('a trial that its caller gives up proves nothing: the breaker does not close', async () => {
    const one = client({ retries: 0, breakerFailures: 1, breakerOpenMs: 1 });
    server.inject(faults.unavailable(), { times: 1 });
    await failure(one.request(get(), call()));
    await new Promise((resolve) => { setTimeout(resolve, 10); });
    const { fault, arrived } = faults.hold();
    server.inject(fault, { times: 1 });
    const going = new AbortController();
    const trial = one.request(get(), call(5_000, going.signal));
    await arrived;
    going.abort(new Error('gone'));
    await expect(trial).rejects.toThrow('gone');
    expect(one.health().breaker).toBe('OPEN');
  });

  test('requests that are wrong, limits and impatient callers do not open it', async () => {
    const one = client({ retries: 0, breakerFailures: 1 });
    server.inject(faults.reply({ status: 400 }), { times: 1 });
    await failure(one.request(get(), call()));
    server.inject(faults.tooMany(), { times: 1 });
    await failure(one.request(get(), call()));
    server.inject(faults.silence(), { times: 1 });
    await failure(one.request(get(), call(50)));
    expect((await one.request(get(), call())).status).toBe(200);
    expect(one.health().breaker).toBe('CLOSED');
  });

  test('answers that cannot be used do', async () => {
    const one = client({ retries: 0, breakerFailures: 2 });
    server.inject(faults.webPage());
    await failure(one.request(get(), call()));
    await failure(one.request(get(), call()));
    expect(one.health()).toMatchObject({ breaker: 'OPEN', lastError: 'SOURCE_INVALID' });
  });
});

describe('redirects', () => {
  test('are followed, a few', async () => {
    server.inject(faults.redirect('/b?y=2'), { times: 1 });
    const tally = { requests: 0 };
    expect(await client().request(get(), call(), tally)).toMatchObject({ body: { path: '/b' }, url: `${server.url}/b?y=2` });
    expect(tally.requests).toBe(2);
    server.inject(faults.redirect('/a'));
    expect((await failure(client({ maxRedirects: 2 }).request(get(), call()))).message).toBe('standin redirects too often.');
  });

  test('are checked again: protocol, address, credentials', async () => {
    const check = async (location: string, more: Partial<SourceRequest> = {}): Promise<string> => {
      server.clear();
      server.inject(faults.redirect(location, 307), { times: 1 });
      return (await failure(client({}, { secrets: secretsOf({ key: 'hunter22' }) }).request(get('/a', more), call()))).message;
    };
    expect(await check('file:///etc/passwd')).toBe('standin redirects to an address that is neither http nor https.');
    expect(await check('http://user:pass@127.0.0.1/')).toBe('standin redirects to an address with a user or password in it.');
    expect(await check('http://169.254.169.254/latest/meta-data')).toMatch(/^standin is at an address that this server may not speak to/);
    expect(await check('http://[::ffff:10.0.0.1]/')).toMatch(/^standin is at an address that this server may not speak to/);
    expect(await check('http://2130706434/')).toMatch(/^standin is at an address that this server may not speak to/);
    expect(await check('http://127.0.0.1:1/', { credentials: [{ in: 'header', name: 'x-key', secret: 'key' }] })).toBe('standin redirects a request that carries credentials to another host.');
  });
});

describe('addresses', () => {
  test('special ones are refused unless allowed', async () => {
    const strict = client({}, { addresses: addressPolicy([]) });
    expect(await failure(strict.request(get(), call()))).toMatchObject({ code: 'SOURCE_DOWN' });
    expect(await failure(strict.request({ url: `http://localhost:${server.port}/`, label: 'x' }, call()))).toMatchObject({ code: 'SOURCE_DOWN' });
    expect(server.requests).toHaveLength(0);
    expect((await client({}, { addresses: addressPolicy(['localhost']) }).request({ url: `http://localhost:${server.port}/`, label: 'x' }, call())).status).toBe(200);
    const policy = addressPolicy(['10.1.0.0/16', 'fd00:1::/32', '192.168.0.7']);
    const refused = ['127.0.0.1', '0.0.0.0', '10.2.0.1', '172.16.0.1', '192.168.0.8', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd00:2::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', 'nonsense'];
    expect(refused.filter((address) => policy.refusal('host', address) === undefined)).toEqual([]);
    const open = ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::9', '192.168.0.7', '193.62.193.80', '2001:620::1'];
    expect(open.filter((address) => policy.refusal('host', address) !== undefined)).toEqual([]);
  });

  test('what is checked is what is connected to, for each connection anew', async () => {
    const everywhere: Server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end('{}');
    });
    await new Promise<void>((resolve) => everywhere.listen(0, '0.0.0.0', resolve));
    const { port } = everywhere.address() as AddressInfo;
    let answers: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];
    const one = client({ retries: 0 }, { resolver: (_host, done) => done(null, answers) });
    const url = `http://rebinding.example:${port}/`;
    expect((await one.request({ url, label: 'x' }, call())).status).toBe(200);
    answers = [{ address: '127.0.0.2', family: 4 }];
    expect((await failure(one.request({ url, label: 'x' }, call()))).message).toMatch(/may not speak to/);
    // Where a name has several, only those that are allowed are tried.
    answers = [{ address: '127.0.0.2', family: 4 }, { address: '127.0.0.1', family: 4 }];
    expect((await one.request({ url, label: 'x' }, call())).status).toBe(200);
    await new Promise((resolve) => everywhere.close(resolve));
  });

  test('only http and https, without a user in them', async () => {
    for (const url of ['ftp://example.org/', 'file:///etc/passwd', 'http://a:b@example.org/', 'nonsense']) expect((await failure(client().request({ url, label: 'x' }, call()))).code).toBe('SOURCE_INVALID');
  });

  test('entries of the list are checked', () => {
    expect(['10.0.0.0/8', '::1', 'pdb.lab.example', 'localhost'].map(allowEntryProblem)).toEqual([undefined, undefined, undefined, undefined]);
    expect(['10.0.0.0/64', '10.0.0', 'http://x', 'a b'].map((entry) => allowEntryProblem(entry) === undefined)).toEqual([false, false, false, false]);
  });
});

describe('secrets', () => {
  test('go into the query or a header, encoded once', async () => {
    const secrets = secretsOf({ plain: 'a+b/c==', encoded: 'a%2Bb%2Fc%3D%3D', token: 'hunter22' });
    const one = client({}, { secrets });
    await one.request(get('/a?x=1', { credentials: [{ in: 'query', name: 'serviceKey', secret: 'plain' }] }), call());
    await one.request(get('/a', { credentials: [{ in: 'query', name: 'serviceKey', secret: 'encoded' }, { in: 'header', name: 'Authorization', secret: 'token', prefix: 'Bearer ' }] }), call());
    expect(server.requests.map(({ target }) => target)).toEqual(['/a?x=1&serviceKey=a%2Bb%2Fc%3D%3D', '/a?serviceKey=a%2Bb%2Fc%3D%3D']);
    expect(server.requests[1]!.headers.authorization).toBe('Bearer hunter22');
  });

  test('never reach a log, an error or an answer\'s address', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const secrets = secretsOf({ kma: 'a+b/c==hunter22' });
    const one = client({ retries: 1 }, { secrets, log });
    const credentials = [{ in: 'query', name: 'serviceKey', secret: 'kma' }, { in: 'header', name: 'x-key', secret: 'kma' }] as const;
    const answer = await one.request(get('/a', { credentials }), call());
    expect(answer.url).toBe(`${server.url}/a`);
    server.inject(async ({ request }) => ({ status: 500, body: `upstream secret text: key ${request.target} ${String(request.headers['x-key'])} is wrong` }), { times: 2 });
    const error = await failure(one.request(get('/a?accession=P05067', { credentials }), call()));
    server.inject(faults.dropped());
    await failure(one.request(get('/a', { credentials }), call()));
    const said = [...lines, error.message, error.stack, JSON.stringify(error), String(error.cause)].join('\n');
    expect(said).not.toMatch(/hunter22/);
    // Nor do keys, but at the level where a source's own words are shown.
    expect(said.split('\n').filter((line) => !line.startsWith('{"level":10,')).join('\n')).not.toMatch(/P05067/);
    expect(lines.join('')).toContain('[secret kma]');
    expect(lines.length).toBeGreaterThan(5);
  });

  test('that are not set are told by name', async () => {
    expect((await failure(client().request(get('/a', { credentials: [{ in: 'header', name: 'x-key', secret: 'kma' }] }), call()))).message).toBe('standin needs the secret “kma”, which is not set on this server.');
    expect(server.requests).toHaveLength(0);
  });
});

test('a source that is not there is down, and stays so without waiting', async () => {
  const gone = await faults.startFaultyServer(() => ({}));
  await gone.close();
  const tally = { requests: 0 };
  const error = await failure(client().request({ url: gone.url, label: 'x' }, call(), tally));
  expect(error).toMatchObject({ code: 'SOURCE_DOWN', message: 'standin cannot be reached, or its connection broke off.' });
  expect(tally.requests).toBe(3);
});
