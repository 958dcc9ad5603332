/** An attached database by itself: sessions that cannot write, words folded as in our own, indexes found, changes noticed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AttachedDatabase } from '../../../src/sources/attached/attachedDatabase.js';
import { readAttachedOptions } from '../../../src/sources/attached/attachedOptions.js';
import { readConnectionUrl } from '../../../src/sources/attached/connectionUrl.js';
import { addressPolicy } from '../../../src/sources/remote/client/addressPolicy.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createPartnerDatabase, type PartnerDatabase } from '../../support/partnerDatabase.js';

let partner: PartnerDatabase;
let own: TestDatabase;
let database: AttachedDatabase;
const logged: unknown[] = [];
const options = readAttachedOptions('test', { id: 'byeol', title: 'Byeol', tables: [{ name: 'words', from: 'lab.words' }] });
const open = (given: Parameters<typeof AttachedDatabase.open>[3] = {}, allow = ['127.0.0.1']): Promise<AttachedDatabase> =>
  AttachedDatabase.open(options, (name) => (name === 'url' ? partner.url : undefined), { addresses: addressPolicy(allow), secret: 's', log: (...line) => logged.push(line) }, given);

beforeAll(async () => {
  own = await createTestDatabase();
  partner = await createPartnerDatabase(`create schema lab; create table lab.words (code text primary key, word text, number int);
    insert into lab.words select 'c' || n, 'word ' || n, n from generate_series(1, 5000) n; grant usage on schema lab to $role; grant select, insert, update, delete on lab.words to $role; alter role $role set default_transaction_read_only = off;`);
  database = await open({ checkEveryMs: 0 });
});
afterAll(async () => {
  await database.close();
  await partner.drop();
  await own.drop();
});

const ask = async (sql: string, ...values: unknown[]): Promise<readonly (readonly unknown[])[]> => database.prepare(sql, true)(values, new AbortController().signal);

test('a role that could write cannot write here', async () => {
  for (const statement of [`insert into lab.words values ('x', 'x', 1)`, 'delete from lab.words', 'create temp table t (a int)', 'create function pg_temp.f() returns int language sql as $$ select 1 $$', `update lab.words set word = ''`]) {
    await expect(ask(statement)).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  }
  expect(await ask('select current_setting($1), current_setting($2), current_setting($3)', 'transaction_read_only', 'search_path', 'intervalstyle')).toEqual([['on', 'pg_catalog,pg_temp', 'iso_8601']]);
  expect(JSON.stringify(logged)).not.toMatch(/lab\.words|insert/);
});

test('words are folded and sought as in our own database', async () => {
  const texts = ['Größe 두레', 'GROSSE', 'naïve Bayes', '단백질 발현량', '蛋白質', 'p53-mutant', 'Ωμέγας', 'ﬁne', '', ' ', '½ cup', 'e\u0301tude', 'İstanbul', '𠀀𠀁'];
  const terms = [['+größe'], ['+단백'], ['+p53'], ['-p53'], ['+mut*'], ['+미'], ['+fine', '-größe'], ['+etude'], ['+蛋白'], ['+*'], []];
  for (const text of texts) {
    for (const term of terms) {
      const theirs = await ask(`select ${database.dialect.search({ kind: 'text' }, '$1::text', '$2::text[]')}`, text, term);
      const { rows } = await own.pool.query({ text: 'select dure.search_holds(dure.search_fold($1), dure.search_needles($2))', values: [text, term], rowMode: 'array' });
      expect([text, term, theirs[0]![0]]).toEqual([text, term, rows[0]![0]]);
    }
  }
  const list = await ask(`select ${database.dialect.search({ kind: 'list' }, '$1::text[]', '$2::text[]')}, ${database.dialect.search({ kind: 'text' }, 'null::text', '$2::text[]')}`, texts, ['+두레']);
  expect(list[0]).toEqual([true, null]);
});

test('a text is found by the partner\'s own index', async () => {
  const [column] = database.definition.tables[0]!.columns;
  const sql = `(t.${column!.physical} = $1::text)`.replace(`t.${column!.physical}`, database.dialect.equatable!('text', `t.${column!.physical}`));
  const plan = await database.explain(`select 1 from (select ("code")::text collate "C" as ${column!.physical} from lab.words) t where ${sql}`, ['c7'], new AbortController().signal);
  expect(plan.map(({ node }) => node).join(' ')).toMatch(/Index/);
});

test('a column of another type is noticed before anything is asked', async () => {
  expect(await ask('select 1')).toEqual([[1]]);
  await partner.sql('alter table lab.words alter column number type text');
  await expect(ask('select 1')).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
  expect(database.monitor.read()).toMatchObject({ lastError: 'SOURCE_INVALID', state: 'DEGRADED' });
  await partner.sql('alter table lab.words alter column number type int using number::int');
  expect(await ask('select 1')).toEqual([[1]]);
});

test('addresses are refused by name and by number; a cancelled question ends at the server', async () => {
  await expect(open({}, [])).rejects.toMatchObject({ code: 'SOURCE_DOWN' });
  const stop = new AbortController();
  const running = database.prepare('select pg_sleep(20), $1::text', true)(['wait'], stop.signal);
  const theirs = async (): Promise<number> => ((await partner.sql(`select count(*)::int as n from pg_stat_activity where usename = '${partner.role}' and state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()`)).rows[0] as { n: number }).n;
  while ((await theirs()) === 0) await new Promise((done) => setTimeout(done, 20));
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  while ((await theirs()) > 0) await new Promise((done) => setTimeout(done, 20));
});

test('a URL is read without what could name files, sockets or other hosts', () => {
  expect(readConnectionUrl('postgres://a%40b:p%25w@[2001:db8::1]:6000/d%20b?sslmode=require', undefined)).toEqual({ host: '2001:db8::1', port: 6000, user: 'a@b', password: 'p%w', database: 'd b', ssl: { rejectUnauthorized: false } });
  expect(readConnectionUrl('postgresql://a@h/d', 'PEM')).toMatchObject({ port: 5432, ssl: { rejectUnauthorized: true, ca: 'PEM' } });
  for (const [text, said] of [['postgres://a@h/d?host=/tmp', '"host"'], ['postgres://a@h/d?sslcert=x&options=-c', '"options"'], ['postgres://h/d', 'no user'], ['postgres://a@h', 'no database'], ['postgres://a:%zz@h/d', '%25'], ['a b', 'no address'], ['', 'there is none']] as const) {
    expect(() => readConnectionUrl(text, undefined)).toThrow(said);
  }
});
