/** An export while it runs, on a real server with a worker of its own under the roles of a site: killed, canceled, and each right that ends in the middle. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { codes, Exporting } from '../support/exporting.js';
import { killed, startWorker } from '../support/processes.js';
import { startRunning, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';
import { unzip } from '../support/unzip.js';

let dure: Running;
let exporting: Exporting;
let database: pg.Pool;
let worker: ChildProcess | undefined;
let holder: pg.Client | undefined;
let [publisher, steward, admin, ada] = ['', '', '', ''];
const limits = { DURE_MAX_PAGE_SIZE: '10', DURE_DEFAULT_PAGE_SIZE: '10' };

async function kill(): Promise<void> {
  const dead = worker!;
  worker = undefined;
  await killed(dead);
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 30_000; ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('it did not come true');
    await new Promise((done) => setTimeout(done, 20));
  }
}

const cohort = (visibility: string): Record<string, string | object> => ({
  'datapackage.json': {
    name: 'cohort', title: 'Cohort', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': visibility, 'dure:listed': true,
    resources: [
      { name: 'persons', path: 'persons.csv', schema: { fields: [{ name: 'pid', type: 'string', 'dure:personKey': true }, { name: 'name', type: 'string' }], primaryKey: 'pid' } },
      { name: 'sites', path: 'sites.csv', schema: { fields: [{ name: 'site', type: 'string' }] } },
    ],
  },
  'persons.csv': `pid,name\n${Array.from({ length: 35 }, (_, n) => `P${n},Name ${n}`).join('\n')}\n`, 'sites.csv': 'site\nSeoul\n',
});
const allow = (...more: object[]): { rules: object[] } => ({ rules: [{ id: 'ada', effect: 'allow', to: { attribute: 'person.id', in: ['ada', 'eve', 'soon', 'mallory'] } }, ...more] });
const files = (): string[] => { const folder = join(dure.folder, 'blobs', 'exports'); return existsSync(folder) ? readdirSync(folder) : []; };

/** From here on whoever reads the second table waits. */
async function hold(): Promise<void> {
  const { rows: [segment] } = await database.query<{ physical: string }>(`select s.physical from dure.version_segment s join dure.version v on v.id = s.version_id join dure.dataset d on d.current_version_id = v.id where d.name = 'cohort' and s.table_name = 'sites'`);
  holder = new pg.Client({ connectionString: dure.dure.databaseUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`lock table dure_data.${segment!.physical} in access exclusive mode`);
}
async function release(): Promise<void> {
  await holder?.end();
  holder = undefined;
}
/** An export that has written the first table and waits for the second. */
async function begun(who: string, input: object = { dataset: 'lab/cohort' }): Promise<string> {
  await hold();
  const id = await exporting.begin(who, input);
  await until(async () => (await database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'dure' and query not like 'lock%'`)).rowCount || undefined);
  expect((await exporting.job(who, id))!.events.some(({ message }) => message === 'Writing persons of lab/cohort 1.0')).toBe(true);
  return id;
}
/** What is left of an export that has no file. */
async function nothingOf(id: string, who = ada): Promise<void> {
  const { rows: [row] } = await database.query<{ blob: string | null; completed_at: Date | null }>('select blob, completed_at from dure.export where job_id = $1', [uuidOf(id)]);
  expect(row?.blob ?? null).toBeNull();
  expect(files().filter((name) => name.startsWith(uuidOf(id)))).toEqual([]);
  expect([401, 403, 409, 410]).toContain((await exporting.fetch(who, `/exports/${uuidOf(id)}`)).status);
}
const uuidOf = (id: string): string => Buffer.from(id, 'base64url').toString().split(':').at(-1)!;
/** Of somebody who may ask no more. */
const state = async (id: string): Promise<{ state: string; message: string | null }> => until(async () => (await database.query<{ state: string; message: string | null }>(`select j.state, e.message from dure.job j join dure.job_event e on e.job_id = j.id and e.seq = j.last_seq where j.id = $1 and j.finished_at is not null`, [uuidOf(id)])).rows[0]);

beforeAll(async () => {
  dure = await startRunning({ DURE_ROLE: 'api', ...limits });
  exporting = new Exporting(dure);
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 4, application_name: 'test' });
  publisher = await signPerson(dure.folder, { subject: 'pub', organizations: ['lab:publisher'] });
  steward = await signPerson(dure.folder, { subject: 'mina', organizations: ['lab:steward'] });
  admin = await signPerson(dure.folder, { subject: 'root', roles: ['administrator'] });
  ada = await signPerson(dure.folder, { subject: 'ada' });
  expect((await dure.ask('mutation { createOrganization(input: { slug: "lab", title: "Lab" }) { slug } }', admin)).errors).toBeUndefined();
  worker = await startWorker(dure, limits);
  expect(await exporting.publish(publisher, 'lab', cohort('RESTRICTED'))).toMatchObject({ state: 'COMPLETE' });
  await exporting.rules(steward, 'lab/cohort', allow());
}, 120_000);
afterEach(release);
afterAll(async () => {
  if (worker) await kill();
  await database.end();
  await dure.close();
}, 30_000);

test('kill -9 in the middle: begun anew by the next worker, and of the first attempt nothing is left', async () => {
  const id = await begun(ada);
  expect(files().filter((name) => name.startsWith(`${uuidOf(id)}-1.`) && name.endsWith('.part'))).toHaveLength(1);
  await kill();
  await release();
  expect(files().filter((name) => name.endsWith('.part'))).toHaveLength(1);
  expect(await exporting.fetch(ada, `/exports/${uuidOf(id)}`)).toMatchObject({ status: 409, code: 'CONFLICT', reason: 'NOT_READY' });
  await database.query(`update dure.job set lease_until = now() - interval '1 second' where id = $1`, [uuidOf(id)]);
  worker = await startWorker(dure, limits);
  const job = await exporting.ended(ada, id);
  expect(job).toMatchObject({ state: 'COMPLETE', result: { rows: 36 } });
  const found = await unzip((await exporting.fetch(ada, job.result!.path)).body);
  expect(found['persons.csv']!.split('\r\n')).toHaveLength(37);
  expect(files().filter((name) => name.startsWith(uuidOf(id)))).toHaveLength(1);
  expect(files().some((name) => name.endsWith('.part'))).toBe(false);
}, 90_000);

test('a worker that died between the commit of the file and the end of its job: the next one only tells so', async () => {
  const job = await exporting.export(ada, { dataset: 'lab/cohort' });
  const before = files();
  await database.query(`update dure.job set state = 'RUNNING', finished_at = null, result = null, lease_owner = 'dead', lease_until = now() - interval '1 second' where id = $1`, [uuidOf(job.id)]);
  expect(await exporting.fetch(ada, job.result!.path)).toMatchObject({ status: 409 });
  await until(async () => ((await exporting.job(ada, job.id))!.state === 'COMPLETE' ? true : undefined));
  expect((await exporting.job(ada, job.id))!.result).toMatchObject({ sha256: job.result!.sha256 });
  expect(files()).toEqual(before);
  expect(await exporting.fetch(ada, job.result!.path)).toMatchObject({ status: 200 });
}, 60_000);

describe('what ends in the middle leaves no file', () => {
  test('the job is canceled', async () => {
    const id = await begun(ada);
    expect((await dure.ask(`mutation { cancelJob(id: "${id}") { state } }`, ada)).errors).toBeUndefined();
    await release();
    expect(await exporting.ended(ada, id)).toMatchObject({ state: 'CANCELED', result: null });
    await nothingOf(id);
    expect(await exporting.fetch(ada, `/exports/${uuidOf(id)}`)).toMatchObject({ status: 410, reason: 'CANCELED' });
    // Its asker may have it written after all; nobody else may.
    expect(codes(await dure.ask(`mutation { retryJob(id: "${id}") { state } }`, admin))).toEqual(['FORBIDDEN']);
    expect((await dure.ask(`mutation { retryJob(id: "${id}") { state } }`, ada)).errors).toBeUndefined();
    expect(await exporting.ended(ada, id)).toMatchObject({ state: 'COMPLETE' });
    expect(await exporting.fetch(ada, `/exports/${uuidOf(id)}`)).toMatchObject({ status: 200 });
  }, 60_000);

  test('other rules', async () => {
    const id = await begun(ada);
    await exporting.rules(steward, 'lab/cohort', allow({ id: 'names', effect: 'columns', tables: ['persons'], columns: ['name'], transform: { kind: 'deny' } }));
    await new Promise((done) => setTimeout(done, 1_000));
    await release();
    expect(await exporting.ended(ada, id)).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'CONFLICT', details: { reason: 'RULES_CHANGED' } } });
    await nothingOf(id);
  }, 60_000);

  test('an admission that is taken away', async () => {
    await exporting.rules(steward, 'lab/cohort', allow());
    const id = await begun(ada);
    await exporting.rules(steward, 'lab/cohort', { rules: [] });
    await new Promise((done) => setTimeout(done, 1_000));
    await release();
    const job = await exporting.ended(ada, id);
    expect(job.state).toBe('EXECUTOR_ERROR');
    expect(['FORBIDDEN', 'NOT_FOUND']).toContain(job.error!.code);
    await exporting.rules(steward, 'lab/cohort', allow());
    await nothingOf(id);
  }, 60_000);

  test('a window, by the database\'s clock', async () => {
    const end = new Date(Date.now() + 4_000).toISOString();
    await exporting.rules(steward, 'lab/cohort', allow({ id: 'days', effect: 'window', until: end }));
    const id = await begun(ada);
    await new Promise((done) => setTimeout(done, Date.parse(end) - Date.now() + 100));
    await release();
    expect(await exporting.ended(ada, id)).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'FORBIDDEN', details: { reason: 'ENDED' } } });
    await exporting.rules(steward, 'lab/cohort', allow());
    await nothingOf(id);
  }, 60_000);

  test('the token', async () => {
    const soon = await signPerson(dure.folder, { subject: 'soon', lasts: 5 });
    const id = await begun(soon);
    await new Promise((done) => setTimeout(done, 5_500));
    await release();
    expect(await state(id)).toMatchObject({ state: 'CANCELED' });
    await nothingOf(id, await signPerson(dure.folder, { subject: 'soon' }));
  }, 60_000);

  test('a person who is suspended', async () => {
    const eve = await signPerson(dure.folder, { subject: 'eve' });
    const id = await begun(eve);
    expect((await dure.ask('mutation { suspendPerson(subject: "eve", reason: "An incident is looked into.") { id } }', admin)).errors).toBeUndefined();
    await new Promise((done) => setTimeout(done, 1_000));
    await release();
    expect(await state(id)).toMatchObject({ state: 'CANCELED', message: expect.stringContaining('suspended') });
    await nothingOf(id, eve);
  }, 60_000);

  test('a dataset that is frozen', async () => {
    const id = await begun(ada);
    expect((await dure.ask('mutation { declareIncident(input: { dataset: "lab/cohort", reason: "A person was recognised in the rows." }) { everywhere } }', steward)).errors).toBeUndefined();
    await release();
    expect(await state(id)).toMatchObject({ state: 'CANCELED', message: expect.stringContaining('frozen') });
    expect((await dure.ask('mutation { endIncident(input: { dataset: "lab/cohort", reason: "It was looked into and is over." }) { everywhere } }', admin)).errors).toBeUndefined();
    await nothingOf(id);
  }, 60_000);
});

test('erasing a person removes every file of the dataset, ends those that are written, and is told in the record', async () => {
  const ready = await exporting.export(ada, { dataset: 'lab/cohort' });
  const other = await exporting.export(publisher, { dataset: 'lab/cohort', format: 'NDJSON' });
  expect((await exporting.fetch(ada, ready.result!.path)).status).toBe(200);
  const running = await begun(ada);
  const erased = await dure.ask('mutation { erasePerson(input: { person: { dataset: "lab/cohort", table: "persons", key: "P17" }, reason: "Consent was withdrawn by letter.", basis: "PIPA article 37" }) { jobs { id } } }', steward);
  expect(erased.errors).toBeUndefined();
  const [{ id: erasure }] = (erased.data as { erasePerson: { jobs: [{ id: string }] } }).erasePerson.jobs;
  await until(async () => ((await database.query('select 1 from dure.job where id = $1 and finished_at is not null', [uuidOf(erasure)])).rowCount ? true : undefined));
  await release();
  expect(await exporting.ended(ada, running)).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'CONFLICT' } });
  await nothingOf(running);
  const { rows: there } = await database.query<{ count: number }>(`select count(*)::int from dure.export where removed_why = 'ERASURE'`);
  const { data } = await dure.ask('{ erasures(dataset: "lab/cohort") { exports } }', steward);
  expect(data).toEqual({ erasures: [{ exports: there[0]!.count }] });
  expect(there[0]!.count).toBeGreaterThanOrEqual(3);
  for (const [who, { result }] of [[ada, ready], [publisher, other]] as const) {
    expect(await exporting.fetch(who, result!.path)).toMatchObject({ status: 410, code: 'NOT_FOUND', reason: 'ERASURE' });
    expect(files().filter((name) => name.startsWith(result!.export))).toEqual([]);
  }
  const again = await exporting.export(ada, { dataset: 'lab/cohort' });
  const found = await unzip((await exporting.fetch(ada, again.result!.path)).body);
  expect(found['persons.csv']).not.toContain('P17,');
  expect(JSON.parse(found['datapackage.json']!)).toMatchObject({ export: { erasures: [{ rows: 1 }] } });
}, 90_000);

test('an erasure that comes to a file that is all but done: it is not kept', async () => {
  const id = await begun(ada);
  await database.query(`update dure.export set removed_at = now(), removed_why = 'ERASURE' where job_id = $1`, [uuidOf(id)]);
  await release();
  expect(await exporting.ended(ada, id)).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'CONFLICT', details: { reason: 'ERASURE' } } });
  await nothingOf(id);
}, 60_000);
