import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { matches, type JobFilter } from '../../src/jobs/jobFilter.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, Room } from './support/room.js';

let db: TestDatabase;
let room: Room;
const organizationId = '00000000-0000-4000-8000-000000000001';
const unknown = '00000000-0000-4000-8000-00000000dead';

beforeAll(async () => {
  db = await createTestDatabase();
  room = new Room(db.url);
  await db.pool.query(`insert into dure.organization (id, slug, title, revision) values ($1, 'kist', 'KIST', 1)`, [organizationId]);
});
afterAll(async () => {
  await room.close();
  await db.drop();
});

const kim = person('kim');
const enqueue = (identity: Identity = kim, more: object = {}) => room.store.enqueue({ kind: 'PUBLISH', input: { upload: 'u' }, identity, ...more });
const setState = (id: string, state: string) => db.pool.query('update dure.job set state = $2 where id = $1', [id, state]);
const states = async (id: string) => (await room.store.events(id)).map(({ seq, state }) => `${seq} ${state}`);

describe('enqueue', () => {
  test('makes a QUEUED job with its first event', async () => {
    const job = await enqueue(kim, { organizationId });
    expect(job).toMatchObject({ kind: 'PUBLISH', state: 'QUEUED', input: { upload: 'u' }, createdBy: 'kim', attempts: 0, fence: 0, lastSeq: 1, organizationId });
    expect(job.identity).toEqual(kim);
    expect(job.startedAt).toBeUndefined();
    expect(await room.store.get(job.id)).toEqual(job);
    expect(await states(job.id)).toEqual(['1 QUEUED']);
  });

  test('keeps text that PostgreSQL could not', async () => {
    const job = await enqueue(kim, { input: { 'a\0b': 'x\ud800y', back: '\\u0000', face: '😀' } });
    expect(job.input).toEqual({ 'a\ufffdb': 'x\ufffdy', back: '\\u0000', face: '😀' });
  });

  test('the same key of the same creator gives the first job, also to many who ask at once', async () => {
    const jobs = await Promise.all(Array.from({ length: 8 }, () => enqueue(kim, { idempotencyKey: 'k1', input: { b: 1, a: [2] } })));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    const again = await enqueue(kim, { idempotencyKey: 'k1', input: { a: [2], b: 1 } });
    expect(again.id).toBe(jobs[0]!.id);
    expect(await states(again.id)).toEqual(['1 QUEUED']);
  });

  test('the same key with another input is refused and names the first job', async () => {
    const first = await enqueue(kim, { idempotencyKey: 'k2' });
    await expect(enqueue(kim, { idempotencyKey: 'k2', input: { upload: 'other' } })).rejects.toMatchObject({ code: 'CONFLICT', details: { jobId: first.id } });
    await expect(enqueue(kim, { idempotencyKey: 'k2', organizationId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('the same key of somebody else is another job', async () => {
    const [mine, theirs] = [await enqueue(kim, { idempotencyKey: 'k3' }), await enqueue(person('lee'), { idempotencyKey: 'k3' })];
    expect(theirs.id).not.toBe(mine.id);
  });

  test.each([['', 'empty'], ['a\nb', 'with a control character'], ['x'.repeat(201), 'too long']])('a key %j is refused: %s', async (idempotencyKey) => {
    await expect(enqueue(kim, { idempotencyKey })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('a key without a creator is refused', async () => {
    await expect(enqueue(anonymous, { idempotencyKey: 'k4' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('get and events', () => {
  test.each([unknown, '', 'job', "' or true --", `${unknown}0`])('there is no job %j', async (id) => {
    expect(await room.store.get(id)).toBeUndefined();
    expect(await room.store.events(id)).toEqual([]);
    await expect(room.store.requestCancel(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(room.store.retry(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('events begin after a number and are limited', async () => {
    const { id } = await enqueue();
    await room.store.requestCancel(id);
    await room.store.retry(id);
    expect((await room.store.events(id, 1)).map(({ seq }) => seq)).toEqual([2, 3]);
    expect((await room.store.events(id, 0, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await room.store.events(id, 3)).toEqual([]);
  });
});

describe('list', () => {
  test('pages newest first, without gap or repeat, also among equal instants', async () => {
    const park = person('park');
    const made = await Promise.all(Array.from({ length: 12 }, () => enqueue(park)));
    await db.pool.query(`update dure.job set created_at = date_trunc('second', created_at) where created_by = 'park'`);
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await room.store.list({ where: { createdBy: { subject: 'park' } }, first: 5, after });
      seen.push(...page.nodes.map(({ id }) => id));
      if (!page.hasNextPage) break;
      after = page.nodes.at(-1)!.id;
    }
    expect(seen).toHaveLength(12);
    expect(new Set(seen)).toEqual(new Set(made.map(({ id }) => id)));
    const newest = await enqueue(park);
    expect((await room.store.list({ where: { createdBy: { subject: 'park' } }, first: 1 })).nodes[0]!.id).toBe(newest.id);
  });

  test('a subject of another issuer is somebody else: neither their jobs nor their keys', async () => {
    const [here, there] = ['https://a.example', 'https://b.example'].map((issuer): Identity => ({ ...person('yoon'), issuer }));
    const [mine, theirs] = [await enqueue(here!, { idempotencyKey: 'same' }), await enqueue(there!, { idempotencyKey: 'same' })];
    expect(theirs.id).not.toBe(mine.id);
    expect((await enqueue(here!, { idempotencyKey: 'same' })).id).toBe(mine.id);
    for (const [issuer, own] of [['https://a.example', mine], ['https://b.example', theirs], [undefined, undefined]] as const) {
      const createdBy = { subject: 'yoon', issuer };
      for (const filter of [{ where: { createdBy } }, { visibleTo: { createdBy, organizationIds: [] } }]) {
        expect((await room.store.list(filter)).nodes.map(({ id }) => id)).toEqual(own ? [own.id] : []);
        for (const job of [mine, theirs]) expect(matches(filter, job)).toBe(job === own);
      }
    }
  });

  test('filters in the database and in memory agree', async () => {
    const choi = person('choi');
    const made = [await enqueue(choi), await enqueue(choi, { organizationId }), await enqueue(person('han'), { organizationId }), await enqueue(person('han'))];
    await setState(made[0]!.id, 'RUNNING');
    const filters: JobFilter[] = [
      {}, { where: { state: 'RUNNING' } }, { where: { state: ['QUEUED', 'RUNNING'], organizationId } }, { where: { state: [] } }, { where: { kind: 'PUBLISH', createdBy: { subject: 'choi' } } },
      { where: { organizationId: 'no-uuid' } }, { where: { datasetId: unknown } }, { visibleTo: { organizationIds: [] } },
      { visibleTo: { createdBy: { subject: 'choi' }, organizationIds: [] } }, { visibleTo: { organizationIds: [organizationId] } },
      { visibleTo: { createdBy: { subject: 'choi' }, organizationIds: [organizationId] }, where: { createdBy: { subject: 'han' } } },
    ];
    const all = (await room.store.list({ first: 200 })).nodes;
    for (const filter of filters) {
      const listed = (await room.store.list({ ...filter, first: 200 })).nodes.map(({ id }) => id);
      expect(listed).toEqual(all.filter((job) => matches(filter, job)).map(({ id }) => id));
    }
    const { nodes } = await room.store.list({ visibleTo: { createdBy: { subject: 'choi' }, organizationIds: [] }, first: 200 });
    expect(nodes.map(({ id }) => id)).toEqual([made[1]!.id, made[0]!.id]);
    await setState(made[0]!.id, 'QUEUED');
  });

  test('a size or cursor that makes no sense is refused', async () => {
    for (const request of [{ first: -1 }, { first: 1.5 }, { first: 201 }, { after: 'x' }, { after: unknown }]) {
      await expect(room.store.list(request)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });
});

describe('requestCancel and retry', () => {
  test('a waiting or paused job is canceled at once', async () => {
    for (const state of ['QUEUED', 'PAUSED']) {
      const { id } = await enqueue();
      await setState(id, state);
      expect(await room.store.requestCancel(id.toUpperCase())).toMatchObject({ state: 'CANCELED', finishedAt: expect.any(Date), lastSeq: 2 });
      expect(await states(id)).toEqual(['1 QUEUED', '2 CANCELED']);
    }
  });

  test.each(['INITIALIZING', 'RUNNING'])('one that is %s becomes CANCELING, and asking again changes nothing', async (state) => {
    const { id } = await enqueue();
    await setState(id, state);
    const [first, second] = [await room.store.requestCancel(id), await room.store.requestCancel(id)];
    expect(first).toMatchObject({ state: 'CANCELING', lastSeq: 2 });
    expect(second).toEqual(first);
  });

  test.each(['COMPLETE', 'EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED'])('one that is %s cannot be canceled', async (state) => {
    const { id } = await enqueue();
    await setState(id, state);
    await expect(room.store.requestCancel(id)).rejects.toMatchObject({ code: 'CONFLICT', details: { state } });
    expect(await states(id)).toEqual(['1 QUEUED']);
  });

  test.each(['EXECUTOR_ERROR', 'SYSTEM_ERROR', 'CANCELED'])('one that is %s is queued again from the beginning, its events go on', async (state) => {
    const { id } = await enqueue();
    await db.pool.query(`update dure.job set state = $2, attempts = 3, error = '{}', progress = '{}', finished_at = now(), started_at = now() where id = $1`, [id, state]);
    expect(await room.store.retry(id)).toMatchObject({ state: 'QUEUED', attempts: 0, lastSeq: 2, error: undefined, progress: undefined, finishedAt: undefined });
    expect(await states(id)).toEqual(['1 QUEUED', '2 QUEUED']);
  });

  test.each(['QUEUED', 'INITIALIZING', 'RUNNING', 'PAUSED', 'COMPLETE', 'CANCELING'])('one that is %s cannot be retried', async (state) => {
    const { id } = await enqueue();
    await setState(id, state);
    await expect(room.store.retry(id)).rejects.toMatchObject({ code: 'CONFLICT', details: { state } });
  });
});
