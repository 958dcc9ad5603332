import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DureError } from '../../src/errors.js';
import { finalStates, type Job, type JobContext, type JobState } from '../../src/jobs/job.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually, person, Room } from './support/room.js';
import { ScriptedKind, untilAborted } from './support/scriptedKind.js';

let db: TestDatabase;
let room: Room;
beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });
beforeEach(() => { room = new Room(db.url); });
afterEach(async () => {
  await room.close();
  await db.pool.query('delete from dure.job');
});

const enqueue = (input: Record<string, unknown> = {}) => room.store.enqueue({ kind: 'PUBLISH', input, identity: person('kim') });
const inState = async (id: string, ...states: JobState[]): Promise<Job> => {
  let job: Job | undefined;
  await eventually(async () => states.includes((job = await room.store.get(id))!.state), `job is ${states.join(' or ')}`);
  return job!;
};
const over = (id: string) => inState(id, ...finalStates);
const lines = async (id: string) => (await room.store.events(id)).map(({ seq, state, phase, done, message }) => [seq, state, phase ?? message, done].filter((x) => x !== undefined).join(' '));

describe('an attempt', () => {
  test('runs, reports and completes; its events have every number once', async () => {
    const kind = new ScriptedKind(async (context) => {
      expect(context.job).toMatchObject({ attempts: 1, fence: 1, state: 'INITIALIZING' });
      await context.event({ phase: 'read', message: 'begun', details: { files: 2 } });
      context.progress({ phase: 'load', done: 5, total: 10, unit: 'rows' });
      context.progress({ done: 10 });
      return { rows: 10n, text: 'a\0b' };
    });
    const { id } = await enqueue();
    room.work(kind);
    const job = await over(id);
    expect(job).toMatchObject({ state: 'COMPLETE', result: { rows: '10', text: 'a\ufffdb' }, attempts: 1, fence: 1, error: undefined });
    expect(job.startedAt!.getTime()).toBeLessThanOrEqual(job.finishedAt!.getTime());
    expect(job.progress).toEqual({ phase: 'load', done: 10, total: 10, unit: 'rows' });
    expect(await lines(id)).toEqual(['1 QUEUED', '2 INITIALIZING', '3 RUNNING', '4 RUNNING read', '5 RUNNING load 10', '6 COMPLETE']);
    expect((await room.store.events(id))[3]!.details).toEqual({ files: 2 });
    expect(kind.cleaned).toEqual([]);
    const { rows } = await db.pool.query('select lease_owner, lease_until from dure.job where id = $1', [id]);
    expect(rows[0]).toEqual({ lease_owner: null, lease_until: null });
  });

  test('progress is merged, but the last of each phase stays, in order with events', async () => {
    let lasted = 0;
    room.work(new ScriptedKind(async (context) => {
      for (const phase of ['a', 'b']) for (let done = 1; done <= 1_000; done += 1) context.progress({ phase, done });
      const written = context.event({ phase: 'c' });
      context.progress({ done: 7 });
      await written;
      const begun = performance.now();
      for (let done = 1; done <= 40; done += 1) {
        context.progress({ phase: 'd', done });
        await new Promise((wait) => setTimeout(wait, 5));
      }
      lasted = performance.now() - begun;
    }), { progressMs: 100 });
    const { id } = await enqueue();
    await over(id);
    const written = await lines(id);
    expect(written.slice(3, 7)).toEqual(['4 RUNNING a 1000', '5 RUNNING b 1000', '6 RUNNING c', '7 RUNNING c 7']);
    expect(written.at(-2)).toMatch(/ d 40$/);
    // One each 100 ms, however slow the machine is, beside the first, the last and what a timer's jitter lets in.
    expect(written.filter((line) => / d \d+$/.test(line)).length).toBeLessThanOrEqual(Math.ceil(lasted / 100) + 4);
    expect(written.map((line) => Number.parseInt(line, 10))).toEqual(written.map((_, index) => index + 1));
  });

  test('many writers of one job get gapless numbers', async () => {
    room.work(new ScriptedKind(async (context) => {
      await Promise.all(Array.from({ length: 60 }, async (_, n) => {
        if (n % 10 === 0) await context.transaction((client) => client.query('select pg_sleep(0.001)'));
        else if (n % 3 === 0) context.progress({ phase: `p${n}` });
        else await context.event({ phase: `e${n}` });
      }));
    }));
    const { id } = await enqueue();
    await inState(id, 'RUNNING', 'COMPLETE');
    await room.store.requestCancel(id).catch(() => undefined); // one more writer, from outside
    const job = await over(id);
    const events = await room.store.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: job.lastSeq }, (_, index) => index + 1));
    expect(events.map(({ at }) => at.getTime())).toEqual(events.map(({ at }) => at.getTime()).sort((a, b) => a - b));
  });

  test('a DureError is told as it is; nothing is tried again', async () => {
    const kind = new ScriptedKind(async () => { throw new DureError('INVALID_PACKAGE', 'Row 3 is wrong.', { row: 3 }); });
    room.work(kind);
    const { id } = await enqueue();
    expect(await over(id)).toMatchObject({ state: 'EXECUTOR_ERROR', attempts: 1, error: { code: 'INVALID_PACKAGE', message: 'Row 3 is wrong.', details: { row: 3 } } });
    expect((await room.store.events(id)).at(-1)).toMatchObject({ state: 'EXECUTOR_ERROR', message: 'Row 3 is wrong.', details: { row: 3 } });
    expect(kind.cleaned).toEqual([id]);
  });

  test('any other error is masked, logged, and the job tried until its attempts are used up', async () => {
    const kind = new ScriptedKind(async () => { throw new Error('secret at 10.0.0.1'); });
    room.work(kind);
    const { id } = await enqueue();
    const job = await over(id);
    expect(job).toMatchObject({ state: 'SYSTEM_ERROR', attempts: 3, fence: 3, error: { code: 'INTERNAL' } });
    expect(JSON.stringify([job, await room.store.events(id)])).not.toContain('secret');
    expect(room.logged.filter(({ error }) => String(error).includes('secret'))).toHaveLength(3);
    expect(kind.cleaned).toEqual([id, id, id]);
    expect((await lines(id)).filter((line) => line.includes('QUEUED'))).toHaveLength(3);
  });

  test('one that failed for a moment succeeds at the next attempt, and after retry it has all attempts again', async () => {
    let runs = 0;
    room.work(new ScriptedKind(async () => {
      runs += 1;
      if (runs === 1) throw new DureError('DATABASE_UNAVAILABLE', 'away');
      if (runs === 2) throw new DureError('CONFLICT', 'not now');
      return 'done';
    }));
    const { id } = await enqueue();
    expect(await over(id)).toMatchObject({ state: 'EXECUTOR_ERROR', attempts: 2, error: { code: 'CONFLICT' } });
    const before = (await room.store.events(id)).length;
    await room.store.retry(id);
    expect(await inState(id, 'COMPLETE')).toMatchObject({ attempts: 1, result: 'done', error: undefined });
    expect((await room.store.events(id)).map(({ seq }) => seq)).toEqual(Array.from({ length: before + 4 }, (_, index) => index + 1));
  });

  test('a clean-up that fails does not keep the job from ending', async () => {
    const kind = new ScriptedKind(async () => { throw new DureError('CONFLICT', 'no'); });
    kind.cleanUp = async () => { throw new Error('cannot'); };
    room.work(kind);
    const { id } = await enqueue();
    expect(await over(id)).toMatchObject({ state: 'EXECUTOR_ERROR' });
  });
});

describe('the queue', () => {
  test('is served in order, by as many as allowed, each job once by two workers', async () => {
    const ran: unknown[] = [];
    let [now, most] = [0, 0];
    const kind = new ScriptedKind(async ({ job }) => {
      ran.push(job.input.n);
      most = Math.max(most, now += 1);
      await new Promise((done) => setTimeout(done, 5));
      now -= 1;
    });
    const jobs = [];
    for (let n = 0; n < 20; n += 1) jobs.push(await enqueue({ n }));
    room.work(kind, { concurrency: 2 });
    room.work(kind, { concurrency: 1 });
    for (const { id } of jobs) await inState(id, 'COMPLETE');
    expect([...ran].sort((a, b) => Number(a) - Number(b))).toEqual(jobs.map((_, n) => n));
    expect(ran.slice(0, 3)).toEqual(expect.arrayContaining([0, 1]));
    expect(most).toBeLessThanOrEqual(3);
  });

  test('a kind that no worker knows, a paused job and one that waits stay untouched', async () => {
    const [paused, later, strange] = [await enqueue(), await enqueue(), await enqueue()];
    await db.pool.query(`update dure.job set state = 'PAUSED' where id = $1`, [paused.id]);
    await db.pool.query(`update dure.job set run_after = now() + interval '1 hour' where id = $1`, [later.id]);
    await db.pool.query(`update dure.job set kind = 'STRANGE' where id = $1`, [strange.id]);
    room.work(new ScriptedKind(async () => 'done'));
    await inState((await enqueue()).id, 'COMPLETE');
    expect((await room.store.getMany([paused.id, later.id, strange.id])).map(({ state }) => state).sort()).toEqual(['PAUSED', 'QUEUED', 'QUEUED']);
  });
});

describe('cancel', () => {
  test('stops a running job and cleans up, long before the next heartbeat', async () => {
    const kind = new ScriptedKind(untilAborted);
    room.work(kind, { leaseMs: 60_000, beatMs: 60_000, pollMs: 60_000 });
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    const asked = performance.now();
    expect((await room.store.requestCancel(id)).state).toBe('CANCELING');
    const job = await over(id);
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(job).toMatchObject({ state: 'CANCELED', error: undefined, result: undefined });
    expect((await lines(id)).slice(2)).toEqual(['3 RUNNING', '4 CANCELING', '5 CANCELED']);
    expect(kind.cleaned).toEqual([id]);
  });

  test('is found by the heartbeat when its hint is lost', async () => {
    room.work(new ScriptedKind(untilAborted), { beatMs: 100 });
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    await db.pool.query(`update dure.job set state = 'CANCELING' where id = $1`, [id]);
    expect((await over(id)).state).toBe('CANCELED');
  });

  test('forbids a transaction that would begin afterwards', async () => {
    let [go, refused]: [() => void, unknown] = [() => undefined, undefined];
    const gate = new Promise<void>((done) => { go = done; });
    room.work(new ScriptedKind(async (context) => {
      await gate;
      await context.transaction(async (client) => client.query(`insert into dure.catalog_state values (false, 1)`)).catch((error: unknown) => { refused = error; });
      expect(context.signal.aborted).toBe(true);
      throw refused;
    }), { beatMs: 60_000, leaseMs: 120_000 });
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    await db.pool.query(`update dure.job set state = 'CANCELING' where id = $1`, [id]); // without a hint
    go();
    expect((await over(id)).state).toBe('CANCELED');
    expect(refused).toMatchObject({ code: 'CANCELLED' });
  });

  test('comes too late for work that is done', async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((done) => { go = done; });
    room.work(new ScriptedKind(() => gate.then(() => 'done')));
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    await room.store.requestCancel(id);
    go();
    expect(await over(id)).toMatchObject({ state: 'COMPLETE', result: 'done' });
  });
});

describe('a transaction', () => {
  const run = async (work: (context: JobContext) => Promise<unknown>): Promise<Job> => {
    room.work(new ScriptedKind(work));
    return over((await enqueue()).id);
  };

  test('commits with the events written inside it, and rolls both back when it throws', async () => {
    const job = await run(async (context) => {
      await context.transaction(async (client) => {
        await client.query(`insert into dure.upload (blob, content_type, bytes, sha256, created_by) values ('kept', '', 1, '', '')`);
        await context.event({ phase: 'kept' });
      });
      await context.transaction(async (client) => {
        await client.query(`insert into dure.upload (blob, content_type, bytes, sha256, created_by) values ('gone', '', 1, '', '')`);
        await context.event({ phase: 'gone' });
        throw new Error('stop');
      }).catch(() => undefined);
      await context.event({ phase: 'after' });
    });
    expect(job.state).toBe('COMPLETE');
    expect(await lines(job.id)).toEqual(['1 QUEUED', '2 INITIALIZING', '3 RUNNING', '4 RUNNING kept', '5 RUNNING after', '6 COMPLETE']);
    expect((await db.pool.query('select blob from dure.upload')).rows).toEqual([{ blob: 'kept' }]);
  });

  test('that outlasts the lease keeps it', async () => {
    const kind = new ScriptedKind((context) => context.transaction(async (client) => {
      await client.query('select pg_sleep(1.2)');
      return 'done';
    }));
    room.work(kind, { leaseMs: 600, beatMs: 100, reapMs: 50 });
    const other = new Room(db.url);
    other.work(kind, { leaseMs: 600, beatMs: 100, reapMs: 50 });
    const { id } = await enqueue();
    expect(await over(id)).toMatchObject({ state: 'COMPLETE', attempts: 1, fence: 1 });
    await other.close();
  });

  test('inside another one is refused instead of waiting for itself', async () => {
    let refused: unknown;
    await run((context) => context.transaction(async () => {
      refused = await context.transaction(async () => 'never').catch((error: unknown) => error);
    }));
    expect(String(refused)).toContain('inside another one');
  });

  test('and events after the lease was lost are refused and nothing is written', async () => {
    const refusals: unknown[] = [];
    let finish = (): void => undefined;
    const finished = new Promise<void>((done) => { finish = done; });
    let runs = 0;
    const kind = new ScriptedKind(async (context) => {
      runs += 1;
      if (runs > 1) return 'second';
      await context.event({ phase: 'before' });
      await db.pool.query(`update dure.job set fence = fence + 1, lease_until = now() - interval '1 s' where id = $1`, [context.job.id]); // as a reaper does
      for (const write of [() => context.event({ phase: 'late' }), () => context.transaction(async (client) => client.query(`update dure.catalog_state set revision = 99`))]) {
        refusals.push(await write().catch((error: Error) => error.name));
      }
      expect(context.signal.aborted).toBe(true);
      context.progress({ phase: 'late' });
      finish();
      return 'first';
    });
    room.work(kind, { beatMs: 60_000, concurrency: 1 });
    const { id } = await enqueue();
    await finished;
    expect(await over(id)).toMatchObject({ state: 'COMPLETE', result: 'second' });
    expect(refusals).toEqual(['LeaseLost', 'LeaseLost']);
    expect((await lines(id)).join()).not.toContain('late');
    expect((await db.pool.query('select revision from dure.catalog_state')).rows).toEqual([{ revision: '0' }]);
  });
});

describe('shutdown', () => {
  test('gives running jobs back to the queue without counting the attempt', async () => {
    const kind = new ScriptedKind(untilAborted);
    const worker = room.work(kind);
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    await worker.stop();
    expect(await room.store.get(id)).toMatchObject({ state: 'QUEUED', attempts: 0, fence: 1 });
    expect((await lines(id)).at(-1)).toContain('shut down');
    expect(kind.cleaned).toEqual([id]);
    room.work(new ScriptedKind(async () => 'done'));
    expect(await over(id)).toMatchObject({ state: 'COMPLETE', attempts: 1, fence: 2 });
  });

  test('lets a job end within the grace, and takes no other', async () => {
    const worker = room.work(new ScriptedKind(() => new Promise((done) => setTimeout(done, 200, 'done'))), { concurrency: 1 });
    const { id } = await enqueue();
    await inState(id, 'RUNNING');
    const waiting = await enqueue();
    await worker.stop({ graceMs: 10_000 });
    expect((await room.store.get(id))!.state).toBe('COMPLETE');
    expect((await room.store.get(waiting.id))!.state).toBe('QUEUED');
  });
});
