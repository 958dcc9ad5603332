import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Services } from '../../src/graphql/context.js';
import { FileBlobStore } from '../../src/storage/blobs.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { UploadStore } from '../../src/storage/uploadStore.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { createPlainEngine } from '../support/plainEngine.js';
import type { Identity } from '../../src/identity/identity.js';
import { identify, person, startTestServer, type TestServer } from '../support/testServer.js';

let database: TestDatabase;
let dataSource: DataSource;
let server: TestServer;
const directory = mkdtempSync(join(tmpdir(), 'dure-uploads-'));

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  const uploads = new UploadStore(dataSource, new FileBlobStore(directory));
  server = await startTestServer(createPlainEngine(), { services: { uploads } as Services, identify: publisher });
});
afterAll(async () => {
  await server.close();
  await dataSource.destroy();
  await database.drop();
  rmSync(directory, { recursive: true });
});

/** As everywhere in these tests, and a publisher of one organization; `Bearer nowhere` is one of none. */
async function publisher(authorization: string | undefined): Promise<Identity> {
  if (authorization === 'Bearer nowhere') return { ...person, key: 'nowhere', memberships: [{ organization: 'kist', role: 'member' }] };
  const identity = await identify(authorization);
  return identity.kind === 'anonymous' ? identity : { ...identity, memberships: [{ organization: 'kist', role: 'publisher' }] };
}

function upload(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/uploads`, { method: 'POST', body, headers });
}

const csv = { authorization: 'Bearer ada', 'content-type': 'text/csv; charset=utf-8' };
const files = (): string[] => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

test('what was sent is kept, and said back', async () => {
  const text = 'id,이름\n1,두레\n';
  const response = await upload(text, { ...csv, 'content-disposition': "attachment; filename*=UTF-8''%EB%91%90%EB%A0%88.csv" });
  expect(response.status).toBe(201);
  const body = (await response.json()) as { id: string };
  expect(body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') });
  const { rows } = await database.pool.query<{ filename: string; created_by: string }>('select filename, created_by from dure.upload where id = $1', [body.id]);
  expect(rows).toEqual([{ filename: '두레.csv', created_by: 'ada' }]);
  expect(readFileSync(files()[0]!, 'utf8')).toBe(text);
});

test.each([
  ['without a token', { 'content-type': 'text/csv' }, 401, 'UNAUTHENTICATED'],
  ['with a wrong token', { ...csv, authorization: 'Bearer wrong' }, 401, 'UNAUTHENTICATED'],
  ['with a token that may only read', { ...csv, authorization: 'Bearer reader' }, 403, 'FORBIDDEN'],
  ['from somebody who publishes nowhere', { ...csv, authorization: 'Bearer nowhere' }, 403, 'FORBIDDEN'],
  ['as another type', { ...csv, 'content-type': 'application/json' }, 415, 'UPLOAD_REJECTED'],
  ['without a type', { authorization: 'Bearer ada', 'content-type': '' }, 415, 'UPLOAD_REJECTED'],
])('refused %s', async (_name, headers, status, code) => {
  const before = files().length;
  const response = await upload('a\n1\n', headers);
  const body = (await response.json()) as { errors: { extensions: { code: string } }[] };
  expect([response.status, body.errors[0]!.extensions.code]).toEqual([status, code]);
  expect(files()).toHaveLength(before);
});

test('refused where it is too large: told beforehand, or found while it flows', async () => {
  const before = files().length;
  const large = new Uint8Array(20_000);
  expect((await upload(large, csv)).status).toBe(413);
  const status = await new Promise<number | undefined>((done, fail) => {
    const request = httpRequest(`${server.url}/uploads`, { method: 'POST', agent: false, headers: { ...csv, 'transfer-encoding': 'chunked' } }, (response) => {
      response.resume();
      done(response.statusCode);
    });
    request.on('error', fail);
    request.write(Buffer.alloc(9_000));
    setTimeout(() => request.write(Buffer.alloc(9_000)), 50);
  });
  expect(status).toBe(413);
  expect(files()).toHaveLength(before);
});

test('refused where it is empty', async () => {
  const response = await upload('', csv);
  expect([response.status, await response.json()]).toEqual([400, { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'UPLOAD_REJECTED' }) })] }]);
});

test('nothing is left of an upload that broke off', async () => {
  const before = files().length;
  await new Promise<void>((done) => {
    const request = httpRequest(`${server.url}/uploads`, { method: 'POST', agent: false, headers: { ...csv, 'content-length': '9000' } });
    request.on('error', () => done());
    request.write(Buffer.alloc(1_000));
    setTimeout(() => request.destroy(), 100);
  });
  for (let waited = 0; files().length !== before && waited < 5_000; waited += 20) await new Promise((done) => setTimeout(done, 20));
  expect(files()).toHaveLength(before);
  expect(server.logged).toEqual([]);
});

test('only POST', async () => {
  const response = await fetch(`${server.url}/uploads`);
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});
