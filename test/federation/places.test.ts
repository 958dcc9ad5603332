/** Who waits for a source elsewhere holds no place before the database: with one place in all, others are answered meanwhile. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { Admission } from '../../src/graphql/admission.js';
import type { LookupAnswer, RemoteSource, RemoteTable, SearchAnswer } from '../../src/sources/remote/remoteSource.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

const text = (namespace?: string) => ({ kind: 'text', required: true, ...(namespace === undefined ? {} : { namespace }) }) as const;
const maxWaiting = 3;
let db: TestDatabase;
let dure: TestEngine;
let admission: Admission;
/** Questions that the source has been asked and has not answered. */
let held: (() => void)[] = [];

/** The source, answering when the test says so. */
function slow(source: MemorySource): RemoteSource {
  const tables = [...source.tables].map(([name, table]): [string, RemoteTable] => [name, {
    ...table,
    lookup: (keys, columns, call) => new Promise<LookupAnswer>((done) => { held.push(() => done(table.lookup(keys, columns, call))); }),
    search: (query, call) => new Promise<SearchAnswer>((done) => { held.push(() => done(table.search(query, call))); }),
  }]);
  return { id: source.id, tables: new Map(tables), health: () => source.health(), onHealth: () => () => undefined, close: () => source.close() };
}

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, [
    { organization: 'seoram', name: 'assays', tables: { assays: { columns: { accession: text('uniprot'), score: 'int32' }, rows: [['P05067', 10], ['P04637', 20]] } } },
    {
      organization: 'uniprot', name: 'knowledgebase', source: { id: 'uniprot', kind: 'http', country: 'GB' },
      tables: { proteins: { columns: { accession: text('uniprot'), name: 'text' }, primaryKey: ['accession'], rows: [], remote: { key: 'accession', linkField: 'protein', authority: true, search: false, counts: false, order: false } } },
    },
  ]);
  const uniprot = slow(new MemorySource('uniprot', { proteins: { key: 'accession', rows: [{ accession: 'P05067', name: 'One' }, { accession: 'P04637', name: 'Two' }] } }));
  const codec = testCursors();
  admission = new Admission({ concurrency: 1, maxWaiting, maxWaitMs: 60_000 });
  dure = await testEngine(db.pool, snapshot, codec, new FederatedSource({
    own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: () => uniprot }, codec, timeoutMs: 60_000, scanned: 100, semiJoinKeys: 5,
  }), {}, admission);
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  expect(admission.state).toMatchObject({ running: 0, waiting: 0 });
  await db.drop();
});

async function asked(count: number): Promise<void> {
  for (let waited = 0; held.length < count && waited < 10_000; waited += 10) await new Promise((done) => setTimeout(done, 10));
  expect(held).toHaveLength(count);
}

async function nobodyRuns(): Promise<void> {
  for (let waited = 0; admission.state.running > 0 && waited < 10_000; waited += 10) await new Promise((done) => setTimeout(done, 10));
  expect(admission.state).toMatchObject({ running: 0, waiting: 0 });
}

function answerAll(): void {
  held.forEach((answer) => answer());
  held = [];
}

const local = '{ seoram { assays { assays { nodes { score } } } } }';
const rows = [{ score: 10 }, { score: 20 }];

test.each([
  ['rows that lead to records', '{ seoram { assays { assays { nodes { protein { name accessionMentions { seoramAssaysAssays { totalCount } } } } } } } }',
    { seoram: { assays: { assays: { nodes: ['One', 'Two'].map((name) => ({ protein: { name, accessionMentions: { seoramAssaysAssays: { totalCount: 1 } } } })) } } } }],
  ['records by identifier', '{ uniprot { knowledgebase { proteins(where: { accession: { eq: "P04637" } }) { nodes { name } } } } }', { uniprot: { knowledgebase: { proteins: { nodes: [{ name: 'Two' }] } } } }],
  ['rows chosen by conditions on records', '{ seoram { assays { assays(where: { protein: { name: { eq: "Two" } } }) { nodes { score } } } } }', { seoram: { assays: { assays: { nodes: [{ score: 20 }] } } } }],
  ['a walk by an identifier', '{ entity(id: "uniprot:P05067") { protein { name } mentions { count } } }', { entity: { protein: { name: 'One' }, mentions: [{ count: 1 }] } }],
])('%s: while the source is waited for, others have the place', async (_, query, expected) => {
  const waiting = dure.ask(query);
  await Promise.race([asked(1), waiting.then((answer) => expect(answer).toBe('to wait for the source'))]);
  await nobodyRuns();
  expect(await dure.ask(local)).toMatchObject({ data: { seoram: { assays: { assays: { nodes: rows } } } } });
  answerAll();
  const { data, errors } = await waiting;
  expect(errors).toBeUndefined();
  expect(data).toEqual(expected);
});

test('no more wait elsewhere than may wait here; the others go on', async () => {
  const record = '{ uniprot { knowledgebase { proteins(where: { accession: { eq: "P04637" } }) { nodes { name } } } } }';
  const waiting = Array.from({ length: maxWaiting }, () => dure.ask(record));
  await asked(maxWaiting);
  expect(await dure.ask(record)).toMatchObject({ data: { uniprot: { knowledgebase: { proteins: null } } }, errors: [{ extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 } }] });
  expect((await dure.ask(local)).errors).toBeUndefined();
  answerAll();
  for (const answer of await Promise.all(waiting)) expect(answer.errors).toBeUndefined();
  const again = dure.ask(record);
  await asked(1);
  answerAll();
  expect((await again).errors).toBeUndefined();
});
