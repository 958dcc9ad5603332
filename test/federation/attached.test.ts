/** A partner's PostgreSQL through the whole server: registered by mutation, linked to a laboratory's rows, its failures told, nothing written there. */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { run } from '../../src/cli/main.js';
import { createPartnerDatabase, type PartnerDatabase } from '../support/partnerDatabase.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';

const folder = mkdtempSync(join(tmpdir(), 'dure-attached-'));
let partner: PartnerDatabase;
let dure: Running;
const logged: string[] = [];

const schema = `
  create schema lab;
  create type lab.state as enum ('FROZEN', 'THAWED');
  create domain lab.kelvin as numeric check (value >= 0);
  create table lab.batches (code varchar(20) primary key, made date, note text);
  comment on table lab.batches is 'Batches of samples';
  create table lab.samples (
    id int primary key, batch_code varchar(20) references lab.batches, accession text, tissue text, level float8, price numeric(30, 10), state lab.state, temperature lab.kelvin,
    tags text[], details jsonb, loose json, taken timestamptz, local timestamp, lasted interval, small float4, grid int[], place point, uid uuid);
  comment on column lab.samples.level is 'Level of the protein';
  create view lab.totals as select tissue, count(*)::int as samples, sum(price) as price from lab.samples where tissue is not null group by tissue;
  create table lab.private (id int primary key, secret text);
  insert into lab.batches values ('B-1', '2026-01-01', null), ('b-2', 'infinity', 'Größe 두레'), ('Ä-3', '2026-03-01', 'x');
  insert into lab.samples values
    (1, 'B-1', 'P00533', 'lung', 12.5, 12345678901234567890.1234567890, 'FROZEN', 4.2, '{a,b}', '{"a": {"b": 1}}', '{"x": 1}', '2026-01-01T00:00:00+09', '2026-01-01T09:00:00', '1 day 2 hours', 0.1, '{1,2}', '(127,37.5)', '00000000-0000-0000-0000-000000000001'),
    (2, 'B-1', 'P00533', 'skin', 'NaN', 'NaN', 'THAWED', 0, '{}', 'null', '{"x": "\\u0000"}', 'infinity', '-infinity', '-1 day', 'Infinity', '{{1,2},{3,4}}', '(1e300,5)', null),
    (3, 'b-2', 'P35354', 'Lung', 1, 3.10, null, null, null, null, null, null, null, null, null, null, null, null),
    (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  grant usage on schema lab to $role;
  grant select on lab.batches, lab.samples, lab.totals to $role;
`;

const options = {
  id: 'byeol', title: 'Byeol laboratory', dataset: 'freezer', country: 'KR', timeZone: 'Asia/Seoul', licenses: [{ name: 'CC-BY-4.0' }],
  tables: [
    { name: 'samples', from: 'lab.samples', columns: { accession: { namespace: 'uniprot' }, level: { unit: 'ng/mL' } } },
    { name: 'batches', from: 'lab.batches' },
    { name: 'totals', from: 'lab.totals', key: 'tissue' },
  ],
};
const setting = 'mutation($rules: JSON!) { setDatasetRules(input: { dataset: "byeol/freezer", document: $rules, note: "test" }) { revision } }';
const register = (given: unknown = options, secrets: readonly { name: string; value: string }[] | null = [{ name: 'url', value: partner.url }], who: string | undefined = 'administrator'): Promise<GraphQLAnswer> =>
  dure.ask('mutation($input: RegisterSourceInput!) { registerSource(input: $input) { id kind health { state } dataset { path } } }', who, { input: { kind: 'POSTGRES', options: given, ...(secrets ? { secrets } : {}) } });

beforeAll(async () => {
  partner = await createPartnerDatabase(schema);
  await writeFile(join(folder, 'filed.json'), JSON.stringify({ kind: 'postgres', options: { ...options, id: 'filed', dataset: 'freezer', tables: [{ name: 'batches', from: 'lab.batches', columns: { code: { field: 'name' } } }] } }));
  await writeFile(join(folder, 'secrets'), `# of this test\nfiled.url=${partner.url}\n`);
  dure = await startRunning({ DURE_SOURCES: folder, DURE_SOURCE_SECRETS: join(folder, 'secrets'), DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1,localhost' }, (line) => logged.push(line));
  const registered = await register();
  if (registered.errors) throw new Error(JSON.stringify(registered.errors) + logged.filter((line) => line.includes('attached')).join(''));
  expect(registered).toMatchObject({ data: { registerSource: { id: 'byeol', kind: 'POSTGRES', dataset: { path: 'byeol/freezer' } } } });
}, 60_000);
afterAll(async () => {
  await dure.close();
  await partner.drop();
  await rm(folder, { recursive: true });
});

test('values of all kinds, and null for what none of them can show', async () => {
  const { data, errors, extensions } = await dure.ask('{ byeol { freezer { samples(first: 2) { nodes { id id_ accession level price state temperature tags details loose taken local lasted small grid place uid } } } } }');
  expect(errors).toBeUndefined();
  expect((data as { byeol: { freezer: { samples: { nodes: unknown[] } } } }).byeol.freezer.samples.nodes).toEqual([
    {
      id: 'byeol/freezer/samples/=1', id_: 1, accession: 'P00533', level: 12.5, price: '12345678901234567890.1234567890', state: 'FROZEN', temperature: '4.2', tags: ['a', 'b'], details: { a: { b: 1 } }, loose: { x: 1 },
      taken: '2025-12-31T15:00:00.000Z', local: '2026-01-01T00:00:00.000Z', lasted: 'P1DT2H', small: 0.1, grid: [1, 2], place: { longitude: 127, latitude: 37.5 }, uid: '00000000-0000-0000-0000-000000000001',
    },
    { id: 'byeol/freezer/samples/=2', id_: 2, accession: 'P00533', level: null, price: null, state: 'THAWED', temperature: '0', tags: [], details: null, loose: null, taken: null, local: null, lasted: 'P-1D', small: null, grid: null, place: null, uid: null },
  ]);
  expect(extensions).toMatchObject({ provenance: expect.anything() });
  expect(JSON.stringify(extensions)).toContain('"source":"byeol"');
});

test('keys lead between tables, comments are titles, views are keyed as declared', async () => {
  const { data, errors } = await dure.ask(`{
    byeol { freezer {
      batches(orderBy: [{ code: ASC }]) { nodes { code made samples(orderBy: [{ level: DESC }]) { totalCount nodes { tissue level batch { code } } } } }
      totals(where: { tissue: { in: ["lung", "skin"] } }, orderBy: [{ samples: DESC }, { tissue: ASC }]) { nodes { tissue samples price } }
      samples { groups(by: [{ column: BATCH_CODE }]) { nodes { key { batchCode } aggregate { count price { sum } } } } }
    } }
    dataset(id: "byeol/freezer") { currentVersion { tables { name title primaryKey columns { name title unit } foreignKeys { field } } } }
  }`);
  if (errors) expect(errors).toEqual([]);
  expect(data).toMatchObject({ byeol: { freezer: {
    batches: { nodes: [{ code: 'B-1', made: '2026-01-01', samples: { totalCount: 2, nodes: [{ tissue: 'lung', batch: { code: 'B-1' } }, { tissue: 'skin', level: null }] } }, { code: 'b-2', made: null }, { code: 'Ä-3', samples: { totalCount: 0 } }] },
    totals: { nodes: [{ tissue: 'lung', samples: 1, price: '12345678901234567890.1234567890' }, { tissue: 'skin', samples: 1, price: null }] },
    samples: { groups: { nodes: expect.arrayContaining([{ key: { batchCode: 'B-1' }, aggregate: { count: 2, price: { sum: '12345678901234567890.1234567890' } } }]) } },
  } } });
  expect(data).toMatchObject({ dataset: { currentVersion: { tables: expect.arrayContaining([expect.objectContaining({ name: 'samples', primaryKey: ['id'], foreignKeys: [{ field: 'batch' }] }), expect.objectContaining({ name: 'totals', primaryKey: ['tissue'] })]) } } });
  expect(JSON.stringify(data)).toContain('Level of the protein');
  expect(JSON.stringify(data)).toContain('Batches of samples');
});

test('conditions, words, orders, pages', async () => {
  const nodes = async (args: string): Promise<unknown> => {
    const { data, errors } = await dure.ask(`{ byeol { freezer { samples${args} { totalCount nodes { id_ } pageInfo { endCursor hasNextPage } } } } }`);
    if (errors) throw new Error(JSON.stringify(errors));
    return (data as { byeol: { freezer: { samples: unknown } } }).byeol.freezer.samples;
  };
  const ids = async (args: string): Promise<number[]> => ((await nodes(args)) as { nodes: { id_: number }[] }).nodes.map(({ id_ }) => id_);
  expect(await ids('(where: { tissue: { ilike: "LUNG" } })')).toEqual([1, 3]);
  expect(await ids('(where: { tissue: { matches: "lung" } })')).toEqual([1, 3]);
  expect(await ids('(where: { tissue: { eq: "lung" } })')).toEqual([1]);
  expect(await ids('(where: { tissue: { gt: "Z" } })')).toEqual([1, 2]);
  expect(await ids('(where: { batch: { note: { matches: "grösse 두레" } } })')).toEqual([3]);
  expect(await ids('(where: { tags: { containsAll: ["a"] } })')).toEqual([1]);
  expect(await ids('(where: { lasted: { lt: "PT0S" } })')).toEqual([2]);
  expect(await ids('(where: { state: { eq: FROZEN } })')).toEqual([1]);
  expect(await ids('(orderBy: [{ tissue: DESC }])')).toEqual([2, 1, 3, 4]);
  const first = (await nodes('(orderBy: [{ tissue: ASC }], first: 2)')) as { pageInfo: { endCursor: string } };
  expect(await ids(`(orderBy: [{ tissue: ASC }], first: 2, after: "${first.pageInfo.endCursor}")`)).toEqual([2, 4]);
  const { data } = await dure.ask('{ node(id: "byeol/freezer/samples/=3") { id ... on ByeolFreezerSamples { tissue } } }');
  expect(data).toMatchObject({ node: { tissue: 'Lung' } });
});

test('rows of a laboratory lead to the partner\'s, and back', async () => {
  const { data, errors } = await dure.ask(`{
    dasan { inhibitors { inhibitors(where: { gene: { eq: "EGFR" } }, first: 1) { nodes { gene accessionMentions { byeolFreezerSamples(orderBy: [{ id_: ASC }]) { totalCount aggregate { level { max } } nodes { tissue batch { code } } } } } } } }
    byeol { freezer { samples(where: { id_: { eq: 3 } }) { nodes { accession accessionMentions { dasanInhibitorsInhibitors(first: 1) { nodes { gene } } } } } } }
  }`);
  if (errors) expect(errors).toEqual([]);
  expect(data).toMatchObject({
    dasan: { inhibitors: { inhibitors: { nodes: [{ gene: 'EGFR', accessionMentions: { byeolFreezerSamples: { totalCount: 2, aggregate: { level: { max: 12.5 } }, nodes: [{ tissue: 'lung', batch: { code: 'B-1' } }, { tissue: 'skin' }] } } }] } } },
    byeol: { freezer: { samples: { nodes: [{ accession: 'P35354', accessionMentions: { dasanInhibitorsInhibitors: { nodes: [{ gene: 'PTGS2' }] } } }] } } },
  });
});

test('rules hold: rows are hidden, cells masked, and a withheld key is in no id', async () => {
  const rules = { rules: [
    { id: 'r', effect: 'rows', tables: ['samples'], where: { column: 'tissue', op: 'ne', value: 'skin' } },
    { id: 'm', effect: 'columns', tables: ['samples'], columns: ['accession'], transform: { kind: 'mask' } },
    { id: 'w', effect: 'columns', tables: ['samples'], columns: ['id'], transform: { kind: 'deny' } },
  ] };
  const set = await dure.ask(setting, 'administrator', { rules });
  if (set.errors) expect(set.errors).toEqual([]);
  const { data, errors } = await dure.ask('{ byeol { freezer { samples { totalCount nodes { id tissue accession } } } } }');
  if (errors) expect(errors).toEqual([]);
  const { totalCount, nodes } = (data as { byeol: { freezer: { samples: { totalCount: number; nodes: { id: string; accession: string | null }[] } } } }).byeol.freezer.samples;
  expect(totalCount).toBe(2);
  expect(nodes.map(({ accession }) => accession)).not.toContain('P00533');
  for (const { id } of nodes) expect(id).toMatch(/~[\w-]{6,}$/);
  const again = await dure.ask(`{ node(id: ${JSON.stringify(nodes[0]!.id)}) { id } }`);
  expect(again).toMatchObject({ data: { node: { id: nodes[0]!.id } } });
  expect((await dure.ask(setting, 'administrator', { rules: { rules: [] } })).errors).toBeUndefined();
});

test('mistakes are told at once, each with its place; nobody but administrators registers', async () => {
  const wrong = await register({ ...options, id: 'wrong', timeZone: 'Asia/Seoul', tables: [
    { name: 'a', from: 'lab.nothing' }, { name: 'b', from: 'lab.private' }, { name: 'c', from: 'lab.totals' }, { name: 'd', from: 'lab.totals', key: 'nope', omit: ['gone'] },
    { name: 'e', from: 'lab.samples', columns: { accession: { field: '1x' } } },
  ] });
  expect(wrong.errors![0]!.extensions.code).toBe('SOURCE_INVALID');
  expect(wrong.errors![0]!.extensions.mistakes).toEqual([
    'table a: there is no lab.nothing that the role may see',
    'table b: column "id" may not be read by the role: grant select on it, or leave it out (omit)', 'table b: column "secret" may not be read by the role: grant select on it, or leave it out (omit)',
    'table c: it has no primary key: declare a key of columns that are there and together unique in every row',
    'table d: it has no column "gone"', 'table d: it has no column "nope"',
    'table e: the field "1x" of column "accession" is no name: a letter, then letters and digits',
  ]);
  expect((await register({ ...options, id: 'wrong', tables: [{ name: 'a', from: 'x; drop table lab.samples' }, { name: 'p', from: 'pg_catalog.pg_authid' }] })).errors![0]!.message).toContain('write schema.table');
  await partner.sql('create view lab.twice as select tissue from lab.samples; grant select on lab.twice to ' + partner.role);
  expect((await register({ ...options, id: 'wrong', tables: [{ name: 't', from: 'lab.twice', key: 'tissue' }] })).errors![0]!.message).toContain('the key tissue is missing in a row');
  expect((await register(options, undefined, 'researcher')).errors![0]!.extensions.code).toMatch(/FORBIDDEN|UNAUTHENTICATED/);
  for (const [url, said] of [['http://x', 'postgres://'], [`${partner.url}&sslrootcert=/etc/passwd`, 'sslrootcert'], [partner.url.replace('disable', 'prefer'), 'sslmode'], ['postgres:///x?host=/tmp', 'no host']] as const) {
    const refused = await register({ ...options, id: 'wrong' }, [{ name: 'url', value: url }]);
    expect(refused.errors![0]!.message).toContain(said);
    expect(JSON.stringify(refused)).not.toContain(partner.password);
  }
});

test('addresses that are not allowed, wrong credentials and TLS that is not there are refused without a word of the database', async () => {
  for (const [url, said] of [
    [partner.url.replace(/@[^/]+\//, '@127.0.0.2:5432/'), 'address that sources may not be at'], [partner.url.replace(/@[^/]+\//, '@[::1]:5432/'), 'address that sources may not be at'],
    [partner.url.replace(/\?.*/, ''), 'cannot be reached'], [partner.url.replace(/partner_[a-z0-9]+\?/, 'no_such_database?'), 'does not let this server in'],
  ] as const) {
    const refused = await register({ ...options, id: 'wrong' }, [{ name: 'url', value: url }]);
    expect(refused.errors![0]!.message).toContain(said);
    expect(refused.errors![0]!.extensions.code).toBe('SOURCE_DOWN');
    expect(JSON.stringify(refused)).not.toContain(partner.password);
  }
});

test('nothing can be written there', async () => {
  await partner.sql(`create function lab.grab() returns int language plpgsql security definer as $f$ begin insert into lab.private values (9, 'grabbed'); return 1; end $f$; create view lab.trap as select 1 as id, lab.grab() as got;
    grant execute on function lab.grab() to ${partner.role}; grant select on lab.trap to ${partner.role}`);
  const { errors } = await register({ ...options, id: 'trap', dataset: 'trap', tables: [{ name: 'trap', from: 'lab.trap', key: 'id' }] });
  expect(errors?.[0]?.extensions.code).toBe('SOURCE_INVALID');
  expect(JSON.stringify(errors)).not.toMatch(/insert|read-only|lab\.grab/i);
  expect((await partner.sql('select count(*)::int as n from lab.private')).rows[0]).toEqual({ n: 0 });
  expect((await partner.sql(`select count(*)::int as n from pg_proc where pronamespace::regnamespace::text like 'pg_temp%'`)).rows[0]).toEqual({ n: 0 });
});

test('hostile names and values change nothing', async () => {
  await partner.sql(`create schema "Odd ""Schema"; create table "Odd ""Schema"."T';--" (id text primary key, "a"" b" text, "x'); drop table lab.samples;--" int, "__proto__" text);
    insert into "Odd ""Schema"."T';--" values ('"},{"', 'a"b\\u0000'',', 1, E'\\n\\t\\\\'); grant usage on schema "Odd ""Schema" to ${partner.role}; grant select on all tables in schema "Odd ""Schema" to ${partner.role}`);
  const answer = await register({ ...options, id: 'odd', dataset: 'odd', tables: [{ name: 't', from: '"Odd ""Schema"."T\';--"', columns: { 'a" b': { field: 'ab' }, "x'); drop table lab.samples;--": { field: 'x' } } }] });
  if (answer.errors) expect(answer.errors).toEqual([]);
  const { data, errors } = await dure.ask('query($id: String) { odd { odd { t(where: { id_: { eq: $id } }) { nodes { id id_ ab x proto } } } } }', undefined, { id: '"},{"' });
  if (errors) expect(errors).toEqual([]);
  expect(data).toMatchObject({ odd: { odd: { t: { nodes: [{ id_: '"},{"', ab: 'a"b\\u0000\',', x: 1, proto: '\n\t\\' }] } } } });
  await dure.ask('mutation { removeSource(id: "odd") }', 'administrator');
});

test('credentials are told nowhere', async () => {
  const client = new pg.Client({ connectionString: dure.dure.databaseUrl });
  await client.connect();
  const { rows } = await client.query('select * from dure.source');
  await client.end();
  expect(rows).toHaveLength(3);
  for (const text of [JSON.stringify(rows), logged.join('\n'), JSON.stringify(await dure.ask('{ sources { id title path health { state lastError } } }', 'administrator'))]) {
    expect(text).not.toContain(partner.password);
    expect(text).not.toContain(partner.role);
  }
  expect(logged.length).toBeGreaterThan(0);
  // Changed without its credentials it keeps them.
  expect((await register({ ...options, title: 'Byeol' }, null)).errors).toBeUndefined();
  expect((await dure.ask('{ byeol { freezer { batches { totalCount } } } }')).errors).toBeUndefined();
});

test('a file declares one too, its credentials beside it', async () => {
  expect(await dure.ask('{ filed { freezer { batches(where: { name: { eq: "B-1" } }) { nodes { name made } } } } }')).toMatchObject({ data: { filed: { freezer: { batches: { nodes: [{ name: 'B-1', made: '2026-01-01' }] } } } } });
});

test('keys of credentials are rotated by administrators, from the command line too', async () => {
  expect((await dure.ask('mutation { rotateSourceKeys }', 'researcher')).errors![0]!.extensions.code).toBe('FORBIDDEN');
  let out = '';
  const code = await run(['source', 'rotate-keys', '--json'], { environment: { DURE_URL: dure.url, DURE_TOKEN: dure.dure.demo!.tokens.administrator }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { out += text; } });
  expect([code, out]).toEqual([0, '{"sealed":0}\n']);
});

test('a table is mirrored with its values as they are', async () => {
  let out = '';
  const code = await run(['sync', 'byeol', 'samples', 'byeol-mirror', '--organization', 'dasan', '--where', '{"tissue":{"isNull":false}}', '--json'], {
    environment: { DURE_URL: dure.url, DURE_TOKEN: dure.dure.demo!.tokens.publisher }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { out += text; },
  });
  expect([code, JSON.parse(out)]).toMatchObject([0, { job: { state: 'COMPLETE', result: { rows: 3, version: '1.0' } } }]);
  const fields = 'id_ accession level price state temperature tags details loose taken local lasted small grid place uid batchCode';
  const { data, errors } = await dure.ask(`{ byeol { freezer { samples(first: 3) { nodes { ${fields} } } } } dasan { byeolMirror { samples(first: 3, orderBy: [{ id_: ASC }]) { nodes { ${fields} } } } } }`, 'publisher');
  if (errors) expect(errors).toEqual([]);
  const { byeol, dasan } = data as { byeol: { freezer: { samples: unknown } }; dasan: { byeolMirror: { samples: unknown } } };
  expect(dasan.byeolMirror.samples).toEqual(byeol.freezer.samples);
}, 60_000);

test('credentials in the wrong place are refused, and kept nowhere', async () => {
  const ask = (input: unknown): Promise<GraphQLAnswer> => dure.ask('mutation($input: RegisterSourceInput!) { registerSource(input: $input) { id } }', 'administrator', { input });
  const asUrl = await ask({ kind: 'POSTGRES', url: partner.url, options: { ...options, id: 'wrong' } });
  expect(asUrl.errors![0]!.message).toContain('as the secret "url"');
  const asOption = await ask({ kind: 'POSTGRES', options: { ...options, id: 'wrong', url: partner.url } });
  expect(asOption.errors![0]!.extensions.code).toBe('BAD_USER_INPUT');
  expect(JSON.stringify([asUrl, asOption])).not.toContain(partner.password);
  expect(await dure.ask('{ sources { id } }', 'administrator')).toMatchObject({ data: { sources: expect.not.arrayContaining([{ id: 'wrong' }]) } });
});

test('a lost connection, a slow view, and what changed since are told by their codes', async () => {
  const ask = (): Promise<GraphQLAnswer> => dure.ask('{ byeol { freezer { samples(first: 1) { nodes { tissue } } } } dasan { inhibitors { inhibitors(first: 1) { nodes { gene } } } } }');
  expect((await ask()).errors).toBeUndefined();
  await partner.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${partner.role}'`);
  // An idle connection that died is replaced; at most one question meets it.
  await ask();
  expect((await ask()).errors).toBeUndefined();
  await partner.sql(`alter role ${partner.role} nologin`);
  await partner.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${partner.role}'`);
  let down = await ask();
  if (!down.errors) down = await ask();
  expect(down.errors![0]!.extensions).toMatchObject({ code: 'SOURCE_DOWN', source: 'byeol' });
  expect(down.data).toMatchObject({ dasan: { inhibitors: { inhibitors: { nodes: [{ gene: expect.any(String) }] } } } });
  expect(down.extensions).toMatchObject({ provenance: expect.arrayContaining([expect.objectContaining({ source: 'byeol', status: 'FAILED' })]) });
  expect(await dure.ask('{ sources { id health { state lastError } } }')).toMatchObject({ data: { sources: expect.arrayContaining([{ id: 'byeol', health: { state: 'DEGRADED', lastError: 'SOURCE_DOWN' } }]) } });
  await partner.sql(`alter role ${partner.role} login`);
  expect((await ask()).errors).toBeUndefined();

  await partner.sql('alter table lab.samples rename column tissue to organ');
  const gone = await ask();
  expect(gone.errors![0]!.extensions.code).toBe('SOURCE_INVALID');
  expect(JSON.stringify(gone)).not.toMatch(/select|column .* does not exist|lab\./i);
  await partner.sql('alter table lab.samples rename column organ to tissue');
  await partner.sql(`create view lab.slow as select 1 as id, pg_sleep(30)::text as nap; grant select on lab.slow to ${partner.role}`);
  expect((await register({ ...options, id: 'slow', dataset: 'slow', timeoutMs: 300, tables: [{ name: 'slow', from: 'lab.slow', key: 'id' }] })).errors).toMatchObject([{ extensions: { code: 'SOURCE_TIMEOUT' } }]);
}, 60_000);
