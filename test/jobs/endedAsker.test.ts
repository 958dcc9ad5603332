/** Jobs run in their asker's name, and stop when that person may ask no more. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Standing } from '../../src/access/standing.js';
import { DureError } from '../../src/errors.js';
import type { Identity } from '../../src/identity/identity.js';
import { finalStates, type JobContext } from '../../src/jobs/job.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { standingChannel } from '../../src/storage/standingRevision.js';
import { StandingStore } from '../../src/storage/standingStore.js';
import { unrecorded } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually, person, Room } from './support/room.js';
import { ScriptedKind, untilAborted } from './support/scriptedKind.js';

let db: TestDatabase;
let dataSource: DataSource;
let store: StandingStore;
let room: Room;
let standing: Standing;
beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url).initialize();
  store = new StandingStore(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
});
beforeEach(async () => {
  room = new Room(db.url);
  standing = await Standing.open({ reader: store, onHint: (hint) => room.listener.on(standingChannel, () => hint()) });
});
afterEach(async () => {
  await standing.close();
  await room.close();
});

const enqueue = (identity: Identity): Promise<{ id: string }> => room.store.enqueue({ kind: 'PUBLISH', input: {}, identity });
const over = (id: string): Promise<void> => eventually(async () => finalStates.has((await room.store.get(id))!.state), 'the job is over');
const lastEvent = async (id: string): Promise<unknown> => (await room.store.events(id)).at(-1);

test('a job of a person who is suspended stops, tells why, and leaves nothing behind', async () => {
  let begun = false;
  const kind = new ScriptedKind((context: JobContext) => {
    begun = true;
    return untilAborted(context);
  });
  room.work(kind, { standing });
  const { id } = await enqueue({ ...person('kim'), issuer: 'i' });
  await eventually(() => begun, 'the job runs');
  const suspension = await store.suspend({ subject: 'kim', issuer: 'i', reason: 'r', by: 'root' }, unrecorded);
  await over(id);
  expect(await lastEvent(id)).toMatchObject({ state: 'CANCELED', message: expect.stringMatching(/Canceled, since it may go on no more\. Your access to this server was suspended/) });
  expect(kind.cleaned).toEqual([id]);
  // One that waits is not begun; others go on; afterwards the person's jobs run again.
  begun = false;
  const waiting = await enqueue({ ...person('kim'), issuer: 'i' });
  await over(waiting.id);
  expect(await lastEvent(waiting.id)).toMatchObject({ state: 'CANCELED' });
  expect(begun).toBe(false);
  const other = await enqueue({ ...person('kim'), issuer: 'another' });
  await eventually(() => begun, 'the job of another issuer\'s kim runs');
  await store.restore(suspension.id, 'root', unrecorded);
  await room.store.requestCancel(other.id);
  await over(other.id);
});

test('a job whose token expires or is revoked stops', async () => {
  room.work(new ScriptedKind(untilAborted), { standing, concurrency: 4 });
  const expiring = await enqueue({ ...person('lee'), expiresAt: Date.now() + 4_000 });
  const tokenId = (await db.pool.query<{ id: string }>(`insert into dure.api_token (name, hash, hash_key_id, identity, scopes, created_by) values ('t', 'h', 'k', '{}', '{read}', 'park') returning id`)).rows[0]!.id;
  const revoked = await enqueue({ ...person('park'), kind: 'token', tokenId });
  await eventually(async () => (await room.store.get(revoked.id))!.state === 'RUNNING', 'the job runs');
  await over(expiring.id);
  expect(await lastEvent(expiring.id)).toMatchObject({ state: 'CANCELED', message: expect.stringMatching(/The token has expired/) });
  expect((await room.store.get(revoked.id))!.state).toBe('RUNNING');
  await db.pool.query('with next as (update dure.standing_state set revision = revision + 1 returning revision) update dure.api_token set revoked_at = now(), revocation = next.revision from next where id = $1', [tokenId]);
  // Without a hint: the poll finds it.
  await over(revoked.id);
  expect(await lastEvent(revoked.id)).toMatchObject({ state: 'CANCELED', message: expect.stringMatching(/The API token was revoked/) });
});

test('a job stops when a dataset is frozen that it has come to touch, and watches no longer than it runs', async () => {
  const watched = new Map<string, (error: DureError) => void>();
  const frozen = (datasetId: string, ended: (error: DureError) => void): (() => void) => {
    watched.set(datasetId, ended);
    return () => watched.delete(datasetId);
  };
  room.work(new ScriptedKind((context: JobContext) => {
    context.touches('a');
    context.touches('b');
    return untilAborted(context);
  }), { frozen });
  const { id } = await enqueue(person('jung'));
  await eventually(() => watched.size === 2, 'the job runs');
  watched.get('b')!(new DureError('FORBIDDEN', 'b is frozen.'));
  await over(id);
  expect(await lastEvent(id)).toMatchObject({ state: 'CANCELED', message: 'Canceled, since it may go on no more. b is frozen.' });
  expect(watched.size).toBe(0);
});

test('work that the rules in force goes on without its asker', async () => {
  room.work(Object.assign(new ScriptedKind(async () => ({ done: true })), { outlastsAsker: true }), { standing });
  const { id } = await enqueue({ ...person('choi'), expiresAt: Date.now() - 1_000 });
  await over(id);
  expect((await room.store.get(id))!.state).toBe('COMPLETE');
});
