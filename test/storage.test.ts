import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from './support/database.js';

let db: TestDatabase;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });

test('a test database is migrated and empty', async () => {
  const { rows } = await db.pool.query('select revision from dure.catalog_state');
  expect(rows).toEqual([{ revision: '0' }]);
});
