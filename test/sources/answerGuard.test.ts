import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { runRows } from '../../src/sources/postgres/runStatement.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  db = await createTestDatabase();
  pool = new pg.Pool({ connectionString: db.url, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await db.drop();
});

const long = { name: 'long', text: "select repeat('x', 60000000)", values: [] };
const never = new AbortController().signal;

test('of an answer of 60 MB no more than the limit is taken in, whoever asks how often', async () => {
  await runRows(pool, { name: 'one', text: 'select 1', values: [] }, never, 1_000);
  const taken = async (): Promise<number> => {
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().arrayBuffers - before); }, 1);
    await expect(runRows(pool, long, never, 1_000_000)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 1_000_000 }, message: expect.stringMatching(/longer than 1000000 bytes/) });
    clearInterval(watch);
    return most;
  };
  for (let n = 0; n < 2; n += 1) expect(await taken()).toBeLessThan(20_000_000);
  expect(await runRows(pool, { name: 'two', text: 'select 2', values: [] }, never, 1_000)).toEqual([[2]]);
}, 60_000);

test('many short answers of one connection are counted one by one', async () => {
  for (let n = 0; n < 50; n += 1) expect(await runRows(pool, { name: 'some', text: "select repeat('x', 500)", values: [] }, never, 2_000)).toHaveLength(1);
});
