/**
 * A person who withdraws consent, on a real server with a worker of its own under the roles of a site: every version, hash, upload and
 * report is without them; what is left proves it and does not say who. The worker is killed in the middle.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { zip } from '../support/publishing.js';
import { killed, startWorker } from '../support/processes.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

// Found nowhere by accident.
const gone = 'KX-4471-zebra';
const kin = 'KX-9902-heron';
let dure: Running;
let database: pg.Pool;
let worker: ChildProcess | undefined;
const others: pg.Client[] = [];
let steward: string;
let publisher: string;

async function kill(): Promise<void> {
  const dead = worker!;
  worker = undefined;
  await killed(dead);
}

beforeAll(async () => {
  dure = await startRunning({ DURE_ROLE: 'api' });
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 4 });
  steward = await signPerson(dure.folder, { subject: 'mina', organizations: ['lab:steward'] });
  publisher = await signPerson(dure.folder, { subject: 'pub', organizations: ['lab:publisher'] });
  const admin = await signPerson(dure.folder, { subject: 'root', roles: ['administrator'] });
  expect((await dure.ask('mutation { createOrganization(input: { slug: "lab", title: "Lab" }) { slug } }', admin)).errors).toBeUndefined();
  worker = await startWorker(dure);
}, 90_000);
afterAll(async () => {
  if (worker) await kill();
  for (const client of others) await client.end().catch(() => undefined);
  await database.end();
  await dure.close();
}, 30_000);

const persons = (more: readonly string[] = []): string => ['pid,name,mother', `${gone},Zebra Kim,`, 'B-2,Badger Lee,', `${kin},Heron Kim,${gone}`, 'D-4,Dove Park,', ...more, ''].join('\n');
const descriptor = (name = 'cohort'): object => ({
  name, title: 'Cohort', licenses: [{ name: 'CC0-1.0' }], 'dure:citation': 'Lee, Cohort, 2026.', 'dure:visibility': 'PUBLIC', 'dure:listed': true,
  'dure:rules': { rules: [{ id: 'names', effect: 'columns', tables: ['persons'], columns: ['name'], transform: { kind: 'hash', scope: 'dataset' } }], releases: [{ id: 'by-number', table: 'visits', minimumCell: 2, dimensions: [{ column: 'visit', bins: [0, 10, 20] }] }] },
  resources: [
    { name: 'persons', path: 'persons.csv', schema: { fields: [{ name: 'pid', type: 'string', 'dure:personKey': true }, { name: 'name', type: 'string' }, { name: 'mother', type: 'string' }], primaryKey: 'pid', foreignKeys: [{ fields: 'mother', reference: { resource: '', fields: 'pid' }, 'dure:name': 'motherRow' }] } },
    { name: 'visits', path: 'visits.csv', schema: { fields: [{ name: 'visit', type: 'integer' }, { name: 'pid', type: 'string', 'dure:facet': true }, { name: 'note', type: 'string' }], primaryKey: 'visit', foreignKeys: [{ fields: 'pid', reference: { resource: 'persons', fields: 'pid' } }] } },
    { name: 'samples', path: 'samples.csv', schema: { fields: [{ name: 'tube', type: 'string' }, { name: 'visit', type: 'integer' }], primaryKey: 'tube', foreignKeys: [{ fields: 'visit', reference: { resource: 'visits', fields: 'visit' } }] } },
    { name: 'sites', path: 'sites.csv', schema: { fields: [{ name: 'site', type: 'string' }] } },
  ],
});
const files = (name?: string, more: readonly string[] = []): Record<string, string | object> => ({
  'datapackage.json': descriptor(name), 'persons.csv': persons(more),
  'visits.csv': `visit,pid,note\n1,${gone},zebra-note\n2,B-2,fine\n3,${gone},zebra-note\n4,${kin},well\n`,
  'samples.csv': 'tube,visit\nT1,1\nT2,2\nT3,3\nT3b,3\nT4,4\n', 'sites.csv': 'site\nSeoul\n',
});
const without = (name?: string): Record<string, string | object> => ({ ...files(name), 'persons.csv': `pid,name,mother\nB-2,Badger Lee,\n${kin},Heron Kim,\nD-4,Dove Park,\n`, 'visits.csv': 'visit,pid,note\n2,B-2,fine\n', 'samples.csv': 'tube,visit\nT2,2\n' });

interface Ended { readonly id: string; readonly state: string; readonly error: { readonly code: string; readonly message: string; readonly details?: Readonly<Record<string, unknown>> } | null; readonly result: Readonly<Record<string, unknown>> | null }
async function ended(job: string): Promise<Ended> {
  const id = Buffer.from(job, 'base64url').toString().split(':').at(-1)!;
  return until(async () => (await database.query<Ended>('select id, state, error, result from dure.job where id = $1 and finished_at is not null', [id])).rows[0]);
}
async function publish(content: Record<string, string | object>): Promise<Ended> {
  const { id: upload } = await dure.upload(await zip(content), 'application/zip', publisher);
  const { data, errors } = await dure.ask('mutation($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id } } }', publisher, { input: { organization: 'lab', upload } });
  expect(errors).toBeUndefined();
  return ended((data as { publishDataset: { job: { id: string } } }).publishDataset.job.id);
}
const person = (key: string, dataset = 'lab/cohort'): object => ({ dataset, table: 'persons', key });
const erase = (who: string | undefined, key: string, more: object = {}, dataset?: string): Promise<GraphQLAnswer> => dure.ask('mutation($input: ErasePersonInput!) { erasePerson(input: $input) { erasures { id completedAt } jobs { id } } }', who, {
  input: { person: person(key, dataset), reason: 'Consent was withdrawn by letter.', basis: 'PIPA article 37', ...more },
});
const jobsOf = (answer: GraphQLAnswer): string[] => {
  expect(answer.errors).toBeUndefined();
  return (answer.data as { erasePerson: { jobs: { id: string }[] } }).erasePerson.jobs.map(({ id }) => id);
};
const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map(({ extensions }) => extensions.code);
const all = '{ lab { cohort(version: "1.0") { persons { totalCount nodes { pid name mother } } visits(orderBy: [{ visit: ASC }]) { totalCount nodes { visit pid note } } samples { totalCount nodes { tube } } } } }';
const at = (version: string): string => all.replace('1.0', version);

const release = (): Promise<unknown[]> => Promise.all(['1.1', '1.0'].map(async (version) => ((await dure.ask(`{ lab { cohort(version: "${version}") { visits { release(id: "by-number") { state cells(by: []) { count } } } } } }`)).data as { lab: { cohort: { visits: { release: unknown } } } }).lab.cohort.visits.release));

/** A transaction of somebody else's. */
async function begin(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: dure.dure.databaseUrl });
  await client.connect();
  others.push(client);
  await client.query('begin');
  return client;
}

/** Where a text stands: tables of rows, the system's tables, stored files. */
async function traces(text: string): Promise<string[]> {
  const found: string[] = [];
  const { rows: tables } = await database.query<{ name: string }>(`select schemaname || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('dure_data', 'dure')`);
  for (const { name } of tables) if ((await database.query(`select 1 from ${name} t where t::text like '%' || $1 || '%' limit 1`, [text])).rowCount) found.push(name);
  return found;
}
function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}
const inFiles = (folder: string, text: string): string[] => [...filesBelow(folder)].filter((path) => readFileSync(path).includes(text));

describe('erasing a person', () => {
  let cursor: string;
  let hashOfHeron: string;
  beforeAll(async () => {
    for (const more of [[], ['E-5,Eel Cho,']]) expect(await publish(files('cohort', more))).toMatchObject({ state: 'COMPLETE' });
    // Versions that share a segment, as appending makes them.
    await database.query(`update dure.version_segment set physical = (select s.physical from dure.version_segment s join dure.version v on v.id = s.version_id where v.minor = 0 and s.table_name = 'samples')
      where table_name = 'samples' and version_id = (select id from dure.version where minor = 1)`);
    await database.query('update dure.catalog_state set revision = revision + 1');
    await database.query('update dure.dataset set revision = (select revision from dure.catalog_state)');
    // A refused package, whose report quotes a value.
    expect(await publish({ ...files(), 'visits.csv': `visit,pid,note\n${gone},B-2,x\n` })).toMatchObject({ state: 'EXECUTOR_ERROR' });
  }, 60_000);

  test('is for stewards of the owner, with a reason, a basis and a column of persons\' keys', async () => {
    expect(codes(await erase(undefined, gone))).toEqual(['UNAUTHENTICATED']);
    expect(codes(await erase(publisher, gone))).toEqual(['FORBIDDEN']);
    expect(codes(await erase(await signPerson(dure.folder, { subject: 'x', organizations: ['other:owner'] }), gone))).toEqual(['FORBIDDEN']);
    expect(codes(await erase(steward, gone, { reason: 'short' }))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await erase(steward, gone, { basis: ' ' }))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await erase(steward, ''))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await erase(steward, gone, { person: { dataset: 'lab/cohort', table: 'visits', key: gone } }))).toEqual(['BAD_USER_INPUT']);
    for (const query of ['{ erasures(dataset: "lab/cohort") { id } }', `{ erasuresOf(person: { dataset: "lab/cohort", table: "persons", key: "${gone}" }) { id } }`]) expect(codes(await dure.ask(query, publisher))).toEqual(['FORBIDDEN']);
    expect((await database.query('select 1 from dure.erasure')).rowCount).toBe(0);
  });

  test('the worker is killed before the new state is there: nothing has changed, and the next one begins again', async () => {
    const { data } = await dure.ask('{ lab { cohort(version: "1.0") { persons(first: 1) { pageInfo { endCursor } nodes { pid } } } } }');
    cursor = (data as { lab: { cohort: { persons: { pageInfo: { endCursor: string } } } } }).lab.cohort.persons.pageInfo.endCursor;
    const before = [await dure.ask(all), await dure.ask(at('1.1'))];
    expect(JSON.stringify(before)).toContain(gone);
    hashOfHeron = (before[0]!.data as { lab: { cohort: { persons: { nodes: { pid: string; name: string }[] } } } }).lab.cohort.persons.nodes.find(({ pid }) => pid === kin)!.name;
    const { rows: [counted] } = await database.query<{ count: number }>(`select count(*)::int from pg_tables where schemaname = 'dure_data'`);
    expect(await release()).toMatchObject([{ state: 'READY', cells: expect.arrayContaining([{ count: 4 }]) }, { state: 'READY' }]);
    await kill();
    const [job] = jobsOf(await erase(steward, gone));
    const holder = await begin();
    await holder.query('select 1 from dure.erasure for no key update');
    worker = await startWorker(dure);
    await until(async () => (await database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update dure.erasure set completed_at%'`)).rowCount || undefined);
    expect([await dure.ask(all), await dure.ask(at('1.1'))]).toEqual(before.map((answer) => ({ ...answer, extensions: expect.anything() })));
    await kill();
    await holder.end();
    expect([await dure.ask(all), await dure.ask(at('1.1'))]).toMatchObject(before.map(({ data: same }) => ({ data: same })));
    expect((await dure.ask('{ dataset(id: "lab/cohort") { versions { version erasures { rows } } } }')).data).toEqual({ dataset: { versions: [{ version: '1.1', erasures: [] }, { version: '1.0', erasures: [] }] } });
    expect(codes(await dure.ask(`mutation { cancelJob(id: "${job}") { state } }`, publisher))).toEqual(['FORBIDDEN']);

    // Then killed once more, when the new state is there and what held the rows is not yet dropped.
    const { rows: [old] } = await database.query<{ physical: string }>(`select s.physical from dure.version_segment s join dure.version v on v.id = s.version_id where v.minor = 0 and s.table_name = 'persons'`);
    const reader = await begin();
    await reader.query(`lock table dure_data.${old!.physical} in access share mode`);
    await database.query(`update dure.job set lease_until = now() - interval '1 second' where kind = 'ERASE_PERSON'`);
    worker = await startWorker(dure);
    await until(async () => (await database.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'drop table%'`)).rowCount || undefined);
    expect(JSON.stringify(await dure.ask(all))).not.toContain(gone);
    expect(await dure.ask(at('1.1'))).toMatchObject({ data: { lab: { cohort: { samples: { totalCount: 2 } } } } });
    await kill();
    await reader.end();
    await database.query(`update dure.job set lease_until = now() - interval '1 second' where kind = 'ERASE_PERSON'`);
    worker = await startWorker(dure);
    expect(await ended(job!)).toMatchObject({ state: 'COMPLETE', result: { dataset: 'lab/cohort', rows: 12, cells: 2, versions: 2 } });
    expect((await database.query<{ count: number }>(`select count(*)::int from pg_tables where schemaname = 'dure_data'`)).rows[0]).toEqual(counted);
    expect((await database.query(`select 1 from dure.segment where state <> 'LIVE'`)).rowCount).toBe(0);
  }, 120_000);

  test('rows, and what hangs on them, are in no version; another person who named them stays', async () => {
    const { data, errors } = await dure.ask(all);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ lab: { cohort: {
      persons: { totalCount: 3, nodes: [{ pid: 'B-2', name: expect.any(String), mother: null }, { pid: kin, name: hashOfHeron, mother: null }, { pid: 'D-4', name: expect.any(String), mother: null }] },
      visits: { totalCount: 2, nodes: [{ visit: '2', pid: 'B-2', note: 'fine' }, { visit: '4', pid: kin, note: 'well' }] },
      samples: { totalCount: 2, nodes: [{ tube: 'T2' }, { tube: 'T4' }] },
    } } });
    expect((await dure.ask(at('1.1'))).data).toMatchObject({ lab: { cohort: { persons: { totalCount: 4 }, visits: { totalCount: 2 }, samples: { totalCount: 2 } } } });
  });

  test('releases of what held the person are withheld', async () => {
    expect(await release()).toEqual(['1.1', '1.0'].map(() => ({ state: 'WITHHELD', cells: [] })));
  });

  test('a cursor from before goes on at its place; rows by hash and by index are found', async () => {
    expect((await dure.ask('query($after: String) { lab { cohort(version: "1.0") { persons(first: 1, after: $after) { nodes { pid } } } } }', undefined, { after: cursor })).data).toEqual({ lab: { cohort: { persons: { nodes: [{ pid: 'B-2' }] } } } });
    expect((await dure.ask('query($h: String) { lab { cohort(version: "1.0") { persons(where: { name: { eq: $h } }) { nodes { pid } } visits(where: { pid: { eq: "B-2" } }) { totalCount } } } }', undefined, { h: hashOfHeron })).data).toEqual({ lab: { cohort: { persons: { nodes: [{ pid: kin }] }, visits: { totalCount: 1 } } } });
  });

  test('versions say so, in the schema, in provenance and in citations', async () => {
    const note = expect.stringMatching(/^6 rows and 1 cell were erased on \d{4}-\d\d-\d\d\.$/);
    const { data, extensions } = await dure.ask('{ dataset(id: "lab/cohort") { citation versions { version erasures { at rows cells note } } tables { name rowCount } } lab { cohort { sites { totalCount } } } }');
    expect(data).toMatchObject({ dataset: {
      citation: expect.stringMatching(/^Lee, Cohort, 2026\. 6 rows and 1 cell were erased on [\d-]+\.$/),
      versions: [{ version: '1.1', erasures: [{ rows: 6, cells: 1, note }] }, { version: '1.0', erasures: [{ rows: 6, cells: 1, note }] }],
      tables: expect.arrayContaining([{ name: 'persons', rowCount: 4 }, { name: 'visits', rowCount: 2 }]),
    } });
    expect(extensions).toMatchObject({ provenance: [{ dataset: 'lab/cohort', citation: expect.stringContaining('were erased on'), erasures: [{ rows: 6, cells: 1, note }] }] });
  });

  test('nothing of the person is left in tables, uploads, reports, or the database\'s files', async () => {
    for (const text of [gone, 'Zebra Kim', 'zebra-note']) expect(await traces(text)).toEqual([]);
    expect((await database.query('select 1 from dure.upload')).rowCount).toBe(0);
    expect(inFiles(join(dure.folder, 'blobs'), 'persons.csv')).toEqual([]);
    // As docs/operating.md says: the planner's statistics of what was dropped are dead rows of a catalog that only the database's owner may clean.
    await database.query('vacuum full pg_catalog.pg_statistic');
    await database.query('checkpoint');
    const { rows: [setting] } = await database.query<{ directory: string }>(`select current_setting('data_directory') as directory`);
    const { directory } = setting!;
    expect(inFiles(join(directory, 'base'), 'zebra-note')).toEqual([]);
    // Somebody who is still there is found by the same search.
    expect(inFiles(join(directory, 'base'), 'Badger Lee').length).toBeGreaterThan(0);
    expect(await traces('Badger Lee')).not.toEqual([]);
  });

  test('the record proves it to whoever names the person, and to nobody else', async () => {
    const { data } = await dure.ask('{ erasures(dataset: "lab/cohort") { id everywhere commitment reason basis requestedBy requestedAt completedAt renewedAt tables { version table rows cells } } }', steward);
    const table = (version: string): unknown[] => [{ version, table: 'persons', rows: 1, cells: 1 }, { version, table: 'samples', rows: 3, cells: 0 }, { version, table: 'visits', rows: 2, cells: 0 }];
    expect(data).toEqual({ erasures: [{
      id: expect.any(String), everywhere: false, commitment: expect.stringMatching(/^[\w-]{43}$/), reason: 'Consent was withdrawn by letter.', basis: 'PIPA article 37', requestedBy: 'mina', requestedAt: expect.any(String), completedAt: expect.any(String), renewedAt: null,
      tables: [...table('1.0'), ...table('1.1')],
    }] });
    const of = async (key: string): Promise<unknown> => (await dure.ask('query($person: PersonInput!) { erasuresOf(person: $person) { commitment } }', steward, { person: person(key) })).data;
    expect(await of(gone)).toEqual({ erasuresOf: [{ commitment: (data as { erasures: [{ commitment: string }] }).erasures[0].commitment }] });
    for (const key of ['B-2', kin, `${gone} `]) expect(await of(key)).toEqual({ erasuresOf: [] });
    const { rows: events } = await database.query<{ kind: string; body: string }>(`select kind, body::text from dure_audit.entry where kind like 'ERAS%' order by at`);
    expect(events.map(({ kind }) => kind)).toEqual(['ERASURE_REQUESTED', 'ERASED']);
    expect(JSON.parse(events[1]!.body)).toMatchObject({ details: { rows: 12, cells: 2, versions: 2, basis: 'PIPA article 37' } });
    expect(JSON.stringify(events)).not.toContain(gone);
    for (const sql of ['delete from dure.erasure', `update dure.erasure set basis = 'none'`, 'update dure.erasure_version set rows = 0', 'delete from dure.erasure_version']) await expect(database.query(sql)).rejects.toThrow(/append-only|does not change/);
  });

  test('a package with the person is refused by the row, without the key, and is not kept; others are published', async () => {
    const refused = await publish(files());
    expect(refused).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'FORBIDDEN', details: { reason: 'ERASED_PERSON', table: 'persons', column: 'pid', rows: [1] } } });
    expect(JSON.stringify(refused)).not.toContain(gone);
    expect((await database.query('select 1 from dure.upload')).rowCount).toBe(0);
    expect(await traces(gone)).toEqual([]);
    expect(await publish(without())).toMatchObject({ state: 'COMPLETE' });
    expect((await dure.ask('{ dataset(id: "lab/cohort") { versions { version erasures { rows } } } }')).data).toEqual({ dataset: { versions: [{ version: '1.2', erasures: [] }, { version: '1.1', erasures: [{ rows: 6 }] }, { version: '1.0', erasures: [{ rows: 6 }] }] } });
  });

  test('once consent is renewed, with a reason, they are published again', async () => {
    const renew = (who: string, key: string): Promise<GraphQLAnswer> => dure.ask('mutation($input: RenewConsentInput!) { renewConsent(input: $input) { renewedBy renewReason } }', who, { input: { person: person(key), reason: 'Signed again on paper.' } });
    expect(codes(await renew(publisher, gone))).toEqual(['FORBIDDEN']);
    expect(codes(await renew(steward, 'B-2'))).toEqual(['NOT_FOUND']);
    expect(await renew(steward, gone)).toEqual({ data: { renewConsent: [{ renewedBy: 'mina', renewReason: 'Signed again on paper.' }] } });
    expect(codes(await renew(steward, gone))).toEqual(['NOT_FOUND']);
    expect(await publish(files())).toMatchObject({ state: 'COMPLETE' });
    expect(await traces(gone)).not.toEqual([]);
  });

  test('everywhere: from all datasets of the organization, and into none again; a key that nobody has leaves a record too', async () => {
    expect(await publish(files('second'))).toMatchObject({ state: 'COMPLETE' });
    const jobs = jobsOf(await erase(steward, kin, { everywhere: true }, 'lab/second'));
    expect(jobs).toHaveLength(2);
    for (const job of jobs) expect(await ended(job)).toMatchObject({ state: 'COMPLETE' });
    expect(await traces(kin)).toEqual([]);
    expect(await publish(files('third'))).toMatchObject({ error: { details: { reason: 'ERASED_PERSON' } } });
    const [none] = jobsOf(await erase(steward, 'nobody-has-it'));
    expect(await ended(none!)).toMatchObject({ state: 'COMPLETE', result: { rows: 0, cells: 0 } });
  });

  test('one whose job cannot be made is not there either', async () => {
    const asked = async (): Promise<unknown> => (await database.query('select (select count(*) from dure.erasure)::int as erasures, (select count(*) from dure_audit.pending where body like \'%ERASURE_REQUESTED%\')::int as told')).rows;
    const before = await asked();
    await database.query('create function dure.full() returns trigger language plpgsql as $$ begin raise exception \'the disk is full\'; end $$');
    await database.query(`create trigger full_for_a_test before insert on dure.job for each row when (new.kind = 'ERASE_PERSON') execute function dure.full()`);
    expect(codes(await erase(steward, 'B-2'))).toEqual(['INTERNAL']);
    await database.query('drop trigger full_for_a_test on dure.job');
    await database.query('drop function dure.full()');
    expect(await asked()).toEqual(before);
  });

  test('two persons at once: both are gone', async () => {
    const jobs = (await Promise.all(['B-2', 'D-4'].map((key) => erase(steward, key)))).flatMap(jobsOf);
    for (const job of jobs) expect(await ended(job)).toMatchObject({ state: 'COMPLETE' });
    const { data } = await dure.ask('{ lab { cohort(version: "1.1") { persons { nodes { pid } } visits { totalCount } } } }');
    expect(data).toEqual({ lab: { cohort: { persons: { nodes: [{ pid: 'E-5' }] }, visits: { totalCount: 0 } } } });
  });

  test('a frozen dataset is erased from only when it is let go', async () => {
    const reason = 'Rows were seen outside.';
    expect((await dure.ask('mutation($input: DeclareIncidentInput!) { declareIncident(input: $input) { everywhere } }', steward, { input: { dataset: 'lab/cohort', reason } })).errors).toBeUndefined();
    expect((await erase(steward, 'E-5')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', reason: 'FROZEN' } }]);
  });
});

async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (const stop = Date.now() + 20_000; Date.now() < stop;) {
    const found = await what();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('it did not happen');
}
