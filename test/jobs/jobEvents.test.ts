import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JobEvent } from '../../src/jobs/job.js';
import { endJob, startJob, takeNext, writeEvent, type Lease } from '../../src/jobs/lease.js';
import { jobChannel } from '../../src/jobs/channels.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually, person, Room } from './support/room.js';
import { ScriptedKind, untilAborted } from './support/scriptedKind.js';

let db: TestDatabase;
let rooms: Room[];
let room: Room;
let other: Room;
let leaving: AbortController;

beforeAll(async () => { db = await createTestDatabase(); });
afterAll(async () => { await db.drop(); });
beforeEach(() => {
  leaving = new AbortController();
  rooms = [];
  room = open();
  other = open();
});
afterEach(async () => {
  leaving.abort();
  await Promise.all(rooms.map((each) => each.close()));
  await db.pool.query('delete from dure.job');
});

function open(eventsPollMs = 300): Room {
  const opened = new Room(db.url, { eventsPollMs });
  rooms.push(opened);
  return opened;
}

const enqueue = (more: object = {}) => room.store.enqueue({ kind: 'PUBLISH', input: {}, identity: person('kim'), ...more });

/** A job that this test works on by hand. */
async function taken(): Promise<Lease> {
  await enqueue();
  const job = (await takeNext(room.pool, 'test', 600_000, ['PUBLISH']))!;
  await startJob(room.pool, job);
  return job;
}

async function write(lease: Lease, done: number): Promise<void> {
  await writeEvent(room.pool, lease, { phase: 'load', done });
  room.notifier.hint(jobChannel, lease.id);
}

async function finish(lease: Lease): Promise<void> {
  await endJob(room.pool, lease, { as: 'COMPLETE', result: 1 });
  room.notifier.hint(jobChannel, lease.id);
}

/** Collects until the stream ends; `seqs` can be watched meanwhile. */
function collect(events: AsyncIterable<JobEvent>): { seqs: number[]; done: Promise<number[]> } {
  const seqs: number[] = [];
  const done = (async () => {
    for await (const event of events) seqs.push(event.seq);
    return seqs;
  })();
  done.catch(() => undefined);
  return { seqs, done };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const endListeners = () => db.pool.query(
  `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'dure listener'`,
);

describe('follow', () => {
  test('replays, goes on live and ends with the job, in this process and in another', async () => {
    const lease = await taken();
    const followers = [room, other, other].map((each, index) => collect(each.events.follow(lease.id.toUpperCase(), index, leaving.signal)));
    await eventually(() => followers.every(({ seqs }) => seqs.at(-1) === 3), 'all have replayed');
    for (let n = 0; n < 5; n += 1) await write(lease, n);
    await eventually(() => followers.every(({ seqs }) => seqs.at(-1) === 8), 'all are live');
    await finish(lease);
    expect(await Promise.all(followers.map(({ done }) => done))).toEqual([numbers(1, 9), numbers(2, 9), numbers(3, 9)]);
  });

  test('by hints alone is prompt', async () => {
    const prompt = open(600_000);
    const lease = await taken();
    const follower = collect(prompt.events.follow(lease.id, 0, leaving.signal));
    await eventually(() => follower.seqs.length === 3, 'it has replayed');
    await write(lease, 1);
    await finish(lease);
    expect(await follower.done).toEqual(numbers(1, 5));
  });

  test('by polling alone goes on', async () => {
    const lease = await taken();
    const follower = collect(room.events.follow(lease.id, 0, leaving.signal));
    await eventually(() => follower.seqs.length === 3, 'it has replayed');
    await writeEvent(room.pool, lease, { done: 1 });
    await eventually(() => follower.seqs.length === 4, 'the event without a hint is found');
    await endJob(room.pool, lease, { as: 'COMPLETE', result: 1 });
    expect(await follower.done).toEqual(numbers(1, 5));
  });

  test('survives the loss of the LISTEN connection, again and again, without losing or repeating', async () => {
    const patient = open(600_000); // no poll comes to help: the gap must be told
    const lease = await taken();
    const followers = [patient, other].map((each) => collect(each.events.follow(lease.id, 0, leaving.signal)));
    await eventually(() => followers.every(({ seqs }) => seqs.length === 3), 'both have replayed');
    for (let n = 0; n < 60; n += 1) {
      await write(lease, n);
      if (n % 20 === 10) await endListeners();
    }
    await eventually(() => followers.every(({ seqs }) => seqs.length === 63), 'both have all so far');
    await endListeners();
    await endJob(room.pool, lease, { as: 'COMPLETE', result: 1 }); // its hint is lost: only the gap tells it
    for (const { done } of followers) expect(await done).toEqual(numbers(1, 64));
  });

  test('loses and repeats nothing when it begins or is cut at any moment while events are written', async () => {
    for (let round = 0; round < 6; round += 1) {
      const lease = await taken();
      const count = 40 + Math.floor(Math.random() * 300); // also more than a tail keeps
      const writing = (async () => {
        for (let n = 0; n < count; n += 1) {
          await write(lease, n);
          if (Math.random() < 0.1) await new Promise((done) => setTimeout(done, Math.random() * 10));
        }
        await finish(lease);
      })();
      const readers = Array.from({ length: 12 }, async (_, reader) => {
        const seen: JobEvent[] = [];
        await new Promise((done) => setTimeout(done, Math.random() * 150));
        while (seen.at(-1)?.state !== 'COMPLETE') {
          const cut = new AbortController();
          const each = [room, other][Math.floor(Math.random() * 2)]!; // reconnects to either process
          const timer = setTimeout(() => cut.abort(), 5 + Math.random() * (reader % 3 === 0 ? 30 : 2_000));
          for await (const event of each.events.follow(lease.id, seen.at(-1)?.seq ?? 0, cut.signal)) {
            seen.push(event);
            if (reader % 4 === 0) await new Promise((done) => setTimeout(done, Math.random() * 3)); // a slow reader
          }
          clearTimeout(timer);
        }
        return seen.map(({ seq }) => seq);
      });
      await writing;
      for (const seen of await Promise.all(readers)) expect(seen).toEqual(numbers(1, count + 4));
    }
  });

  test('a job that is over is replayed, and after its last event there is nothing', async () => {
    const lease = await taken();
    await finish(lease);
    expect(await collect(room.events.follow(lease.id, 0, leaving.signal)).done).toEqual(numbers(1, 4));
    expect(await collect(room.events.follow(lease.id, 4, leaving.signal)).done).toEqual([]);
  });

  test('a job that was retried can be followed on, and from the beginning through its first end', async () => {
    const { id } = await enqueue();
    const follower = collect(room.events.follow(id, 0, leaving.signal));
    await eventually(() => follower.seqs.length === 1, 'it follows');
    await room.store.requestCancel(id);
    expect(await follower.done).toEqual([1, 2]);
    await room.store.retry(id);
    const [on, all] = [collect(room.events.follow(id, 2, leaving.signal)), collect(other.events.follow(id, 0, leaving.signal))];
    await eventually(() => on.seqs.length === 1 && all.seqs.length === 3, 'both follow past the first end');
    room.work(new ScriptedKind(async () => 'done'));
    expect(await on.done).toEqual(numbers(3, 6));
    expect(await all.done).toEqual(numbers(1, 6));
  });

  test('a long history is read in pages by its reader; many readers of the end share their queries', async () => {
    const lease = await taken();
    await db.pool.query(`insert into dure.job_event (job_id, seq, state) select $1, n, 'RUNNING' from generate_series(4, 2000) n`, [lease.id]);
    await db.pool.query('update dure.job set last_seq = 2000 where id = $1', [lease.id]);
    let queries = 0;
    const read = room.store.events.bind(room.store);
    room.store.events = async (...args) => {
      queries += 1;
      return read(...args);
    };
    const long = room.events.follow(lease.id, 0, leaving.signal);
    await long.next();
    expect(queries).toBeLessThanOrEqual(2); // the rest is not read before it is asked for
    const followers = Array.from({ length: 30 }, () => collect(room.events.follow(lease.id, 2000, leaving.signal)));
    await new Promise((done) => setTimeout(done, 100));
    queries = 0;
    await write(lease, 1);
    await eventually(() => followers.every(({ seqs }) => seqs.length === 1), 'all have the event');
    expect(queries).toBeLessThanOrEqual(3);
    await finish(lease);
    for (const { done } of followers) expect(await done).toEqual([2001, 2002]);
    expect((await collect(long).done).length).toBe(2001);
  });

  test.each([
    ['00000000-0000-4000-8000-00000000dead', 0, 'NOT_FOUND'], ['no id', 0, 'NOT_FOUND'], [undefined, 2, 'BAD_USER_INPUT'], [undefined, -1, 'BAD_USER_INPUT'], [undefined, 0.5, 'BAD_USER_INPUT'],
  ])('of job %j after %j is refused: %s', async (id, after, code) => {
    await expect(collect(room.events.follow(id ?? (await enqueue()).id, after, leaving.signal)).done).rejects.toMatchObject({ code });
  });

  test('a paused job is waited for; leaving ends the wait at once', async () => {
    const { id } = await enqueue();
    await db.pool.query(`update dure.job set state = 'PAUSED' where id = $1`, [id]);
    const events = room.events.follow(id, 0, leaving.signal);
    expect((await events.next()).value).toMatchObject({ seq: 1 });
    const waiting = events.next();
    await events.return!();
    expect(await waiting).toEqual({ done: true, value: undefined });
    const byClosing = collect(room.events.follow(id, 1, leaving.signal));
    const byDeleting = collect(other.events.follow(id, 1, leaving.signal));
    await new Promise((done) => setTimeout(done, 50));
    await room.events.close();
    expect(await byClosing.done).toEqual([]);
    await db.pool.query('delete from dure.job where id = $1', [id]);
    expect(await byDeleting.done).toEqual([]);
  });
});

describe('changes', () => {
  const told = (each: Room, filter: Parameters<Room['events']['changes']>[0]): string[] => {
    const list: string[] = [];
    void (async () => {
      for await (const job of each.events.changes(filter, leaving.signal)) list.push(`${job.createdBy} ${job.state}`);
    })();
    return list;
  };

  test('begins with a snapshot, oldest first, then tells each change, in two processes', async () => {
    await enqueue({ identity: person('a') });
    await enqueue({ identity: person('b') });
    const lists = [told(room, {}), told(other, {})];
    await eventually(() => lists.every((list) => list.length === 2), 'the snapshots are there');
    expect(lists).toEqual([['a QUEUED', 'b QUEUED'], ['a QUEUED', 'b QUEUED']]);
    const { id } = await enqueue({ identity: person('c') });
    await eventually(() => lists.every((list) => list.length === 3), 'the new job is told');
    await room.store.requestCancel(id);
    await eventually(() => lists.every((list) => list.length === 4), 'its change is told');
    expect(lists[1]!.slice(2)).toEqual(['c QUEUED', 'c CANCELED']);
  });

  test('tells only what matches and is visible, and a job that ceases to match once more', async () => {
    const [mine, waiting] = [told(room, { visibleTo: { createdBy: { subject: 'a' }, organizationIds: [] } }), told(room, { where: { state: 'QUEUED' } })];
    const { id } = await enqueue({ identity: person('a') });
    await enqueue({ identity: person('b') });
    await eventually(() => waiting.length === 2 && mine.length === 1, 'both jobs are told');
    await room.store.requestCancel(id);
    await eventually(() => waiting.length === 3 && mine.length === 2, 'the end is told');
    await room.store.retry(id);
    await eventually(() => waiting.length === 4 && mine.length === 3, 'the return is told');
    expect([...waiting].sort()).toEqual(['a CANCELED', 'a QUEUED', 'a QUEUED', 'b QUEUED']);
    expect(mine).toEqual(['a QUEUED', 'a CANCELED', 'a QUEUED']);
  });

  test('finds by polling what no hint told, and after a lost connection what was missed', async () => {
    const { id } = await enqueue();
    const patient = open(600_000);
    const [polled, gapped] = [told(room, {}), told(patient, {})];
    await eventually(() => polled.length === 1 && gapped.length === 1, 'the snapshots are there');
    await new Promise((done) => setTimeout(done, 100)); // the hint of the queued job has passed
    await db.pool.query(`with job as (update dure.job set state = 'CANCELED', last_seq = 2 where id = $1 returning id)
      insert into dure.job_event (job_id, seq, state) select id, 2, 'CANCELED' from job`, [id]);
    await eventually(() => polled.length === 2, 'the poll found it');
    expect(gapped).toHaveLength(1);
    await endListeners();
    await eventually(() => gapped.length === 2, 'the gap was filled');
    expect([polled, gapped]).toEqual([['kim QUEUED', 'kim CANCELED'], ['kim QUEUED', 'kim CANCELED']]);
  });

  test('merges the changes that a slow reader did not take, and keeps the last', async () => {
    const jobs = room.events.changes({}, leaving.signal);
    const { id } = await enqueue();
    expect((await jobs.next()).value).toMatchObject({ id, state: 'QUEUED' });
    room.work(new ScriptedKind(untilAborted));
    await eventually(async () => (await room.store.get(id))!.state === 'RUNNING', 'it runs');
    await room.store.requestCancel(id);
    await eventually(async () => (await room.store.get(id))!.state === 'CANCELED', 'it is canceled');
    await new Promise((done) => setTimeout(done, 400));
    expect((await jobs.next()).value).toMatchObject({ id, state: 'CANCELED' });
    const waiting = jobs.next();
    await jobs.return!();
    expect(await waiting).toMatchObject({ done: true });
  });
});
