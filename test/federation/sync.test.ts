/** Mirrors of external tables through the whole server: faults in the middle, changes of release, rules, licences. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import pg from 'pg';
import WebSocket from 'ws';
import { dropped, latency, reply, startFaultyServer, type FaultyServer } from '../standins/faults.js';
import { startStandIns, type RunningStandIns } from '../standins/standIns.js';
import { startRunning, type Running } from '../support/running.js';

interface Job { id: string; state: string; error: { code: string; message: string } | null; result: { dataset: string; version: string; rows: number; unchanged?: boolean; release?: string } | null }
interface Event { seq: number; state: string; phase: string | null; message: string | null; done: number | null; total: number | null }

const rows = 237;
let freezer: FaultyServer;
let standIns: RunningStandIns;
let dure: Running;
let database: pg.Client | undefined;
let release = '2026-01';
let note = 'first';

const sdl = (id: string, licence: string): string => `extend schema @source(id: "${id}", title: "Freezer", dataset: "samples", url: "${freezer.url}", licenses: [{ name: "${licence}" }], citation: "Freezer 2026", release: { header: "x-release" })
  @limits(retries: 0, timeoutMs: 4000)
type Sample @table(name: "samples", key: "number")
  @lookup(path: "/samples", keys: { in: QUERY, name: "no" }, batch: 50, rows: "samples")
  @search(path: "/samples", rows: "samples", page: { next: OFFSET, at: "skip", size: "take", max: 20 }, total: { field: "count" }) {
  number: String! @column(path: "no")
  note: String @column(path: "note")
  secret: String @column(path: "secret")
  volume: Float @column(path: "volume", unit: "uL")
  tags: [String!] @column(path: "tags")
  stored: Date @column(path: "stored")
}`;

beforeAll(async () => {
  freezer = await startFaultyServer(({ query }) => {
    const all = Array.from({ length: rows }, (_, index) => ({ no: `S${String(index).padStart(6, '0')}`, note: index === 3 ? 'a "quoted", null\nline' : index === 4 ? 'null' : index === 5 ? null : note, secret: 'hidden', volume: index / 8, tags: index === 6 ? [] : index === 7 ? null : ['a,b', '"c"'], stored: '2026-01-02' }));
    const skip = Number(query.get('skip') ?? 0);
    return { headers: { 'x-release': release }, body: { count: rows, samples: all.slice(skip, skip + Number(query.get('take') ?? 20)) } };
  });
  standIns = await startStandIns();
  const { optimade: _optimade, pdb: _pdb, ...others } = standIns.urls;
  dure = await startRunning({ DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1', DURE_SOURCE_CACHE_BYTES: '0', DURE_MAX_PAGE_SIZE: '40', DURE_SECRET_KEYS: `one:${'k'.repeat(40)}`, DURE_SOURCE_URLS: Object.entries(others).map(([name, url]) => `${name}=${url}`).join(',') });
  for (const [id, licence] of [['cold', 'CC-BY-SA-4.0'], ['frozen', 'CC-BY-ND-4.0']] as const) {
    const { errors } = await dure.ask('mutation($sdl: String!) { registerSource(input: { kind: HTTP, sdl: $sdl }) { id } }', 'administrator', { sdl: sdl(id, licence) });
    if (errors) throw new Error(JSON.stringify(errors));
  }
  database = new pg.Client({ connectionString: dure.dure.databaseUrl });
  await database.connect();
}, 60_000);
afterAll(async () => {
  await database?.end();
  await dure.close();
  await standIns.close();
  await freezer.close();
});
afterEach(() => {
  freezer.clear();
  release = '2026-01';
});

const begin = async (input: Record<string, unknown>, who = 'publisher'): Promise<string> => {
  const { data, errors } = await dure.ask('mutation($input: SyncSourceInput!) { syncSource(input: $input) { job { id state } } }', who, { input: { source: 'cold', table: 'samples', organization: 'dasan', ...input } });
  if (errors) throw Object.assign(new Error(errors[0]!.message), { code: errors[0]!.extensions.code });
  return (data as { syncSource: { job: Job } }).syncSource.job.id;
};
/** Follows the job by a subscription, to its end. */
const follow = async (id: string, seen: (event: Event) => void = () => undefined): Promise<{ job: Job; events: readonly Event[] }> => {
  const client = createClient({ url: `${dure.url.replace('http', 'ws')}/graphql`, connectionParams: dure.authorization('publisher'), webSocketImpl: WebSocket });
  const events: Event[] = [];
  try {
    for await (const { data, errors } of client.iterate<{ jobEvents: Event }>({ query: 'subscription($id: ID!) { jobEvents(jobId: $id) { seq state phase message done total } }', variables: { id } })) {
      if (errors) throw new Error(JSON.stringify(errors));
      events.push(data!.jobEvents);
      seen(data!.jobEvents);
    }
  } finally {
    await client.dispose();
  }
  const { data } = await dure.ask('query($id: ID!) { job(id: $id) { id state error { code message } result } }', 'publisher', { id });
  return { job: (data as { job: Job }).job, events };
};
const held = async (): Promise<number> => Number((await database!.query('select count(*) from dure.sync_page')).rows[0].count);

test('a whole table is mirrored, its values as they are, with licence, citation and where it came from', async () => {
  const { job, events } = await follow(await begin({ dataset: 'cold-mirror', columns: ['number', 'note', 'volume', 'tags', 'stored'] }));
  expect(job.error).toBeNull();
  expect(job).toMatchObject({ state: 'COMPLETE', result: { dataset: 'dasan/cold-mirror', version: '1.0', rows, release: '2026-01' } });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.some(({ phase, done, total }) => phase === 'fetch' && done === rows && total === rows)).toBe(true);
  const { data, errors } = await dure.ask('{ dasan { coldMirror { samples(first: 10, orderBy: [{ number: ASC }]) { totalCount nodes { number note volume tags stored } } } } dataset(id: "dasan/cold-mirror") { visibility licenses { name } citation sources { title } currentVersion { tables { primaryKey columns { name unit } } } } }', 'publisher');
  if (errors) expect(errors).toEqual([]);
  const { nodes, totalCount } = (data as { dasan: { coldMirror: { samples: { totalCount: number; nodes: Record<string, unknown>[] } } } }).dasan.coldMirror.samples;
  expect(totalCount).toBe(rows);
  expect(nodes[1]).toEqual({ number: 'S000001', note: 'first', volume: 0.125, tags: ['a,b', '"c"'], stored: '2026-01-02' });
  expect(nodes.slice(3, 8).map(({ note: text, tags }) => [text, tags])).toEqual([['a "quoted", null\nline', ['a,b', '"c"']], ['null', ['a,b', '"c"']], [null, ['a,b', '"c"']], ['first', []], ['first', null]]);
  expect(JSON.stringify(data)).toContain('cold/samples 1.0, release 2026-01');
  expect(data).toMatchObject({ dataset: { visibility: 'RESTRICTED', licenses: [{ name: 'CC-BY-SA-4.0' }], citation: 'Freezer 2026', currentVersion: { tables: [{ primaryKey: ['number'], columns: expect.arrayContaining([{ name: 'volume', unit: 'uL' }]) }] } } });
  expect(await held()).toBe(0);

  const again = await follow(await begin({ dataset: 'cold-mirror', columns: ['number', 'note', 'volume', 'tags', 'stored'] }));
  expect(again.job.result).toMatchObject({ version: '1.0', unchanged: true });
  note = 'second';
  const third = await follow(await begin({ dataset: 'cold-mirror', columns: ['number', 'note', 'volume', 'tags', 'stored'] }));
  expect(third.job.result).toMatchObject({ version: '1.1', rows });
}, 60_000);

test('failures in the middle are waited out and told; no row twice, none lost', async () => {
  freezer.inject(reply({ status: 503, body: {} }), { times: 2, after: 3 });
  freezer.inject(dropped(), { times: 1, after: 5 });
  const { job, events } = await follow(await begin({ dataset: 'patient', columns: ['number'] }));
  expect(job).toMatchObject({ state: 'COMPLETE', result: { rows } });
  expect(events.filter(({ message }) => /^SOURCE_(DOWN|LIMITED).* Tried again in \d+ s$/.test(message ?? '')).length).toBeGreaterThanOrEqual(2);
  const { data } = await dure.ask('{ dasan { patient { samples { aggregate { number { countDistinct } } totalCount } } } }', 'publisher');
  expect(data).toEqual({ dasan: { patient: { samples: { aggregate: { number: { countDistinct: rows } }, totalCount: rows } } } });
}, 60_000);

test('a source that changes its release in the middle is begun anew', async () => {
  let asked = 0;
  const id = await begin({ dataset: 'moved', columns: ['number', 'note'] });
  freezer.inject(async ({ answer }) => {
    asked += 1;
    if (asked === 4) release = '2026-02';
    return answer();
  });
  const { job, events } = await follow(id);
  expect(job).toMatchObject({ state: 'COMPLETE', result: { rows, release: '2026-02' } });
  expect(events.some(({ message }) => message?.includes('went from 2026-01 to 2026-02: begun anew'))).toBe(true);
}, 60_000);

test('rows and cells that the asker may not read are not mirrored', async () => {
  const rules = (list: unknown): Promise<unknown> => dure.ask('mutation($rules: JSON!) { setDatasetRules(input: { dataset: "cold/samples", document: { rules: $rules }, note: "test" }) { revision } }', 'administrator', { rules: list });
  await rules([
    { id: 'rows', effect: 'rows', tables: ['samples'], where: { column: 'number', op: 'lt', value: 'S000010' } }, { id: 'secret', effect: 'columns', tables: ['samples'], columns: ['secret'], transform: { kind: 'deny' } },
    { id: 'mask', effect: 'columns', tables: ['samples'], columns: ['note'], transform: { kind: 'mask', with: '#' } },
  ]);
  const { job } = await follow(await begin({ dataset: 'ruled' }));
  expect(job).toMatchObject({ state: 'COMPLETE', result: { rows: 10 } });
  const { data } = await dure.ask('{ dasan { ruled { samples { nodes { note } } } } dataset(id: "dasan/ruled") { currentVersion { tables { columns { name } } } } }', 'publisher');
  expect(JSON.stringify(data)).not.toContain('second');
  expect((data as { dataset: { currentVersion: { tables: { columns: { name: string }[] }[] } } }).dataset.currentVersion.tables[0]!.columns.map(({ name }) => name)).toEqual(['number', 'note', 'volume', 'tags', 'stored']);
  await expect(begin({ dataset: 'ruled', columns: ['number', 'secret'] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await rules([{ id: 'row', effect: 'granularity', atMost: 'row' }]);
  await expect(begin({ dataset: 'ruled' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await rules([]);
}, 60_000);

test('what cannot be mirrored is refused, with the reason', async () => {
  await expect(begin({ source: 'frozen', dataset: 'nd' })).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('CC-BY-ND-4.0') });
  await expect(begin({ dataset: 'x' }, 'researcher')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(begin({ source: 'nowhere', dataset: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(begin({ source: 'dasan/inhibitors', table: 'inhibitors', dataset: 'x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(begin({ table: 'none', dataset: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(begin({ columns: ['none'], dataset: 'x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(begin({ dataset: 'No Name' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  const { job } = await follow(await begin({ dataset: 'x', where: { none: { eq: 1 } } }));
  expect(job).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'BAD_USER_INPUT' } });
}, 60_000);

test('a selection of UniProt, with its conditions', async () => {
  const { job } = await follow(await begin({ source: 'uniprot', table: 'proteins', dataset: 'human', where: { accession: { in: ['P00533', 'P05067', 'P04637'] } }, columns: ['accession', 'name', 'length'] }));
  expect(job).toMatchObject({ state: 'COMPLETE', result: { rows: 3 } });
  const { data } = await dure.ask('{ dasan { human { proteins(orderBy: [{ accession: ASC }]) { nodes { accession name length } } } } dataset(id: "dasan/human") { licenses { name } } }', 'publisher');
  expect(data).toMatchObject({ dasan: { human: { proteins: { nodes: [{ accession: 'P00533', length: 1210 }, { accession: 'P04637', length: 393 }, { accession: 'P05067', length: 770 }] } } }, dataset: { licenses: [{ name: 'CC-BY-4.0' }] } });
}, 60_000);

test('a cancelled mirror stops and leaves nothing', async () => {
  freezer.inject(latency(300));
  const id = await begin({ dataset: 'cancelled', columns: ['number', 'stored'] });
  let asked = false;
  const { job } = await follow(id, ({ done }) => {
    if (asked || !done) return;
    asked = true;
    void dure.ask('mutation($id: ID!) { cancelJob(id: $id) { id } }', 'publisher', { id });
  });
  expect(job.state).toBe('CANCELED');
  expect(await held()).toBe(0);
}, 60_000);
