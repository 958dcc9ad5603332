/** Dure as its users run it: built processes over one database, for tests of what several servers do together. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './running.js';

export interface ServerProcess { readonly child: ChildProcess; readonly url: string; readonly databasePort: number }

export interface TwoServers {
  readonly folder: string;
  /** With the embedded database, and a worker. */
  readonly first: ServerProcess;
  /** On the database of the first. */
  readonly second: ServerProcess;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

async function start(more: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'warn', ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  const deadline = Date.now() + 60_000;
  while (!/ready after/.test(text) || !/metrics/.test(text)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start: ${text}`);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return { child, url: /GraphQL\s+(http:\S+)\/graphql/.exec(text)?.[1] ?? '', databasePort: Number(/PostgreSQL on port (\d+)/.exec(text)?.[1] ?? 0) };
}

export async function startTwoServers(): Promise<TwoServers> {
  const folder = mkdtempSync(join(tmpdir(), 'dure-two-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const first = await start({ DURE_DATA_DIR: data });
  const databaseUrl = `postgresql://dure:${readFileSync(join(data, 'postgres.password'), 'utf8').trim()}@127.0.0.1:${first.databasePort}/dure`;
  const close = async (...servers: ServerProcess[]): Promise<void> => {
    for (const { child } of servers) {
      if (child.exitCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(late);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const second = await start({ DURE_DATA_DIR: data, DATABASE_URL: databaseUrl, DURE_ROLE: 'api' });
    return { folder: data, first, second, databaseUrl, close: () => close(second, first) };
  } catch (error) {
    await close(first);
    throw error;
  }
}

/** A worker over the database of a server, under the roles of a site. */
export async function startWorker({ folder, dure }: Pick<Running, 'folder' | 'dure'>, more: Record<string, string> = {}): Promise<ChildProcess> {
  const as = (role: string): string => {
    const url = new URL(dure.databaseUrl);
    url.username = role;
    return url.href;
  };
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DURE_LOG_LEVEL: 'warn', DURE_DATA_DIR: folder, DURE_DATABASE_SERVER_URL: as('dure_server'), DURE_DATABASE_LOADER_URL: as('dure_loader'), DURE_ROLE: 'worker', ...more }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  for (const end = Date.now() + 40_000; !/worker is ready/.test(text);) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the worker did not start: ${text}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return child;
}

/** As a machine that loses its power. */
export async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
