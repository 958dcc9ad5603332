/** What a mirror may take: asked in its asker's name, as an export, under the rules of the source's dataset. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import type { RequestContext, Services } from '../../src/graphql/context.js';
import { describeMirror, mirroredSource } from '../../src/graphql/mirroredSource.js';
import type { Identity } from '../../src/identity/identity.js';
import type { MirroredSource, SyncInput } from '../../src/jobs/kinds/sync.js';
import type { Rule } from '../../src/policy/rule.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

let db: TestDatabase;
let dure: TestEngine;
let base: CatalogSnapshot;
let mirrored: MirroredSource;
beforeAll(async () => {
  db = await createTestDatabase();
  base = await makeSnapshot(db.pool, [{
    organization: 'far', name: 'kb', source: { id: 'kb', kind: 'http', country: 'KR' },
    tables: { rows: { columns: { id: { kind: 'text', required: true }, site: 'text', secret: 'text' }, primaryKey: ['id'], rows: [], remote: { key: 'id', authority: false, search: true, counts: true, order: false } } },
  }]);
  const codec = testCursors();
  const rows = [{ id: 'a', site: 'north', secret: 'canary' }, { id: 'b', site: 'south', secret: 'canary' }];
  dure = await testEngine(db.pool, base, codec, new FederatedSource({ own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: () => new MemorySource('kb', { rows: { key: 'id', rows } }) }, codec, timeoutMs: 5_000, scanned: 100, semiJoinKeys: 100 }));
  mirrored = mirroredSource({ engine: dure.engine, services: services(), maxPageSize: 100 });
});
beforeEach(() => { dure.snapshot = base; });
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const services = (): Services => ({ catalog: { get snapshot() { return dure.snapshot; } } }) as unknown as Services;
const input: SyncInput = { source: 'far/kb', table: 'rows', organization: 'lab', dataset: 'copy', allowMajor: false };
let revision = 1;
function under(...rules: readonly Rule[]): void {
  revision += 1;
  const datasets = [...base.datasets.values()].map((dataset) => ({ ...dataset, rules: { rules }, rulesRevision: revision }));
  dure.snapshot = { ...base, revision: BigInt(revision), datasets: new Map(datasets.map((one) => [one.id, one])), byPath: new Map(datasets.map((one) => ['far/kb', one])) };
}
const job = (identity: Identity): { readonly id: string; readonly identity: Identity } => ({ id: 'j', identity });
async function pages(identity: Identity): Promise<readonly string[]> {
  return (await mirrored.page(input, mirrored.describe(input, job(identity)), null, job(identity), new AbortController().signal)).rows;
}
const north = person({ subject: 'n', claims: { site: 'north' } });

test('rows of the asker and of nobody else', async () => {
  under({ id: 'own', effect: 'rows', where: { column: 'site', op: 'eq', value: { attribute: 'claim.site' } } }, { id: 'secrets', effect: 'columns', columns: ['secret'], transform: { kind: 'deny' } });
  expect(await pages(north)).toEqual(['["a","north"]']);
  expect(await pages(person({ subject: 's', claims: { site: 'south' } }))).toEqual(['["b","south"]']);
  expect(await pages(person({ subject: 'x' }))).toEqual([]);
});

test('a channel that is not for exports gives none, though it is read by questions', async () => {
  under({ id: 'asked', effect: 'channel', allowed: ['query'] });
  expect((await dure.ask('{ far { kb { rows { nodes { id_ } } } } }', { identity: north })).errors).toBeUndefined();
  await expect(pages(north)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('rules that change between two pages hold for the next', async () => {
  under();
  const table = mirrored.describe(input, job(north));
  under({ id: 'closed', effect: 'deny', to: { everyone: true } });
  await expect(mirrored.page(input, table, null, job(north), new AbortController().signal)).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('less than export is not taken away, by whichever channel it is described', async () => {
  under({ id: 'rows', effect: 'granularity', atMost: 'row' });
  for (const channel of ['query', 'job', 'export'] as const) {
    const context = { identity: north, channel, requestId: 'r', language: 'en', signal: new AbortController().signal, services: services() } as unknown as RequestContext;
    await expect((async () => describeMirror(services(), input, context))()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});
