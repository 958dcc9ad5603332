/** A mirror whose process is killed in the middle goes on where it was when another one starts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { latency, startFaultyServer, type FaultyServer } from '../standins/faults.js';

const folder = mkdtempSync(join(tmpdir(), 'dure-sync-'));
chmodSync(folder, 0o755);
const data = join(folder, 'data');
const rows = 300;
let source: FaultyServer;
let running: { child: ChildProcess; url: string } | undefined;

async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', DURE_DATA_DIR: data, DURE_SOURCES: 'none', DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1', DURE_MAX_PAGE_SIZE: '20' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const deadline = Date.now() + 60_000;
  while (!/ready after/.test(text) || !/GraphQL/.test(text)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { child, url: /GraphQL\s+(http:\S+)\/graphql/.exec(text)![1]! };
}

async function ask<T>(query: string, who: string, variables: Record<string, unknown> = {}): Promise<T> {
  const token = (JSON.parse(readFileSync(join(data, 'demo-tokens.json'), 'utf8')) as Record<string, string>)[who]!;
  const response = await fetch(`${running!.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
  const answer = (await response.json()) as { data: T; errors?: unknown };
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

beforeAll(async () => {
  source = await startFaultyServer(({ query }) => {
    const all = Array.from({ length: rows }, (_, index) => ({ no: `S${index}`, volume: index }));
    const skip = Number(query.get('skip') ?? 0);
    return { body: { samples: all.slice(skip, skip + Number(query.get('take') ?? 20)) } };
  });
  source.inject(latency(150));
  running = await start();
}, 90_000);
afterAll(async () => {
  if (running && running.child.exitCode === null) {
    running.child.kill('SIGTERM');
    await once(running.child, 'exit');
  }
  await source.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

test('kill -9 in the middle: the pages that were fetched are not fetched again', async () => {
  await ask('mutation($sdl: String!) { registerSource(input: { kind: HTTP, sdl: $sdl }) { id } }', 'administrator', { sdl: `extend schema @source(id: "cold", title: "Cold", dataset: "samples", url: "${source.url}", licenses: [{ name: "CC0-1.0" }])
    type Sample @table(name: "samples", key: "number") @lookup(path: "/samples", keys: { in: QUERY, name: "no" }, batch: 50, rows: "samples") @search(path: "/samples", rows: "samples", page: { next: OFFSET, at: "skip", size: "take", max: 20 }) {
      number: String! @column(path: "no") volume: Float @column(path: "volume") }` });
  const { syncSource: { job } } = await ask<{ syncSource: { job: { id: string } } }>('mutation { syncSource(input: { source: "cold", table: "samples", organization: "dasan", dataset: "mirror" }) { job { id } } }', 'publisher');
  while (source.requests.length < 6) await new Promise((done) => setTimeout(done, 20));
  running!.child.kill('SIGKILL');
  await once(running!.child, 'exit');
  const before = source.requests.length;
  running = await start();
  interface Outcome { state: string; result: { rows: number; version: string } | null; events: { message: string | null }[] }
  let outcome: Outcome;
  do {
    await new Promise((done) => setTimeout(done, 100));
    outcome = (await ask<{ job: Outcome }>('query($id: ID!) { job(id: $id) { state result events(first: 20) { message } } }', 'publisher', { id: job.id })).job;
  } while (!['COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED'].includes(outcome.state));
  expect(outcome).toMatchObject({ state: 'COMPLETE', result: { rows, version: '1.0' } });
  expect(outcome.events.map(({ message }) => message).join('\n')).toMatch(/Going on after \d+ rows of cold\/samples/);
  expect(source.requests.slice(before).some(({ query }) => Number(query.get('skip') ?? 0) === 0)).toBe(false);
  expect(await ask('{ dasan { mirror { samples { totalCount aggregate { number { countDistinct } volume { sum } } } } } }', 'publisher')).toEqual({ dasan: { mirror: { samples: { totalCount: rows, aggregate: { number: { countDistinct: rows }, volume: { sum: (rows * (rows - 1)) / 2 } } } } } });
}, 120_000);
