import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDataSource, migrate } from '../../src/storage/dataSource.js';
import { startEmbedded } from '../../src/storage/embedded.js';

/** One PostgreSQL for the whole run, with a migrated template that each test file copies. */
export default async function globalSetup(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dure-test-'));
  chmodSync(directory, 0o755); // PostgreSQL may run as another user
  const server = await startEmbedded({
    directory: join(directory, 'pg'),
    database: 'dure_template',
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  const dataSource = await createDataSource(server.url).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
  const admin = new pg.Client({ connectionString: server.url.replace(/dure_template$/, 'postgres') });
  await admin.connect();
  await admin.query('alter database dure_template with is_template true allow_connections false');
  await admin.end();
  process.env.DURE_TEST_SERVER = server.url.replace(/\/dure_template$/, '');
  (globalThis as { dureTestServer?: () => Promise<void> }).dureTestServer = async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
