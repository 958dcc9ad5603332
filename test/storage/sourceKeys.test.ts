import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { SecretKeys } from '../../src/identity/secretKeys.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { SourceStore } from '../../src/storage/sourceStore.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const old = { id: 'old', key: 'o'.repeat(40) };
const fresh = { id: 'new', key: 'n'.repeat(40) };
let db: TestDatabase;
let dataSource: DataSource;
const store = (...keys: { id: string; key: string }[]): SourceStore => new SourceStore(dataSource, new SecretKeys(keys).forPurpose('source credentials'));

beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
});

test('credentials are sealed anew with the newest key, and the old one can go', async () => {
  await store(old).save({
    id: 'byeol', kind: 'postgres', origin: 'REGISTERED', declaration: {}, dataset: 'freezer', tables: [], secrets: { url: 'postgres://secret-user:secret-word@host/db', ca: 'PEM' },
    metadata: { title: 'Byeol', keywords: [], licenses: [], contributors: [], sources: [] },
  });
  expect((await store(fresh).secrets('byeol')).size).toBe(0);
  expect(await store(fresh, old).rotateKeys()).toBe(2);
  expect(await store(fresh, old).rotateKeys()).toBe(0);
  expect(Object.fromEntries(await store(fresh).secrets('byeol'))).toEqual({ url: 'postgres://secret-user:secret-word@host/db', ca: 'PEM' });
  expect((await store(old).secrets('byeol')).size).toBe(0);
  expect(JSON.stringify((await db.pool.query('select * from dure.source')).rows)).not.toMatch(/secret-|"old"/);
});
