/**
 * The benchmark of queries: every server in a process of its own over one PostgreSQL, answers compared, then timed in turn. Prints a line
 * for each figure and the tables of docs/performance.md. `--short` takes a third of the time for each figure, in as many rounds: under four minutes in all.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../../dist/src/storage/embedded.js';
import { generate } from './data.mjs';
import { canonical, servers, variables } from './operations.mjs';
import { median, tables } from './tables.mjs';

const short = process.argv.includes('--short');
const milliseconds = Number(process.env.BENCH_MS ?? (short ? 200 : 600));
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const pool = 8;
const chosen = process.env.BENCH_ONLY?.split(',');
const operations = process.env.BENCH_OPS?.split(',') ?? Object.keys(variables);
const connections = (process.env.BENCH_CONNECTIONS ?? '1,32').split(',').map(Number);

const directory = mkdtempSync(`${tmpdir()}/dure-bench-`);
chmodSync(directory, 0o755);
const database = await startEmbedded({ directory: `${directory}/pg`, settings: { shared_buffers: '512MB', jit: 'off' } });
const children = [];
try {
  await generate(database.url);
  const live = {};
  for (const [name, server] of Object.entries(servers)) {
    if (chosen && !chosen.includes(name)) continue;
    live[name] = { ...server, ...(server.of ? { port: live[server.of].port, pid: live[server.of].pid, headers: live[server.of].headers } : await start(server.file)), name };
  }
  const compared = await compare(live);
  // What a just-in-time compiler still has to learn is no part of a figure.
  for (const op of compared) for (const server of Object.values(live)) if (server.ready.has(op)) await load(server, op, Math.max(...connections));
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const op of compared) for (const count of connections) for (const server of Object.values(live)) {
      if (!server.ready.has(op)) continue;
      results.push({ name: server.name, op, count, ...await load(server, op, count) });
    }
  }
  console.log(JSON.stringify(summary(results, live), undefined, 1));
  console.log(tables({ results, names: Object.keys(live), operations, connections }));
} finally {
  await Promise.all(children.map((child) => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', done);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
  })));
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function start(file) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    env: { ...process.env, NODE_ENV: 'production', BENCH_URL: database.url, BENCH_POOL: String(pool) }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: process.env.BENCH_PROFILE && file === 'dure.mjs' ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [],
  });
  children.push(child);
  const { port, token } = await new Promise((done, fail) => { child.once('message', done); child.once('exit', () => fail(new Error(`${file} ended`))); });
  return { port, pid: child.pid, headers: token ? { authorization: `Bearer ${token}` } : {} };
}

function ask(server, agent, body) {
  return new Promise((done, fail) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path: server.path, method: 'POST', agent, headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': Buffer.byteLength(body), ...server.headers } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => (response.statusCode === 200 ? done(Buffer.concat(parts)) : fail(new Error(`${server.name}: ${response.statusCode} ${Buffer.concat(parts).toString().slice(0, 500)}`))));
      response.on('error', fail);
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

/** Only operations in which every server agrees with the first are timed; a server that fails one is left out of it and told. */
async function compare(live) {
  const agent = new Agent({ keepAlive: true });
  for (const server of Object.values(live)) server.ready = new Set();
  for (const op of operations) {
    let expected;
    for (const server of Object.values(live)) {
      try {
        const found = [];
        for (const n of [0, 1, 17]) found.push(canonical(op, server.read(op, JSON.parse((await ask(server, agent, JSON.stringify(server.body(op, variables[op](n))))).toString()))));
        expected ??= found.join('\n');
        if (found.join('\n') === expected) server.ready.add(op);
        else console.error(`${server.name} differs in ${op}: ${found.join('\n').slice(0, 200)} INSTEAD OF ${expected.slice(0, 200)}`);
      } catch (error) {
        console.error(`${server.name} cannot ${op}: ${error.message}`);
      }
    }
  }
  agent.destroy();
  return operations;
}

async function load(server, op, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  let n = 0;
  const burst = async (time) => {
    const times = [];
    const end = performance.now() + time;
    await Promise.all(Array.from({ length: count }, async () => {
      while (performance.now() < end) {
        const began = performance.now();
        await ask(server, agent, JSON.stringify(server.body(op, variables[op](n += 1))));
        times.push(performance.now() - began);
      }
    }));
    return times;
  };
  await burst(milliseconds / 3);
  const cpu = processor(server.pid);
  const began = performance.now();
  const times = (await burst(milliseconds)).sort((a, b) => a - b);
  const elapsed = performance.now() - began;
  const spent = processor(server.pid) - cpu;
  agent.destroy();
  return { rate: times.length / elapsed * 1000, p50: times[Math.floor(times.length * 0.5)], p99: times[Math.floor(times.length * 0.99)], cpu: spent / times.length };
}

/** Milliseconds of processor that the threads of a process have used (Linux: /proc/PID/task/TID/schedstat, nanoseconds). */
function processor(pid) {
  let spent = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      spent += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
      // A thread that ended meanwhile.
    }
  }
  return spent;
}

function summary(results, live) {
  const lines = [];
  for (const op of operations) for (const count of connections) for (const { name } of Object.values(live)) {
    const of = results.filter((r) => r.name === name && r.op === op && r.count === count);
    if (of.length === 0) continue;
    const limits = results.filter((r) => r.name === 'limit' && r.op === op && r.count === count);
    const figure = (key, digits = 2) => Number(median(of.map((r) => r[key])).toFixed(digits));
    const ratio = (key) => (limits.length ? Number(median(of.map((r, i) => r[key] / limits[i][key])).toFixed(2)) : undefined);
    lines.push([op, count, name, 'req/s', figure('rate', 0), 'of LIMIT', ratio('rate'), 'p50', figure('p50'), 'p99', figure('p99'), 'cpu ms', figure('cpu', 3), 'x LIMIT', ratio('cpu')].join(' '));
  }
  const memory = Object.fromEntries(Object.values(live).map(({ name, pid }) => [name, Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)]));
  return { lines, memory };
}
