import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runRows, runStatement } from '../../src/sources/postgres/runStatement.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await createTestDatabase();
  pool = new pg.Pool({ connectionString: db.url, max: 2, connectionTimeoutMillis: 5_000 });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

const slow = { name: 'slow', text: 'select pg_sleep(20)::text', values: [] };
const quick = { name: 'quick', text: 'select $1::int4', values: [7] };

test('when every connection is cancelled at once, all are free again soon', async () => {
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const running = controllers.map((controller) => runStatement(pool, slow, controller.signal).catch((error: { code?: string }) => error.code));
  await new Promise((done) => setTimeout(done, 200));
  const started = performance.now();
  for (const controller of controllers) controller.abort();
  expect(await runStatement(pool, quick, new AbortController().signal)).toEqual([7]);
  expect(await Promise.all(running)).toEqual(Array.from({ length: 6 }, () => 'CANCELLED'));
  expect(performance.now() - started).toBeLessThan(10_000);
  const { rows } = await db.pool.query("select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()");
  expect(rows).toEqual([{ n: 0 }]);
});

test('errors of the database are told in our words', async () => {
  const code = (text: string): Promise<unknown> => runStatement(pool, { name: text, text, values: [] }, new AbortController().signal).catch((error: { code?: string }) => error.code);
  expect(await code("select 'x'::int")).toBe('BAD_USER_INPUT');
  expect(await code('set statement_timeout = 50')).toEqual([]);
});

const never = new AbortController().signal;

test('values of every kind arrive, also where the rows are known already', async () => {
  const known = {};
  const statement = { name: 'kinds', text: 'select $1::text, $2::text[], $3::int4, $4::boolean, $5::float8, $6::jsonb->>0', known };
  const rows: readonly unknown[][] = [
    ['두레 "quoted" \\ 🧪', ['a,b', 'c"d\\', null, ''], 7, true, 1.5, '["x"]'],
    [null, null, null, null, null, null],
    ['', [], -1, false, -0.25, '[null]'],
    ['x'.repeat(100_000), ['두레'], 0, true, 1e300, '["{}"]'],
  ];
  for (const values of rows) {
    const [found] = await runRows(pool, { ...statement, values }, never);
    expect(found).toEqual([...values.slice(0, 5), values[5] === null ? null : (JSON.parse(values[5] as string) as unknown[])[0]]);
  }
});

test('many rows, no rows and a statement without a name', async () => {
  for (const name of ['series', undefined]) {
    const known = {};
    for (const count of [3, 0, 1]) {
      const rows = await runRows(pool, { name, text: 'select n::int4, n::text from generate_series(1, $1::int4) n', values: [count], known }, never);
      expect(rows).toEqual(Array.from({ length: count }, (_, index) => [index + 1, String(index + 1)]));
    }
  }
});

test('after an error the connection and the statement are used again', async () => {
  const known = {};
  const quotient = (by: number): Promise<unknown> => runStatement(pool, { name: 'quotient', text: 'select 6 / $1::int4', values: [by], known }, never).catch((error: { code?: string }) => error.code);
  expect([await quotient(0), await quotient(3), await quotient(0), await quotient(2)]).toEqual(['BAD_USER_INPUT', 2, 'BAD_USER_INPUT', 3].map((value) => (typeof value === 'number' ? [value] : value)));
  await expect(runStatement(pool, { name: 'wrong', text: 'select nothing', values: [] }, never)).rejects.toThrow('nothing');
  expect(await runStatement(pool, quick, never)).toEqual([7]);
});

test('a connection forgets its oldest statements and prepares them anew when they are asked for', async () => {
  const one = new pg.Pool({ connectionString: db.url, max: 1 });
  try {
    for (let n = 0; n < 205; n += 1) expect(await runStatement(one, { name: `s${n}`, text: `select ${n}`, values: [] }, never)).toEqual([n]);
    expect((await one.query<{ n: number }>("select count(*)::int as n from pg_prepared_statements where name like 's%'")).rows).toEqual([{ n: 200 }]);
    expect(await runStatement(one, { name: 's0', text: 'select 0', values: [] }, never)).toEqual([0]);
  } finally {
    await one.end();
  }
});

test('a connection that dies under a question is told as unavailable, and another one is used', async () => {
  const one = new pg.Pool({ connectionString: db.url, max: 1, application_name: 'dies' });
  one.on('error', () => undefined);
  try {
    const asked = runStatement(one, slow, never);
    const outcome = expect(asked).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    for (;;) {
      const { rows } = await db.pool.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dies' and state = 'active'");
      if (rows.length > 0) break;
    }
    await outcome;
    expect(await runStatement(one, quick, never)).toEqual([7]);
  } finally {
    await one.end();
  }
});
