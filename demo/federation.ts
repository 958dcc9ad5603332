/** Dure beside stand-ins of five external databases on this machine: a query over all of them, in GraphiQL and here. No internet is needed; the stand-ins' records are a small choice. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../src/main.js';
import { startStandIns } from '../test/standins/standIns.js';
import { fiveDatabases } from './fiveDatabases.js';

const port = process.env.PORT ?? '4000';
const folder = mkdtempSync(join(tmpdir(), 'dure-demo-'));
chmodSync(folder, 0o755);
const standIns = await startStandIns();
const { optimade, pdb, ...others } = standIns.urls;

const served = serve({
  ...process.env,
  PORT: port,
  DURE_DATA_DIR: process.env.DURE_DATA_DIR ?? join(folder, 'data'),
  DURE_SOURCE_URLS: Object.entries({ ...others, 'materials-project': optimade, pdb: `${pdb}/graphql` }).map(([name, url]) => `${name}=${url}`).join(','),
  DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1',
});
void show();
process.exitCode = await served;
await standIns.close();
rmSync(folder, { recursive: true, force: true });

async function show(): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 300; tries += 1) {
    const ready = await fetch(`${url}/readyz`).then((response) => response.ok, () => false);
    if (ready) break;
    await new Promise((wait) => setTimeout(wait, 200));
  }
  // The samples are published a moment after the server answers.
  await new Promise((wait) => setTimeout(wait, 3_000));
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: fiveDatabases }) });
  const answer = await response.text();
  process.stdout.write(`\nOne query over a laboratory's table and five databases, as in the tab FiveDatabases of ${url}/graphiql:\n\n${fiveDatabases}\n${JSON.stringify(JSON.parse(answer), null, 2).slice(0, 4_000)}\n…\n\nCtrl-C stops everything.\n`);
}
