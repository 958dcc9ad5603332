import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { Listener } from '../../src/jobs/listener.js';
import { Notifier } from '../../src/jobs/notifier.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from './support/room.js';

let db: TestDatabase;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });

const endListeners = () => db.pool.query(
  `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dure listener' and datname = current_database()`,
);

test('hears hints of its channels, tells a gap after each connection, and falls silent when left', async () => {
  const listener = new Listener({ url: db.url, maxBackoffMs: 100 });
  const [heard, other]: [(string | undefined)[], (string | undefined)[]] = [[], []];
  const leave = listener.on('dure_a', (payload) => heard.push(payload));
  listener.on('dure_b', (payload) => other.push(payload));
  await eventually(() => heard.length === 1 && other.length === 1, 'both channels are listened to');
  await db.pool.query(`select pg_notify('dure_a', 'one'), pg_notify('dure_c', 'nobody listens')`);
  await eventually(() => heard.length === 2, 'the hint is heard');
  await endListeners();
  await eventually(() => heard.length === 3, 'the gap is told');
  await db.pool.query(`select pg_notify('dure_a', 'two')`);
  await eventually(() => heard.length === 4, 'hints are heard again');
  expect(heard).toEqual([undefined, 'one', undefined, 'two']);
  expect(other).toEqual([undefined, undefined]);
  leave();
  await db.pool.query(`select pg_notify('dure_a', 'three'), pg_notify('dure_b', 'three')`);
  await eventually(() => other.length === 3, 'the other handler still hears');
  expect(heard).toHaveLength(4);
  await listener.close();
});

test('a handler that throws does not keep the hint from others', async () => {
  const logged: string[] = [];
  const listener = new Listener({ url: db.url, log: (message) => logged.push(message) });
  let heard = 0;
  listener.on('dure_d', () => { throw new Error('broken'); });
  listener.on('dure_d', () => { heard += 1; });
  await eventually(() => heard === 1, 'the second handler is told');
  expect(logged).toEqual(['A handler of hints threw.']);
  await listener.close();
});

test('goes on trying while there is no server, and closes while it tries', async () => {
  const logged: string[] = [];
  const listener = new Listener({ url: 'postgresql://nobody@127.0.0.1:1/none', maxBackoffMs: 50, log: (message) => logged.push(message) });
  listener.on('dure_e', () => undefined);
  await eventually(() => logged.length >= 3, 'it tried three times');
  await listener.close();
});

test('the notifier merges what repeats and sends what is pending when it closes', async () => {
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  const heard: (string | undefined)[] = [];
  client.on('notification', ({ payload }) => heard.push(payload));
  await client.query('listen dure_f');
  const notifier = new Notifier({ pool: db.pool, intervalMs: 10_000 });
  for (let i = 0; i < 50; i += 1) notifier.hint('dure_f', `job ${i % 2}`);
  await eventually(() => heard.length === 2, 'one hint a job is heard');
  for (let i = 0; i < 50; i += 1) notifier.hint('dure_f', 'last');
  await notifier.close();
  notifier.hint('dure_f', 'too late');
  await eventually(() => heard.length === 3, 'the pending hint is heard');
  await client.query('select 1');
  expect(heard).toEqual(['job 0', 'job 1', 'last']);
  await client.end();
});

test('a notifier without a database loses hints and says so', async () => {
  const pool = new pg.Pool({ connectionString: 'postgresql://nobody@127.0.0.1:1/none' });
  const logged: string[] = [];
  const notifier = new Notifier({ pool, intervalMs: 1, log: (message) => logged.push(message) });
  notifier.hint('dure_g', 'x');
  await eventually(() => logged.length === 1, 'it is logged');
  await notifier.close();
  await pool.end();
});
