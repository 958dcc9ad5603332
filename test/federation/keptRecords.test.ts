/** Through the whole server: a record that is kept costs no request, and the answer says how old it is. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { reply } from '../standins/faults.js';
import type { StandIn } from '../standins/standIn.js';
import { startUniprot } from '../standins/uniprot.js';

let uniprot: StandIn;
let dure: Running;

beforeAll(async () => {
  uniprot = await startUniprot();
  dure = await startRunning({ DURE_SOURCE_URLS: `uniprot=${uniprot.url}`, DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1' });
}, 60_000);
afterAll(async () => {
  await dure.close();
  await uniprot.close();
});

interface Entry { readonly source: string; readonly status: string; readonly requests: number; readonly age: number; readonly fetchedAt: string; readonly release: string }
const told = (answer: GraphQLAnswer): Entry => (answer.extensions!.provenance as Entry[]).find(({ source }) => source === 'uniprot')!;
const entity = (selection: string, who?: string): Promise<GraphQLAnswer> => dure.ask(`{ entity(id: "uniprot:P00533") { id protein { ${selection} } } }`, who);
const record = { entity: { id: 'uniprot:P00533', protein: { name: 'Epidermal growth factor receptor', organism: 'Homo sapiens' } } };

test('an entity read again: no request, the same record, its age', async () => {
  const first = await entity('name organism');
  expect(first.errors).toBeUndefined();
  expect(first.data).toEqual(record);
  expect(told(first)).toMatchObject({ status: 'OK', requests: 1, age: 0 });
  expect(uniprot.asked()).toHaveLength(1);

  await new Promise((done) => setTimeout(done, 1_200));
  const again = await entity('name organism');
  expect(again.errors).toBeUndefined();
  expect(again.data).toEqual(record);
  expect(uniprot.asked()).toHaveLength(1);
  expect(told(again)).toMatchObject({ status: 'OK', requests: 0, fetchedAt: told(first).fetchedAt, release: told(first).release });
  expect(told(again).age).toBeGreaterThanOrEqual(1);
});

test('also for fewer fields, in another caller\'s walk, and while the source is away', async () => {
  uniprot.inject(reply({ status: 500, body: {} }));
  const fewer = await entity('organism', 'researcher');
  expect(fewer.errors).toBeUndefined();
  expect(fewer.data).toEqual({ entity: { id: 'uniprot:P00533', protein: { organism: 'Homo sapiens' } } });
  expect(told(fewer)).toMatchObject({ status: 'OK', requests: 0 });
  const rows = await dure.ask('{ dasan { inhibitors { inhibitors(where: { gene: { eq: "EGFR" } }) { nodes { protein { name } } } } } }');
  expect(rows.errors).toBeUndefined();
  expect((rows.data as { dasan: { inhibitors: { inhibitors: { nodes: unknown[] } } } }).dasan.inhibitors.inhibitors.nodes).toEqual([{ protein: { name: record.entity.protein.name } }, { protein: { name: record.entity.protein.name } }]);
  expect(told(rows)).toMatchObject({ status: 'OK', requests: 0 });
  expect(uniprot.asked()).toHaveLength(1);
});

test('a field that is not kept is asked for, with the kept ones, once', async () => {
  uniprot.reset();
  const longer = await entity('name length');
  expect(longer.errors).toBeUndefined();
  expect(told(longer)).toMatchObject({ requests: 1, age: 0 });
  const all = await entity('name organism length');
  expect(all.data).toEqual({ entity: { id: 'uniprot:P00533', protein: { ...record.entity.protein, length: 1210 } } });
  expect(told(all)).toMatchObject({ requests: 0 });
  expect(uniprot.asked()).toHaveLength(1);
});
