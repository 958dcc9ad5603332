/** One text may be about datasets of several owners: whoever gets the audit of one dataset is told nothing of the others. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filesUnder } from '../../src/audit/bundle/folder.js';
import { run } from '../../src/cli/main.js';
import { startRunning, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

let dure: Running;
let out: string;
let steward: string;
let both: string;
beforeAll(async () => {
  [dure, out] = [await startRunning(), mkdtempSync(join(tmpdir(), 'dure-bundled-'))];
  [steward, both] = await Promise.all([
    signPerson(dure.folder, { subject: 'bora-steward', organizations: ['bora:steward'] }), signPerson(dure.folder, { subject: 'both-steward', organizations: ['bora:steward', 'seoram:steward'] }),
  ]);
}, 60_000);
afterAll(async () => {
  await dure.close();
  rmSync(out, { recursive: true, force: true });
});

const [year] = new Date().toISOString().split('-') as [string];
const period = ['--from', `${year}-01`, '--to', `${year}-12`] as const;
const command = async (...args: string[]): Promise<{ code: number; out: string; note: string }> => {
  let [said, note] = ['', ''];
  const code = await run(args, { environment: { DURE_DATA_DIR: dure.folder }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { said += text; }, note: (text) => { note += text; } });
  return { code, out: said, note };
};

const own = '{ bora { criticalProperties { criticalProperties(first: 2) { nodes { cas } } } } }';
const hidden = 'seoram { kidneyTransplants { transplants(where: { age: { eq: 51 } }, first: 1) { totalCount } } }';
const ofOthers = [
  `{ bora { criticalProperties { criticalProperties(first: 1) { nodes { name } } } } ${hidden} }`,
  `{ ...f bora { criticalProperties { reviews(first: 1) { nodes { part } } } } } fragment f on Query { ${hidden} }`,
  // Nothing of it is read, so no entry of the other dataset says that it was named.
  `query ($no: Boolean = false) { bora { criticalProperties { criticalProperties(first: 3) { nodes { cas } } } } ${hidden.replace('seoram', 'seoram @include(if: $no)')} }`,
  `{ bora { criticalProperties { criticalProperties(first: 1) { nodes { cas } } } } dataset(id: "seoram/kidney-transplants") { title } }`,
];

describe('of one dataset', () => {
  beforeAll(async () => {
    for (const question of [own, ...ofOthers]) expect((await dure.ask(question, both)).errors).toBeUndefined();
  });

  test('a bundle has the texts that are about its owner alone; of others the digest and a sentence', async () => {
    const folder = join(out, 'bundle');
    expect(await command('audit', 'bundle', '--dataset', 'bora/critical-properties', ...period, '--out', folder)).toMatchObject({ code: 0, note: '' });
    const documents = JSON.parse(readFileSync(join(folder, 'documents.json'), 'utf8')) as Record<string, unknown>;
    const texts = Object.values(documents);
    expect(texts.filter((text) => typeof text === 'string')).toEqual([own]);
    expect(texts.filter((text) => typeof text !== 'string')).toEqual(ofOthers.map(() => ({ withheld: expect.stringMatching(/names more than this owner's datasets/) })));
    // The entries are all there, each under the digest that can be asked for.
    const accesses = JSON.parse(readFileSync(join(folder, 'accesses.json'), 'utf8')) as { operation: { document: string } }[];
    expect(accesses.map(({ operation }) => operation.document).filter((digest) => digest in documents)).toHaveLength(accesses.length);
    for (const name of filesUnder(folder)) expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/kidney|transplants|age: \{/i);
    expect(await command('audit', 'verify', '--bundle', folder)).toMatchObject({ code: 0, out: expect.stringMatching(/all verify/) });
  }, 60_000);

  test('an unlisted dataset\'s own bundle has the texts about it', async () => {
    const question = `{ ${hidden} }`;
    expect((await dure.ask(question, both)).errors).toBeUndefined();
    const folder = join(out, 'unlisted');
    expect(await command('audit', 'bundle', '--dataset', 'seoram/kidney-transplants', ...period, '--out', folder)).toMatchObject({ code: 0 });
    const texts = Object.values(JSON.parse(readFileSync(join(folder, 'documents.json'), 'utf8')) as Record<string, unknown>);
    expect(texts.filter((text) => typeof text === 'string')).toEqual([question]);
  }, 60_000);

  test('an export has no texts at all', async () => {
    for (const format of ['json', 'csv']) {
      const { code, out: text } = await command('audit', 'export', '--dataset', 'bora/critical-properties', ...period, '--format', format);
      expect([code, /both-steward/.test(text), /kidney|transplants|totalCount/i.test(text)]).toEqual([0, true, false]);
    }
  }, 60_000);

  test('a trial of rules keeps the text of a query only where it is about the owner alone', async () => {
    const tryIt = (query: string, who: string) => dure.ask('query ($input: TryQueryInput!) { simulateQuery(input: $input) }', who, { input: { dataset: 'bora/critical-properties', query, as: { subject: 'x' } } });
    for (const [query, who] of [[own, steward], [ofOthers[0]!, both]] as const) expect((await tryIt(query, who)).errors).toBeUndefined();
    const { data } = await dure.ask('{ auditEntries(dataset: "bora/critical-properties", where: { kind: [RULES_TRIED] }) { nodes { details } } }', steward);
    const details = (data as { auditEntries: { nodes: { details: { query?: string; queryDigest?: string } }[] } }).auditEntries.nodes.map((node) => node.details);
    expect(details).toMatchObject([{ queryDigest: expect.stringMatching(/^[\w-]{43}$/) }, { query: own }]);
    expect(JSON.stringify(details)).not.toMatch(/kidney/i);
  });
});
