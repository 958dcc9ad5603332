/** Each connector through the conformance kit; and connectors that are wrong, which it must notice. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { declarationOf } from '../../src/federation/sourceFiles.js';
import { checkSource } from '../../src/sources/conformance/checkSource.js';
import { declaredSubject } from '../../src/sources/conformance/declared.js';
import { reportText, type Report } from '../../src/sources/conformance/report.js';
import { createHttpSource } from '../../src/sources/http/httpSource.js';
import { parseSource } from '../../src/sources/http/parseSource.js';
import { addressPolicy } from '../../src/sources/remote/client/addressPolicy.js';
import { noSecrets, secretsOf } from '../../src/sources/remote/client/secrets.js';
import type { RemoteFilter } from '../../src/sources/remote/remoteSource.js';
import { kmaKeys } from '../standins/kma.js';
import { startStandIns, type RunningStandIns } from '../standins/standIns.js';

let standIns: RunningStandIns;
beforeAll(async () => { standIns = await startStandIns(); });
afterAll(() => standIns.close());

type Name = 'uniprot' | 'chembl' | 'pubchem' | 'alphafold' | 'noaa' | 'kma';

/** @param edit changes the file before it is read */
async function check(name: Name, keys: Readonly<Record<string, readonly string[]>>, where: Readonly<Record<string, readonly [column: string, comparison: 'eq' | 'gte' | 'lte', value: string][]>> = {}, edit = (text: string): string => text): Promise<Report> {
  const spec = parseSource(edit(readFileSync(`schema/sources/${name}.graphql`, 'utf8')), `${name}.graphql`);
  const filters = Object.entries(where).map(([table, conditions]): [string, RemoteFilter] => {
    const columns = spec.definition.tables.find((one) => one.name === table)!.columns;
    return [table, { op: 'and', of: conditions.map(([column, comparison, value]) => ({ op: 'compare', column: columns.find((one) => one.name === column)!, comparison, value })) }];
  });
  return checkSource({
    definition: spec.definition, url: standIns.urls[name], keys: new Map(Object.entries(keys)), where: new Map(filters), maxUrlLength: spec.limits.maxUrlLength,
    open: (url, limits) => createHttpSource(spec, { url, limits: { ...limits, requestsPerSecond: undefined }, addresses: addressPolicy(['127.0.0.1']), secrets: secretsOf({ kma: kmaKeys.valid }) }),
  });
}

const days = (from: string, to: string) => [['date', 'gte', from], ['date', 'lte', to]] as const;

describe('the kit passes', () => {
  test.each<[Name, Record<string, string[]>, Record<string, [string, 'eq' | 'gte' | 'lte', string][]>]>([
    ['uniprot', { proteins: ['P05067', 'P04637', 'P38398'] }, {}],
    ['chembl', { molecules: ['CHEMBL25', 'CHEMBL1642'], targets: ['CHEMBL2487'] }, {}],
    ['pubchem', { compounds: ['2244', '3672'] }, {}],
    ['alphafold', { predictions: ['P05067', 'P04637'] }, {}],
    ['noaa', {}, { observations: [['station', 'eq', 'USW00094728'], ...days('2024-01-01', '2024-01-20').map((one) => [...one] as [string, 'gte' | 'lte', string])] }],
    ['kma', {}, { observations: [['station', 'eq', '108'], ...days('2024-01-01', '2024-01-20').map((one) => [...one] as [string, 'gte' | 'lte', string])] }],
  ])('%s', async (name, keys, where) => {
    const report = await check(name, keys, where);
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.passed).toBeGreaterThan(10);
    expect(report.requests).toBeGreaterThan(10);
    expect(reportText(report)).toContain(`${name} at http://127.0.0.1:`);
  });
});

describe('the kit passes, of sources that are declared in other ways,', () => {
  test('pdb', async () => {
    const subject = await declaredSubject(declarationOf('pdb.graphql', readFileSync('schema/sources/pdb.graphql', 'utf8')), noSecrets, `${standIns.urls.pdb}/graphql`);
    const report = await checkSource({ ...subject, keys: new Map([['structures', ['4HHB', '1TUP']], ['ligands', ['AIN', 'STI']]]) });
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.passed).toBeGreaterThan(10);
  });

  test('optimade', async () => {
    const declaration = { kind: 'optimade', name: 'optimade.json', url: standIns.urls.optimade, options: { id: 'materials', title: 'Materials' } } as const;
    const report = await checkSource(await declaredSubject(declaration, noSecrets));
    expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(report.passed).toBeGreaterThan(10);
  });
});

describe('the kit notices', () => {
  const failures = async (...args: Parameters<typeof check>): Promise<readonly string[]> => (await check(...args)).checks.filter(({ outcome }) => outcome === 'failed').map(({ table, name, detail }) => `${table}: ${name}: ${detail}`);
  const proteins = { proteins: ['P05067', 'P04637'] };

  test('a batch that is larger than the source takes', async () => {
    const found = await failures('uniprot', proteins, {}, (text) => text.replace('batch: 1000', 'batch: 1500').replace('timeoutMs: 10000', 'timeoutMs: 10000, maxUrlLength: 100000'));
    expect(found).toEqual([expect.stringContaining('proteins: more identifiers than a request may have are split: uniprot did not understand the request (400).')]);
  });

  test('a condition that means something else', async () => {
    const found = await failures('uniprot', proteins, {}, (text) => text.replace('query: "length:[{next} TO *]"', 'query: "length:[{value} TO *]"'));
    expect(found).toEqual([expect.stringMatching(/^proteins: conditions that the source checks really hold: length gt gives a row with \d+$/)]);
    const lost = await failures('chembl', { molecules: ['CHEMBL25'] }, {}, (text) => text.replace('params: ["max_phase__lte"]', 'params: ["max_phase__lt"]'));
    expect(lost).toEqual([expect.stringMatching(/^molecules: conditions that the source checks really hold: maxPhase lte leaves out a row with [\d.]+$/)]);
  });

  test('a key at the wrong place, a type that does not fit, a column that is not always there', async () => {
    expect((await failures('pubchem', { compounds: ['2244', '3672'] }, {}, (text) => text.replace('path: "CID"', 'path: "InChIKey"')))[0]).toBe('compounds: known identifiers are found, with values of their columns\' kinds: 2244 is not found');
    expect((await failures('alphafold', { predictions: ['P05067', 'P04637'] }, {}, (text) => text.replace('model: String ', 'model: Int! ')))[0]).toBe('predictions: known identifiers are found, with values of their columns\' kinds: model is declared as always there, and a row has none');
  });

  test('pages that do not follow, and a count that is none', async () => {
    const found = await failures('chembl', { molecules: ['CHEMBL25'] }, {}, (text) => text.replaceAll('page: { next: BODY, field: "page_meta.next", size: "limit", max: 1000 }, total: { field: "page_meta.total_count" }', 'page: { next: NUMBER, at: "offset", size: "limit", max: 1000 }, total: { field: "page_meta.limit" }'));
    expect(found).toContainEqual(expect.stringContaining('molecules: pages follow each other without a gap or a repetition: '));
    expect(found).toContainEqual(expect.stringContaining('molecules: the count is right: '));
  });
});
