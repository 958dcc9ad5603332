import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { writeEvent } from '../../src/jobs/lease.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually, person, Room } from './support/room.js';
import { ScriptedKind } from './support/scriptedKind.js';

let db: TestDatabase;
let room: Room;
let child: ChildProcess | undefined;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });
beforeEach(() => { room = new Room(db.url); });
afterEach(async () => {
  child?.kill('SIGKILL');
  await room.close();
});

/** Starts a worker process and resolves with the job it runs. */
async function childRuns(): Promise<{ id: string; fence: number }> {
  const program = new URL('./support/childWorker.js', import.meta.url).pathname;
  child = spawn(process.execPath, [program, db.url], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout! })) {
    const [word, id, fence] = line.split(' ');
    if (word === 'running') return { id: id!, fence: Number(fence) };
  }
  throw new Error('The child ended.');
}

const enqueue = () => room.store.enqueue({ kind: 'PUBLISH', input: {}, identity: person('kim') });
const over = (id: string) => eventually(async () => (await room.store.get(id))!.finishedAt !== undefined, 'the job is over');

test('the job of a killed worker is cleaned up and finished by another; the dead one can write no more', async () => {
  const job = await enqueue();
  const dead = await childRuns();
  expect(dead.id).toBe(job.id);
  const kind = new ScriptedKind(async () => 'finished elsewhere');
  room.work(kind);
  child!.kill('SIGKILL');
  await over(job.id);
  expect(await room.store.get(job.id)).toMatchObject({ state: 'COMPLETE', result: 'finished elsewhere', attempts: 2 });
  expect(kind.cleaned).toEqual([job.id]);
  const events = await room.store.events(job.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ state }) => state)).toEqual(['QUEUED', 'INITIALIZING', 'RUNNING', 'RUNNING', 'QUEUED', 'INITIALIZING', 'RUNNING', 'COMPLETE']);
  expect(events[4]!.message).toContain('worker of attempt 1 was lost');
  expect(await writeEvent(db.pool, dead, { phase: 'late' })).toBeUndefined();
  expect(await room.store.events(job.id)).toEqual(events);
});

test('a worker that wakes up after its lease ran out is refused and stops', async () => {
  const job = await enqueue();
  const { fence } = await childRuns();
  child!.kill('SIGSTOP');
  const kind = new ScriptedKind(async (context) => {
    await eventually(() => context.signal.aborted || stopped, 'the other one woke up');
    expect(await writeEvent(db.pool, { id: job.id, fence }, { phase: 'late' })).toBeUndefined();
    return 'done';
  });
  let stopped = false;
  room.work(kind);
  await eventually(async () => (await room.store.get(job.id))!.attempts === 2, 'the job is taken over');
  child!.kill('SIGCONT');
  await new Promise((done) => setTimeout(done, 500)); // the other one beats every 300 ms: it must not get the job back
  stopped = true;
  await over(job.id);
  expect(await room.store.get(job.id)).toMatchObject({ state: 'COMPLETE', result: 'done', attempts: 2 });
});

test('a job that was to be canceled when its worker died is CANCELED after cleaning up', async () => {
  const job = await enqueue();
  await childRuns();
  child!.kill('SIGKILL');
  await room.store.requestCancel(job.id);
  const kind = new ScriptedKind(async () => 'never');
  room.work(kind);
  await over(job.id);
  expect((await room.store.get(job.id))!.state).toBe('CANCELED');
  expect(kind.cleaned).toEqual([job.id]);
});

test('a job whose workers all die ends as SYSTEM_ERROR', async () => {
  const job = await enqueue();
  await childRuns();
  child!.kill('SIGKILL');
  await db.pool.query('update dure.job set attempts = max_attempts where id = $1', [job.id]);
  room.work(new ScriptedKind(async () => 'never'));
  await over(job.id);
  expect(await room.store.get(job.id)).toMatchObject({ state: 'SYSTEM_ERROR', error: { code: 'INTERNAL', message: expect.stringContaining('worker was lost') } });
});
