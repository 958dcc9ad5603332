/** What another site says of itself becomes a part of this site's schema: nothing that it says may break that. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeDataset, type FarDataset } from '../../../src/sources/dure/describeSite.js';
import { isSayable, whereInput } from '../../../src/sources/dure/whereInput.js';
import type { SourceClient } from '../../../src/sources/remote/client/sourceClient.js';
import { startFaultyServer, type FaultyServer } from '../../standins/faults.js';
import { callWithin, localClient, sourceFailure } from '../calls.js';

let tables: unknown = [];
let server: FaultyServer;
let client: SourceClient;

beforeAll(async () => {
  server = await startFaultyServer(() => ({ body: { data: { organization: { field: 'kist', datasets: { nodes: [{ name: 'alloys', field: 'alloys', title: 'Alloys', licenses: [], tables }], pageInfo: { hasNextPage: false, endCursor: null } } } } } }));
  client = localClient('far');
});
afterEach(() => server.clear());
afterAll(async () => {
  await client.close();
  await server.close();
});

const describe_ = (dataset = 'alloys'): Promise<FarDataset | undefined> => describeDataset({ source: 'far', url: `${server.url}/graphql`, client }, 'kist', dataset, callWithin());
const column = (parts: Record<string, unknown> = {}): unknown => ({ name: 'a', field: 'a', type: 'TEXT', itemType: null, enumValues: null, required: false, unique: false, ...parts });
const table = (columns: readonly unknown[], parts: Record<string, unknown> = {}): unknown => ({ name: 't', field: 't', primaryKey: [], columns, ...parts });

test('a dataset as it is', async () => {
  tables = [table([column(), column({ name: 'b', field: 'b', type: 'LIST', itemType: 'FLOAT', unit: 'K' }), column({ name: 'c', field: 'c', type: 'ENUM', enumValues: ['X', 'Y'] })], { primaryKey: ['a'] })];
  expect(await describe_()).toMatchObject({ fields: ['kist', 'alloys'], tables: [{ name: 't', key: 'a', columns: [{ name: 'a', kind: 'text' }, { name: 'b', kind: 'list', item: 'float', unit: 'K' }, { name: 'c', kind: 'enum', values: ['X', 'Y'] }] }] });
  expect(await describe_('nothing')).toBeUndefined();
});

test('an enum that cannot be one here is text; a key of several columns is none', async () => {
  tables = [table([column({ type: 'ENUM', enumValues: ['not a name'] }), column({ name: 'b', field: 'b' })], { primaryKey: ['a', 'b'] })];
  expect((await describe_())!.tables[0]).toMatchObject({ columns: [{ kind: 'text' }, {}] });
  expect((await describe_())!.tables[0]!.key).toBeUndefined();
});

test.each<[string, unknown]>([
  ['two columns of one name', [table([column(), column()])]],
  ['two columns of one field', [table([column(), column({ name: 'b' })])]],
  ['two tables of one field', [table([column()]), table([column()], { name: 'u' })]],
  ['a field that rows need for themselves', [table([column({ field: 'id' })])]],
  ['a field that would end the selection', [table([column({ field: 'a } } evil { b' })])]],
  ['a field of GraphQL’s own', [table([column({ field: '__typename' })])]],
  ['a kind that is not known', [table([column({ type: 'MATRIX' })])]],
  ['a list of nothing', [table([column({ type: 'LIST' })])]],
  ['a table without a name', [table([column()], { field: null })]],
])('%s: refused', async (_, given) => {
  tables = given;
  expect((await sourceFailure(describe_())).code).toBe('SOURCE_INVALID');
});

test('conditions: as the other site’s where; what would be left out there is not asked', () => {
  const text = { name: 'a', field: 'a', kind: 'text' } as never;
  const flag = { name: 'f', field: 'f', kind: 'boolean' } as never;
  expect(whereInput({ op: 'and', of: [{ op: 'not', of: { op: 'compare', column: text, comparison: 'lt', value: 'x' } }, { op: 'in', column: text, values: ['y'] }, { op: 'isNull', column: flag, value: true }, { op: 'match', column: text, match: 'endsWith', value: 'z' }] }))
    .toEqual({ and: [{ not: { a: { lt: 'x' } } }, { a: { in: ['y'] } }, { f: { isNull: true } }, { a: { endsWith: 'z' } }] });
  expect(isSayable({ op: 'compare', column: text, comparison: 'eq', value: null })).toBe(false);
  expect(isSayable({ op: 'compare', column: flag, comparison: 'lt', value: true })).toBe(false);
  expect(isSayable({ op: 'in', column: text, values: ['a', undefined] })).toBe(false);
  expect(isSayable({ op: 'or', of: [] })).toBe(false);
  expect(isSayable({ op: 'compare', column: flag, comparison: 'eq', value: true })).toBe(true);
});
