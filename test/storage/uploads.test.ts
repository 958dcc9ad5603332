import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { DataSource } from 'typeorm';
import { FileBlobStore } from '../../src/storage/blobs.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { UploadStore } from '../../src/storage/uploadStore.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let dataSource: DataSource;
let directory: string;
let blobs: FileBlobStore;
let uploads: UploadStore;

beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url).initialize();
  directory = mkdtempSync(join(tmpdir(), 'dure-blobs-'));
  blobs = new FileBlobStore(directory);
  uploads = new UploadStore(dataSource, blobs);
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
  rmSync(directory, { recursive: true });
});

const files = (): string[] => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => entry.name);
const upload = (body: string, contentType = 'text/csv', maxBytes = 1000, filename = 'a.csv') => uploads.create({ stream: Readable.from([Buffer.from(body)]), contentType, filename, createdBy: 'kim', maxBytes });

describe('blobs', () => {
  test('a blob comes back as it was', async () => {
    const written = await blobs.put('x/one', Readable.from([Buffer.from('두레'), Buffer.from('!')]));
    expect(written).toEqual({ bytes: 7, sha256: createHash('sha256').update('두레!').digest('hex') });
    expect(await text(await blobs.get('x/one'))).toBe('두레!');
    await blobs.delete('x/one');
    await blobs.delete('x/one');
    await expect(blobs.get('x/one')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('the limit holds while streaming, and nothing is left', async () => {
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(64 * 1024);
    }
    await expect(blobs.put('x/big', Readable.from(endless()), 1_000_000)).rejects.toMatchObject({ code: 'UPLOAD_REJECTED', details: { limit: 1_000_000 } });
    expect(files()).toEqual([]);
  });

  test('a stream that breaks leaves nothing', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('a');
      throw new Error('the line broke');
    }
    await expect(blobs.put('x/broken', Readable.from(broken()))).rejects.toThrow('the line broke');
    expect(files()).toEqual([]);
  });

  test.each(['../x', '/etc/passwd', 'a/../b', 'a//b', '', 'A', 'a\0'])('a key is no path: %j', async (key) => {
    await expect(blobs.put(key, Readable.from([]))).rejects.toThrow('Not a blob key');
  });
});

describe('uploads', () => {
  test('an upload is remembered with its size and hash', async () => {
    const made = await upload('a,b\n', 'text/csv; charset=utf-8', 1000, '/home/kim/표.csv');
    expect(made).toMatchObject({ contentType: 'text/csv', filename: '표.csv', bytes: 4, createdBy: 'kim', sha256: createHash('sha256').update('a,b\n').digest('hex') });
    expect(await uploads.get(made.id)).toEqual(made);
    await uploads.delete(made.id);
    expect(await uploads.get(made.id)).toBeUndefined();
    expect(files()).toEqual([]);
  });

  test.each([['application/pdf'], [''], ['text/csvx']])('content type %j is refused', async (type) => {
    await expect(upload('x', type)).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
  });

  test('empty and oversized bodies are refused and leave nothing', async () => {
    await expect(upload('')).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    await expect(upload('x'.repeat(1001))).rejects.toMatchObject({ code: 'UPLOAD_REJECTED' });
    expect(files()).toEqual([]);
    expect((await db.pool.query('select 1 from dure.upload')).rowCount).toBe(0);
  });

  test('an unknown or illegal id is nothing', async () => {
    expect(await uploads.get(randomUUID())).toBeUndefined();
    expect(await uploads.get("'; drop table dure.upload")).toBeUndefined();
  });

  test('clean-up spares the young and what a job still needs', async () => {
    const [old, needed, young] = [await upload('1'), await upload('2'), await upload('3')];
    await db.pool.query("update dure.upload set created_at = now() - interval '2 days' where id = any($1)", [[old.id, needed.id]]);
    await db.pool.query("insert into dure.job (kind, state, input, identity) values ('PUBLISH', 'QUEUED', $1, '{}')", [{ upload: needed.id }]);
    expect(await uploads.deleteOld(86_400_000)).toBe(1);
    expect(await uploads.get(old.id)).toBeUndefined();
    expect(await uploads.get(needed.id)).toBeDefined();
    expect(await uploads.get(young.id)).toBeDefined();
  });
});
