/**
 * The whole server with 5,000 published tables: start, memory, one more publication until it is answered, and the same query as with ten.
 * `npm run bench:tables`. Uses an embedded PostgreSQL in a temporary folder; rows are written by SQL, since only the catalog's size matters.
 */
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { buildDure, type Dure } from '../src/build.js';
import { readConfig } from '../src/config.js';

const tables = Number(process.argv[2] ?? 5000);
const perDataset = 10;
const folder = mkdtempSync(join(tmpdir(), 'dure-bench-'));
chmodSync(folder, 0o755);
const quiet = { progress: { step: () => undefined, sample: () => undefined }, log: pino({ level: 'error' }) };
const config = readConfig({ PORT: '0', DURE_DATA_DIR: folder });

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

async function ask(dure: Dure, query: string, variables: Record<string, unknown> = {}): Promise<{ data?: unknown; errors?: unknown }> {
  const response = await fetch(`${dure.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${dure.demo!.tokens.publisher}` }, body: JSON.stringify({ query, variables }) });
  return (await response.json()) as { data?: unknown };
}

async function medianOf(dure: Dure): Promise<number> {
  const query = 'query($t: Float) { hanbit { superconductivity { materials(where: { tc: { gt: $t } }, first: 10) { totalCount nodes { formula tc } } } } }';
  const times: number[] = [];
  for (let round = 0; round < 400; round += 1) times.push((await timed(() => ask(dure, query, { t: round })))[1]);
  return times.slice(100).sort((a, b) => a - b)[150]!;
}

async function generate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  const { rows: [state] } = await client.query<{ revision: string }>('update dure.catalog_state set revision = revision + 1 returning revision');
  const revision = state!.revision;
  for (let number = 0; number * perDataset < tables; number += 1) {
    const slug = `lab-${Math.floor(number / 10)}`;
    await client.query('insert into dure.organization (slug, title, revision) values ($1, $1, $2) on conflict do nothing', [slug, revision]);
    const { rows: [dataset] } = await client.query<{ id: string }>(`insert into dure.dataset (organization_id, name, visibility, listed, rules_revision, revision) select id, $2, 'PUBLIC', true, 1, $3 from dure.organization where slug = $1 returning id`, [slug, `set-${number}`, revision]);
    await client.query(`insert into dure.rule_document (dataset_id, revision, document) values ($1, 1, '{"rules":[]}')`, [dataset!.id]);
    const definitions = Array.from({ length: perDataset }, (_, index) => ({
      name: `table_${index}`, field: `table${index}`, primaryKey: ['a'], uniqueKeys: [], foreignKeys: [],
      columns: ['text', 'float', 'int32', 'date', 'boolean', 'text', 'int64', 'datetime'].map((kind, column) => ({ name: 'abcdefgh'[column], field: 'abcdefgh'[column], physical: `c${column + 1}`, kind, facet: false, personKey: false, required: column === 0, unique: false })),
    }));
    const { rows: [version] } = await client.query<{ id: string }>(`insert into dure.version (dataset_id, major, minor, metadata, tables, descriptor) values ($1, 1, 0, $2, $3, '{}') returning id`, [dataset!.id, JSON.stringify({ title: `Set ${number}`, keywords: [], licenses: [{ name: 'CC0-1.0' }], contributors: [], sources: [] }), JSON.stringify(definitions)]);
    for (const { name } of definitions) {
      const { rows: [segment] } = await client.query<{ physical: string }>(`insert into dure.segment (physical, state, rows) select 's' || nextval('dure.segment_number'), 'LIVE', 0 returning physical`);
      await client.query(`create table dure_data.${segment!.physical} (_rid bigint primary key, c1 text collate "C", c2 float8, c3 int, c4 date, c5 boolean, c6 text collate "C", c7 bigint, c8 timestamptz)`);
      await client.query('insert into dure.version_segment (version_id, table_name, ordinal, physical) values ($1, $2, 0, $3)', [version!.id, name, segment!.physical]);
    }
    await client.query('update dure.dataset set current_version_id = $2 where id = $1', [dataset!.id, version!.id]);
    // Locks of the new tables would else fill the lock table.
    if (number % 50 === 49) await client.query('commit; begin');
  }
  await client.query('commit');
  await client.end();
}

async function publishOne(dure: Dure, name: string): Promise<number> {
  const csv = Buffer.from('x,y\n1,2\n');
  const upload = (await (await fetch(`${dure.url}/uploads`, { method: 'POST', headers: { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="${name}.csv"`, authorization: `Bearer ${dure.demo!.tokens.publisher}` }, body: csv })).json()) as { id: string };
  const start = performance.now();
  const made = (await ask(dure, 'mutation($u: ID!) { publishDataset(input: { organization: "hanbit", upload: $u }) { job { id } } }', { u: upload.id })).data as { publishDataset: { job: { id: string } } };
  for (;;) {
    const { data } = await ask(dure, 'query($id: ID!) { job(id: $id) { state } }', { id: made.publishDataset.job.id });
    if ((data as { job: { state: string } }).job.state === 'COMPLETE') break;
  }
  const { errors } = await ask(dure, `{ hanbit { ${name} { ${name} { nodes { x y } } } } }`);
  if (errors) throw new Error(JSON.stringify(errors));
  return performance.now() - start;
}

try {
  let dure = await buildDure(config, quiet);
  const few = { query: await medianOf(dure), publish: await publishOne(dure, 'few') };
  await generate(dure.databaseUrl);
  await dure.stop();
  const [again, start] = await timed(() => buildDure(config, quiet));
  dure = again;
  const many = { query: await medianOf(dure), publish: await publishOne(dure, 'many') };
  console.log(`tables                                           ${'some 25'.padStart(10)} ${String(tables).padStart(10)}`);
  console.log(`a known query over HTTP, median ms               ${few.query.toFixed(2).padStart(10)} ${many.query.toFixed(2).padStart(10)}`);
  console.log(`publish a small file, asked until answered, ms   ${few.publish.toFixed(0).padStart(10)} ${many.publish.toFixed(0).padStart(10)}`);
  console.log(`warm start with ${tables} tables: ${(start / 1000).toFixed(2)} s; resident ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
  await dure.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
