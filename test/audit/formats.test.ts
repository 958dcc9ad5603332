import { describe, expect, test } from '@jest/globals';
import { exportEntries } from '../../src/audit/exportEntries.js';
import { parsePeriod } from '../../src/audit/period.js';
import type { StoredEntry } from '../../src/audit/archive.js';
import { destroyableFrom } from '../../src/audit/archive.js';
import type { BundledEntry } from '../../src/audit/bundle/contents.js';
import { bundlePage, PageRows } from '../../src/audit/bundle/page.js';
import { takeRowCounts, rowCountKey } from '../../src/plan/rowCount.js';

const iso = (from: string, to: string): string[] => { const period = parsePeriod(from, to); return [period.from.toISOString(), period.to.toISOString()]; };

describe('a period', () => {
  test.each([
    ['2026-01', '2026-11', '2026-01-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12', '2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2024-02-28', '2024-02-29', '2024-02-28T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
    ['2026-11-24T09:00:00+09:00', '2026-11-24T10:00:00Z', '2026-11-24T00:00:00.000Z', '2026-11-24T10:00:00.000Z'],
  ])('from %s to %s', (from, to, begins, ends) => {
    expect(iso(from, to)).toEqual([begins, ends]);
  });

  test.each([['2026-13', '2026-12'], ['2026-02-30', '2026-03'], ['yesterday', '2026-01'], ['2026-02', '2026-01'], ['2026', '2027']])('from %s to %s is none', (from, to) => {
    expect(() => parsePeriod(from, to)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

const entry: StoredEntry = {
  chain: 'c', seq: 7, hash: 'h', previous: 'p',
  body: JSON.stringify({ kind: 'ACCESS', at: '2026-11-24T00:00:00.000Z', actor: { kind: 'person', subject: '=HYPERLINK("x")', name: 'Kim, "A"', organizations: ['kist', 'bora'] }, dataset: { id: 'd', path: 'kist/a' }, version: '1.0', rulesRevision: 2, operation: { document: 'd', variables: 'v' }, tables: { t: ['a', 'b'] }, rows: 3, decision: 'ALLOWED', reason: 'MEMBER' }),
};
async function text(format: 'json' | 'csv', entries: readonly StoredEntry[]): Promise<string> {
  let all = '';
  for await (const part of exportEntries((async function* () { yield* entries; })(), format)) all += part;
  return all;
}

describe('an export', () => {
  test('as CSV quotes what needs it, and holds no formula', async () => {
    const [header, row, ...rest] = (await text('csv', [entry])).split('\r\n');
    expect(rest).toEqual(['']);
    expect(header!.split(',').slice(0, 4)).toEqual(['at', 'kind', 'decision', 'reason']);
    expect(row).toContain(`"'=HYPERLINK(""x"")","Kim, ""A""",kist bora`);
    expect(row).toContain('"{""t"":[""a"",""b""]}"');
  });

  test('as JSON is one array, also of nothing', async () => {
    expect(JSON.parse(await text('json', []))).toEqual([]);
    expect(JSON.parse(await text('json', [entry, entry]))).toMatchObject([{ chain: 'c', hash: 'h', entry: { rows: 3 } }, { hash: 'h' }]);
  });
});

test('the page of a bundle shows no markup that was recorded', () => {
  const rows = new PageRows();
  rows.add({ ...(JSON.parse(entry.body!.replace('Kim, \\"A\\"', '<script>alert(1)</script>')) as BundledEntry), chain: 'c' });
  const head = { format: 'dure-audit-bundle-1', madeAt: 'x', madeBy: '<b>', dataset: { id: 'd', path: 'kist/a', organization: '<i>' }, period: { from: 'a', to: 'b' }, keyId: 'k', counts: { accesses: 1, refused: 0, events: 0, grants: 0, requests: 0, ruleRevisions: 0, proofEntries: 1 } } as const;
  const page = bundlePage(head, [], rows);
  expect(page).not.toMatch(/<script>|<i>&#60;|<b>\n/);
  expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
});

test('a segment may be destroyed its class of years after the end of its month', () => {
  expect(destroyableFrom({ month: '2025-12', retentionYears: 1 }).toISOString()).toBe('2027-01-01T00:00:00.000Z');
  expect(destroyableFrom({ month: '2024-02', retentionYears: 3 }).toISOString()).toBe('2027-03-01T00:00:00.000Z');
});

test('counts are taken out of JSON wherever they stand, and nothing else is', () => {
  const counted: [number, number][] = [];
  const [a, b] = [rowCountKey(0), rowCountKey(12)];
  const json = `{"rows" : [{"n" : 1, "p" : {"${a}" : 1}}, {"p" : null, "x":"\\"${a}\\" : 5"}], "${b}" : 2}`;
  expect(takeRowCounts(json, (table, rows) => counted.push([table, rows]))).toBe(`{"rows" : [{"n" : 1, "p" : {}}, {"p" : null, "x":"\\"${a}\\" : 5"}]}`);
  expect(counted).toEqual([[0, 1], [12, 2]]);
  // As another database writes it.
  expect(takeRowCounts(`{"nodes":[1],"${a}":1}`, () => undefined)).toBe('{"nodes":[1]}');
  expect(takeRowCounts('{"~abc.0" : 1}', () => { throw new Error('not ours'); })).toBe('{"~abc.0" : 1}');
});
