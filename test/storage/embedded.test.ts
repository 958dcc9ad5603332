import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { hasEmbedded, runningEmbedded, startEmbedded } from '../../src/storage/embedded.js';

test('a cluster is found by the directory that was asked for, also where it lies elsewhere', async () => {
  // Nobody but its owner reaches it: under root the cluster lies in a folder of its own user.
  const folder = mkdtempSync(join(tmpdir(), 'dure-embedded-'));
  const directory = join(folder, 'postgres');
  expect(hasEmbedded(directory)).toBe(false);
  const database = await startEmbedded({ directory });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const cluster = (await client.query<{ data_directory: string }>('show data_directory')).rows[0]!.data_directory;
  await client.end();
  try {
    expect(existsSync(join(directory, 'PG_VERSION'))).toBe(process.getuid?.() !== 0);
    expect([hasEmbedded(directory), runningEmbedded(directory)]).toEqual([true, database.url]);
  } finally {
    await database.stop();
  }
  expect([hasEmbedded(directory), runningEmbedded(directory)]).toEqual([true, undefined]);
  for (const path of [folder, cluster, `${cluster}.password`]) rmSync(path, { recursive: true, force: true });
}, 60_000);
