/** Files in place through the whole server: registered by configuration, linked to a laboratory's table, their mistakes told. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRunning, type Running } from '../support/running.js';

let folder: string;
let dure: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dure-files-'));
  await writeFile(join(folder, 'levels.csv'), 'accession,tissue,level\nP00533,lung,12.5\nP00533,skin,3\nP35354,lung,1\nQ00000,lung,7\n');
  await writeFile(join(folder, 'atlas.json'), JSON.stringify({ kind: 'file', options: {
    id: 'atlas', title: 'Protein levels', dataset: 'levels', licenses: [{ name: 'CC-BY-4.0' }],
    tables: [{ name: 'levels', path: 'levels.csv', columns: { accession: { namespace: 'uniprot' } } }],
  } }));
  await writeFile(join(folder, 'broken.json'), JSON.stringify({ kind: 'file', options: { id: 'broken', title: 'Broken', path: '/etc' } }));
  dure = await startRunning({ DURE_SOURCES: folder, DURE_FILE_ROOTS: folder });
}, 60_000);
afterAll(async () => {
  await dure.close();
  await rm(folder, { recursive: true });
});

test('a table of a file is a dataset like any other', async () => {
  const { data, errors, extensions } = await dure.ask('{ atlas { levels { levels(where: { level: { gt: 2 } }, orderBy: [{ level: DESC }], first: 2) { totalCount nodes { accession tissue level } pageInfo { hasNextPage } } } } sources { id health { state } } }');
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ atlas: { levels: { levels: { totalCount: 3, nodes: [{ accession: 'P00533', tissue: 'lung', level: 12.5 }, { accession: 'Q00000', level: 7 }], pageInfo: { hasNextPage: true } } } } });
  expect((data as { sources: { id: string }[] }).sources.map(({ id }) => id)).toEqual(['atlas']);
  expect(JSON.stringify(extensions)).toContain('CC-BY-4.0');
});

test('rows of a laboratory lead to rows of the file, and back', async () => {
  const { data, errors } = await dure.ask(`{
    dasan { inhibitors { inhibitors(where: { gene: { eq: "EGFR" } }, first: 1) { nodes { gene accessionMentions { atlasLevelsLevels(orderBy: [{ level: ASC }]) { totalCount nodes { tissue level } } } } } } }
    atlas { levels { levels(where: { tissue: { eq: "skin" } }) { nodes { accession accessionMentions { dasanInhibitorsInhibitors(first: 1) { nodes { gene } } } } } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ dasan: { inhibitors: { inhibitors: { nodes: [{ gene: 'EGFR', accessionMentions: { atlasLevelsLevels: { totalCount: 2, nodes: [{ tissue: 'skin', level: 3 }, { tissue: 'lung', level: 12.5 }] } } }] } } } });
  expect(data).toMatchObject({ atlas: { levels: { levels: { nodes: [{ accession: 'P00533', accessionMentions: { dasanInhibitorsInhibitors: { nodes: [{ gene: 'EGFR' }] } } }] } } } });
});
