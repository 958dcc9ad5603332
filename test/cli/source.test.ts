/** `dure source check`, against stand-ins and for files that are wrong. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { run } from '../../src/cli/main.js';
import { kmaKeys } from '../standins/kma.js';
import { startStandIns, type RunningStandIns } from '../standins/standIns.js';

let standIns: RunningStandIns;
let folder: string;
beforeAll(async () => {
  standIns = await startStandIns();
  folder = mkdtempSync(join(tmpdir(), 'dure-source-'));
});
afterAll(async () => {
  await standIns.close();
  rmSync(folder, { recursive: true });
});

async function dure(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly note: string }> {
  let out = '';
  let note = '';
  const code = await run(args, { environment: {}, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { note += text; } });
  return { code, out, note };
}

test('a source that is right', async () => {
  const { code, out } = await dure('source', 'check', 'schema/sources/pubchem.graphql', '--url', standIns.urls.pubchem, '--key', '2244', '--key', 'compounds=3672');
  expect(out).toContain(`pubchem at ${standIns.urls.pubchem}\n  ✓ the definition is whole: 1 table\n  compounds\n    ✓ known identifiers are found, with values of their columns' kinds: 2\n`);
  expect(out).toMatch(/\d+ passed, 0 failed, 0 left out; \d+ requests\.\n$/);
  expect(code).toBe(0);
});

test('conditions and secrets are given; the secret is not shown', async () => {
  const secrets = join(folder, 'secrets');
  writeFileSync(secrets, `# of the portal\nkma=${kmaKeys.valid}\n`);
  const { code, out } = await dure('source', 'check', 'schema/sources/kma.graphql', '--url', standIns.urls.kma, '--where', 'station=108', '--where', 'observations.date>=2024-01-01', '--where', 'date<=2024-01-20', '--secrets', secrets, '--json');
  expect(JSON.parse(out)).toMatchObject({ source: 'kma', failed: 0, checks: expect.arrayContaining([{ table: 'observations', name: 'the count is right', outcome: 'passed', detail: '20' }]) });
  expect(out).not.toContain(kmaKeys.valid);
  expect(code).toBe(0);
});

test('without them the checks are left out, and it is said why', async () => {
  const { code, out } = await dure('source', 'check', 'schema/sources/noaa.graphql', '--url', standIns.urls.noaa);
  expect(out).toContain('– a page of a search has rows, with values of their columns\' kinds: observations can only be searched with conditions on station (eq, in)');
  expect(code).toBe(0);
});

test('a connector that does not do what its file says', async () => {
  const file = join(folder, 'wrong.graphql');
  writeFileSync(file, readFileSync('schema/sources/pubchem.graphql', 'utf8').replace('path: "CID"', 'path: "InChIKey"'));
  const { code, out } = await dure('source', 'check', file, '--url', standIns.urls.pubchem, '--key', '2244');
  expect(out).toContain('    ✗ known identifiers are found, with values of their columns\' kinds: 2244 is not found\n');
  expect(code).toBe(1);
});

test('a file that is wrong, is not there, or is asked for wrongly', async () => {
  const file = join(folder, 'broken.graphql');
  writeFileSync(file, 'extend schema @source(id: "Lab", title: "Lab", dataset: "things", url: "x")\ntype Thing @table(name: "things", key: "id") @lookup(path: "/x", keys: {in: QUERY, name: "i"}) { id: String }');
  const broken = await dure('source', 'check', file);
  expect(broken).toMatchObject({ code: 1, out: '' });
  expect(broken.note).toBe(`The source file has 3 mistakes:
${file}:1:27: id is “Lab”: use a lower-case letter, then a-z, 0-9 and -, at most 63.
${file}:1:72: url is “x”: write an http or https address without a query, a fragment or a user.
${file}:2:98: The column id does not say where its value stands: add @column(path: "…").
`);
  expect(await dure('source', 'check', join(folder, 'none.graphql'))).toMatchObject({ code: 2, note: expect.stringContaining('cannot be read (ENOENT)') });
  expect(await dure('source', 'check', 'schema/sources/kma.graphql', '--where', 'nothing=1')).toMatchObject({ code: 2, note: '--where nothing=1: no table has a column nothing.\n' });
  expect(await dure('source', 'check', 'schema/sources/kma.graphql', '--url', 'ftp://x')).toMatchObject({ code: 2 });
  expect(await dure('source', 'check', 'schema/sources/kma.graphql', '--key', '108')).toMatchObject({ code: 2, note: 'This source has no table that is looked up: leave --key out.\n' });
});
