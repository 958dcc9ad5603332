/**
 * What the audit costs: three servers over one embedded PostgreSQL (a real commit, fsync on), the same questions of a public dataset. One
 * records nothing (DURE_AUDIT governed), one records everything before it answers (all, wait), one without waiting (all, async).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { runningEmbedded } from '../src/storage/embedded.js';

const milliseconds = Number(process.env.BENCH_MS ?? 800);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const counts = (process.env.BENCH_CONNECTIONS ?? '1,32').split(',').map(Number);
const directory = mkdtempSync(join(tmpdir(), 'dure-bench-audit-'));
chmodSync(directory, 0o755);

const questions = {
  'look-up': '{ hanbit { superconductivity { materials(where: { tc: { eq: 133 } }, first: 1) { nodes { formula tc } } } } }',
  'page of 20': '{ hanbit { superconductivity { materials(orderBy: [{ tc: DESC }], first: 20) { nodes { formula tc family } pageInfo { hasNextPage endCursor } } } } }',
  'page of 100, nested': '{ hanbit { superconductivity { materials(orderBy: [{ tc: DESC }], first: 100) { nodes { formula tc measurements(first: 3) { nodes { __typename } } } } } } }',
} as const;

const children: ChildProcess[] = [];
interface Started { readonly url: string; readonly pid: number }
async function start(environment: Record<string, string>): Promise<Started> {
  const child = spawn(process.execPath, ['dist/src/main.js'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', DURE_LOG_LEVEL: 'error', ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  while (!/ready after[\s\S]*metrics/.test(text)) {
    if (child.exitCode !== null) throw new Error(text);
    await new Promise((next) => setTimeout(next, 50));
  }
  return { url: /GraphQL\s+(http:\S+\/graphql)/.exec(text)![1]!, pid: child.pid! };
}

function ask(url: string, agent: Agent, body: string): Promise<string> {
  return new Promise((done, failed) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => done(text)).on('error', failed);
    });
    sent.on('error', failed).end(body);
  });
}

async function load(url: string, query: string, connections: number): Promise<{ count: number; perSecond: number; p50: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const body = JSON.stringify({ query });
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < end) {
      const at = performance.now();
      const text = await ask(url, agent, body);
      if (text.includes('"errors"')) throw new Error(text);
      times.push(performance.now() - at);
    }
  }));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  return { count: times.length, perSecond: times.length / seconds, p50: times[Math.floor(times.length / 2)]! };
}

/** Processor seconds of a process so far; in ticks of 10 ms. */
function processorOf(pid: number): { readonly parent: number; readonly seconds: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}

/** Of the database's server processes. */
function processorOfDatabase(postmaster: number): number {
  let seconds = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { parent, seconds: own } = processorOf(Number(name));
      if (parent === postmaster) seconds += own;
    } catch {
      // It has just ended.
    }
  }
  return seconds;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

try {
  await start({ DURE_DATA_DIR: directory });
  const DATABASE_URL = runningEmbedded(join(directory, 'postgres'))!;
  const common = { DURE_MAX_WAIT_MS: '60000', DATABASE_URL, DURE_DATA_DIR: directory, DURE_ROLE: 'api' };
  const servers = { none: await start({ ...common, DURE_AUDIT: 'governed' }), wait: await start({ ...common, DURE_AUDIT: 'all' }), async: await start({ ...common, DURE_AUDIT: 'all', DURE_AUDIT_MODE: 'async' }) };
  const postmaster = Number(readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const results: { server: keyof typeof servers; question: string; connections: number; count: number; perSecond: number; p50: number; node: number; database: number }[] = [];
  for (let round = -1; round < rounds; round += 1) {
    for (const [question, query] of Object.entries(questions)) for (const connections of counts) for (const [server, { url, pid }] of Object.entries(servers) as [keyof typeof servers, Started][]) {
      const before = [processorOf(pid).seconds, processorOfDatabase(postmaster)] as const;
      const measured = await load(url, query, connections);
      const node = processorOf(pid).seconds - before[0];
      const database = processorOfDatabase(postmaster) - before[1];
      if (round >= 0) results.push({ server, question, connections, ...measured, node, database });
    }
  }
  console.log('question | connections | none: requests a second (p50 ms) | wait, part of none | async, part of none | processor time a request, server + database in ms: none | wait | async');
  for (const question of Object.keys(questions)) for (const connections of counts) {
    const of = (server: string) => results.filter((r) => r.question === question && r.connections === connections && r.server === server);
    const none = of('none');
    // Ratios within a round: the machine is shared, and slow rounds are slow for all.
    const part = (server: string): string => `${median(of(server).map((r, i) => r.perSecond / none[i]!.perSecond)).toFixed(2)} (${median(of(server).map((r) => r.p50)).toFixed(2)} ms)`;
    const sum = (server: string, what: 'node' | 'database' | 'count'): number => of(server).reduce((total, r) => total + r[what], 0);
    const cost = (server: string): string => `${((sum(server, 'node') / sum(server, 'count')) * 1000).toFixed(3)} + ${((sum(server, 'database') / sum(server, 'count')) * 1000).toFixed(3)}`;
    console.log(`${question} | ${connections} | ${Math.round(median(none.map((r) => r.perSecond)))} (${median(none.map((r) => r.p50)).toFixed(2)}) | ${part('wait')} | ${part('async')} | ${(['none', 'wait', 'async'] as const).map(cost).join(' | ')}`);
  }
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  const { rows: [size] } = await client.query<{ entries: number; groups: number; bytes: string }>(`select count(*)::int as entries, count(signature)::int as groups, pg_total_relation_size('dure_audit.block') as bytes from dure_audit.entry where kind = 'ACCESS'`);
  console.log(`${size!.entries} entries in ${size!.groups} groups, ${Math.round(Number(size!.bytes) / size!.entries)} bytes an entry with its indexes`);
  await client.end();
} finally {
  for (const child of children.reverse()) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
}
