/** Files of rows, from the question to the download: what is in them, who may have them and until when. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { run } from '../../src/cli/main.js';
import { FileBlobStore } from '../../src/storage/blobs.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { ExportStore } from '../../src/storage/exportStore.js';
import { codes, Exporting, why } from '../support/exporting.js';
import { startRunning, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';
import { unzip } from '../support/unzip.js';

let dure: Running;
let exporting: Exporting;
let database: pg.Pool;
let [publisher, steward, admin, ada, bob] = ['', '', '', '', ''];

const values = {
  'datapackage.json': {
    name: 'values', title: 'Values', 'dure:titleKo': '값', licenses: [{ name: 'CC-BY-4.0', path: 'https://creativecommons.org/licenses/by/4.0/' }], 'dure:citation': 'Kim, Values, 2026.', 'dure:visibility': 'PUBLIC', 'dure:listed': true,
    resources: [{ name: 'every kind', path: 'v.csv', schema: {
      missingValues: ['NULL'], primaryKey: 'no', fields: [
        { name: 'no', type: 'integer' }, { name: '이름', type: 'string', 'dure:name': 'name' }, { name: 'big', type: 'integer' }, { name: 'exact', type: 'number', 'dure:exact': true }, { name: 'real', type: 'number' }, { name: 'yes', type: 'boolean' },
        { name: 'day', type: 'date' }, { name: 'at', type: 'datetime' }, { name: 'doc', type: 'object' }, { name: 'place', type: 'geopoint' }, { name: 'tags', type: 'list' },
      ],
    } }],
  },
  'v.csv': [
    'no,이름,big,exact,real,yes,day,at,doc,place,tags',
    '1,"한글, ""따옴표"" 🙂",9007199254740993,0.10000000000000000001,1e-7,true,2026-01-02,2026-01-02T03:04:05Z,"{""n"":9007199254740993,""t"":""a\\""b""}","126.5, 37.25","a,b"',
    '2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL',
    '3,,-9223372036854775808,-5.50,-0.5,false,1999-12-31,1999-12-31T23:59:59.250Z,"{}","-1, -2","x"',
    '4,"=HYPERLINK(""http://evil"")",0,0,0,true,2026-01-02,2026-01-02T03:04:05Z,"{}","0, 0","y"',
    '5,"two\nlines and a \\ slash",1,1,1,true,2026-01-02,2026-01-02T03:04:05Z,"{}","0, 0","z"',
    '6, padded ,1,1,1,true,2026-01-02,2026-01-02T03:04:05Z,"{}","0, 0","z"', '',
  ].join('\n'),
};

const cohort = {
  'datapackage.json': {
    name: 'cohort', title: 'Cohort', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'REGISTERED', 'dure:listed': true,
    resources: [
      { name: 'persons', path: 'persons.csv', schema: { fields: [{ name: 'pid', type: 'string' }, { name: 'name', type: 'string' }, { name: 'code', type: 'string' }, { name: 'ward', type: 'string' }], primaryKey: 'pid' } },
      { name: 'visits', path: 'visits.csv', schema: { fields: [{ name: 'visit', type: 'integer' }, { name: 'pid', type: 'string' }, { name: 'note', type: 'string' }], primaryKey: 'visit', foreignKeys: [{ fields: 'pid', reference: { resource: 'persons', fields: 'pid' }, 'dure:name': 'person' }] } },
      { name: 'sites', path: 'sites.csv', schema: { fields: [{ name: 'site', type: 'string' }] } },
      { name: 'counted', path: 'counted.csv', schema: { fields: [{ name: 'x', type: 'string' }] } },
    ],
  },
  'persons.csv': 'pid,name,code,ward\nA,Anna,AA-1,open\nB,Bo,BB-2,closed\nC,Chul,CC-3,open\n',
  'visits.csv': `visit,pid,note\n${Array.from({ length: 23 }, (_, n) => `${n},${'ABC'[n % 3]},n${n}`).join('\n')}\n`,
  'sites.csv': 'site\nSeoul\n', 'counted.csv': 'x\nsecret\n',
};
const member = { attribute: 'person.organizations', contains: 'lab' };
const rules = (...more: object[]): { rules: object[] } => ({ rules: [
  { id: 'wards', effect: 'rows', tables: ['persons'], where: { column: 'ward', op: 'ne', value: 'closed' }, unless: member, reason: 'The closed ward stays here.' },
  { id: 'names', effect: 'columns', tables: ['persons'], columns: ['name'], transform: { kind: 'deny' }, unless: member, reason: 'Names stay here.' },
  { id: 'codes', effect: 'columns', tables: ['persons'], columns: ['code'], transform: { kind: 'mask', keepStart: 2 }, unless: member },
  { id: 'read-only', effect: 'granularity', tables: ['sites'], atMost: 'row', unless: member },
  { id: 'figures', effect: 'granularity', tables: ['counted'], atMost: 'aggregate', minimumCell: 5, unless: member },
  { id: 'cite', effect: 'obligation', tables: ['persons'], kind: 'cite', text: 'Cite Kim 2026.' },
  ...more,
] });

const files = (): string[] => { const folder = join(dure.folder, 'blobs', 'exports'); return existsSync(folder) ? readdirSync(folder) : []; };

beforeAll(async () => {
  dure = await startRunning({ DURE_MAX_PAGE_SIZE: '10', DURE_DEFAULT_PAGE_SIZE: '10', DURE_MAX_EXPORT_ROWS: '60', DURE_MAX_EXPORTS: '50', ...(process.env.SHOW_LOG ? { DURE_LOG_LEVEL: 'warn' } : {}) }, process.env.SHOW_LOG ? (line) => process.stderr.write(line) : undefined);
  exporting = new Exporting(dure);
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 4 });
  publisher = await signPerson(dure.folder, { subject: 'pub', organizations: ['lab:publisher'] });
  steward = await signPerson(dure.folder, { subject: 'mina', organizations: ['lab:steward'] });
  admin = await signPerson(dure.folder, { subject: 'root', roles: ['administrator'] });
  ada = await signPerson(dure.folder, { subject: 'ada', country: 'KR' });
  bob = await signPerson(dure.folder, { subject: 'bob', country: 'KR' });
  await dure.ask('mutation { createOrganization(input: { slug: "lab", title: "Lab" }) { slug } }', admin);
  for (const content of [values, cohort]) expect(await exporting.publish(publisher, 'lab', content)).toMatchObject({ state: 'COMPLETE' });
  await exporting.rules(steward, 'lab/cohort', rules());
}, 90_000);
afterAll(async () => {
  await database.end();
  await dure.close();
}, 30_000);

describe('what is in a file', () => {
  test('CSV: every value as it is, null and the empty text apart', async () => {
    const { files: found, descriptor, job } = await exporting.files(ada, { dataset: 'lab/values' });
    expect(Object.keys(found)).toEqual(['everyKind.csv', 'datapackage.json']);
    expect(found['everyKind.csv']).toBe([
      'no,이름,big,exact,real,yes,day,at,doc,place,tags',
      '1,"한글, ""따옴표"" 🙂",9007199254740993,0.10000000000000000001,1e-07,true,2026-01-02,2026-01-02T03:04:05.000Z,"{""n"": 9007199254740993, ""t"": ""a\\""b""}","126.5, 37.25","[""a"",""b""]"',
      '2,,,,,,,,,,',
      '3,"",-9223372036854775808,-5.50,-0.5,false,1999-12-31,1999-12-31T23:59:59.250Z,{},"-1, -2","[""x""]"',
      '4,"=HYPERLINK(""http://evil"")",0,0,0,true,2026-01-02,2026-01-02T03:04:05.000Z,{},"0, 0","[""y""]"',
      '5,"two\nlines and a \\ slash",1,1,1,true,2026-01-02,2026-01-02T03:04:05.000Z,{},"0, 0","[""z""]"',
      '6," padded ",1,1,1,true,2026-01-02,2026-01-02T03:04:05.000Z,{},"0, 0","[""z""]"', '',
    ].join('\r\n'));
    expect(job.result).toMatchObject({ rows: 6 });
    const [resource] = descriptor.resources;
    expect(resource).toMatchObject({ name: 'every kind', path: 'everyKind.csv', rows: 6, bytes: Buffer.byteLength(found['everyKind.csv']!), hash: `sha256:${createHash('sha256').update(found['everyKind.csv']!).digest('hex')}` });
    expect(descriptor).toMatchObject({ version: '1.0', licenses: [{ name: 'CC-BY-4.0' }], 'dure:citation': 'Kim, Values, 2026.', export: { dataset: 'lab/values', version: '1.0', rulesRevision: 1, reason: why, withheld: [], rowsLeftOut: [] } });
  });

  test('NDJSON: the same values as GraphQL gives them', async () => {
    const { files: found } = await exporting.files(ada, { dataset: 'lab/values', format: 'NDJSON' });
    const lines = found['everyKind.ndjson']!.split('\n');
    expect(lines).toHaveLength(7);
    expect(JSON.parse(lines[0]!)).toMatchObject({ 이름: '한글, "따옴표" 🙂', big: '9007199254740993', exact: '0.10000000000000000001', real: 1e-7, yes: true, place: { longitude: 126.5, latitude: 37.25 }, tags: ['a', 'b'] });
    expect(lines[0]).toContain('"doc":{"n": 9007199254740993, "t": "a\\"b"}');
    expect(JSON.parse(lines[1]!)).toMatchObject({ 이름: null, big: null, doc: null });
    expect(JSON.parse(lines[2]!)).toMatchObject({ 이름: '' });
  });

  test('for spreadsheets: a byte order mark, and no formula runs', async () => {
    const { files: found, descriptor } = await exporting.files(ada, { dataset: 'lab/values', forSpreadsheets: true });
    expect(found['everyKind.csv']!.startsWith('\ufeffno,')).toBe(true);
    expect(found['everyKind.csv']).toContain(`\r\n4,"'=HYPERLINK(""http://evil"")",0,`);
    expect(found['everyKind.csv']).toContain('\r\n3,"",-9223372036854775808,-5.50,');
    expect(descriptor.export.changed).toMatch(/apostrophe/);
  });

  test('it is a package: published again it holds the same values', async () => {
    const job = await exporting.export(ada, { dataset: 'lab/values', tables: [{ table: 'every kind', columns: ['no', '이름', 'big', 'exact', 'real', 'yes', 'day', 'at', 'place'], where: { no: { ne: '3' } } }] });
    const { body } = await exporting.fetch(ada, job.result!.path);
    const archive = { ...(await unzip(body)) };
    const again = { ...(JSON.parse(archive['datapackage.json']!) as object), name: 'again' };
    expect(await exporting.publish(publisher, 'lab', { ...archive, 'datapackage.json': again })).toMatchObject({ state: 'COMPLETE' });
    const rowsOf = async (dataset: string): Promise<unknown> => ((await dure.ask(`{ lab { ${dataset} { everyKind(where: { no: { ne: "3" } }) { nodes { no name big exact real yes day at place } } } } }`, publisher)).data as { lab: Record<string, unknown> }).lab[dataset];
    expect(await rowsOf('again')).toEqual(await rowsOf('values'));
  });

  test('the rules hold in it: rows, columns, tables; and what was left out is told', async () => {
    const { files: found, descriptor } = await exporting.files(ada, { dataset: 'lab/cohort' });
    expect(Object.keys(found)).toEqual(['persons.csv', 'visits.csv', 'datapackage.json']);
    expect(found['persons.csv']).toBe('pid,code,ward\r\nA,AA***,open\r\nC,CC***,open\r\n');
    expect(found['visits.csv']!.split('\r\n')).toHaveLength(25);
    expect(JSON.stringify(found)).not.toMatch(/Anna|AA-1|BB-2|,closed|secret|Seoul/);
    expect(descriptor.export).toMatchObject({
      withheld: [{ table: 'persons', column: 'name', treatment: 'deny', rule: 'names', reason: 'Names stay here.' }, { table: 'persons', column: 'code', treatment: 'mask', rule: 'codes' }],
      rowsLeftOut: [{ table: 'persons', rule: 'wards', reason: 'The closed ward stays here.' }], tablesLeftOut: [{ table: 'sites' }, { table: 'counted' }], obligations: [{ rule: 'cite', kind: 'cite', text: 'Cite Kim 2026.' }],
    });
    expect(descriptor.resources.map(({ schema }) => schema.foreignKeys)).toEqual([undefined, undefined]);
    const all = await exporting.files(publisher, { dataset: 'lab/cohort' });
    expect(all.files['persons.csv']).toBe('pid,name,code,ward\r\nA,Anna,AA-1,open\r\nB,Bo,BB-2,closed\r\nC,Chul,CC-3,open\r\n');
    expect(all.files['counted.csv']).toBe('x\r\nsecret\r\n');
    expect(all.descriptor.resources[1]!.schema.foreignKeys).toEqual([{ fields: ['pid'], reference: { resource: 'persons', fields: ['pid'] } }]);
  });

  test('a question: table, columns and condition, links of the dataset too', async () => {
    const { files: found, job } = await exporting.files(ada, { dataset: 'lab/cohort', tables: [{ table: 'visits', columns: ['note', 'visit'], where: { person: { ward: { eq: 'open' } }, visit: { lt: '8' } } }] });
    expect(found['visits.csv']).toBe('visit,note\r\n0,n0\r\n2,n2\r\n3,n3\r\n5,n5\r\n6,n6\r\n');
    expect(job.events.some(({ phase, total }) => phase === 'write' && total === 5)).toBe(true);
  });
});

describe('what is refused when it is asked for', () => {
  const refused = async (who: string | undefined, input: object, headers?: Record<string, string>): Promise<string> => {
    const { errors } = await exporting.ask(who, { dataset: 'lab/cohort', ...input }, headers);
    expect(errors).toHaveLength(1);
    return `${String(errors![0]!.extensions.code)}: ${errors![0]!.message}`;
  };

  test('without a token, without a reason', async () => {
    expect(await refused(undefined, {})).toMatch(/^UNAUTHENTICATED/);
    expect(await refused(ada, { reason: 'why not' })).toMatch(/^BAD_USER_INPUT: `reason` must say why/);
  });
  test('names that are not there, all at once, with what was probably meant', async () => {
    expect(await refused(ada, { dataset: 'lab/kohort' })).toMatch(/^NOT_FOUND/);
    expect(await refused(ada, { version: '3.0' })).toBe('BAD_USER_INPUT: lab/cohort has no version "3.0". It has 1.0.');
    expect(await refused(ada, { tables: [] })).toMatch(/tables is empty/);
    expect(await refused(ada, { tables: [{ table: 'visit' }, { table: 'persons', columns: ['pidd'] }, { table: 'persons', columns: [], where: 3 }] })).toBe(`BAD_USER_INPUT: ${[
      'lab/cohort 1.0 has no table "visit"; it has persons, visits, sites, counted. Did you mean visits?', 'persons has no column "pidd". Did you mean pid?', 'persons is named twice.', 'columns of persons is empty: leave it out for all.', 'where of persons must be an object, as in a query.',
    ].join('\n')}`);
    expect(await refused(ada, { tables: [{ table: 'visits', where: { nott: { eq: 'n1' } } }] })).toMatch(/^BAD_USER_INPUT: .*"nott" is not defined.*Did you mean "not/);
  });
  test('a condition on a column that is withheld, and the column itself', async () => {
    expect(await refused(ada, { tables: [{ table: 'persons', where: { name: { startsWith: 'A' } } }] })).toMatch(/^FORBIDDEN/);
    expect(await refused(ada, { tables: [{ table: 'persons', columns: ['pid', 'name'] }] })).toBe('FORBIDDEN: You may not read name of persons.');
  });
  test('rows that may be read, but not taken away; figures', async () => {
    expect(await refused(ada, { tables: [{ table: 'sites' }] })).toMatch(/^FORBIDDEN: lab\/cohort may not be read in this way: it may be read by query/);
    expect(await refused(ada, { tables: [{ table: 'counted' }] })).toMatch(/^FORBIDDEN/);
    expect((await dure.ask('{ lab { cohort { sites { nodes { site } } } } }', ada)).data).toEqual({ lab: { cohort: { sites: { nodes: [{ site: 'Seoul' }] } } } });
  });
  test('rows of another dataset are not looked into', async () => {
    expect(await exporting.publish(publisher, 'lab', {
      'datapackage.json': { name: 'links', title: 'Links', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', 'dure:listed': true, resources: ['one', 'two'].map((name) => ({ name, path: `${name}.csv`, schema: { fields: [{ name: 'cas', type: 'string', 'dure:namespace': 'cas' }] } })) },
      'one.csv': 'cas\n64-17-5\n', 'two.csv': 'cas\n64-17-5\n',
    })).toMatchObject({ state: 'COMPLETE' });
    const where = ((await dure.ask('{ __type(name: "LabLinksOneWhere") { inputFields { name type { name inputFields { name } } } } }', ada)).data as { __type: { inputFields: { name: string; type: { inputFields: { name: string }[] } }[] } }).__type.inputFields.find(({ name }) => name === 'casMentions')!;
    const far = where.type.inputFields.find(({ name }) => name.startsWith('bora'))!.name;
    expect(await refused(ada, { dataset: 'lab/links', tables: [{ table: 'one', where: { casMentions: { [far]: { some: {} } } } }] })).toMatch(/^BAD_USER_INPUT: The condition on one looks into bora\//);
    expect(await exporting.export(ada, { dataset: 'lab/links', tables: [{ table: 'one', where: { casMentions: { labLinksTwo: { some: {} } } } }] })).toMatchObject({ state: 'COMPLETE', result: { rows: 1 } });
  });
  test('a token that may not read; a purpose that is not declared', async () => {
    const token = async (scopes: string): Promise<string> => ((await dure.ask(`mutation { createApiToken(input: { name: "t", scopes: [${scopes}] }) { token } }`, publisher)).data as { createApiToken: { token: string } }).createApiToken.token;
    expect(await refused(await token('PUBLISH'), {})).toMatch(/^(FORBIDDEN|NOT_FOUND)/);
    await exporting.rules(steward, 'lab/cohort', rules({ id: 'medicine', effect: 'purpose', allowed: ['DUO_0000006'], unless: member }));
    expect(await refused(ada, {})).toMatch(/^PURPOSE_REQUIRED/);
    expect(await refused(ada, {}, { 'dure-purpose': 'DUO_0000011' })).toMatch(/^FORBIDDEN/);
    expect(await exporting.export(ada, { dataset: 'lab/cohort' }, { 'dure-purpose': 'DUO_0000006' })).toMatchObject({ state: 'COMPLETE' });
    await exporting.rules(steward, 'lab/cohort', rules());
  });
  test('more rows, or more exports, than are allowed', async () => {
    const many = { 'datapackage.json': { name: 'many', title: 'Many', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'PUBLIC', resources: [{ name: 't', path: 't.csv', schema: { fields: [{ name: 'n', type: 'integer' }] } }] }, 't.csv': `n\n${Array.from({ length: 61 }, (_, n) => n).join('\n')}\n` };
    expect(await exporting.publish(publisher, 'lab', many)).toMatchObject({ state: 'COMPLETE' });
    expect(await exporting.export(ada, { dataset: 'lab/many' })).toMatchObject({ state: 'EXECUTOR_ERROR', error: { code: 'LIMIT_EXCEEDED', details: { limit: 60, unit: 'rows' } } });
    expect(await exporting.export(ada, { dataset: 'lab/many', tables: [{ table: 't', where: { n: { lt: '60' } } }] })).toMatchObject({ state: 'COMPLETE', result: { rows: 60 } });
    await database.query(`insert into dure.export (job_id, dataset_id, version_id, subject, issuer, blob) select gen_random_uuid(), d.id, d.current_version_id, 'full', 'dure:demo', 'exports/none' from dure.dataset d, generate_series(1, 50) where d.name = 'many'`);
    const full = await signPerson(dure.folder, { subject: 'full' });
    const issuer = ((await dure.ask('{ me { issuer } }', full)).data as { me: { issuer: string } }).me.issuer;
    await database.query(`update dure.export set issuer = $1 where subject = 'full'`, [issuer]);
    expect(await refused(full, { dataset: 'lab/many' })).toMatch(/^LIMIT_EXCEEDED: You have 50 exports, 50 are allowed/);
    await database.query(`delete from dure.export where subject = 'full'`);
  });
});

describe('the download', () => {
  test('is its asker\'s alone, resumable, and each one is in the audit', async () => {
    const job = await exporting.export(ada, { dataset: 'lab/cohort' });
    const { path, sha256, bytes, rows, export: id } = job.result!;
    const whole = await exporting.fetch(ada, path);
    expect(whole).toMatchObject({ status: 200 });
    expect(whole.body).toHaveLength(bytes);
    expect(createHash('sha256').update(whole.body).digest('hex')).toBe(sha256);
    expect(Object.fromEntries(['content-type', 'content-disposition', 'etag', 'accept-ranges', 'cache-control', 'x-content-type-options'].map((name) => [name, whole.headers.get(name)]))).toEqual({
      'content-type': 'application/zip', 'content-disposition': 'attachment; filename="lab-cohort-1.0.zip"', etag: `"${sha256}"`, 'accept-ranges': 'bytes', 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff',
    });
    const part = await exporting.fetch(ada, path, { range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range'), part.body.equals(whole.body.subarray(10, 20))]).toEqual([206, `bytes 10-19/${bytes}`, true]);
    expect((await exporting.fetch(ada, path, { range: 'bytes=-5' })).body.equals(whole.body.subarray(bytes - 5))).toBe(true);
    expect((await exporting.fetch(ada, path, { range: `bytes=${bytes - 3}-` })).body.equals(whole.body.subarray(bytes - 3))).toBe(true);
    expect((await exporting.fetch(ada, path, { range: 'bytes=10-19', 'if-range': '"another"' })).status).toBe(200);
    expect(await exporting.fetch(ada, path, { range: `bytes=${bytes}-` })).toMatchObject({ status: 416 });
    expect(await exporting.fetch(ada, path, { 'if-none-match': `"${sha256}"` })).toMatchObject({ status: 304 });
    expect(await exporting.fetch(ada, path, {}, 'HEAD')).toMatchObject({ status: 200 });
    expect(await exporting.fetch(ada, path, {}, 'POST')).toMatchObject({ status: 405 });
    expect(await exporting.fetch(undefined, path)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    for (const other of [bob, publisher, steward, admin]) expect(await exporting.fetch(other, path)).toMatchObject({ status: 404, code: 'NOT_FOUND' });

    const { data } = await dure.ask('{ auditEntries(dataset: "lab/cohort", first: 200) { nodes { kind actor { subject } reason rows channel details } } }', steward);
    const entries = (data as { auditEntries: { nodes: { kind: string; actor: { subject: string }; rows: number; channel: string; details: Record<string, unknown> | null }[] } }).auditEntries.nodes;
    const downloads = entries.filter(({ kind, details }) => kind === 'EXPORTED' && details?.export === id);
    expect(downloads).toHaveLength(5);
    expect(downloads.at(-1)).toMatchObject({ actor: { subject: 'ada' }, details: { version: '1.0', rows, bytes, sha256, reason: why, format: 'CSV' } });
    expect(downloads.map(({ details }) => details!.range).filter(Boolean)).toHaveLength(3);
    expect(entries.some(({ kind, details }) => kind === 'EXPORT_REQUESTED' && details?.job === id)).toBe(true);
    // The pages too, in the asker's name.
    expect(entries.filter(({ kind, channel, actor }) => kind === 'ACCESS' && channel === 'export' && actor.subject === 'ada').some(({ rows: read }) => read === 10)).toBe(true);
  });

  test('one lists one\'s own, and deletes them', async () => {
    const job = await exporting.export(bob, { dataset: 'lab/values' });
    const list = async (who: string): Promise<{ id: string; state: string; removedWhy: string | null; path: string | null }[]> => ((await dure.ask('{ me { exports(first: 5) { id state removedWhy path dataset version format reason rows bytes sha256 expiresAt job { state } } } }', who)).data as { me: { exports: never } }).me.exports;
    expect((await list(bob))[0]).toMatchObject({ id: job.result!.export, state: 'READY', path: job.result!.path, dataset: 'lab/values', reason: why, rows: 6, sha256: job.result!.sha256, job: { state: 'COMPLETE' } });
    expect((await list(ada)).some(({ id }) => id === job.result!.export)).toBe(false);
    const remove = 'mutation($id: ID!) { deleteExport(id: $id) { state removedWhy path } }';
    expect(codes(await dure.ask(remove, ada, { id: job.result!.export }))).toEqual(['NOT_FOUND']);
    expect((await dure.ask(remove, bob, { id: job.result!.export })).data).toEqual({ deleteExport: { state: 'REMOVED', removedWhy: 'DELETED', path: null } });
    expect(await exporting.fetch(bob, job.result!.path)).toMatchObject({ status: 410, code: 'NOT_FOUND', reason: 'DELETED' });
    expect(files().filter((name) => name.startsWith(job.result!.export))).toEqual([]);
  });

  test('an API token has what it exported itself; its maker has that too', async () => {
    const { data } = await dure.ask('mutation { one: createApiToken(input: { name: "one", scopes: [READ] }) { token } two: createApiToken(input: { name: "two", scopes: [READ] }) { token } }', bob);
    const [one, two] = [(data as Record<string, { token: string }>).one!.token, (data as Record<string, { token: string }>).two!.token];
    const job = await exporting.export(one, { dataset: 'lab/values' });
    expect(await exporting.fetch(one, job.result!.path)).toMatchObject({ status: 200 });
    expect(await exporting.fetch(bob, job.result!.path)).toMatchObject({ status: 200 });
    expect(await exporting.fetch(two, job.result!.path)).toMatchObject({ status: 404 });
    expect(await exporting.job(two, job.id)).toBeNull();
    const own = await exporting.export(bob, { dataset: 'lab/values' });
    expect(await exporting.fetch(one, own.result!.path)).toMatchObject({ status: 404 });
    const list = async (who: string): Promise<unknown[]> => ((await dure.ask('{ me { exports { id } } }', who)).data as { me: { exports: unknown[] } }).me.exports;
    expect([(await list(one)).length, (await list(two)).length]).toEqual([1, 0]);
  });

  test('expires by the database\'s clock, and is removed', async () => {
    const { result } = await exporting.export(ada, { dataset: 'lab/values' });
    await database.query(`update dure.export set expires_at = clock_timestamp() - interval '1 ms' where job_id = $1`, [result!.export]);
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 410, code: 'NOT_FOUND', reason: 'EXPIRED' });
    expect(files().some((name) => name.startsWith(result!.export))).toBe(true);
    const dataSource = await createDataSource(dure.dure.databaseUrl).initialize();
    expect(await new ExportStore(dataSource, new FileBlobStore(join(dure.folder, 'blobs'))).sweep()).toBe(1);
    await dataSource.destroy();
    expect(files().some((name) => name.startsWith(result!.export))).toBe(false);
  });
});

describe('rights that end', () => {
  test('rules that are stricter now: refused and removed; others, and fewer, change nothing', async () => {
    const { result } = await exporting.export(ada, { dataset: 'lab/cohort' });
    await exporting.rules(steward, 'lab/cohort', rules({ id: 'pace', effect: 'budget', queries: 1000, per: 'day' }, { id: 'elsewhere', effect: 'columns', tables: ['counted'], columns: ['x'], transform: { kind: 'null' } }));
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 200 });
    await exporting.rules(steward, 'lab/cohort', { rules: rules().rules.filter((rule) => (rule as { id: string }).id !== 'codes') });
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 200 });
    await exporting.rules(steward, 'lab/cohort', rules({ id: 'notes', effect: 'columns', tables: ['visits'], columns: ['note'], transform: { kind: 'mask', keepStart: 1 }, unless: member }));
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 409, code: 'CONFLICT', reason: 'RULES_CHANGED' });
    await exporting.rules(steward, 'lab/cohort', rules());
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 410, code: 'NOT_FOUND', reason: 'RULES' });
    expect(files().some((name) => name.startsWith(result!.export))).toBe(false);
  });

  test('who is somebody else now, by another token of theirs, has not what the file holds', async () => {
    const near = { id: 'near', effect: 'rows', tables: ['persons'], where: { column: 'ward', op: 'eq', value: { attribute: 'person.country' } }, unless: member };
    await exporting.rules(steward, 'lab/cohort', rules(near));
    const { result } = await exporting.export(ada, { dataset: 'lab/cohort', tables: [{ table: 'persons' }] });
    const abroad = await signPerson(dure.folder, { subject: 'ada', country: 'JP' });
    expect(await exporting.fetch(abroad, result!.path)).toMatchObject({ status: 409, reason: 'RULES_CHANGED' });
    expect(await exporting.fetch(await signPerson(dure.folder, { subject: 'ada' }), result!.path)).toMatchObject({ status: 409 });
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 200 });
    await exporting.rules(steward, 'lab/cohort', rules());
  });

  test('a grant opens a file as far as it goes, and closes it when it is taken back', async () => {
    const closed = { 'datapackage.json': { name: 'granted', title: 'Granted', licenses: [{ name: 'CC0-1.0' }], 'dure:visibility': 'RESTRICTED', 'dure:listed': true, resources: [{ name: 't', path: 't.csv', schema: { fields: [{ name: 'x', type: 'string' }, { name: 'y', type: 'string' }] } }] }, 't.csv': 'x,y\nseen,unseen\n' };
    expect(await exporting.publish(publisher, 'lab', closed)).toMatchObject({ state: 'COMPLETE' });
    await exporting.rules(steward, 'lab/granted', { rules: [{ id: 'asked', effect: 'allow', to: { grant: true } }] });
    const purpose = { 'dure-purpose': 'DUO_0000006' };
    const grant = async (granularity: string): Promise<string> => {
      const asked = await dure.ask('mutation($input: RequestAccessInput!) { requestAccess(input: $input) { id } }', ada, { input: { dataset: 'lab/granted', purpose: 'DUO_0000006', project: 'Survival', reason: 'A comparison for a thesis.', columns: [{ table: 't', columns: ['x'] }], granularity } });
      expect(asked.errors).toBeUndefined();
      const { id } = (asked.data as { requestAccess: { id: string } }).requestAccess;
      expect((await dure.ask('mutation($id: ID!) { approveAccessRequest(id: $id) { state } }', steward, { id })).data).toEqual({ approveAccessRequest: { state: 'APPROVED' } });
      return id;
    };
    const revoke = (id: string): Promise<unknown> => dure.ask('mutation($id: ID!) { revokeAccess(id: $id, reason: "The thesis was handed in.") { state } }', steward, { id }).then(({ data }) => expect(data).toEqual({ revokeAccess: { state: 'REVOKED' } }));
    const rows = await grant('ROW');
    expect(codes(await exporting.ask(ada, { dataset: 'lab/granted' }, purpose))).toEqual(['FORBIDDEN']);
    await revoke(rows);
    const files = await grant('EXPORT');
    expect(codes(await exporting.ask(ada, { dataset: 'lab/granted' }))).toEqual(['PURPOSE_REQUIRED']);
    const { files: found, job } = await exporting.files(ada, { dataset: 'lab/granted' }, purpose);
    expect(found['t.csv']).toBe('x\r\nseen\r\n');
    await revoke(files);
    expect(await exporting.fetch(ada, job.result!.path)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await exporting.fetch(ada, job.result!.path)).toMatchObject({ status: 410, reason: 'RULES' });
  });

  test('a window that ends closes the file', async () => {
    const until = new Date(Date.now() + 3_000).toISOString();
    await exporting.rules(steward, 'lab/cohort', rules({ id: 'days', effect: 'window', until, unless: member }));
    const { result } = await exporting.export(ada, { dataset: 'lab/cohort', tables: [{ table: 'persons' }] });
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 200 });
    await new Promise((done) => setTimeout(done, Date.parse(until) - Date.now() + 100));
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 403, code: 'FORBIDDEN', reason: 'ENDED' });
    expect((await exporting.ask(ada, { dataset: 'lab/cohort', tables: [{ table: 'persons' }] })).errors![0]!.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ENDED' });
    await exporting.rules(steward, 'lab/cohort', rules());
  });

  test('an embargo that is set later closes the file, and a new one is refused', async () => {
    const { result } = await exporting.export(ada, { dataset: 'lab/cohort', tables: [{ table: 'visits' }] });
    const embargo = (until: string | null): Promise<unknown> => dure.ask('mutation($until: DateTime) { setDatasetAccess(input: { dataset: "lab/cohort", embargoUntil: $until }) { dataset { path } } }', steward, { until }).then(({ errors }) => expect(errors).toBeUndefined());
    await embargo(new Date(Date.now() + 3_600_000).toISOString());
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 403, code: 'FORBIDDEN', reason: 'EMBARGO' });
    expect((await exporting.ask(ada, { dataset: 'lab/cohort' })).errors![0]!.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'EMBARGO' });
    expect(await exporting.export(publisher, { dataset: 'lab/cohort' })).toMatchObject({ state: 'COMPLETE' });
    await embargo(null);
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 410, reason: 'RULES' });
  });

  test('a suspended person fetches nothing', async () => {
    const eve = await signPerson(dure.folder, { subject: 'eve' });
    const { result } = await exporting.export(eve, { dataset: 'lab/values' });
    const issuer = ((await dure.ask('{ me { issuer } }', eve)).data as { me: { issuer: string } }).me.issuer;
    expect((await dure.ask('mutation($issuer: String) { suspendPerson(subject: "eve", issuer: $issuer, reason: "An incident is looked into.") { id } }', admin, { issuer })).errors).toBeUndefined();
    expect((await exporting.fetch(eve, result!.path)).status).toBe(403);
  });

  test('a dataset that is frozen: the file stays, and nobody has it until the end of the incident', async () => {
    const { result } = await exporting.export(ada, { dataset: 'lab/cohort' });
    const declared = await dure.ask('mutation { declareIncident(input: { dataset: "lab/cohort", reason: "A person was recognised in the rows." }) { incident { id } } }', steward);
    expect(declared.errors).toBeUndefined();
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 403, code: 'FORBIDDEN', reason: 'FROZEN' });
    expect((await exporting.ask(ada, { dataset: 'lab/cohort' })).errors![0]!.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'FROZEN' });
    expect((await dure.ask('mutation { endIncident(input: { dataset: "lab/cohort", reason: "It was looked into and is over." }) { incident { id } } }', admin)).errors).toBeUndefined();
    expect(await exporting.fetch(ada, result!.path)).toMatchObject({ status: 200 });
  });
});

test('by the command line: asked, watched, fetched and compared', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dure-export-'));
  const command = async (...args: string[]): Promise<{ code: number; out: string; note: string }> => {
    let [out, note] = ['', ''];
    const code = await run(args, { environment: { DURE_URL: dure.url, DURE_TOKEN: ada }, input: Readable.from([]) as never, interactive: false, columns: 200, out: (text) => { out += text; }, note: (text) => { note += text; } });
    return { code, out, note };
  };
  try {
    const file = join(folder, 'cohort.zip');
    const told = await command('export', 'lab/cohort', '--table', 'visits', '--columns', 'visit,note', '--where', '{"visit":{"lt":"3"}}', '--format', 'ndjson', '--dataset-version', '1.0', '--reason', why, '--out', file);
    expect(told).toMatchObject({ code: 0, out: `exported lab/cohort 1.0 (3 rows) to ${file}\n`, note: expect.stringMatching(/^job \S+\n[^]*RUNNING {2}write/) });
    expect((await unzip(readFileSync(file)))['visits.ndjson']).toBe('{"visit":"0","note":"n0"}\n{"visit":"1","note":"n1"}\n{"visit":"2","note":"n2"}\n');
    expect(readdirSync(folder)).toEqual(['cohort.zip']);
    expect(await command('export', 'lab/cohort', '--reason', why, '--out', file)).toMatchObject({ code: 2, note: expect.stringContaining('is there already') });
    expect(await command('export', 'lab/cohort', '--reason', why, '--columns', 'note')).toMatchObject({ code: 2, note: expect.stringContaining('name it by --table') });
    expect(await command('export', 'lab/cohort', '--reason', why, '--format', 'xml')).toMatchObject({ code: 2 });
    expect(await command('export', 'lab/cohort')).toMatchObject({ code: 2, note: expect.stringContaining('--reason') });
    expect(await command('export', 'lab/cohort', '--table', 'visit', '--reason', why, '--out', join(folder, 'x.zip'))).toMatchObject({ code: 1, note: expect.stringMatching(/Did you mean visits\?.*BAD_USER_INPUT/) });
    await exporting.rules(steward, 'lab/cohort', rules({ id: 'medicine', effect: 'purpose', allowed: ['DUO_0000006'], unless: member }));
    expect(await command('export', 'lab/cohort', '--reason', why, '--out', join(folder, 'x.zip'))).toMatchObject({ code: 1, note: expect.stringContaining('PURPOSE_REQUIRED') });
    expect(JSON.parse((await command('export', 'lab/cohort', '--reason', why, '--purpose', 'DUO_0000006', '--out', join(folder, 'x.zip'), '--json')).out)).toMatchObject({ job: { state: 'COMPLETE' }, file: join(folder, 'x.zip') });
    expect(JSON.parse((await unzip(readFileSync(join(folder, 'x.zip'))))['datapackage.json']!)).toMatchObject({ export: { purpose: 'DUO_0000006' } });
    await exporting.rules(steward, 'lab/cohort', rules());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
