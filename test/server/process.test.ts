/** Dure as its users run it: built processes, an embedded database, the command line, cut sockets, two servers, signals. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

interface Server { readonly child: ChildProcess; readonly url: string; readonly output: () => string; readonly databasePort: number }
interface Event { readonly seq: number; readonly state: string; readonly phase: string | null }

const folder = mkdtempSync(join(tmpdir(), 'dure-process-'));
chmodSync(folder, 0o755);
const data = join(folder, 'data');
const children = new Set<ChildProcess>();
let first: Server;

function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', ...more };
}

async function start(more: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], { env: environment(more), stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const deadline = Date.now() + 30_000;
  while (!/ready after/.test(text) || !/metrics|worker is ready/.test(text)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { child, output: () => text, url: /GraphQL\s+(http:\S+)\/graphql/.exec(text)?.[1] ?? '', databasePort: Number(/PostgreSQL on port (\d+)/.exec(text)?.[1] ?? 0) };
}

async function cli(server: Server, token: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', ...args], { env: environment({ DURE_URL: server.url, DURE_TOKEN: token }), stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

async function ask(server: Server, query: string, token?: string): Promise<{ data?: unknown; errors?: { message: string }[] }> {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify({ query }) });
  return (await response.json()) as { data?: unknown };
}

/** Follows a job from a cursor; with `cutAfter` the socket is torn after so many events. */
async function follow(server: Server, token: string, job: string, after: number, cutAfter = Number.POSITIVE_INFINITY): Promise<Event[]> {
  const events: Event[] = [];
  let socket: WebSocket | undefined;
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`, retryAttempts: 0, connectionParams: { authorization: `Bearer ${token}` },
    webSocketImpl: class extends WebSocket { constructor(...args: ConstructorParameters<typeof WebSocket>) { super(...args); socket = this; } },
  });
  try {
    for await (const result of client.iterate<{ jobEvents: Event }>({ query: 'subscription($job: ID!, $after: Int) { jobEvents(jobId: $job, after: $after) { seq state phase } }', variables: { job, after } })) {
      if (result.errors) throw new Error(JSON.stringify(result.errors));
      events.push(result.data!.jobEvents);
      if (events.length >= cutAfter) socket!.terminate();
    }
  } catch (error) {
    if (events.length < cutAfter) throw error;
  } finally {
    await client.dispose();
  }
  return events;
}

function packageFolder(name: string, rows: number): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'datapackage.json'), JSON.stringify({ name, title: name, licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', resources: [{ name: 'rows', path: 'rows.csv', schema: { fields: [{ name: 'n', type: 'integer' }, { name: 'v', type: 'number' }], primaryKey: 'n' } }] }));
  writeFileSync(join(path, 'rows.csv'), `n,v\n${Array.from({ length: rows }, (_, i) => `${i},${i / 4}`).join('\n')}\n`);
  return path;
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => { socket.destroy(); done(true); });
    socket.once('error', () => done(false));
  });
}

function demoToken(name: string): string {
  return (JSON.parse(readFileSync(join(data, 'demo-tokens.json'), 'utf8')) as Record<string, string>)[name]!;
}

beforeAll(async () => {
  chmodSync(folder, 0o755);
  first = await start({ DURE_DATA_DIR: data });
}, 60_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('the first start publishes the samples and tells where to look', async () => {
  expect(first.output()).toMatch(/published hanbit\/superconductivity 1\.0/);
  expect(first.output()).not.toMatch(/could not publish/);
  const { data: found } = await ask(first, '{ hanbit { superconductivity { materials(where: { tc: { gt: 77 }, family: { in: ["cuprate"] } }, orderBy: [{ tc: DESC }], first: 1) { nodes { formula tc } } } } }');
  expect(found).toEqual({ hanbit: { superconductivity: { materials: { nodes: [{ formula: expect.stringMatching(/^Hg/), tc: 133 }] } } } });
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
});

test('a package published by the command line is watched across a cut socket and two processes, and read at both', async () => {
  const token = demoToken('publisher');
  const made = await cli(first, token, 'tokens', 'create', '--name', 'watcher', '--scopes', 'read,publish', '--json');
  const apiToken = (JSON.parse(made.out) as { token: string }).token;
  const second = await start({ DURE_DATA_DIR: join(folder, 'data'), DATABASE_URL: `postgresql://dure:${readFileSync(join(data, 'postgres.password'), 'utf8')}@127.0.0.1:${first.databasePort}/dure`, DURE_ROLE: 'api' });

  const { code, out } = await cli(first, apiToken, 'publish', packageFolder('stream', 400_000), '--organization', 'hanbit', '--detach');
  expect(code).toBe(0);
  const job = out.trim();
  const before = await follow(first, apiToken, job, 0, 4);
  const rest = await follow(second, apiToken, job, before.at(-1)!.seq);
  const events = [...before, ...rest];
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.at(-1)!.state).toBe('COMPLETE');
  // What had arrived together with the fourth event is still handed over after the cut.
  expect(before.length).toBeGreaterThanOrEqual(4);
  expect(rest.length).toBeGreaterThan(2);

  const query = '{ hanbit { stream { rows(where: { n: { eq: "399999" } }) { nodes { n v } totalCount } } } }';
  for (const server of [first, second]) expect((await ask(server, query)).data).toEqual({ hanbit: { stream: { rows: { nodes: [{ n: '399999', v: 99999.75 }], totalCount: 1 } } } });
  expect(await follow(first, apiToken, job, 0)).toEqual(events);
  expect((await ask(second, `{ job(id: "${job}") { state } }`)).data).toEqual({ job: null });
  second.child.kill('SIGTERM');
  expect(await once(second.child, 'exit')).toEqual([0, null]);
  expect(await isOpen(first.databasePort)).toBe(true);
}, 60_000);

test('a refused package tells file, row and column, with exit code 1', async () => {
  const path = packageFolder('wrong', 2);
  writeFileSync(join(path, 'rows.csv'), 'n,v\n1,x\n');
  const { code, err } = await cli(first, demoToken('publisher'), 'publish', path, '--organization', 'hanbit');
  expect(code).toBe(1);
  expect(err).toMatch(/rows\.csv:1:v: “x” is no number/);
  expect((await ask(first, '{ hanbit { wrong { rows { totalCount } } } }')).errors![0]!.message).toBe('Cannot query field "wrong" on type "Hanbit".');
});

test('a port that is taken is told, and nothing is left running', async () => {
  await expect(start({ DURE_DATA_DIR: join(folder, 'other'), PORT: new URL(first.url).port })).rejects.toThrow(/Port \d+ of 127\.0\.0\.1 is taken/);
  expect(() => readFileSync(join(folder, 'other', 'postgres', 'postmaster.pid'))).toThrow();
});

test('a second embedded database on the same data is refused clearly', async () => {
  await expect(start({ DURE_DATA_DIR: data })).rejects.toThrow(/is in use by process \d+/);
});

test('kill -9 loses nothing, and Ctrl-C stops everything', async () => {
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const again = await start({ DURE_DATA_DIR: data });
  expect(again.output()).not.toMatch(/published/);
  expect((await ask(again, '{ hanbit { stream { rows { totalCount } } } }')).data).toEqual({ hanbit: { stream: { rows: { totalCount: 400_000 } } } });
  again.child.kill('SIGINT');
  expect(await once(again.child, 'exit')).toEqual([0, null]);
  expect(await isOpen(again.databasePort)).toBe(false);
  expect(await isOpen(first.databasePort)).toBe(false);
}, 60_000);

test('a second Ctrl-C ends at once and leaves no database behind', async () => {
  const server = await start({ DURE_DATA_DIR: data });
  const ended = once(server.child, 'exit') as Promise<[number | null]>;
  server.child.kill('SIGINT');
  while (!/stopping/.test(server.output()) && server.child.exitCode === null) await new Promise((done) => setTimeout(done, 1));
  server.child.kill('SIGINT');
  // The first one's orderly stop may be through before the second arrives.
  expect([0, 130]).toContain((await ended)[0]);
  const deadline = Date.now() + 20_000;
  while ((await isOpen(server.databasePort)) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  expect(await isOpen(server.databasePort)).toBe(false);
  expect(server.output()).not.toMatch(/secretKey|connection was lost/);
}, 60_000);
