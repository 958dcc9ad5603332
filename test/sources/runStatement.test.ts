import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runStatement } from '../../src/sources/postgres/runStatement.js';
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
