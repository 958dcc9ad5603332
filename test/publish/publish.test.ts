/** Packages that are right: every type, versions, names, cancelling, and all the samples. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Catalog } from '../../src/catalog/catalog.js';
import { packDirectory } from '../../src/publish/packDirectory.js';
import { CatalogStore } from '../../src/storage/catalogStore.js';
import { OrganizationStore } from '../../src/storage/organizationStore.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import { unrecorded } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { descriptor, Publishing, publisher } from '../support/publishing.js';

let db: TestDatabase;
let dure: Publishing;
let catalog: Catalog;
let engine: TestEngine;
beforeAll(async () => {
  db = await createTestDatabase();
  dure = await Publishing.open(db);
  catalog = await Catalog.open({ store: new CatalogStore(dure.dataSource) });
  engine = await testEngine(db.pool, catalog.snapshot);
});
afterAll(async () => {
  expect(engine.reported).toEqual([]);
  await catalog.close();
  await dure.close();
  await db.drop();
});

async function ask(query: string): Promise<unknown> {
  engine.snapshot = await catalog.refresh();
  const { data, errors } = await engine.ask(query);
  expect(errors).toBeUndefined();
  return data;
}
const open = { 'dure:visibility': 'PUBLIC' };

test('every type comes out as it went in', async () => {
  const fields = [
    { name: 'key', type: 'string' }, { name: 'small', type: 'integer', constraints: { minimum: 0, maximum: 100 } }, { name: 'big', type: 'integer' }, { name: 'num', type: 'number' },
    { name: 'exact', type: 'number', 'dure:exact': true }, { name: 'yes', type: 'boolean' }, { name: 'day', type: 'date' }, { name: 'at', type: 'datetime' }, { name: 'clock', type: 'time' },
    { name: 'year', type: 'year' }, { name: 'month', type: 'yearmonth' }, { name: 'span', type: 'duration' }, { name: 'phase', type: 'string', constraints: { enum: ['solid', 'gas'] } },
    { name: 'obj', type: 'object' }, { name: 'arr', type: 'array' }, { name: 'tags', type: 'list', itemType: 'integer' }, { name: 'place', type: 'geopoint' },
  ];
  const { result } = await dure.publish({
    'datapackage.json': descriptor(fields, { ...open, name: 'kinds' }, { primaryKey: 'key' }),
    't.csv': '\ufeffkey,small,big,num,exact,yes,day,at,clock,year,month,span,phase,obj,arr,tags,place\r\n"a ""b""",7,9007199254740993,1.5e3,0.10,true,2024-02-29,2024-01-01T09:00:00Z,09:30:00,1999,2024-05,P1DT2H,gas,"{""x"":1}","[1,""b""]","1,2","127.5,37.5"\r\nb,,,,,,,,,,,,,,,,\r\n',
  });
  expect(result).toMatchObject({ dataset: 'lab/kinds', version: '1.0', rows: 2 });
  expect(await ask('{ lab { kinds { t { nodes { id key small big num exact yes day at clock year month span phase obj arr tags place } } } } }')).toEqual({ lab: { kinds: { t: { nodes: [
    { id: 'lab/kinds/t/=a "b"', key: 'a "b"', small: 7, big: '9007199254740993', num: 1500, exact: '0.10', yes: true, day: '2024-02-29', at: '2024-01-01T09:00:00.000Z', clock: '09:30:00', year: 1999, month: '2024-05', span: 'P1DT2H', phase: 'gas', obj: { x: 1 }, arr: [1, 'b'], tags: ['1', '2'], place: { longitude: 127.5, latitude: 37.5 } },
    { id: 'lab/kinds/t/=b', key: 'b', small: null, big: null, num: null, exact: null, yes: null, day: null, at: null, clock: null, year: null, month: null, span: null, phase: null, obj: null, arr: null, tags: null, place: null },
  ] } } } });
});

test('what is declared has the index that queries need', async () => {
  const fields = [
    { name: 'key', type: 'string' }, { name: 'note', type: 'string', 'dure:fullText': true }, { name: 'words', type: 'list', 'dure:fullText': true, 'dure:facet': true }, { name: 'score', type: 'number', 'dure:facet': true },
    { name: 'extra', type: 'object', 'dure:facet': true }, { name: 'chembl', type: 'string', 'dure:namespace': 'chembl' }, { name: 'parent', type: 'string' }, { name: 'plain', type: 'string' },
    { name: 'place', type: 'geopoint', 'dure:facet': true },
  ];
  const keys = { primaryKey: 'key', foreignKeys: [{ fields: 'parent', reference: { resource: '', fields: 'key' } }] };
  const { result } = await dure.publish({ 'datapackage.json': descriptor(fields, { ...open, name: 'indexes' }, keys), 't.csv': 'key,note,words,score,extra,chembl,parent,plain,place\na,고온초전도체의 측정,"x,y z",1,"{""k"":1}",CHEMBL1,,p,"127,37.5"\nb,,,,,,a,,\n' });
  expect(result).toMatchObject({ dataset: 'lab/indexes' });
  expect(await ask('{ lab { indexes { t(where: { note: { matches: "초전도" }, words: { matches: "z x" }, extra: { containsJson: { k: 1 } } }) { nodes { key } } _about { tables { columns { name fullText } } } } } }')).toMatchObject({
    lab: { indexes: { t: { nodes: [{ key: 'a' }] }, _about: { tables: [{ columns: fields.map(({ name }) => ({ name, fullText: name === 'note' || name === 'words' })) }] } } },
  });
  const { rows } = await db.pool.query<{ definition: string }>(`select substring(indexdef from 'INDEX .*') as definition from pg_indexes where schemaname = 'dure_data' and tablename =
    (select s.physical from dure.version_segment s join dure.version v on v.id = s.version_id join dure.dataset d on d.id = v.dataset_id where d.name = 'indexes')`);
  expect(rows.map(({ definition }) => definition.replace(/INDEX \w+ ON \w+\.\w+ USING /, '').replace('dure.', '')).sort()).toEqual([
    'btree (_rid)', 'btree (c1)', 'btree (c4 DESC NULLS LAST, _rid DESC)', 'btree (c4, _rid)', 'btree (c6, _rid)', 'btree (c7, _rid)', 'gin (c3)', 'gin (c5)', 'gin (search_vector(c2))', 'gin (search_vector(c3))', 'gist (c9)',
  ]);
});

test('full text is for texts', async () => {
  const { mistakes } = await dure.publish({ 'datapackage.json': descriptor([{ name: 'n', type: 'number', 'dure:fullText': true }], { name: 'wrong' }), 't.csv': 'n\n1\n' });
  expect(mistakes).toEqual([expect.objectContaining({ path: '$.resources[0].schema.fields[0]', message: expect.stringContaining('which is for texts and lists of texts; it is float') })]);
});

test('Korean names are romanised, declared ones kept, and the original is told', async () => {
  await dure.publish({ 'datapackage.json': { ...descriptor([]), ...open, name: 'korean', resources: [{ name: '관측', path: 't.csv', schema: { fields: [{ name: '날짜', type: 'date' }, { name: '기온', type: 'number', 'dure:name': 'temperature', 'dure:unit': 'Cel' }] } }] }, 't.csv': '날짜,기온\n2024-01-01,-3.5\n' });
  expect(await ask('{ lab { korean { gwancheuk { nodes { naljja temperature } } } } __type(name: "LabKoreanGwancheuk") { fields { name description } } }')).toEqual({
    lab: { korean: { gwancheuk: { nodes: [{ naljja: '2024-01-01', temperature: -3.5 }] } } },
    __type: { fields: expect.arrayContaining([{ name: 'temperature', description: expect.stringMatching(/\[Cel\][^]*기온/) }]) },
  });
});

describe('versions', () => {
  const table = (fields: readonly object[], csv: string, more: object = {}) => ({ 'datapackage.json': descriptor(fields, { ...open, name: 'versions', ...more }), 't.csv': csv });
  const a = { name: 'a', type: 'integer' };
  const b = { name: 'b', type: 'string' };
  test('new data and new columns are minor; older ones stay readable', async () => {
    expect((await dure.publish(table([a], 'a\n1\n'))).result).toMatchObject({ version: '1.0' });
    expect((await dure.publish(table([a, b], 'a,b\n2,x\n'))).result).toMatchObject({ version: '1.1' });
    expect(await ask('{ lab { versions { t { nodes { a b } } } older: versions(version: "1.0") { t { nodes { a b } } } } }')).toEqual({ lab: { versions: { t: { nodes: [{ a: '2', b: 'x' }] } }, older: { t: { nodes: [{ a: '1', b: null }] } } } });
  });
  test('a column dropped or retyped must be asked for, and is a major', async () => {
    const before = await dure.traces();
    const { job } = await dure.publish(table([{ name: 'a', type: 'string' }], 'a\nx\n'));
    expect(job.error).toMatchObject({ code: 'CONFLICT', details: { present: '1.1', differences: ['column t.a is text instead of int64', 'column t.b is gone'] } });
    expect(await dure.traces()).toEqual(before);
    expect((await dure.publish(table([{ name: 'a', type: 'string' }], 'a\nx\n'), { allowMajor: true })).result).toMatchObject({ version: '2.0' });
    expect(await ask('{ lab { versions { t { nodes { a } } } versions_v1 { t { nodes { a b } } } } }')).toEqual({ lab: { versions: { t: { nodes: [{ a: 'x' }] } }, versions_v1: { t: { nodes: [{ a: '2', b: 'x' }] } } } });
  });
  test('access is the first publication\'s; a later descriptor opens nothing', async () => {
    await dure.publish(table([a], 'a\n1\n', { name: 'closed', 'dure:visibility': 'RESTRICTED' }));
    await dure.publish(table([a], 'a\n2\n', { name: 'closed', 'dure:visibility': 'PUBLIC' }));
    engine.snapshot = await catalog.refresh();
    expect(engine.snapshot.byPath.get('lab/closed')).toMatchObject({ visibility: 'RESTRICTED' });
  });
  test('a version that the rules in force would no longer bind is refused', async () => {
    const rules = { rules: [{ id: 'r', effect: 'columns', columns: ['b'], transform: { kind: 'deny' } }] };
    await dure.publish(table([a, b], 'a,b\n1,x\n', { name: 'ruled', 'dure:rules': rules }));
    const before = await dure.traces();
    const { job } = await dure.publish(table([a, { name: 'c', type: 'string' }], 'a,c\n1,x\n', { name: 'ruled' }), { allowMajor: true });
    expect(job.error).toMatchObject({ code: 'CONFLICT', message: expect.stringMatching(/rules/) });
    expect(await dure.traces()).toEqual(before);
  });
  test('several publications at once follow each other', async () => {
    const outcomes = await Promise.all(Array.from({ length: 4 }, (_, i) => dure.publish(table([a], `a\n${i}\n`, { name: 'busy' }))));
    expect(outcomes.map((o) => o.result?.version).sort()).toEqual(['1.0', '1.1', '1.2', '1.3']);
  });
});

test('a lone CSV file is a dataset of its own, not open to others', async () => {
  const { result } = await dure.publish(Buffer.from('x,y\n1,2.5\n2,\n'), { contentType: 'text/csv', filename: 'My Data.csv' });
  expect(result).toMatchObject({ dataset: 'lab/my-data', version: '1.0', rows: 2 });
  engine.snapshot = await catalog.refresh();
  expect(engine.snapshot.byPath.get('lab/my-data')).toMatchObject({ visibility: 'RESTRICTED' });
});

test('a lone CSV file of one column with blank lines, and one that is not UTF-8', async () => {
  expect((await dure.publish(Buffer.from('x\n1\n\n3\n'), { contentType: 'text/csv', filename: 'one.csv' })).result).toMatchObject({ dataset: 'lab/one', rows: 3 });
  expect((await dure.publish(Buffer.from([0x78, 0x0a, 0xb0, 0xa1, 0x0a]), { contentType: 'text/csv', filename: 'bytes.csv' })).mistakes[0]).toMatchObject({ rule: 'encoding' });
});

test('cancelling in the middle leaves nothing', async () => {
  const rows = Array.from({ length: 800_000 }, (_, i) => `${i},${i}`).join('\n');
  const { zip } = await import('../support/publishing.js');
  const content = await zip({ 'datapackage.json': descriptor([{ name: 'a', type: 'integer' }, { name: 'b', type: 'integer' }], { ...open, name: 'large' }), 't.csv': `a,b\n${rows}\n` });
  const before = await dure.traces();
  const job = await dure.begin(content);
  for await (const event of dure.events.follow(job.id, 0, AbortSignal.timeout(20_000))) if (event.phase === 'load') break;
  const asked = Date.now();
  await dure.jobs.requestCancel(job.id);
  const { job: ended } = await dure.end(job);
  expect(ended.state).toBe('CANCELED');
  expect(ended.finishedAt!.getTime() - asked).toBeLessThan(2_000);
  expect(await dure.traces()).toEqual(before);
}, 60_000);

test('every sample package publishes', async () => {
  const root = join(process.cwd(), 'datasets');
  const organizations = JSON.parse(readFileSync(join(root, 'organizations.json'), 'utf8')) as { slug: string; title: string }[];
  const identity = makeIdentity({ ...publisher, memberships: organizations.map(({ slug }) => ({ organization: slug, role: 'publisher' as const })) });
  const published: string[] = [];
  for (const { slug, title } of organizations) {
    await new OrganizationStore(dure.dataSource).create({ slug, title }, unrecorded);
    for (const name of readdirSync(join(root, slug))) {
      const { result, job } = await dure.publish(packDirectory(join(root, slug, name)), { organization: slug, identity });
      expect({ name, error: job.error }).toEqual({ name, error: undefined });
      published.push(result!.dataset);
    }
  }
  expect(published.length).toBeGreaterThanOrEqual(8);
}, 60_000);
