/** What is kept of a source's answers, over a real connector and its stand-in. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createHttpSource } from '../../../src/sources/http/httpSource.js';
import { parseSource } from '../../../src/sources/http/parseSource.js';
import { ByteLru, sizeOf } from '../../../src/sources/remote/cache/byteLru.js';
import { cacheSource, type CachedSource } from '../../../src/sources/remote/cache/cachedSource.js';
import { cacheSettings, type CacheSettings } from '../../../src/sources/remote/cache/settings.js';
import { addressPolicy } from '../../../src/sources/remote/client/addressPolicy.js';
import type { RemoteCall, RemoteTable } from '../../../src/sources/remote/remoteSource.js';
import type { StandIn } from '../../standins/standIn.js';
import { startUniprot } from '../../standins/uniprot.js';
import * as faults from '../../standins/faults.js';

let standIn: StandIn;
let source: CachedSource;
let proteins: RemoteTable;
let clock = Date.now();
const spec = parseSource(readFileSync('schema/sources/uniprot.graphql', 'utf8'), 'uniprot.graphql');
const column = (name: string) => spec.definition.tables[0]!.columns.find((one) => one.name === name)!;
const second = 1000;
const times: CacheSettings = { freshMs: 10 * second, whileRevalidateMs: 10 * second, ifErrorMs: 100 * second, maxBytes: 1_000_000, singleFlight: true };

beforeAll(async () => { standIn = await startUniprot(); });
afterEach(async () => {
  standIn.reset();
  await source.close();
});
afterAll(() => standIn.close());

function open(settings: Partial<CacheSettings> = {}): void {
  clock = Date.now();
  source = cacheSource(createHttpSource(spec, { url: standIn.url, addresses: addressPolicy(['127.0.0.1']), limits: { retries: 0, breakerFailures: 100 } }), { ...times, ...settings }, () => clock);
  proteins = source.tables.get('proteins')!;
}

const call = (more: Partial<RemoteCall> = {}): RemoteCall => ({ signal: new AbortController().signal, deadline: performance.now() + 10_000, requestId: 'r', ...more });
const lookup = (keys: readonly string[], names: readonly string[] = ['accession', 'gene'], given = call()) => proteins.lookup(keys, names.map(column), given);
/** Resolves when the source has been asked so often. */
async function asked(count: number): Promise<void> {
  while (standIn.requests.length < count) await new Promise((resolve) => { setTimeout(resolve, 5); });
}

describe('records', () => {
  test('that are kept cost no request, and say their age', async () => {
    open();
    const first = await lookup(['P05067']);
    expect(first.info.requests).toBe(1);
    expect(first.info.age).toBeUndefined();
    clock += 4 * second;
    const again = await lookup(['P05067']);
    expect(again.rows.get('P05067')).toEqual({ accession: 'P05067', gene: 'APP' });
    expect(again.info).toMatchObject({ requests: 0, release: '2024_05', fetchedAt: first.info.fetchedAt });
    expect(again.info.age).toBeGreaterThanOrEqual(4 * second - 50);
    expect(again.info.kept!.get('P05067')).toEqual(first.info.fetchedAt);
    expect(standIn.requests).toHaveLength(1);
  });

  test('only what is not kept is asked for; the age is that of the oldest', async () => {
    open();
    await lookup(['P05067', 'Q9ZZZ9']);
    clock += 5 * second;
    const { rows, info } = await lookup(['P04637', 'P05067', 'Q9ZZZ9']);
    expect([...rows.keys()].toSorted()).toEqual(['P04637', 'P05067']);
    expect(standIn.requests[1]!.query.get('accessions')).toBe('P04637');
    expect(info.requests).toBe(1);
    expect([...info.kept!.keys()].toSorted()).toEqual(['P05067', 'Q9ZZZ9']);
    expect(info.age).toBeGreaterThanOrEqual(5 * second - 50);
  });

  test('fewer columns are read from more; other columns are fetched beside those that are kept', async () => {
    open();
    await lookup(['P05067'], ['gene', 'name']);
    expect((await lookup(['P05067'], ['name'])).info.requests).toBe(0);
    await lookup(['P05067'], ['length']);
    expect(standIn.requests).toHaveLength(2);
    expect((await lookup(['P05067'], ['length', 'gene', 'name'])).info.requests).toBe(0);
  });

  test('a while after their time they are used once more, and fetched anew behind', async () => {
    open();
    const first = await lookup(['P05067']);
    clock += 15 * second;
    const stale = await lookup(['P05067']);
    expect(stale.info).toMatchObject({ requests: 0, fetchedAt: first.info.fetchedAt });
    expect(stale.info.staleBecause).toBeUndefined();
    await asked(2);
    clock = Date.now();
    let renewed = await lookup(['P05067']);
    for (let tries = 0; tries < 200 && renewed.info.fetchedAt <= first.info.fetchedAt; tries += 1) {
      await new Promise((resolve) => { setTimeout(resolve, 5); });
      renewed = await lookup(['P05067']);
    }
    expect(renewed.info.fetchedAt.getTime()).toBeGreaterThan(first.info.fetchedAt.getTime());
    expect(standIn.requests).toHaveLength(2);
  });

  test('after that they stand in only where the source fails, and it is said why', async () => {
    open();
    await lookup(['P05067']);
    clock += 50 * second;
    standIn.inject(faults.unavailable());
    const { rows, failed, info } = await lookup(['P05067', 'P04637']);
    expect(rows.get('P05067')).toMatchObject({ gene: 'APP' });
    expect([...failed.keys()]).toEqual(['P04637']);
    expect(info).toMatchObject({ staleBecause: 'SOURCE_DOWN', requests: 1 });
    clock += 100 * second;
    expect((await lookup(['P05067'])).failed.get('P05067')).toMatchObject({ code: 'SOURCE_DOWN' });
    standIn.reset();
    expect((await lookup(['P05067'])).info).toMatchObject({ requests: 1 });
  });

  test('a failure is not kept', async () => {
    open();
    standIn.inject(faults.unavailable(), { times: 1 });
    expect((await lookup(['P05067'])).failed.size).toBe(1);
    expect((await lookup(['P05067'])).rows.size).toBe(1);
  });

  test('of one caller are not given to another, where the source is asked in their names', async () => {
    open();
    const as = (rights?: string): RemoteCall => call({ onBehalfOf: async () => 'token', rights });
    await lookup(['P05067'], ['gene'], as('ada'));
    await lookup(['P05067'], ['gene'], as('ada'));
    expect(standIn.requests).toHaveLength(1);
    await lookup(['P05067'], ['gene'], as('bo'));
    await lookup(['P05067'], ['gene']);
    expect(standIn.requests).toHaveLength(3);
    await lookup(['P05067'], ['gene'], as(undefined));
    await lookup(['P05067'], ['gene'], as(undefined));
    expect(standIn.requests).toHaveLength(5);
  });

  test('go when they are cleared, and when there is no room', async () => {
    open();
    await lookup(['P05067']);
    expect(source.keptBytes()).toBeGreaterThan(100);
    source.clear();
    expect(source.keptBytes()).toBe(0);
    await lookup(['P05067']);
    expect(standIn.requests).toHaveLength(2);
    await source.close();
    open({ maxBytes: 900 });
    await lookup(['P05067', 'P04637', 'P38398']);
    expect(source.keptBytes()).toBeLessThanOrEqual(900);
    expect((await lookup(['P38398'])).info.requests).toBe(0);
    expect((await lookup(['P05067'])).info.requests).toBe(1);
  });
});

describe('equal questions at one time', () => {
  test('go out once, also where only a part of them is equal', async () => {
    open();
    const { fault, arrived, release } = faults.hold();
    standIn.inject(fault, { times: 1 });
    const first = lookup(['P05067', 'P04637']);
    await arrived;
    const second_ = lookup(['P04637', 'P38398']);
    const third = lookup(['P05067'], ['accession']);
    release();
    const [a, b, c] = await Promise.all([first, second_, third]);
    expect([...b.rows.keys()].toSorted()).toEqual(['P04637', 'P38398']);
    expect(c.rows.get('P05067')).toMatchObject({ accession: 'P05067' });
    expect(standIn.requests.map(({ query }) => query.get('accessions'))).toEqual(['P05067,P04637', 'P38398']);
    expect([a.info.requests, b.info.requests, c.info.requests]).toEqual([1, 1, 0]);
  });

  test('also where nothing is kept; or never, if so set', async () => {
    open({ maxBytes: 0, freshMs: 0, whileRevalidateMs: 0, ifErrorMs: 0 });
    standIn.delayMs = 20;
    await Promise.all(Array.from({ length: 5 }, () => lookup(['P05067'])));
    expect(standIn.requests).toHaveLength(1);
    await lookup(['P05067']);
    expect(standIn.requests).toHaveLength(2);
    expect(source.keptBytes()).toBe(0);
    await source.close();
    open({ maxBytes: 0, singleFlight: false });
    await Promise.all(Array.from({ length: 3 }, () => lookup(['P05067'])));
    expect(standIn.requests).toHaveLength(5);
  });

  test('one that goes away leaves the others; when all have gone the request ends', async () => {
    open();
    const { fault, arrived, release } = faults.hold();
    standIn.inject(fault, { times: 1 });
    const going = new AbortController();
    const first = lookup(['P05067'], ['gene'], call({ signal: going.signal }));
    await arrived;
    const other = lookup(['P05067'], ['gene']);
    await new Promise((resolve) => { setImmediate(resolve); });
    going.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    release();
    expect((await other).rows.size).toBe(1);

    source.clear();
    const second_ = faults.hold();
    standIn.inject(second_.fault, { times: 1 });
    const alone = new AbortController();
    const lone = lookup(['P05067'], ['gene'], call({ signal: alone.signal }));
    await second_.arrived;
    alone.abort(new Error('gone too'));
    await expect(lone).rejects.toThrow('gone too');
    // Whoever comes then asks anew.
    expect((await lookup(['P05067'], ['gene'])).rows.size).toBe(1);
    second_.release();
  });

  test('each waits as long as its own caller: less than the first, or more', async () => {
    open();
    const hold = faults.hold();
    standIn.inject(hold.fault, { times: 1 });
    const hurried = lookup(['P05067'], ['gene'], call({ deadline: performance.now() + 150 }));
    await hold.arrived;
    const patient = lookup(['P05067'], ['gene']);
    const impatient = lookup(['P05067'], ['gene'], call({ deadline: performance.now() + 20 }));
    expect((await impatient).failed.get('P05067')).toMatchObject({ code: 'SOURCE_TIMEOUT' });
    expect((await hurried).failed.get('P05067')).toMatchObject({ code: 'SOURCE_TIMEOUT' });
    expect((await patient).rows.get('P05067')).toMatchObject({ gene: 'APP' });
    hold.release();
  });
});

test('pages of a search are kept by their question', async () => {
  open();
  const query = (taxon: number, first = 3) => ({ filter: { op: 'compare', column: column('taxon'), comparison: 'eq', value: taxon } as const, order: [], columns: [column('accession')], first });
  const first = await proteins.search(query(9606), call());
  clock += second;
  const again = await proteins.search(query(9606), call());
  expect(again.rows).toEqual(first.rows);
  expect(again).toMatchObject({ total: first.total, next: first.next, info: { requests: 0 } });
  expect(again.info.age).toBeGreaterThan(900);
  await proteins.search(query(10090), call());
  await proteins.search(query(9606, 4), call());
  await proteins.search({ ...query(9606), after: first.next }, call());
  expect(standIn.requests).toHaveLength(4);
  clock += 50 * second;
  standIn.inject(faults.unavailable());
  expect((await proteins.search(query(9606), call())).info).toMatchObject({ staleBecause: 'SOURCE_DOWN', requests: 0 });
  clock += 100 * second;
  await expect(proteins.search(query(9606), call())).rejects.toMatchObject({ code: 'SOURCE_DOWN' });
});

test('the operator bounds what the files say', () => {
  const said = { seconds: 100, staleWhileRevalidate: 200, staleIfError: 300 };
  expect(cacheSettings(said, { maxBytes: 5 })).toEqual({ freshMs: 100_000, whileRevalidateMs: 200_000, ifErrorMs: 300_000, maxBytes: 5, singleFlight: true });
  expect(cacheSettings(said, { maxBytes: 5, maxAge: 10, maxStale: 0 })).toMatchObject({ freshMs: 10_000, whileRevalidateMs: 0, ifErrorMs: 0 });
  expect(cacheSettings(undefined, { maxBytes: 5 })).toMatchObject({ freshMs: 0, maxBytes: 0 });
});

test('the bound in bytes', () => {
  const lru = new ByteLru<string>(100);
  lru.set('a', 'A', 40);
  lru.set('b', 'B', 40);
  lru.get('a');
  lru.set('c', 'C', 40);
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.bytes, lru.size]).toEqual(['A', undefined, 'C', 80, 2]);
  lru.set('a', 'A', 101);
  expect([lru.get('a'), lru.bytes]).toEqual([undefined, 40]);
  expect(sizeOf({ a: 'x'.repeat(1000), b: [1, null, true] })).toBeGreaterThan(2000);
  open();
});
