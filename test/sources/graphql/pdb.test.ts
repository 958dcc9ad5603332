/** The Protein Data Bank by its file, against its stand-in. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Column } from '../../../src/catalog/model.js';
import { graphqlSource } from '../../../src/sources/graphql/graphqlSource.js';
import { isGraphqlSource, parseGraphqlSource } from '../../../src/sources/graphql/parseGraphqlSource.js';
import type { ClientLimits } from '../../../src/sources/remote/client/options.js';
import type { RemoteSource, RemoteTable } from '../../../src/sources/remote/remoteSource.js';
import { dropped, edited, halfBody, latency, reply, tooMany, unavailable, webPage, wrongJson, xml } from '../../standins/faults.js';
import { structures } from '../../standins/facts/structures.js';
import { pdbLimits, startPdb, type Pdb } from '../../standins/pdb.js';
import { shuffled, strangersAdded, wrongIds } from '../../standins/standIn.js';
import { callWithin, localClient, sourceFailure } from '../calls.js';

const file = readFileSync(new URL('../../../../schema/sources/pdb.graphql', import.meta.url), 'utf8');
const spec = parseGraphqlSource(file, 'pdb.graphql');
let pdb: Pdb;
const open: RemoteSource[] = [];

beforeAll(async () => { pdb = await startPdb(); });
beforeEach(() => { pdb.reset(); pdb.missing = 'absent'; });
afterEach(() => Promise.all(open.splice(0).map((source) => source.close())));
afterAll(() => pdb.close());

function source(limits: Partial<ClientLimits> = {}): RemoteSource {
  const opened = graphqlSource(spec, { source: 'pdb', url: `${pdb.url}/graphql`, client: localClient('pdb', limits) });
  open.push(opened);
  return opened;
}

const table = (name = 'structures', limits: Partial<ClientLimits> = {}): RemoteTable => source(limits).tables.get(name)!;
const columns = (table_: string, ...names: string[]): Column[] => names.map((name) => spec.tables.find(({ definition }) => definition.name === table_)!.columns.get(name)!.column);
const asked = (): { query: string; variables: { keys: string[] } } => JSON.parse(pdb.requests.at(-1)!.body) as { query: string; variables: { keys: string[] } };

test('the file is one of a GraphQL source', () => {
  expect(isGraphqlSource(file)).toBe(true);
  expect(isGraphqlSource('type A @table(name: "a") @lookup(path: "/") { a: Int }')).toBe(false);
  expect(isGraphqlSource('{')).toBe(false);
  expect(spec.definition).toMatchObject({ id: 'pdb', kind: 'graphql', country: 'US', licenses: [{ name: 'CC0-1.0' }] });
});

describe('look-up', () => {
  test('only what is asked for travels; all ways to write an entry are one key; one request', async () => {
    const { rows, failed, info } = await table().lookup(['4HHB', '1iyt', 'pdb_00001tup', '1TUP', '9XYZ', 'nonsense', '4HHB'], columns('structures', 'entry', 'name', 'proteins', 'deposited', 'weight'), callWithin());
    expect([...rows.keys()]).toEqual(['4HHB', '1iyt', 'pdb_00001tup', '1TUP']);
    expect(rows.get('4HHB')).toEqual({ entry: '4HHB', name: 'THE CRYSTAL STRUCTURE OF HUMAN DEOXYHAEMOGLOBIN AT 1.74 ANGSTROMS RESOLUTION', proteins: ['P69905', 'P68871'], deposited: '1984-03-07', weight: 64.74 });
    expect(rows.get('1TUP')).toMatchObject({ proteins: ['P04637'], deposited: null });
    expect([failed.size, info.requests, pdb.requests.length]).toEqual([0, 1, 1]);
    expect(asked()).toEqual({
      query: 'query ($keys: [String!]!) { rows: entries(entry_ids: $keys) { rcsb_id struct { title } polymer_entities { rcsb_polymer_entity_container_identifiers { uniprot_ids } } rcsb_accession_info { deposit_date } rcsb_entry_info { molecular_weight } } }',
      variables: { keys: ['4HHB', '1IYT', '1TUP', '9XYZ'] },
    });
  });

  test('an id that is not there is unknown, whether it is absent or null', async () => {
    pdb.missing = 'null';
    const { rows, failed } = await table().lookup(['9XYZ', '4HHB'], columns('structures', 'name'), callWithin());
    expect([[...rows.keys()], failed.size]).toEqual([['4HHB'], 0]);
  });

  test('300 keys in a request, and no more at a time than the source bears', async () => {
    pdb.limits = pdbLimits;
    pdb.delayMs = 20;
    const ids = Array.from({ length: 1_000 }, (_, i) => `1${String(i).padStart(3, '0')}`);
    const { rows, info } = await table().lookup([...ids, '4HHB'], columns('structures', 'entry'), callWithin());
    expect([rows.size, info.requests, pdb.requests.map((request) => (JSON.parse(request.body) as { variables: { keys: string[] } }).variables.keys.length)]).toEqual([1, 4, [300, 300, 300, 101]]);
    expect(pdb.mostOpen).toBeLessThanOrEqual(4);
  });

  test('nothing to ask is no request', async () => {
    const { rows } = await table().lookup(['nonsense', ''], columns('structures', 'entry'), callWithin());
    expect([rows.size, pdb.requests.length]).toEqual([0, 0]);
  });

  test('entities and components by their own ids', async () => {
    const entities = await table('polymers').lookup(['4hhb_2', '1TUP_1', '4HHB_9', '4HHB'], columns('polymers', 'entry', 'name', 'proteins'), callWithin());
    expect([...entities.rows]).toEqual([['4hhb_2', { entry: '4HHB', name: 'Hemoglobin subunit beta', proteins: ['P68871'] }], ['1TUP_1', { entry: '1TUP', name: 'DNA, first strand', proteins: null }]]);
    const components = await table('ligands').lookup(['STI', 'hem', 'ZZZ'], columns('ligands', 'inchikey', 'weight'), callWithin());
    expect([...components.rows]).toEqual([['STI', { inchikey: 'KTUFNOKKBVMGRW-UHFFFAOYSA-N', weight: 493.6 }], ['hem', { inchikey: null, weight: null }]]);
  });

  test('rows are joined by id: another order changes nothing, other ids are not taken', async () => {
    const ids = structures.slice(0, 5).map((structure) => structure.id);
    pdb.inject(shuffled(), { times: 1 });
    expect([...(await table().lookup(ids, columns('structures', 'entry'), callWithin())).rows].every(([key, row]) => key === row.entry)).toBe(true);
    pdb.inject(wrongIds(), { times: 1 });
    const wrong = await table().lookup(ids, columns('structures', 'entry'), callWithin());
    expect([wrong.rows.size, [...wrong.failed.values()].map((error) => error.code)]).toEqual([0, ids.map(() => 'SOURCE_INVALID')]);
    pdb.inject(strangersAdded(), { times: 1 });
    const added = await table().lookup(ids, columns('structures', 'entry'), callWithin());
    expect([added.rows.size, added.failed.size]).toEqual([5, 0]);
  });
});

describe('errors beside data', () => {
  const withErrors = (errors: unknown, change: (rows: unknown[]) => void = () => undefined): ReturnType<typeof edited> => edited((body) => {
    const answer = body as { data: { rows: unknown[] }; errors?: unknown };
    change(answer.data.rows);
    return { ...answer, errors };
  });

  test('in one record: that record fails, the others are there', async () => {
    pdb.inject(withErrors([{ message: 'upstream secret text', path: ['rows', 1, 'struct', 'title'] }]));
    const { rows, failed } = await table().lookup(['4HHB', '1IYT', '9XYZ'], columns('structures', 'name'), callWithin());
    expect([[...rows.keys()], [...failed].map(([key, error]) => [key, error.code, error.message])]).toEqual([['4HHB'], [['1IYT', 'SOURCE_INVALID', 'pdb could not give all of this record.']]]);
  });

  test('that belong to no record: what is there is there, what is missing has failed and is not “unknown”', async () => {
    pdb.inject(withErrors([{ message: 'upstream secret text', path: ['rows', 0] }], (rows) => { rows[0] = null; }), { times: 1 });
    const one = await table().lookup(['4HHB', '1IYT', '9XYZ'], columns('structures', 'name'), callWithin());
    expect([[...one.rows.keys()], [...one.failed.keys()]]).toEqual([['1IYT'], ['4HHB', '9XYZ']]);
    pdb.inject(withErrors([{ message: 'upstream secret text' }]), { times: 1 });
    const general = await table().lookup(['4HHB', '9XYZ'], columns('structures', 'name'), callWithin());
    expect([[...general.rows.keys()], [...general.failed.keys()]]).toEqual([['4HHB'], ['9XYZ']]);
  });

  test('without data: everything fails', async () => {
    for (const body of [{ errors: [{ message: 'upstream secret text' }] }, { data: null, errors: [{ message: 'upstream secret text' }] }, { data: { rows: null } }, { data: { rows: {} } }, [], 'text', { data: 5 }]) {
      pdb.inject(reply({ body }), { times: 1 });
      expect((await sourceFailure(table().lookup(['4HHB'], columns('structures', 'name'), callWithin()))).code).toBe('SOURCE_INVALID');
    }
  });
});

describe('failures', () => {
  test.each([
    ['429', tooMany(), 'SOURCE_LIMITED', 2], ['503', unavailable(), 'SOURCE_DOWN', 2], ['half a body', halfBody(), 'SOURCE_DOWN', 2], ['a dropped connection', dropped(), 'SOURCE_DOWN', 2],
    ['half JSON', wrongJson(), 'SOURCE_INVALID', 1], ['XML with 200', xml('<a>upstream secret text</a>'), 'SOURCE_INVALID', 1], ['a web page', webPage(), 'SOURCE_INVALID', 1],
  ] as const)('%s', async (_, fault, code, requests) => {
    pdb.inject(fault);
    expect((await sourceFailure(table('structures', { retries: 1 }).lookup(['4HHB'], columns('structures', 'name'), callWithin()))).code).toBe(code);
    expect(pdb.requests).toHaveLength(requests);
  });

  test('a question that only reads may be asked twice: a passing 429 is not noticed', async () => {
    pdb.inject(tooMany(), { times: 2 });
    const { rows, info } = await table('structures', { retries: 2 }).lookup(['4HHB'], columns('structures', 'name'), callWithin());
    expect([rows.size, info.requests]).toEqual([1, 3]);
  });

  test('late: nobody waits longer than the call; one batch that fails leaves the others', async () => {
    pdb.inject(latency(5_000), { times: 1 });
    expect((await sourceFailure(table().lookup(['4HHB'], columns('structures', 'name'), callWithin(200)))).code).toBe('SOURCE_TIMEOUT');
    pdb.reset();
    pdb.inject(reply({ status: 400, body: { errors: [{ message: 'upstream secret text' }] } }), { times: 1 });
    const ids = [...Array.from({ length: 300 }, (_, i) => `1${String(i).padStart(3, '0')}`), '4HHB'];
    const { rows, failed } = await table('structures', { concurrency: 1 }).lookup(ids, columns('structures', 'entry'), callWithin());
    expect([rows.size, failed.size]).toEqual([1, 300]);
  });
});
