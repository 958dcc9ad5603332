/** The example of docs/sources.md is a whole source: it runs against a service that answers as the guide says. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { checkSource } from '../../../src/sources/conformance/checkSource.js';
import { declaredSubject } from '../../../src/sources/conformance/declared.js';
import { secretsOf } from '../../../src/sources/remote/client/secrets.js';
import { startFaultyServer, type FaultyServer } from '../../standins/faults.js';

const guide = readFileSync('docs/sources.md', 'utf8');
const example = /```graphql\n([^]*?)```/.exec(guide)![1]!;

let freezer: FaultyServer;
beforeAll(async () => {
  const samples = Array.from({ length: 30 }, (_, i) => ({
    no: `S${String(900_000 + i)}`, state: ['FROZEN', 'THAWED', 'DISCARDED'][i % 3], stored: `202401${String(i + 1).padStart(2, '0')}`,
    contents: { uniprot: i % 4 === 0 ? '' : 'P05067', volume: i % 5 === 0 ? '-' : ` ${i}.5` },
  }));
  freezer = await startFaultyServer(({ query, headers, path }) => {
    if (path !== '/api/samples') return { status: 404 };
    if (headers.authorization !== 'Bearer icecold1') return { status: 401 };
    const fields = query.get('fields')!.split(',');
    const numbers = query.get('no')?.split(',');
    if (numbers && numbers.length > 50) return { status: 400, body: { error: { code: 'TOO_MANY' } } };
    const found = samples.filter((sample) => (!numbers || numbers.includes(sample.no)) && (query.get('state') ?? sample.state) === sample.state && sample.stored >= (query.get('from') ?? '') && sample.stored <= (query.get('to') ?? '9'));
    const skip = Number(query.get('skip') ?? 0);
    const page = numbers ? found : found.slice(skip, skip + Number(query.get('take')));
    return { headers: { 'x-inventory': '2024-02' }, body: { count: found.length, samples: page.map((sample) => Object.fromEntries(Object.entries(sample).filter(([name]) => fields.includes(name)))) } };
  });
});
afterAll(() => freezer.close());

test('the example passes the check', async () => {
  const subject = await declaredSubject({ kind: 'http', name: 'freezer.graphql', text: example }, secretsOf({ freezer: 'icecold1' }), `${freezer.url}/api`);
  const report = await checkSource(subject);
  expect(report.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(report.checks).toContainEqual(expect.objectContaining({ name: 'conditions that the source checks really hold', outcome: 'passed', detail: 'state eq, stored lte, stored gte' }));
  expect(report.skipped).toBe(2);
  expect(report.passed).toBeGreaterThan(15);
});

test('files that the guide names are there', () => {
  for (const [path] of guide.matchAll(/schema\/[\w/-]+\.graphql/g)) expect(readFileSync(path, 'utf8')).toContain('directive @source'.slice(10));
});
