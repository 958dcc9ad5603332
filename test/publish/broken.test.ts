/** Packages that are wrong: each is told by its place, and leaves no trace. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import tar from 'tar-stream';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { descriptor, Publishing, publisher, zip, type Files, type PublishAs } from '../support/publishing.js';
import { anonymous } from '../../src/identity/identity.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';

let db: TestDatabase;
let dure: Publishing;
beforeAll(async () => {
  db = await createTestDatabase();
  dure = await Publishing.open(db);
});
afterAll(async () => {
  await dure.close();
  await db.drop();
});

const fields = [{ name: 'k', type: 'integer' }, { name: 'v', type: 'number' }, { name: 'note', type: 'string' }];
const plain = descriptor(fields, {}, { primaryKey: 'k' });

/** Publishes, demands a refusal of this code, and that nothing is left. */
async function refused(files: Files | Buffer | Readable, code = 'INVALID_PACKAGE', options: PublishAs = {}) {
  const before = await dure.traces();
  const outcome = await dure.publish(files, options);
  expect({ state: outcome.job.state, code: outcome.job.error?.code }).toEqual({ state: 'EXECUTOR_ERROR', code });
  expect(await dure.traces()).toEqual(before);
  expect(JSON.stringify(outcome.job.error)).not.toMatch(/dure_data|\bs\d+\b.*relation|select |insert |at .*\.js:/);
  return outcome;
}

describe('values', () => {
  test('wrong types are all told with file, row, column, value and rule', async () => {
    const { mistakes, report, events } = await refused({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,x,a\nzwei,2,b\n3,1e400,c\n' });
    expect(mistakes).toEqual([
      expect.objectContaining({ file: 't.csv', row: 1, line: 2, column: 'v', value: 'x', rule: 'type' }),
      expect.objectContaining({ file: 't.csv', row: 2, line: 3, column: 'k', value: 'zwei', rule: 'type' }),
      expect.objectContaining({ row: 3, column: 'v', value: '1e400' }),
    ]);
    expect(report!.total).toBe(3);
    expect(events.at(-1)!.state).toBe('EXECUTOR_ERROR');
  });
  test('NaN and infinity are refused with a hint', async () => {
    expect((await refused({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,NaN,a\n2,INF,b\n' })).mistakes).toHaveLength(2);
  });
  test('the first 1,000 are told, all are counted', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => `${i},x,n`).join('\n');
    const { report } = await refused({ 'datapackage.json': plain, 't.csv': `k,v,note\n${rows}\n` });
    expect(report!.mistakes).toHaveLength(1000);
    expect(report).toMatchObject({ total: 2500, counts: { type: 2500 } });
  });
  test('constraints', async () => {
    const strict = descriptor([
      { name: 'a', type: 'integer', constraints: { required: true, minimum: 1, maximum: 9 } }, { name: 'b', type: 'string', constraints: { maxLength: 2, pattern: '[a-z]+' } },
      { name: 'c', type: 'string', constraints: { enum: ['x', 'y'] } }, { name: 'd', type: 'date' },
    ]);
    const { mistakes } = await refused({ 'datapackage.json': strict, 't.csv': 'a,b,c,d\n,ab,x,2020-01-01\n0,abc,z,2020-02-30\n10,A,y,\n' });
    expect(mistakes.map((m) => `${m.row} ${m.column} ${m.rule}`)).toEqual(['1 a required', '2 a minimum', '2 b maxLength', '2 c enum', '2 d type', '3 a maximum', '3 b pattern']);
  });
});

describe('identifiers', () => {
  test('what is none of its namespace is told, in lists by item', async () => {
    const typed = descriptor([{ name: 'p', type: 'string', 'dure:namespace': 'uniprot' }, { name: 's', type: 'list', 'dure:namespace': 'pdb' }, { name: 'c', type: 'integer', 'dure:namespace': 'pubchem.compound' }, { name: 'free', type: 'string', 'dure:namespace': 'our.samples' }]);
    const { mistakes } = await refused({ 'datapackage.json': typed, 't.csv': 'p,s,c,free\np05067,"4hhb,1tup",12,x y\nP0506,"4hhb,1t",-1,\n' });
    expect(mistakes.map((m) => `${m.row} ${m.column} ${m.rule}: ${m.message}`)).toEqual([
      '2 p namespace: “P0506” is no identifier of uniprot (UniProt); one looks like P05067', '2 s namespace: “4hhb,1t” item 2 is no identifier of pdb (Protein Data Bank); one looks like 2gc4',
      '2 c namespace: “-1” is no identifier of pubchem.compound (PubChem compound); one looks like 100101',
    ]);
  });
});

describe('keys', () => {
  test('a duplicate primary key names the earlier row', async () => {
    const { mistakes } = await refused({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,1,a\n2,1,b\n1,3,c\n' });
    expect(mistakes).toEqual([expect.objectContaining({ row: 3, column: 'k', value: '1', rule: 'primaryKey', message: expect.stringContaining('row 1') })]);
  });
  test('unique columns', async () => {
    const unique = descriptor([{ name: 'k', type: 'string', constraints: { unique: true } }]);
    expect((await refused({ 'datapackage.json': unique, 't.csv': 'k\na\nb\na\n' })).mistakes).toEqual([expect.objectContaining({ row: 3, rule: 'unique', value: 'a' })]);
  });
  test('a dangling foreign key', async () => {
    const two = { ...plain, resources: [
      { name: 'parents', path: 'p.csv', schema: { fields: [{ name: 'id', type: 'string' }], primaryKey: 'id' } },
      { name: 'children', path: 'c.csv', schema: { fields: [{ name: 'parent_id', type: 'string' }], foreignKeys: [{ fields: 'parent_id', reference: { resource: 'parents', fields: 'id' } }] } },
    ] };
    const { mistakes } = await refused({ 'datapackage.json': two, 'p.csv': 'id\na\n', 'c.csv': 'parent_id\na\n""\nzz\n' });
    expect(mistakes).toEqual([expect.objectContaining({ file: 'c.csv', row: 3, column: 'parent_id', value: 'zz', rule: 'foreignKey' })]);
  });
});

describe('files', () => {
  test('a row with too many or too few cells', async () => {
    const { mistakes } = await refused({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,1\n2,2,b,extra\n3,3,c\n' });
    expect(mistakes.map((m) => [m.row, m.rule])).toEqual([[1, 'cells'], [2, 'cells']]);
  });
  test('EUC-KR is told as such', async () => {
    const { mistakes } = await refused({ 'datapackage.json': plain, 't.csv': iconv.encode('k,v,note\n1,1,서울 관측소\n', 'euc-kr') });
    expect(mistakes[0]).toMatchObject({ rule: 'encoding', message: expect.stringMatching(/EUC-KR|CP949/i) });
  });
  test('other bytes that are no UTF-8, and UTF-16', async () => {
    expect((await refused({ 'datapackage.json': plain, 't.csv': Buffer.from([...Buffer.from('k,v,note\n1,1,'), 0xff, 0xfe, 0x0a]) })).mistakes[0]).toMatchObject({ rule: 'encoding' });
    expect((await refused({ 'datapackage.json': plain, 't.csv': iconv.encode('k,v,note\n1,1,a\n', 'utf16le', { addBOM: true }) })).mistakes[0]).toMatchObject({ rule: 'encoding', message: expect.stringMatching(/UTF-16/) });
  });
  test('an empty file, a missing file, a wrong header', async () => {
    expect((await refused({ 'datapackage.json': plain, 't.csv': '' })).mistakes[0]).toMatchObject({ rule: 'empty' });
    expect((await refused({ 'datapackage.json': plain })).mistakes[0]).toMatchObject({ path: '$.resources[0].path' });
    expect((await refused({ 'datapackage.json': plain, 't.csv': 'k,w,note\n1,1,a\n' })).mistakes[0]).toMatchObject({ rule: 'header' });
  });
  test('an unclosed quote ends the reading', async () => {
    expect((await refused({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,1,"open\n' })).mistakes[0]).toMatchObject({ rule: 'csv' });
  });
  test('one wrong value in a million rows', async () => {
    const rows = function* (): Generator<string> {
      yield 'k,v,note\n';
      for (let i = 0; i < 1_000_000; i += 1) yield i === 777_777 ? `${i},oops,n\n` : `${i},${i / 2},n\n`;
    };
    const archive = tar.pack();
    const body = Buffer.from([...rows()].join(''));
    archive.entry({ name: 'datapackage.json' }, JSON.stringify(plain));
    archive.entry({ name: 't.csv' }, body);
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
    const { mistakes, report } = await refused(gzipSync(Buffer.concat(chunks), { level: 1 }), 'INVALID_PACKAGE', { contentType: 'application/gzip' });
    expect(report!.total).toBe(1);
    expect(mistakes).toEqual([expect.objectContaining({ row: 777_778, column: 'v', value: 'oops' })]);
  }, 60_000);
});

describe('descriptors', () => {
  const ofDescriptor = async (value: unknown): Promise<string[]> => (await refused({ 'datapackage.json': typeof value === 'string' ? value : (value as object), 't.csv': 'k,v,note\n1,1,a\n' })).mistakes.map((m) => m.path ?? m.rule);
  test('not JSON', async () => { expect(await ofDescriptor('{ "name": ')).toEqual(['descriptor']); });
  test('none at all', async () => { expect((await refused({ 't.csv': 'k\n1\n' })).mistakes[0]).toMatchObject({ rule: 'descriptor' }); });
  test('a licence missing', async () => { expect(await ofDescriptor({ ...plain, licenses: undefined })).toEqual(['$.licenses']); });
  test('several mistakes at once', async () => { expect(await ofDescriptor({ ...plain, name: 'Not A Name', licenses: [], resources: [] })).toEqual(['$.name', '$.licenses', '$.resources']); });
  test('a resource by URL, out of the package, or inline', async () => {
    const at = (resource: object): object => ({ ...plain, resources: [{ name: 't', schema: { fields }, ...resource }] });
    expect(await ofDescriptor(at({ path: 'https://example.org/t.csv' }))).toEqual(['$.resources[0].path']);
    expect(await ofDescriptor(at({ path: '../t.csv' }))).toEqual(['$.resources[0].path']);
    expect(await ofDescriptor(at({ data: [{ k: 1 }] }))).toEqual(['$.resources[0].data']);
  });
  test('unknown types, keys that are no columns, keys of ours mistyped', async () => {
    expect(await ofDescriptor(descriptor([{ name: 'k', type: 'colour' }]))).toEqual(['$.resources[0].schema.fields[0].type']);
    expect(await ofDescriptor(descriptor(fields, {}, { primaryKey: 'nope' }))).toEqual(['$.resources[0].schema.primaryKey']);
    expect(await ofDescriptor(descriptor(fields, { 'dure:visibilty': 'PUBLIC' }))).toEqual(['$["dure:visibilty"]']);
    expect(await ofDescriptor(descriptor(fields, { 'dure:visibility': 'SECRET' }))).toEqual(['$["dure:visibility"]']);
  });
  test('rules that name what is not there', async () => {
    expect(await ofDescriptor(descriptor(fields, { 'dure:rules': { rules: [{ id: 'r', effect: 'columns', columns: ['salary'], transform: { kind: 'deny' } }] } }))).toEqual(['$["dure:rules"]']);
  });
});

describe('archives', () => {
  const tarOf = async (entries: readonly (Partial<tar.Header> & { name: string; content?: string | Buffer })[]): Promise<Buffer> => {
    const archive = tar.pack();
    for (const { content, ...header } of entries) archive.entry(header, content ?? '');
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
    return gzipSync(Buffer.concat(chunks));
  };
  const asTar = { contentType: 'application/gzip' };
  test('no archive', async () => {
    await refused(Buffer.from('not an archive'));
    await refused(Buffer.from('not an archive'), 'INVALID_PACKAGE', asTar);
  });
  test('a path that leads out', async () => {
    const good = await zip({ 'datapackage.json': plain, 'aaaaaaaaaaaa': 'x' });
    await refused(Buffer.from(good.toString('latin1').replaceAll('aaaaaaaaaaaa', '../../etc/xx'), 'latin1'), 'UPLOAD_REJECTED');
    await refused(await tarOf([{ name: 'datapackage.json', content: JSON.stringify(plain) }, { name: '../escape.csv', content: 'x' }]), 'UPLOAD_REJECTED', asTar);
    await refused(await tarOf([{ name: '/etc/escape.csv', content: 'x' }]), 'UPLOAD_REJECTED', asTar);
  });
  test('links and devices', async () => {
    await refused(await tarOf([{ name: 't.csv', type: 'symlink', linkname: '/etc/passwd' }]), 'UPLOAD_REJECTED', asTar);
    await refused(await tarOf([{ name: 't.csv', type: 'link', linkname: 'datapackage.json' }]), 'UPLOAD_REJECTED', asTar);
    await refused(await tarOf([{ name: 't.csv', type: 'character-device' }]), 'UPLOAD_REJECTED', asTar);
  });
  test('a bomb', async () => {
    const bomb = Buffer.concat([Buffer.from('k,v,note\n'), Buffer.alloc(60_000_000, '1,1,a\n')]);
    await refused(await zip({ 'datapackage.json': plain, 't.csv': bomb }), 'UPLOAD_REJECTED');
    await refused(await tarOf([{ name: 'datapackage.json', content: JSON.stringify(plain) }, { name: 't.csv', content: bomb }]), 'UPLOAD_REJECTED', asTar);
  }, 60_000);
  test('cut off', async () => {
    const whole = await zip({ 'datapackage.json': plain, 't.csv': 'k,v,note\n1,1,a\n' });
    await refused(whole.subarray(0, whole.length - 30));
  });
});

describe('who may', () => {
  test('the right is judged when the job runs', async () => {
    const files = { 'datapackage.json': plain, 't.csv': 'k,v,note\n1,1,a\n' };
    await refused(files, 'FORBIDDEN', { identity: makeIdentity({ ...publisher, memberships: [{ organization: 'lab', role: 'member' }] }) });
    await refused(files, 'FORBIDDEN', { identity: makeIdentity({ ...publisher, scopes: ['read'] }) });
    await refused(files, 'FORBIDDEN', { identity: makeIdentity({ ...anonymous, kind: 'person', subject: 'q' }) });
    await refused(files, 'UNAUTHENTICATED', { identity: makeIdentity({ ...publisher, expiresAt: Date.now() - 1 }) });
  });
});
