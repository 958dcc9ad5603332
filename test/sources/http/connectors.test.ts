/** The six files of schema/sources, each against its stand-in. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createHttpSource, type HttpSourceOptions } from '../../../src/sources/http/httpSource.js';
import { parseSource } from '../../../src/sources/http/parseSource.js';
import { addressPolicy } from '../../../src/sources/remote/client/addressPolicy.js';
import { secretsOf } from '../../../src/sources/remote/client/secrets.js';
import type { Comparison } from '../../../src/plan/predicate.js';
import type { RemoteCall, RemoteFilter, RemoteSource, RemoteTable } from '../../../src/sources/remote/remoteSource.js';
import type { Column } from '../../../src/catalog/model.js';
import { kmaGatewayError, kmaKeys } from '../../standins/kma.js';
import { repeatedNext, shuffled, strangersAdded, wrongIds } from '../../standins/standIn.js';
import { startStandIns, type RunningStandIns } from '../../standins/standIns.js';
import * as faults from '../../standins/faults.js';

let standIns: RunningStandIns;
const open: RemoteSource[] = [];
beforeAll(async () => { standIns = await startStandIns(); });
afterEach(async () => {
  standIns.reset();
  await Promise.all(open.splice(0).map((source) => source.close()));
});
afterAll(() => standIns.close());

type Name = 'uniprot' | 'chembl' | 'pubchem' | 'alphafold' | 'noaa' | 'kma';
const specs = Object.fromEntries((['uniprot', 'chembl', 'pubchem', 'alphafold', 'noaa', 'kma'] as const).map((name) => [name, parseSource(readFileSync(`../schema/sources/${name}.graphql`.replace('..', process.cwd()), 'utf8'), `${name}.graphql`)]));

function table(name: Name, of: string, options: Partial<HttpSourceOptions> = {}): RemoteTable {
  const source = createHttpSource(specs[name]!, { url: standIns.urls[name], addresses: addressPolicy(['127.0.0.1']), secrets: secretsOf({ kma: kmaKeys.valid }), limits: { retryBaseMs: 1 }, ...options });
  open.push(source);
  return source.tables.get(of)!;
}

const columns = (name: Name, of: string, ...names: string[]): readonly Column[] => {
  const all = specs[name]!.tables.find(({ definition }) => definition.name === of)!.definition.columns;
  return names.length === 0 ? all : names.map((one) => all.find((column) => column.name === one)!);
};
const call = (ms = 10_000): RemoteCall => ({ signal: new AbortController().signal, deadline: performance.now() + ms, requestId: 'r' });
const compare = (name: Name, of: string, column: string, comparison: Comparison, value: unknown): RemoteFilter => ({ op: 'compare', column: columns(name, of, column)[0]!, comparison, value });
const and = (...of: RemoteFilter[]): RemoteFilter => ({ op: 'and', of });

describe('UniProt', () => {
  test('proteins by accession, with only the fields that were asked for, and the release', async () => {
    const proteins = table('uniprot', 'proteins');
    const { rows, failed, info } = await proteins.lookup(['P05067', 'p04637', 'P04637', 'Q9ZZZ9', 'nonsense', 'P05067,P04637'], columns('uniprot', 'proteins', 'accession', 'name', 'organism', 'reviewed', 'length', 'pdbEntries', 'chemblTargets'), call());
    expect(failed.size).toBe(0);
    expect([...rows.keys()].toSorted()).toEqual(['P04637', 'P05067', 'p04637']);
    expect(rows.get('P05067')).toEqual({ accession: 'P05067', name: 'Amyloid-beta precursor protein', organism: 'Homo sapiens', reviewed: true, length: 770, pdbEntries: expect.any(Array), chemblTargets: ['CHEMBL2487'] });
    expect(rows.get('p04637')).toBe(rows.get('P04637'));
    expect(info).toMatchObject({ release: '2024_05', requests: 1 });
    const [asked] = standIns.uniprot.asked();
    expect(asked!.query.get('accessions')).toBe('P05067,P04637,Q9ZZZ9');
    expect(asked!.query.get('fields')!.split(',').toSorted()).toEqual(['accession', 'length', 'organism_name', 'protein_name', 'reviewed', 'xref_chembl', 'xref_pdb']);
  });

  test('more keys than a request may have go in several, each with an address that is short enough', async () => {
    const keys = Array.from({ length: 2500 }, (_, i) => `P${String(i).padStart(5, '0')}`);
    const { info } = await table('uniprot', 'proteins').lookup([...keys, 'P05067'], columns('uniprot', 'proteins', 'name'), call());
    const asked = standIns.uniprot.asked('accessions');
    expect(info.requests).toBe(asked.length);
    expect(asked.length).toBeGreaterThanOrEqual(3);
    for (const { target, query } of asked) {
      expect(target.length).toBeLessThanOrEqual(8000);
      expect(query.get('accessions')!.split(',').length).toBeLessThanOrEqual(1000);
    }
    expect(new Set(asked.flatMap(({ query }) => query.get('accessions')!.split(','))).size).toBe(2501 - (keys.includes('P05067') ? 1 : 0));
  });

  test('rows are joined by id: in another order, among strangers, or under other ids', async () => {
    const keys = ['P05067', 'P04637', 'P38398'];
    for (const fault of [shuffled(), strangersAdded()]) {
      standIns.uniprot.inject(fault, { times: 1 });
      const { rows } = await table('uniprot', 'proteins').lookup(keys, columns('uniprot', 'proteins', 'accession', 'gene'), call());
      expect(keys.map((key) => rows.get(key))).toEqual([{ accession: 'P05067', gene: 'APP' }, { accession: 'P04637', gene: 'TP53' }, { accession: 'P38398', gene: 'BRCA1' }]);
      expect(rows.size).toBe(3);
    }
    standIns.uniprot.inject(wrongIds(), { times: 1 });
    expect((await table('uniprot', 'proteins').lookup(keys, columns('uniprot', 'proteins', 'gene'), call())).rows.size).toBe(0);
  });

  test('one batch that fails leaves the others', async () => {
    const keys = ['P05067', ...Array.from({ length: 1500 }, (_, i) => `P${String(i).padStart(5, '0')}`)];
    const proteins = table('uniprot', 'proteins', { limits: { retries: 0 } });
    standIns.uniprot.inject(faults.unavailable(), { times: 1 });
    const { failed, rows } = await proteins.lookup(keys, columns('uniprot', 'proteins', 'name'), call());
    expect(failed.size).toBeGreaterThan(0);
    expect(failed.size).toBeLessThan(keys.length);
    expect([...failed.values()][0]).toMatchObject({ code: 'SOURCE_DOWN', message: 'uniprot answered 503.' });
    expect(rows.has('P05067') || failed.has('P05067')).toBe(true);
  });

  test('a search in its own query language, page by page by the Link header, with a total', async () => {
    const proteins = table('uniprot', 'proteins');
    const filter = and(compare('uniprot', 'proteins', 'taxon', 'eq', 9606), compare('uniprot', 'proteins', 'reviewed', 'eq', true), compare('uniprot', 'proteins', 'length', 'gt', 300));
    expect(proteins.capabilities.filter(filter.op === 'and' ? filter.of[0]! : filter)).toBe(true);
    const query = { filter, order: [], columns: columns('uniprot', 'proteins', 'accession', 'length', 'taxon') };
    const all = await proteins.search({ ...query, first: 1000 }, call());
    expect(standIns.uniprot.asked('search')[0]!.query.get('query')).toBe('(organism_id:9606) AND (reviewed:true) AND (length:[301 TO *])');
    expect(all.total).toBe(all.rows.length);
    expect(all.rows.length).toBeGreaterThan(5);
    expect(all.rows.every((row) => row.taxon === 9606 && (row.length as number) > 300)).toBe(true);
    const paged: unknown[] = [];
    let after: string | undefined;
    do {
      const page = await proteins.search({ ...query, first: 4, after }, call());
      expect(page.rows.length).toBeLessThanOrEqual(4);
      paged.push(...page.rows);
      after = page.next;
    } while (after !== undefined);
    expect(paged).toEqual(all.rows);
  });

  test('words that the query language knows stay words; a text with a quotation mark is not asked', async () => {
    const proteins = table('uniprot', 'proteins');
    const words = compare('uniprot', 'proteins', 'organism', 'eq', ') OR reviewed:true OR (');
    expect([proteins.capabilities.filter(words), proteins.capabilities.narrows!(words)]).toEqual([false, true]);
    const { rows } = await proteins.search({ filter: words, order: [], columns: columns('uniprot', 'proteins', 'accession'), first: 10 }, call());
    expect(rows).toEqual([]);
    expect(standIns.uniprot.asked('search')[0]!.query.get('query')).toBe('organism_name:") OR reviewed:true OR ("');
    for (const value of ['" OR reviewed:true OR "', 'x\\']) {
      const hostile = compare('uniprot', 'proteins', 'organism', 'eq', value);
      expect([proteins.capabilities.filter(hostile), proteins.capabilities.narrows!(hostile)]).toEqual([false, false]);
    }
  });

  test('alternatives, and an order by a column that always has a value', async () => {
    const proteins = table('uniprot', 'proteins');
    const filter: RemoteFilter = { op: 'or', of: [compare('uniprot', 'proteins', 'length', 'lte', 200), compare('uniprot', 'proteins', 'length', 'gte', 1000)] };
    expect(proteins.capabilities.filter(filter)).toBe(true);
    const [length, mass] = columns('uniprot', 'proteins', 'length', 'mass');
    expect(proteins.capabilities.order([{ column: length!, direction: 'DESC' }])).toBe(true);
    expect(proteins.capabilities.order([{ column: mass!, direction: 'DESC' }])).toBe(false);
    const { rows } = await proteins.search({ filter, order: [{ column: length!, direction: 'DESC' }], columns: [length!], first: 1000 }, call());
    const lengths = rows.map((row) => row.length as number);
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    expect(lengths.every((value) => value <= 200 || value >= 1000)).toBe(true);
  });

  test('a page that names itself as the next is noticed', async () => {
    standIns.uniprot.inject(repeatedNext());
    await expect(table('uniprot', 'proteins').search({ order: [], columns: columns('uniprot', 'proteins', 'accession'), first: 100_000 }, call())).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: 'uniprot repeats its pages: the next page is one that was read already.' });
    expect(standIns.uniprot.requests.length).toBeLessThan(3);
  });

  test('a next page elsewhere is not followed, nor a place that somebody made up', async () => {
    standIns.uniprot.inject(faults.reply({ headers: { link: '<http://169.254.169.254/latest>; rel="next"' }, body: { results: [] } }), { times: 1 });
    const proteins = table('uniprot', 'proteins');
    const query = { order: [], columns: columns('uniprot', 'proteins', 'accession'), first: 10 };
    await expect(proteins.search(query, call())).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: 'uniprot says that its next page is at another host.' });
    for (const after of ['nonsense', '[]', '["http://169.254.169.254/",null,0]', '[null,null,-1]', '[{},null,0]']) await expect(proteins.search({ ...query, after }, call())).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('an answer without the list is told as such', async () => {
    standIns.uniprot.inject(faults.reply({ body: { something: 'else' } }));
    const { failed } = await table('uniprot', 'proteins').lookup(['P05067'], columns('uniprot', 'proteins', 'name'), call());
    expect(failed.get('P05067')).toMatchObject({ code: 'SOURCE_INVALID', message: 'uniprot sent an answer without “results”.' });
  });
});

describe('ChEMBL', () => {
  test('compounds by id: numbers that come as text, values within objects that may be null, only what is asked for', async () => {
    const { rows, info } = await table('chembl', 'molecules').lookup(['CHEMBL25', 'CHEMBL1201580', 'CHEMBL999999999'], columns('chembl', 'molecules', 'id', 'name', 'molecularWeight', 'inchikey', 'maxPhase'), call());
    expect(rows.get('CHEMBL25')).toEqual({ id: 'CHEMBL25', name: 'ASPIRIN', molecularWeight: 180.16, inchikey: 'BSYNRYMUTXBXSQ-UHFFFAOYSA-N', maxPhase: expect.anything() });
    expect(rows.has('CHEMBL999999999')).toBe(false);
    expect(info.requests).toBe(1);
    expect(standIns.chembl.asked()[0]!.query.get('only')!.split(',').toSorted()).toEqual(['max_phase', 'molecule_chembl_id', 'molecule_properties', 'molecule_structures', 'pref_name']);
  });

  test('addresses stay under 4000 characters', async () => {
    const keys = Array.from({ length: 700 }, (_, i) => `CHEMBL${1_000_000 + i}`);
    const { failed } = await table('chembl', 'molecules').lookup(keys, columns('chembl', 'molecules', 'name'), call());
    expect(failed.size).toBe(0);
    expect(Math.max(...standIns.chembl.asked().map(({ target }) => target.length))).toBeLessThanOrEqual(4000);
  });

  test('conditions by suffix, pages by an address in the body, a total', async () => {
    const molecules = table('chembl', 'molecules');
    const filter = and(compare('chembl', 'molecules', 'molecularWeight', 'gte', 200), compare('chembl', 'molecules', 'molecularWeight', 'lt', 400));
    const { rows, total } = await molecules.search({ filter, order: [], columns: columns('chembl', 'molecules', 'id', 'molecularWeight'), first: 1000 }, call());
    expect(standIns.chembl.asked()[0]!.target).toContain('molecule_properties__full_mwt__gte=200&molecule_properties__full_mwt__lt=400');
    expect(rows.length).toBe(total);
    expect(rows.every((row) => (row.molecularWeight as number) >= 200 && (row.molecularWeight as number) < 400)).toBe(true);
    const first = await molecules.search({ filter, order: [], columns: columns('chembl', 'molecules', 'id'), first: 2 }, call());
    const second = await molecules.search({ filter, order: [], columns: columns('chembl', 'molecules', 'id'), first: 2, after: first.next }, call());
    expect([...first.rows, ...second.rows].map((row) => row.id)).toEqual(rows.slice(0, 4).map((row) => row.id));
  });

  test('two conditions that need the same parameter are both kept', async () => {
    const molecules = table('chembl', 'molecules');
    const filter = and(compare('chembl', 'molecules', 'molecularWeight', 'gte', 100), compare('chembl', 'molecules', 'molecularWeight', 'gte', 300));
    const { rows, total } = await molecules.search({ filter, order: [], columns: columns('chembl', 'molecules', 'id'), first: 1000 }, call());
    const exact = await molecules.search({ filter: compare('chembl', 'molecules', 'molecularWeight', 'gte', 300), order: [], columns: columns('chembl', 'molecules', 'id'), first: 1000 }, call());
    expect(rows.map((row) => row.id)).toEqual(exact.rows.map((row) => row.id));
    expect(total).toBeUndefined();
  });

  test('a value that would be read as two is not asked', () => {
    const molecules = table('chembl', 'molecules');
    expect(molecules.capabilities.filter({ op: 'in', column: columns('chembl', 'molecules', 'inchikey')[0]!, values: ['A,B'] })).toBe(false);
    expect(molecules.capabilities.filter({ op: 'in', column: columns('chembl', 'molecules', 'inchikey')[0]!, values: [] })).toBe(false);
    expect(molecules.capabilities.filter({ op: 'not', of: compare('chembl', 'molecules', 'type', 'eq', 'Protein') })).toBe(false);
    expect(molecules.capabilities.filter(compare('chembl', 'molecules', 'alogp', 'gt', 1))).toBe(false);
  });

  test('targets list their proteins', async () => {
    const { rows } = await table('chembl', 'targets').lookup(['CHEMBL2487'], columns('chembl', 'targets'), call());
    expect(rows.get('CHEMBL2487')).toMatchObject({ id: 'CHEMBL2487', taxon: 9606, proteins: ['P05067'] });
    const [namespaced] = columns('chembl', 'targets', 'proteins');
    expect(namespaced).toMatchObject({ kind: 'list', item: 'text', namespace: 'uniprot' });
  });
});

describe('PubChem', () => {
  test('keys in a form, fields in the path, weights as text', async () => {
    const compounds = table('pubchem', 'compounds');
    const { rows, info } = await compounds.lookup(['2244', '3672', '999999999', 'x'], columns('pubchem', 'compounds', 'cid', 'formula', 'molecularWeight'), call());
    expect(rows.get('2244')).toEqual({ cid: '2244', formula: 'C9H8O4', molecularWeight: 180.16 });
    expect([...rows.keys()]).toEqual(['2244', '3672']);
    expect(info.requests).toBe(1);
    expect(standIns.pubchem.asked()[0]).toMatchObject({ method: 'POST', path: '/rest/pug/compound/cid/property/MolecularFormula,MolecularWeight/JSON', body: 'cid=2244,3672,999999999' });
  });

  test('none known is no error; busy is SOURCE_LIMITED and says when', async () => {
    const compounds = table('pubchem', 'compounds');
    const none = await compounds.lookup(['999999999'], columns('pubchem', 'compounds', 'cid'), call());
    expect([none.rows.size, none.failed.size]).toEqual([0, 0]);
    standIns.pubchem.limits = { perSecond: 0 };
    const { failed } = await compounds.lookup(['2244'], columns('pubchem', 'compounds', 'title'), call(3_000));
    expect(failed.get('2244')).toMatchObject({ code: 'SOURCE_LIMITED', message: 'pubchem is busy; try again in 30 s.' });
  });
});

describe('AlphaFold DB', () => {
  test('one request a key, a few at a time; no model is no error', async () => {
    standIns.alphafold.delayMs = 5;
    const keys = ['P05067', 'P04637', 'P38398', 'P00533', 'P01308', 'P68871', 'P0DTC2', 'Q9H0H5', 'P35222', 'P42336'];
    const { rows, failed, info } = await table('alphafold', 'predictions').lookup(keys, columns('alphafold', 'predictions'), call());
    expect(failed.size).toBe(0);
    expect(rows.get('P04637')).toMatchObject({ accession: 'P04637', model: 'AF-P04637-F1', created: '2022-06-01', confidence: expect.any(Number) });
    expect(rows.has('P0DTC2')).toBe(false);
    expect(info.requests).toBe(keys.length);
    expect(standIns.alphafold.mostOpen).toBeLessThanOrEqual(8);
  });
});

describe('NOAA', () => {
  const range = (from: string, to: string): RemoteFilter[] => [compare('noaa', 'observations', 'date', 'gte', from), compare('noaa', 'observations', 'date', 'lte', to)];
  test('needs a station and days, and says so', async () => {
    const observations = table('noaa', 'observations');
    const station = compare('noaa', 'observations', 'station', 'eq', 'USW00094728');
    const sentence = 'observations can only be searched with conditions on station (eq, in) and on date (eq, gte, gt) and on date (eq, lte, lt).';
    expect(observations.capabilities.lacking!(undefined)).toBe(sentence);
    expect(observations.capabilities.lacking!(station)).toBe('observations can only be searched with conditions on date (eq, gte, gt) and on date (eq, lte, lt).');
    expect(observations.capabilities.lacking!(and(station, ...range('2024-01-01', '2024-01-10')))).toBeUndefined();
    await expect(observations.search({ order: [], columns: columns('noaa', 'observations'), first: 10 }, call())).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: sentence });
    expect(standIns.noaa.requests).toHaveLength(0);
  });

  test('padded texts are numbers, what was not measured is null, pages are cut here', async () => {
    const observations = table('noaa', 'observations');
    const query = { filter: and(compare('noaa', 'observations', 'station', 'eq', 'USW00094728'), ...range('2024-01-01', '2024-01-10')), order: [], columns: columns('noaa', 'observations') };
    const all = await observations.search({ ...query, first: 100 }, call());
    expect(all.rows).toHaveLength(10);
    expect(all.rows[0]).toEqual({ station: 'USW00094728', date: '2024-01-01', maximumTemperature: expect.any(Number), minimumTemperature: expect.any(Number), precipitation: expect.any(Number), snowfall: expect.any(Number) });
    expect(all.rows.some((row) => row.snowfall === null)).toBe(true);
    const first = await observations.search({ ...query, first: 6 }, call());
    const rest = await observations.search({ ...query, first: 6, after: first.next }, call());
    expect([...first.rows, ...rest.rows]).toEqual(all.rows);
    expect(rest.next).toBeUndefined();
    const strict = await observations.search({ ...query, filter: and(compare('noaa', 'observations', 'station', 'eq', 'USW00094728'), compare('noaa', 'observations', 'date', 'gt', '2024-02-28'), compare('noaa', 'observations', 'date', 'lt', '2024-03-01')), first: 100 }, call());
    expect(strict.rows.map((row) => row.date)).toEqual(['2024-02-29']);
  });
});

describe('KMA', () => {
  const seoul = (from: string, to: string): RemoteFilter => and(compare('kma', 'observations', 'station', 'eq', '108'), compare('kma', 'observations', 'date', 'gte', from), compare('kma', 'observations', 'date', 'lte', to));
  const search = async (filter: RemoteFilter, options: Partial<HttpSourceOptions> = {}, first = 2000, ms = 10_000) => table('kma', 'observations', options).search({ filter, order: [], columns: columns('kma', 'observations'), first }, call(ms));

  test('days of a station: dates in its own form, "" and "-" are missing, a key that is encoded once', async () => {
    const { rows, total } = await search(seoul('2024-01-01', '2024-01-12'));
    expect(rows).toHaveLength(12);
    expect(total).toBe(12);
    expect(rows[0]).toMatchObject({ station: '108', stationName: '서울', date: '2024-01-01', meanTemperature: expect.any(Number) });
    expect(rows.some((row) => row.precipitation === null) && rows.some((row) => row.solarRadiation === null)).toBe(true);
    expect(standIns.kma.requests[0]!.query.get('startDt')).toBe('20240101');
    expect((await search(seoul('2024-01-01', '2024-01-02'), { secrets: secretsOf({ kma: encodeURIComponent(kmaKeys.valid) }) })).rows).toHaveLength(2);
  });

  test('one day, for which the list is an object', async () => {
    expect((await search(and(compare('kma', 'observations', 'station', 'eq', '108'), compare('kma', 'observations', 'date', 'eq', '2024-01-05')))).rows.map((row) => row.date)).toEqual(['2024-01-05']);
  });

  test('numbered pages of one size', async () => {
    const { rows, info } = await search(seoul('2018-01-01', '2023-12-31'), {}, 5000);
    expect(rows).toHaveLength(2191);
    expect(new Set(rows.map((row) => row.date)).size).toBe(2191);
    expect(info.requests).toBe(3);
    const observations = table('kma', 'observations');
    const query = { filter: seoul('2024-01-01', '2024-01-12'), order: [], columns: columns('kma', 'observations', 'date'), first: 5 };
    const days: unknown[] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await observations.search({ ...query, after }, call());
      days.push(...page.rows.map((row) => row.date));
      after = page.next;
      more = after !== undefined;
      if (after !== undefined) expect(after).not.toContain('serviceKey');
    }
    expect(days).toHaveLength(12);
  });

  test('days that there cannot be yet are not asked for: the source would call that an error', async () => {
    const day = (days: number): string => new Date(Date.now() + 9 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
    const { rows } = await search(seoul(day(-3), day(5)));
    // Around midnight in Korea it may be a day more.
    expect([3, 4]).toContain(rows.length);
    standIns.kma.reset();
    const station = compare('kma', 'observations', 'station', 'eq', '108');
    for (const [comparison, from] of [['eq', 2], ['gte', 2], ['gt', 1]] as const) {
      const later = and(station, compare('kma', 'observations', 'date', comparison, day(from)), compare('kma', 'observations', 'date', 'lte', day(9)));
      expect(await search(later)).toMatchObject({ rows: [], total: 0, info: { requests: 0 } });
    }
    expect(standIns.kma.requests).toHaveLength(0);
    const before = await search(and(station, compare('kma', 'observations', 'date', 'gte', day(-3)), compare('kma', 'observations', 'date', 'lt', day(7))));
    expect([3, 4]).toContain(before.rows.length);
  });

  test('no data is no error; an unknown station has none', async () => {
    expect(await search(and(compare('kma', 'observations', 'station', 'eq', '999'), compare('kma', 'observations', 'date', 'eq', '2024-01-05')))).toMatchObject({ rows: [], total: 0 });
  });

  test('errors that come as XML with status 200, as codes, or as a status', async () => {
    const cases: [string, string, RegExp][] = [
      [kmaKeys.quotaUsedUp, 'SOURCE_LIMITED', /^kma has answered as often as it does in a day; try again in \d+ s\.$/],
      [kmaKeys.expired, 'SOURCE_DOWN', /^kma does not accept this server's key/],
      ['unknown', 'SOURCE_DOWN', /^kma does not accept this server's key/],
      [kmaKeys.notApproved, 'SOURCE_DOWN', /^kma does not let this server in \(403\)/],
    ];
    for (const [key, code, message] of cases) {
      const error = await search(seoul('2024-01-01', '2024-01-02'), { secrets: secretsOf({ kma: key }) }).then(() => undefined, (reason: Error) => reason);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
    standIns.kma.inject(faults.reply(kmaGatewayError(4, 'HTTP_ERROR')), { times: 2 });
    expect((await search(seoul('2024-01-01', '2024-01-02'))).rows).toHaveLength(2);
    standIns.kma.inject(faults.reply(kmaGatewayError(77, 'NEW_ERROR')));
    await expect(search(seoul('2024-01-01', '2024-01-02'))).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: 'kma answered with an error that is not known here.' });
  });
});
