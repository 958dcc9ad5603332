/** Files in place: typed, read under rules, and nothing else of the machine. */
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DureError } from '../../../src/errors.js';
import type { RuleDocument } from '../../../src/policy/rule.js';
import { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { fileBuilder } from '../../../src/sources/file/fileSource.js';
import type { OpenedSource } from '../../../src/sources/remote/builder.js';
import { numberedId, testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { fileSnapshot } from '../../support/fileSnapshot.js';

let base: string;
let root: string;
const opened: OpenedSource[] = [];
const cursors = testCursors();

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'dure-files-')));
  root = join(base, 'allowed');
  await mkdir(join(root, 'parts'), { recursive: true });
  await mkdir(join(base, 'elsewhere'));
  await writeFile(join(base, 'elsewhere', 'secret.csv'), 'a,b\n1,2\n');
  await writeFile(join(root, 'samples.csv'), '시료 번호,Melting Point,Big,Taken,At,Note,phone\ns1,10.5,9007199254740993,2024-01-15,2024-01-15 23:30:00,"quoted, ""text""",02-123-4567\ns2,NaN,1,2024-02-01,,,031-99\ns3,1e15,,,2024-02-01 00:30:00,한글,\n');
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const parts = (from: number, to: number): string => `select i::bigint as id, (i / 3.0)::decimal(9, 3) as exact, 0.1::float as single, i % 2 = 0 as even, [i, i + 1]::bigint[] as list, {'a': i, 'b': 'x'} as nested, timestamptz '2024-01-01 09:00:00+09' + i * interval 1 hour as at, 'row ' || i as label from range(${from}, ${to}) t(i)`;
  await duck.run(`copy (${parts(0, 5)}) to '${join(root, 'parts', '1.parquet')}'`);
  await duck.run(`copy (${parts(5, 8)}) to '${join(root, 'parts', '2.parquet')}'`);
  duck.closeSync();
});
afterAll(async () => {
  for (const { close } of opened) await close();
  await rm(base, { recursive: true });
});

async function open(options: Record<string, unknown>, roots: readonly string[] = [root]): Promise<OpenedSource> {
  const source = await fileBuilder({ roots, limits: {}, codec: cursors }).open({ kind: 'file', name: 'test.json', options: { id: 'station', title: 'Station', ...options } }, { secret: () => undefined, log: () => undefined });
  opened.push(source);
  return source;
}
const engineOf = (source: OpenedSource, rules?: RuleDocument): Promise<TestEngine> => testEngine(undefined as never, fileSnapshot(source.definition, rules), cursors, source.sql);
const refused = async (options: Record<string, unknown>, roots?: readonly string[]): Promise<string> => {
  const error: unknown = await open(options, roots).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(DureError);
  return (error as DureError).message;
};

describe('tables', () => {
  test('of a folder: names, kinds, and what is in them', async () => {
    const source = await open({ path: root });
    expect(source.definition.tables.map(({ name, field, columns }) => [name, field, columns.map((column) => `${column.field} ${column.kind}${column.item ? ` of ${column.item}` : ''}`)])).toEqual([
      ['parts', 'parts', ['id_ int64', 'exact decimal', 'single float', 'even boolean', 'list list of int64', 'nested json', 'at datetime', 'label text']],
      ['samples', 'samples', ['siryoBeonho text', 'meltingPoint float', 'big int64', 'taken date', 'at datetime', 'note text', 'phone text']],
    ]);
    const dure = await engineOf(source);
    const { data, errors } = await dure.ask(`{ station { files {
      samples { nodes { id siryoBeonho meltingPoint big taken at note } }
      parts(first: 2, where: { id_: { gte: "4" } }) { totalCount nodes { id id_ exact single even list nested at label } aggregate { exact { sum max } } groups(by: [{ column: EVEN }]) { nodes { key { even } aggregate { count } } } }
    } } }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ station: { files: {
      samples: { nodes: [
        { id: numberedId(cursors, 'station/files/samples', 1), siryoBeonho: 's1', meltingPoint: 10.5, big: '9007199254740993', taken: '2024-01-15', at: '2024-01-15T23:30:00.000Z', note: 'quoted, "text"' },
        { id: numberedId(cursors, 'station/files/samples', 2), siryoBeonho: 's2', meltingPoint: null, big: '1', taken: '2024-02-01', at: null, note: null },
        { id: numberedId(cursors, 'station/files/samples', 3), siryoBeonho: 's3', meltingPoint: 1e15, big: null, taken: null, at: '2024-02-01T00:30:00.000Z', note: '한글' },
      ] },
      parts: {
        totalCount: 4, nodes: [
          { id: numberedId(cursors, 'station/files/parts', 5), id_: '4', exact: '1.333', single: 0.1, even: true, list: ['4', '5'], nested: { a: 4, b: 'x' }, at: '2024-01-01T04:00:00.000Z', label: 'row 4' },
          { id: numberedId(cursors, 'station/files/parts', 1_000_000_000_001), id_: '5', exact: '1.667', single: 0.1, even: false, list: ['5', '6'], nested: { a: 5, b: 'x' }, at: '2024-01-01T05:00:00.000Z', label: 'row 5' },
        ],
        aggregate: { exact: { sum: '7.333', max: '2.333' } }, groups: { nodes: [{ key: { even: false }, aggregate: { count: 2 } }, { key: { even: true }, aggregate: { count: 2 } }] },
      },
    } } });
    expect(dure.reported).toEqual([]);
  });

  test('declared: keys, kinds, names, columns left out', async () => {
    const source = await open({ tables: [{ name: 'samples', path: 'samples.csv', key: '시료 번호', omit: ['phone'], columns: { '시료 번호': { field: 'sample', namespace: 'igsn' }, Big: { kind: 'text' }, 'Melting Point': { kind: 'float', unit: 'Cel' } } }] });
    const dure = await engineOf(source);
    const { data } = await dure.ask('{ node(id: "station/files/samples/=s1") { ... on StationFilesSamples { id sample big } } station { files { samples(orderBy: [{ meltingPoint: DESC }]) { nodes { sample } } } } }');
    expect(data).toEqual({ node: { id: 'station/files/samples/=s1', sample: 's1', big: '9007199254740993' }, station: { files: { samples: { nodes: [{ sample: 's3' }, { sample: 's1' }, { sample: 's2' }] } } } });
    expect(source.definition.tables[0]!.columns.find(({ field }) => field === 'sample')).toMatchObject({ namespace: 'igsn', unique: true });
  });

  test('rules hold over files', async () => {
    const rules: RuleDocument = { rules: [
      { id: 'phones', effect: 'columns', tables: ['samples'], columns: ['phone'], transform: { kind: 'mask', keepStart: 2 } },
      { id: 'first', effect: 'rows', tables: ['samples'], where: { column: '시료 번호', op: 'ne', value: 's3' } },
      { id: 'big', effect: 'columns', tables: ['samples'], columns: ['Big'], transform: { kind: 'deny' } },
    ] };
    const dure = await engineOf(await open({ path: 'samples.csv' }), rules);
    const { data } = await dure.ask('{ station { files { samples { totalCount nodes { phone big } } } } }');
    expect(data).toEqual({ station: { files: { samples: { totalCount: 2, nodes: [{ phone: '02***', big: null }, { phone: '03***', big: null }] } } } });
    expect((await dure.ask('{ station { files { samples(where: { big: { gt: "0" } }) { totalCount } } } }')).errors![0]!.extensions!.code).toBe('FORBIDDEN');
  });

  test('pages by cursor', async () => {
    const dure = await engineOf(await open({ tables: [{ name: 'parts', path: 'parts/*.parquet' }] }));
    const seen: string[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const { data } = await dure.ask('query($c: String) { station { files { parts(first: 3, after: $c, orderBy: [{ exact: DESC }]) { nodes { id_ } pageInfo { endCursor hasNextPage } } } } }', { variables: { c: after } });
      const page = (data as { station: { files: { parts: { nodes: { id_: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } } } }).station.files.parts;
      seen.push(...page.nodes.map((node) => node.id_));
      ({ endCursor: after, hasNextPage: more } = page.pageInfo);
    }
    expect(seen).toEqual(['7', '6', '5', '4', '3', '2', '1', '0']);
  });
});

describe('what may not be read', () => {
  test('without configured folders nothing', async () => { expect(await refused({ path: root }, [])).toMatch(/DURE_FILE_ROOTS/); });
  test.each(['/etc', '../elsewhere/secret.csv', 'parts/../../elsewhere', '/etc/*.csv'])('%s lies outside', async (path) => { expect(await refused({ path })).toMatch(/outside|is not there/); });
  test('links, to files and to folders', async () => {
    const links = join(base, 'links');
    await mkdir(links);
    await symlink(join(base, 'elsewhere', 'secret.csv'), join(links, 'link.csv'));
    await symlink(join(base, 'elsewhere'), join(links, 'folder'));
    expect(await refused({ path: 'link.csv' }, [links])).toMatch(/link/);
    expect(await refused({ tables: [{ name: 't', path: 'folder/secret.csv' }] }, [links])).toMatch(/link/);
    expect(await refused({ tables: [{ name: 't', path: 'folder' }] }, [links])).toMatch(/link/);
    expect(await refused({ tables: [{ name: 't', path: '*.csv' }] }, [links])).toMatch(/link/);
  });
  test('a file that became a link', async () => {
    const file = join(root, 'swapped.csv');
    await writeFile(file, 'a,b\n1,2\n');
    const dure = await engineOf(await open({ path: 'swapped.csv' }));
    expect((await dure.ask('{ station { files { swapped { nodes { a } } } } }')).errors).toBeUndefined();
    await rm(file);
    await symlink(join(base, 'elsewhere', 'secret.csv'), file);
    const { data, errors } = await dure.ask('{ station { files { swapped { nodes { a } } } } }');
    expect(data).toEqual({ station: { files: { swapped: null } } });
    expect(errors![0]!.extensions!.code).toBe('SOURCE_INVALID');
    await rm(file);
  });
  test('anything else by statement', async () => {
    const duck = await DuckDatabase.open({ files: [join(root, 'samples.csv')] });
    const run = (sql: string): Promise<unknown> => duck.rows(sql, [], new AbortController().signal);
    await run(`select count(*) from read_csv('${join(root, 'samples.csv')}')`);
    for (const sql of [
      `select * from read_csv('${join(base, 'elsewhere', 'secret.csv')}')`, `select * from read_text('/etc/passwd')`, `select * from glob('/etc/*')`, `copy (select 1) to '${join(root, 'out.csv')}'`, `attach '${join(root, 'x.db')}'`,
      'install httpfs', 'load httpfs', `select * from read_csv('http://127.0.0.1:1/x.csv')`, 'set enable_external_access = true', `set allowed_paths = ['/etc/passwd']`, 'set memory_limit = \'1TB\'',
    ]) await expect(run(sql)).rejects.toThrow();
    await duck.close();
  });
});

describe('mistakes of files', () => {
  test('are told all at once', async () => {
    await writeFile(join(root, 'header.csv'), 'id,id,,x\n1,2,3,4\n');
    await writeFile(join(root, 'ragged.csv'), 'a,b\n1,2\n3,4,5\n6\n"x\n');
    await writeFile(join(root, 'bytes.csv'), Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xff, 0xfe, 0x2c, 0x31, 0x0a]));
    await writeFile(join(root, 'broken.parquet'), 'no parquet');
    const message = await refused({ tables: [{ name: 'h', path: 'header.csv' }, { name: 'b', path: 'bytes.csv' }, { name: 'p', path: 'broken.parquet' }, { name: 's', path: 'samples.csv', key: 'none', omit: ['nothing'] }, { name: 'k', path: 'parts', key: 'even' }, { name: 'd', path: 'samples.csv', columns: { Note: { kind: 'int32' } } }] });
    for (const part of ['two columns are called "id"', 'column 3 has no name', 'bytes.csv', 'broken.parquet cannot be read as Parquet', 'it has no column "none"', 'it has no column "nothing"', 'the key "even" is not unique', 'column "Note" has a value that is no int32']) expect(message).toContain(part);
    for (const file of ['header.csv', 'ragged.csv', 'bytes.csv', 'broken.parquet']) await rm(join(root, file));
  });
  test('of the declaration too', async () => {
    expect(await refused({ id: 'Not A Slug', dataset: 'x', path: 'a', tables: [] })).toMatch(/id: is no slug.*/);
    expect(await refused({ tables: [{ name: 'a', path: 'samples.csv' }, { name: 'a', path: 'nowhere.csv' }] })).toMatch(/two tables are called a; nowhere.csv is not there/);
  });
  test('a column that was moved, renamed or retyped is an error, never another column', async () => {
    const file = join(root, 'moving.csv');
    await writeFile(file, 'open,closed\n1,2\n');
    const source = await open({ path: 'moving.csv' });
    const rules: RuleDocument = { rules: [{ id: 'closed', effect: 'columns', tables: ['moving'], columns: ['closed'], transform: { kind: 'deny' } }] };
    const dure = await engineOf(source, rules);
    expect((await dure.ask('{ station { files { moving { nodes { open } } } } }')).data).toEqual({ station: { files: { moving: { nodes: [{ open: '1' }] } } } });
    await writeFile(`${file}.new`, 'closed,open\n2,1\n');
    await rename(`${file}.new`, file);
    expect((await dure.ask('{ station { files { moving { nodes { open } } } } }')).data).toEqual({ station: { files: { moving: { nodes: [{ open: '1' }] } } } });
    for (const text of ['closed,other\n2,1\n', 'open,closed\nword,2\n', 'open,open\n1,1\n']) {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
      const { data, errors } = await dure.ask('{ station { files { moving { nodes { open } } } } }');
      expect(data).toEqual({ station: { files: { moving: null } } });
      expect(errors![0]!.extensions!.code).toBe('SOURCE_INVALID');
    }
    await writeFile(file, 'open,closed\n7,2\n8,3\n');
    expect((await dure.ask('{ station { files { moving { totalCount nodes { open } } } } }')).data).toEqual({ station: { files: { moving: { totalCount: 2, nodes: [{ open: '7' }, { open: '8' }] } } } });
    expect(dure.reported).toEqual([]);
    await rm(file);
  });
});

test('a statement is cancelled by the signal, and ends at its time', async () => {
  const duck = await DuckDatabase.open({ timeoutMs: 300 });
  const endless = 'select count(*) from range(100000000) a(i), range(100000) b(j) where (i * j) % 7 = 3';
  const controller = new AbortController();
  const running = duck.rows(endless, [], controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(duck.rows(endless, [], new AbortController().signal)).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(await duck.rows('select 1::varchar', [], new AbortController().signal)).toEqual([['1']]);
  await duck.close();
});

test('one that waits for its turn is cancelled at once, and takes nobody\'s place', async () => {
  const duck = await DuckDatabase.open({ connections: 1 });
  const first = new AbortController();
  const running = duck.rows('select count(*) from range(100000000) a(i), range(100000000) b(j) where (i * j) % 7 = 3', [], first.signal);
  const second = new AbortController();
  const waiting = duck.rows('select 1::varchar', [], second.signal);
  const third = duck.rows('select 3::varchar', [], new AbortController().signal);
  second.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  first.abort();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await third).toEqual([['3']]);
  await duck.close();
});
