/**
 * The benchmark of federation: a hundred rows of the database, each with its record of a REST source that answers after 20 ms. Every server is
 * in processes of its own over one PostgreSQL and one source; answers are compared, then timed in short rounds that alternate. Prints tables.
 */
import { fork } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { startEmbedded } from '../../dist/src/storage/embedded.js';
import { batches, generate } from './data.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const milliseconds = Number(process.env.BENCH_MS ?? 900);
const chosen = process.env.BENCH_ONLY?.split(',');
const counts = (process.env.BENCH_CONNECTIONS ?? '1,32').split(',').map(Number);
// Hive Gateway needs a newer Node than 20; the project brings one.
const execPath = Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : here('../../node_modules/.bin/node');

const plain = { path: '/', body: (batch) => ({ query: 'query($batch: Int!) { batch(batch: $batch) { id value protein { accession name organism length } } }', variables: { batch } }), read: ({ data }) => data.batch };
const dure = (field) => ({
  path: '/graphql',
  body: (batch) => ({ query: `query($batch: Int!) { bench { lab { assays(where: { batch: { eq: $batch } }, first: 100) { nodes { id: id_ value protein: ${field} { accession name organism length } } } } } }`, variables: { batch } }),
  read: ({ data }) => data.bench.lab.assays.nodes,
});
const servers = {
  LIMIT: { start: () => [start('limit.mjs')], path: '/', body: (batch) => ({ batch }), read: (answer) => answer },
  'Apollo Server, dataloader': { start: () => [start('apollo.mjs')], ...plain },
  'Apollo Gateway': { start: async () => [start('apolloGateway.mjs', { BENCH_SUPERGRAPH: await supergraph() }), ...subgraphs()], ...plain },
  'Hive Gateway': { start: async () => [start('hiveGateway.mjs', { BENCH_SUPERGRAPH: await supergraph() }), ...subgraphs()], ...plain, path: '/graphql' },
  'Dure, each for itself': { start: () => [dureProcess()], ...dure('proteinAlone') },
  'Dure, single flight': { start: () => [dureProcess()], ...dure('protein') },
};

const directory = mkdtempSync(`${tmpdir()}/dure-bench-`);
chmodSync(directory, 0o755);
const children = [];
let database;
let shared;
let held;
let onlyDure;
let environment = {};
try {
  if (!existsSync(here('node_modules/@apollo/gateway'))) throw new Error('The peers are not installed: npm install --prefix bench/federation');
  database = await startEmbedded({ directory: `${directory}/pg`, settings: { shared_buffers: '256MB', jit: 'off' } });
  await generate(database.url);
  environment = { BENCH_URL: database.url, BENCH_POOL: '8' };
  environment.BENCH_REST = `http://127.0.0.1:${(await start('rest.mjs')).port}`;
  const live = [];
  for (const [name, server] of Object.entries(servers)) {
    if (chosen && !chosen.some((one) => name.includes(one))) continue;
    const [front, ...behind] = await Promise.all(await server.start());
    live.push({ ...server, name, port: front.port, processes: [front, ...behind].map(({ child }) => child), headers: front.token ? { authorization: `Bearer ${front.token}` } : {} });
  }
  await compare(live);
  const results = [];
  for (const count of counts) for (const server of live) await load(server, count, milliseconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const count of counts) for (const server of live) results.push({ name: server.name, count, round, ...(await load(server, count, milliseconds)) });
  }
  print(results, live);
} finally {
  await Promise.all(children.map((child) => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', done);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 3_000).unref();
  })));
  await database?.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function start(file, more = {}, execArgv = []) {
  const child = fork(here(file), [], { execPath, execArgv, env: { ...process.env, NODE_ENV: 'production', ...environment, ...more }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.push(child);
  const told = await new Promise((done, fail) => { child.once('message', done); child.once('exit', () => fail(new Error(`${file} ended`))); });
  return { child, ...told };
}

function dureProcess() {
  const profile = process.env.BENCH_PROFILE;
  onlyDure ??= start('dure.mjs', {}, profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []);
  return onlyDure;
}

/** Both gateways ask the same two. */
function subgraphs() {
  shared ??= ['assays', 'proteins'].map((name) => start('subgraph.mjs', { BENCH_SUBGRAPH: name }));
  return shared;
}

async function supergraph() {
  held ??= (async () => {
    const { composeServices } = await import('@apollo/composition');
    const { documents } = await import('./subgraphs.mjs');
    const ports = await Promise.all(subgraphs());
    const { supergraphSdl, errors } = composeServices(Object.entries(documents).map(([name, typeDefs], index) => ({ name, typeDefs, url: `http://127.0.0.1:${ports[index].port}/` })));
    if (errors) throw new Error(errors.join('\n'));
    return supergraphSdl;
  })();
  return held;
}

async function ask(server, pool, batch) {
  const { statusCode, body } = await pool.request({ path: server.path, method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...server.headers }, body: JSON.stringify(server.body(batch)) });
  const text = await body.text();
  if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${server.name}: ${statusCode} ${text.slice(0, 500)}`);
  return text;
}

async function compare(live) {
  let expected;
  for (const server of live) {
    const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: 1 });
    const found = [];
    for (const batch of [0, 1, 517]) found.push(server.read(JSON.parse(await ask(server, pool, batch))).map(({ id, value, protein }) => [id, value, protein.accession, protein.name, protein.organism, protein.length]));
    await pool.close();
    if (found.some((rows) => rows.length !== 100)) throw new Error(`${server.name} did not answer a hundred rows`);
    expected ??= JSON.stringify(found);
    if (JSON.stringify(found) !== expected) throw new Error(`${server.name} differs: ${JSON.stringify(found).slice(0, 300)} INSTEAD OF ${expected.slice(0, 300)}`);
  }
}

/** Another batch with each request, far from the one before, so that what is under way at one time has little in common. */
async function load(server, count, time) {
  const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: count, pipelining: 1 });
  let n = Math.floor(Math.random() * batches);
  let failed = 0;
  const burst = async (length) => {
    const times = [];
    const end = performance.now() + length;
    await Promise.all(Array.from({ length: count }, async () => {
      while (performance.now() < end) {
        const began = performance.now();
        try {
          await ask(server, pool, (n += 37) % batches);
          times.push(performance.now() - began);
        } catch (error) {
          if (failed === 0) console.error(error.message);
          failed += 1;
        }
      }
    }));
    return times;
  };
  await burst(time / 4);
  failed = 0;
  const before = await processor(server);
  const began = performance.now();
  const times = await burst(time);
  const elapsed = performance.now() - began;
  const cpu = (await processor(server)) - before;
  await pool.close();
  return { rate: (times.length / elapsed) * 1000, times, cpu: cpu / times.length / 1000, failed };
}

/** Microseconds of processor that the processes of a server have used. */
async function processor({ processes }) {
  const parts = await Promise.all(processes.map((child) => new Promise((done) => {
    child.once('message', ({ cpu }) => done(cpu));
    child.send('cpu');
  })));
  return parts.reduce((sum, part) => sum + part, 0);
}

function at(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Ratios are of the same round; what is shown is their median. */
function print(results, live) {
  const of = (name, count) => results.filter((one) => one.name === name && one.count === count);
  for (const count of counts) {
    console.log(`\nAt ${count} connection${count === 1 ? '' : 's'}, ${rounds} rounds of ${milliseconds} ms:\n`);
    console.log('| | p50 ms | p99 ms | p50, × LIMIT | requests/s | × LIMIT | processor ms a request | × LIMIT |\n|---|--:|--:|--:|--:|--:|--:|--:|');
    for (const { name } of live) {
      const [own, limit] = [of(name, count), of('LIMIT', count)];
      const all = own.flatMap(({ times }) => times);
      const ratio = (read) => (limit.length > 0 ? at(own.map((one, index) => read(one) / read(limit[index])), 0.5).toFixed(2) : '');
      console.log(`| ${name} | ${at(all, 0.5).toFixed(1)} | ${at(all, 0.99).toFixed(1)} | ${ratio(({ times }) => at(times, 0.5))} | ${at(own.map(({ rate }) => rate), 0.5).toFixed(0)} | ${ratio(({ rate }) => rate)} | ${at(own.map(({ cpu }) => cpu), 0.5).toFixed(2)} | ${ratio(({ cpu }) => cpu)} |`);
    }
    for (const { name } of live) {
      const failed = of(name, count).reduce((sum, one) => sum + one.failed, 0);
      if (failed > 0) console.log(`\n${name}: ${failed} requests failed and are not counted.`);
    }
  }
}
