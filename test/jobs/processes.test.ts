import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ProcessRegistry } from '../../src/jobs/processes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from './support/room.js';

let db: TestDatabase;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });

const never = new AbortController().signal;
const rows = async () => (await db.pool.query('select id, role, catalog_revision::int as revision, alive_until > now() as alive from dure.process order by started_at')).rows;

test('waits for every live server, not for workers, and not longer than a dead one counts as alive', async () => {
  const api = new ProcessRegistry({ pool: db.pool, role: 'api', beatMs: 50, aliveMs: 5_000 });
  const all = new ProcessRegistry({ pool: db.pool, role: 'all', beatMs: 50 });
  const worker = new ProcessRegistry({ pool: db.pool, role: 'worker', beatMs: 50 });
  await Promise.all([api, all, worker].map((each) => each.start()));
  expect(await rows()).toHaveLength(3);
  await worker.waitUntilReached(0n, never, 1_000);

  await all.reached(7n);
  await expect(worker.waitUntilReached(7n, never, 100)).rejects.toMatchObject({ code: 'TIMEOUT', details: { behind: 1 } });
  let reached = false;
  const waiting = worker.waitUntilReached(7n, never, 10_000).then(() => { reached = true; });
  await api.reached(6n);
  expect(reached).toBe(false);
  await api.reached(8n);
  await waiting;
  await api.reached(3n); // never goes back
  await worker.waitUntilReached(7n, never, 1_000);

  const leaving = new AbortController();
  const cut = worker.waitUntilReached(9n, leaving.signal, 10_000);
  leaving.abort(new Error('left'));
  await expect(cut).rejects.toThrow('left');

  await db.pool.query(`insert into dure.process (id, role, host, pid, alive_until) values (gen_random_uuid(), 'api', 'gone', 1, now() + interval '300 ms')`);
  await worker.waitUntilReached(7n, never, 10_000); // the one that died is given up

  await all.stop();
  await api.stop();
  await worker.waitUntilReached(99n, never, 1_000);
  await worker.stop();
  expect((await rows()).filter(({ alive }) => alive)).toEqual([]);
});

test('keeps itself alive, comes back when it was removed, and clears away what died long ago', async () => {
  await db.pool.query(`insert into dure.process (id, role, host, pid, alive_until) values (gen_random_uuid(), 'api', 'old', 1, now() - interval '2 hours')`);
  const registry = new ProcessRegistry({ pool: db.pool, role: 'api', beatMs: 30, aliveMs: 1_000 });
  await registry.reached(4n); // before it is registered
  await registry.start();
  expect((await rows()).map(({ id, revision }) => [id, revision])).toContainEqual([registry.id, 4]);
  const others = await db.pool.query(`select 1 from dure.process where host = 'old'`);
  expect(others.rowCount).toBe(0);
  await db.pool.query('delete from dure.process');
  await eventually(async () => (await rows()).length === 1, 'it is registered again');
  await registry.stop();
  expect(await rows()).toEqual([]);
});
