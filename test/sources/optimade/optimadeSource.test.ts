import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Column } from '../../../src/catalog/model.js';
import { optimadeBuilder } from '../../../src/sources/optimade/optimadeBuilder.js';
import { openOptimade, optimadeDefinition, readProperties, type OptimadeSettings } from '../../../src/sources/optimade/optimadeSource.js';
import { describedProperties } from '../../../src/sources/optimade/properties.js';
import { addressPolicy } from '../../../src/sources/remote/client/addressPolicy.js';
import type { ClientLimits } from '../../../src/sources/remote/client/options.js';
import { clientOpener } from '../../../src/sources/remote/openClient.js';
import type { RemoteFilter, RemoteSource, RemoteTable, SearchAnswer } from '../../../src/sources/remote/remoteSource.js';
import { dropped, edited, halfBody, latency, redirect, reply, tooMany, unavailable, wrongJson, xml } from '../../standins/faults.js';
import { materials } from '../../standins/facts/materials.js';
import { startOptimade, type Optimade } from '../../standins/optimade.js';
import { repeatedNext, shuffled, strangersAdded, wrongIds } from '../../standins/standIn.js';
import { callWithin, localClient, sourceFailure } from '../calls.js';

let provider: Optimade;
const open: RemoteSource[] = [];
let columns: ReadonlyMap<string, Column>;
const column = (name: string): Column => columns.get(name)!;
const odd = 'exmpl/20 "cubic" \\ α';

beforeAll(async () => {
  provider = await startOptimade();
  const client = localClient('crystals');
  const described = await readProperties({ url: provider.url }, client, callWithin());
  columns = new Map(optimadeDefinition(settings(), described).tables[0]!.columns.map((one) => [one.name, one]));
  await client.close();
});
beforeEach(() => { provider.reset(); provider.options = {}; });
afterEach(() => Promise.all(open.splice(0).map((source) => source.close())));
afterAll(() => provider.close());

function settings(more: Partial<OptimadeSettings> = {}): OptimadeSettings {
  return { id: 'crystals', title: 'Crystals', url: provider.url, linkField: 'crystal', ...more };
}

function table(more: Partial<OptimadeSettings> = {}, limits: Partial<ClientLimits> = {}): RemoteTable {
  const source = openOptimade(settings(more), localClient('crystals', limits));
  open.push(source);
  return source.tables.get('structures')!;
}

describe('what a provider has', () => {
  test('its own properties are columns with kinds and units; the standard ones are there', () => {
    expect(column('_exmpl_band_gap')).toMatchObject({ field: 'exmplBandGap', physical: '_exmpl_band_gap', kind: 'float', unit: 'eV' });
    expect(column('elements')).toMatchObject({ kind: 'list', item: 'text' });
    expect(column('id')).toMatchObject({ field: 'structureId', namespace: 'optimade.crystals', required: true, unique: true });
    expect(column('lattice_vectors')).toMatchObject({ kind: 'json', unit: 'Ao' });
    expect(new Set([...columns.values()].map((one) => one.field)).size).toBe(columns.size);
  });

  test('a provider that does not describe itself has the standard ones', async () => {
    provider.inject(reply({ status: 404, headers: { 'content-type': 'text/html' }, body: 'no such page' }));
    const client = localClient('crystals');
    const described = await readProperties({ url: `${provider.url}/` }, client, callWithin());
    await client.close();
    expect(described).toBeUndefined();
    expect(optimadeDefinition(settings(), described).tables[0]!.columns.map((one) => one.name)).toContain('nelements');
  });

  test('descriptions of version 1.2 with nullable types, and strange ones', () => {
    expect(describedProperties({ data: { properties: { _x_a: { type: ['string', 'null'], description: 'a\n b' }, _x_b: { type: 'list', items: { type: 'dictionary' } }, _x_c: { 'x-optimade-type': 'colour' }, bare: { type: 'string' }, _x_d: 5 } } })).toEqual([
      { name: '_x_a', kind: 'text', title: undefined, description: 'a b' }, { name: '_x_b', kind: 'json', title: undefined, description: undefined },
    ]);
    expect(describedProperties({ data: [] })).toBeUndefined();
    expect(describedProperties('text')).toBeUndefined();
  });
});

describe('a declaration', () => {
  const builder = optimadeBuilder(clientOpener({ addresses: addressPolicy(['127.0.0.1']) }));
  const logged: string[] = [];
  const surroundings = { secret: () => undefined, log: (message: string) => void logged.push(message) };
  const declare = (options: Record<string, unknown>, url = provider.url) => builder.open({ kind: 'optimade', name: 'mine.json', url, options }, surroundings);

  test('gives a source with what the provider describes; or with the standard properties where it is away, or need not be asked', async () => {
    const described = await declare({ id: 'mine', title: 'Mine', country: 'LT', cache: { seconds: 60 } });
    expect(described.definition).toMatchObject({ id: 'mine', kind: 'optimade', country: 'LT', cache: { seconds: 60, staleWhileRevalidate: 0, staleIfError: 0 } });
    expect(described.definition.tables[0]!.columns.map((one) => one.name)).toContain('_exmpl_band_gap');
    await described.close();
    provider.reset();
    provider.inject(dropped());
    const away = await declare({ id: 'mine', title: 'Mine' });
    expect(away.definition.tables[0]!.columns.map((one) => one.name)).not.toContain('_exmpl_band_gap');
    expect(logged).toEqual(['mine could not be asked which properties it has: those of the specification are taken']);
    await away.close();
    provider.reset();
    const quiet = await declare({ id: 'mine', title: 'Mine', describe: false });
    expect([provider.requests.length, quiet.definition.tables[0]!.columns.length]).toEqual([0, 17]);
    await quiet.close();
  });

  test('all mistakes are told at once', async () => {
    const wrong = (options: Record<string, unknown>, url?: string): Promise<string> => declare(options, url).then(() => 'accepted', (error: Error) => error.message);
    expect(await wrong({ id: 'My', tile: 'x', batch: 0, country: 'Korea' }, 'https://mine.example/optimade/v1')).toBe(
      'mine.json: url: give the base address of the provider, http or https, without a version and without a query; id: use a lower-case letter, then a-z, 0-9 and -; title: Invalid input: expected string, received undefined; country: write an ISO 3166-1 alpha-2 code such as KR; batch: Too small: expected number to be >=1; options: Unrecognized key: "tile".');
  });
});

describe('look-up', () => {
  test('by id in batches, each once, only the fields asked for; ids are opaque', async () => {
    const keys = [...materials.map((material) => material.id), 'exmpl-1', 'nobody', 'a\u0000b'];
    const { rows, failed, info } = await table({ batch: 20 }).lookup(keys, [column('chemical_formula_reduced'), column('_exmpl_critical_temperature'), column('last_modified')], callWithin());
    expect(rows.size).toBe(36);
    expect([failed.size, info.requests, provider.asked('structures').length]).toEqual([0, 2, 2]);
    expect(rows.get(odd)).toEqual({ chemical_formula_reduced: 'BaO3Ti', _exmpl_critical_temperature: null, last_modified: materials[19]!.modified.replace('Z', '.000Z') });
    expect(provider.requests[0]!.query.get('response_fields')).toBe('chemical_formula_reduced,_exmpl_critical_temperature,last_modified');
    expect(provider.requests[0]!.query.get('page_limit')).toBe('20');
    expect(rows.has('nobody')).toBe(false);
  });

  test('long ids make shorter batches: addresses stay within what servers read', async () => {
    const keys = Array.from({ length: 50 }, (_, i) => `${i}-${'"'.repeat(100)}`);
    const { rows } = await table().lookup(keys, [], callWithin());
    expect(rows.size).toBe(0);
    expect(provider.requests.length).toBeGreaterThan(3);
    expect(Math.max(...provider.requests.map((request) => request.target.length))).toBeLessThan(8_000);
  });

  test('a provider with shorter pages than asked for is followed; other orders do no harm', async () => {
    provider.options = { paging: 'cursor', nextAs: 'object' };
    provider.inject(shuffled());
    const { rows, info } = await table({ page: 3 }).lookup(['exmpl-1', 'exmpl-2', 'exmpl-3', 'exmpl-4', 'exmpl-5', 'exmpl-6', 'exmpl-7'], [column('elements')], callWithin());
    expect([...rows].map(([key, row]) => [key, row.elements]).toSorted()).toEqual([['exmpl-1', ['Si']], ['exmpl-2', ['C']], ['exmpl-3', ['Ge']], ['exmpl-4', ['As', 'Ga']], ['exmpl-5', ['In', 'P']], ['exmpl-6', ['S', 'Zn']], ['exmpl-7', ['Ga', 'P']]]);
    expect(info.requests).toBe(3);
  });

  test('structures of other ids are not taken for those asked for, and not for “unknown”', async () => {
    provider.inject(wrongIds(), { times: 1 });
    const wrong = await table().lookup(['exmpl-1', 'exmpl-2'], [column('nsites')], callWithin());
    expect([wrong.rows.size, [...wrong.failed.values()].map((error) => error.code)]).toEqual([0, ['SOURCE_INVALID', 'SOURCE_INVALID']]);
    provider.inject(strangersAdded(), { times: 1 });
    const added = await table().lookup(['exmpl-1', 'exmpl-2'], [column('nsites')], callWithin());
    expect([added.rows.size, added.failed.size]).toEqual([2, 0]);
  });

  test('one batch that fails leaves the others', async () => {
    provider.inject(reply({ status: 400, body: { errors: [{ detail: 'upstream secret text' }] } }), { times: 1 });
    const { rows, failed } = await table({ batch: 2 }, { concurrency: 1 }).lookup(['exmpl-1', 'exmpl-2', 'exmpl-3'], [column('nsites')], callWithin());
    expect([[...rows.keys()], [...failed.keys()], failed.get('exmpl-1')?.code]).toEqual([['exmpl-3'], ['exmpl-1', 'exmpl-2'], 'SOURCE_INVALID']);
  });

  test('a structure that cannot be read is that structure’s failure', async () => {
    provider.inject(edited((body) => { (body as { data: { attributes: { nsites: unknown } }[] }).data[0]!.attributes.nsites = 'eight'; return body; }));
    const { rows, failed } = await table().lookup(['exmpl-1', 'exmpl-2'], [column('nsites')], callWithin());
    expect([[...rows.keys()], failed.get('exmpl-1')?.message]).toEqual([['exmpl-2'], 'crystals has something else than a whole number of 32 bits in nsites.']);
  });
});

describe('search', () => {
  const superconductors: RemoteFilter = { op: 'and', of: [
    { op: 'compare', column: { name: '_exmpl_critical_temperature', kind: 'float' } as Column, comparison: 'gt', value: 5 }, { op: 'list', column: { name: 'elements', kind: 'list', item: 'text' } as Column, test: 'containsAll', values: ['Nb'] },
  ] };

  test('what can be said is pushed down, and says so', async () => {
    const structures = table();
    expect(structures.capabilities.filter(superconductors)).toBe(true);
    expect(structures.capabilities.filter({ op: 'match', column: column('chemical_formula_reduced'), match: 'ilike', value: 'x' })).toBe(false);
    expect(structures.capabilities.filter({ op: 'in', column: column('id'), values: Array.from({ length: 500 }, (_, i) => `exmpl-${i}`) })).toBe(false);
    expect(structures.capabilities.order([{ column: column('nsites'), direction: 'ASC' }])).toBe(false);
    const { rows, total, next } = await structures.search({ filter: superconductors, order: [], columns: [column('chemical_formula_reduced')], first: 10 }, callWithin());
    expect([rows.map((row) => row.chemical_formula_reduced), total, next]).toEqual([['NNb', 'Nb3Sn', 'GeNb3', 'Nb'], 4, undefined]);
  });

  test.each(['offset', 'number', 'cursor', 'above'] as const)('goes on where it ended, whatever the pages are called: %s', async (paging) => {
    provider.options = { paging };
    const structures = table({ page: 10 });
    const seen: unknown[] = [];
    let after: string | undefined;
    let answer: SearchAnswer;
    do {
      answer = await structures.search({ order: [], columns: [column('id')], first: 7, after }, callWithin());
      seen.push(...answer.rows.map((row) => row.id));
      after = answer.next;
    } while (after !== undefined);
    expect(seen).toEqual(materials.map((material) => material.id));
    const many = await structures.search({ order: [], columns: [column('id')], first: 25 }, callWithin());
    expect([many.rows.length, many.total, many.info.requests]).toEqual([25, 36, 3]);
    const rest = await structures.search({ order: [], columns: [column('id')], first: 25, after: many.next }, callWithin());
    expect(rest.rows.map((row) => row.id)).toEqual(materials.slice(25).map((material) => material.id));
  });

  test('pages that lead in a circle, to another host, or to a place that was not given', async () => {
    provider.inject(repeatedNext());
    expect((await sourceFailure(table({ page: 5 }).search({ order: [], columns: [], first: 20 }, callWithin()))).message).toBe('crystals sent pages that lead in a circle.');
    expect(provider.requests).toHaveLength(1);
    provider.reset();
    provider.inject(edited((body) => { (body as { links: unknown }).links = { next: 'https://elsewhere.example/v1/structures?page_offset=5' }; return body; }));
    expect((await sourceFailure(table({ page: 5 }).search({ order: [], columns: [], first: 20 }, callWithin()))).message).toBe('crystals sent a link to its next page that leads to another host.');
    const count = provider.requests.length;
    for (const after of ['["https://elsewhere.example/",0]', 'x', '["http://127.0.0.1:1/",0]', '[1,2]']) expect((await sourceFailure(table().search({ order: [], columns: [], first: 1, after }, callWithin()))).code).toBe('SOURCE_INVALID');
    expect(provider.requests).toHaveLength(count);
  });

  test('a property that the provider does not know is its refusal, not an empty result', async () => {
    const unknown: RemoteFilter = { op: 'compare', column: { ...column('nsites'), name: 'colour' }, comparison: 'eq', value: 1 };
    expect(await sourceFailure(table().search({ filter: unknown, order: [], columns: [], first: 1 }, callWithin()))).toMatchObject({ code: 'SOURCE_INVALID', details: { status: 400 } });
    const foreign: RemoteFilter = { op: 'compare', column: { ...column('nsites'), name: '_other_colour' }, comparison: 'eq', value: 1 };
    expect((await table().search({ filter: foreign, order: [], columns: [], first: 1 }, callWithin())).rows).toEqual([]);
  });

  test('a provider that does not count gives no total', async () => {
    provider.options = { counts: false };
    expect((await table({ counts: false }).search({ order: [], columns: [], first: 1 }, callWithin())).total).toBeUndefined();
  });
});

describe('failures', () => {
  test.each([
    ['429', tooMany(), 'SOURCE_LIMITED'], ['503', unavailable(), 'SOURCE_DOWN'], ['half a body', halfBody(), 'SOURCE_DOWN'], ['a dropped connection', dropped(), 'SOURCE_DOWN'], ['half JSON', wrongJson(), 'SOURCE_INVALID'],
    ['XML with 200', xml('<a>upstream secret text</a>'), 'SOURCE_INVALID'], ['another shape', reply({ body: { data: { id: 1 } } }), 'SOURCE_INVALID'], ['structures without ids', reply({ body: { data: [{ attributes: {} }] } }), 'SOURCE_INVALID'],
    ['a redirection elsewhere', redirect('http://10.0.0.1/'), 'SOURCE_DOWN'],
  ] as const)('%s', async (_, fault, code) => {
    provider.inject(fault);
    expect((await sourceFailure(table({}, { retries: 1 }).lookup(['exmpl-1'], [column('nsites')], callWithin()))).code).toBe(code);
  });

  test('late: nobody waits longer than the call', async () => {
    provider.inject(latency(5_000));
    const started = performance.now();
    expect((await sourceFailure(table().lookup(['exmpl-1'], [column('nsites')], callWithin(200)))).code).toBe('SOURCE_TIMEOUT');
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});
