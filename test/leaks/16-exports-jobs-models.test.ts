/**
 * Leak class 16: exports, jobs and model runs that read as the server and not as the person. Exports and model runs are not there yet:
 * what will close them is tested here (decisions for their channels, and that no root field gives rows by another way). Jobs that are
 * there (publishing, hashing) read only what their asker may, and tell nobody else.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asking } from '../../src/policy/asking.js';
import { decideDataset } from '../../src/policy/decide.js';
import { channels } from '../../src/policy/rule.js';
import { codesOf, startAttack, type Attack } from '../support/attack.js';
import { person } from '../support/engine.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const open = (dataset: string, table: string, parts: Parameters<typeof asking>[1]): boolean => decideDataset(attack.dure.snapshot.byPath.get(dataset)!, asking(person({ subject: 'x' }), parts)).tables.get(table)!.readable;

describe('decisions by channel', () => {
  test('rows that may be read page by page may not be taken away as a file', () => {
    expect(channels.map((channel) => open('lab/windows', 'exported', { channel }))).toEqual([true, true, true, true, false]);
  });
  test('a channel that a rule does not name is closed', () => {
    expect(channels.map((channel) => open('lab/windows', 'streamed', { channel }))).toEqual([false, false, true, false, false]);
  });
  test('an export under counts, figures or existence is closed', () => {
    for (const table of ['counted', 'figures', 'cells', 'people', 'known']) expect(open('lab/figures', table, { channel: 'export' })).toBe(false);
  });
});

test('no caller chooses their own channel', async () => {
  const told = await attack.ask('{ lab { windows { streamed { totalCount } } } }');
  expect(codesOf(told)).toEqual(['FORBIDDEN']);
  for (const header of ['dure-channel', 'x-dure-channel', 'channel']) {
    const response = await fetch(`${attack.server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', [header]: 'job' }, body: JSON.stringify({ query: '{ lab { windows { streamed { totalCount nodes { note } } } } }', extensions: { channel: 'job' } }) });
    expect(await response.text()).toContain('FORBIDDEN');
  }
});

test('the root fields that could give rows are those that are known: a new one must come with its leak test', () => {
  const { schema } = attack.dure.engine.schemaFor(person({}));
  const organizations = ['lab', 'bora', 'uniprot'];
  expect(Object.keys(schema.getQueryType()!.getFields()).filter((name) => !organizations.includes(name)).filter((name) => /export|download|run|model|file|rows|raw|sql/i.test(name))).toEqual([]);
  expect(Object.keys(schema.getMutationType()!.getFields()).filter((name) => /export|download|model/i.test(name))).toEqual(['exportDataset', 'deleteExport']);
});
