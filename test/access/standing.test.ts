/** Who may still ask, as a process follows the database: what is read, when, and what it keeps. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Standing, type StandingChanges } from '../../src/access/standing.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { StandingStore } from '../../src/storage/standingStore.js';
import { unrecorded } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person } from '../support/engine.js';

let db: TestDatabase;
let dataSource: DataSource;
let store: StandingStore;
let standing: Standing;
let dataset: string;
const read: (bigint | undefined)[] = [];
beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url).initialize();
  store = new StandingStore(dataSource);
  const { rows: [organization] } = await db.pool.query<{ id: string }>(`insert into dure.organization (slug, title, revision) values ('lab', 'Lab', 0) returning id`);
  dataset = (await db.pool.query<{ id: string }>(`insert into dure.dataset (organization_id, name, visibility, listed, revision) values ($1, 'd', 'RESTRICTED', true, 0) returning id`, [organization!.id])).rows[0]!.id;
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
});
const open = (): Promise<Standing> => Standing.open({ reader: { changesSince: (revision) => { read.push(revision); return store.changesSince(revision); } }, pollMs: 3_600_000 });
beforeEach(async () => {
  read.length = 0;
  standing = await open();
});
afterEach(() => standing.close());

/** As a step of a request leaves it. */
async function request(subject: string, state: string, id?: string): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `with next as (update dure.standing_state set revision = revision + 1 returning revision)
     insert into dure.access_request (id, dataset_id, subject, issuer, state, wanted, begins, ends, revision) select coalesce($1::uuid, gen_random_uuid()), $2, $3, 'i', $4, '{"purpose": "DUO_0000006"}', now() - interval '1 hour', now() + interval '1 hour', revision from next
     on conflict (id) do update set state = excluded.state, revision = excluded.revision returning id`, [id ?? null, dataset, subject, state],
  );
  return rows[0]!.id;
}
const ids = (subject: string, of = standing): string[] => of.of({ subject }).map((grant) => grant.id).sort();

test('a list is the same value until something of its person changes', async () => {
  const [first, other] = [await request('ada', 'APPROVED'), await request('bob', 'APPROVED')];
  await standing.refresh();
  expect([ids('ada'), ids('bob')]).toEqual([[first], [other]]);
  const before = standing.of({ subject: 'ada' });
  await request('bob', 'REVOKED', other);
  const second = await request('ada', 'SUBMITTED');
  await standing.refresh();
  expect(ids('bob')).toEqual([]);
  expect(ids('ada')).toEqual([first]);
  await request('ada', 'APPROVED', second);
  await standing.refresh();
  expect(standing.of({ subject: 'ada' })).not.toBe(before);
  expect(ids('ada')).toEqual([first, second].sort());
  expect(before.map((grant) => grant.id)).toEqual([first]);
  expect([ids('nobody'), standing.of({})]).toEqual([[], []]);
  // Another process that starts now knows the same.
  const late = await open();
  expect(ids('ada', late)).toEqual(ids('ada'));
  await late.close();
});

test('only what changed is read, and a call during a read waits for what was committed before it', async () => {
  const heads: bigint[] = [];
  const parts: StandingChanges[] = [];
  const whole = await Standing.open({ reader: { changesSince: async (revision) => { const changes = await store.changesSince(revision); heads.push(changes.head); parts.push(changes); return changes; } }, pollMs: 3_600_000 });
  const id = await request('cho', 'APPROVED');
  const running = whole.refresh();
  const another = await request('cho', 'APPROVED');
  await Promise.all([running, whole.refresh()]);
  expect(ids('cho', whole)).toEqual([id, another].sort());
  await whole.refresh();
  expect(parts.at(-1)).toMatchObject({ requests: [], suspensions: [], revokedTokens: [] });
  expect(parts.slice(1).flatMap(({ requests }) => requests.map((each) => each.id)).filter((each) => each !== id && each !== another)).toEqual([]);
  await whole.close();
});

test('whoever watches hears once: of a suspension, a revoked token, the end of a token; and at once where it is over already', async () => {
  const heard: string[] = [];
  const watch = (name: string, identity: Partial<Identity>): (() => void) => standing.watch(person({ issuer: 'i', ...identity }), (error) => heard.push(`${name} ${String(error.details.reason)}`));
  watch('kim', { subject: 'kim' });
  watch('kim elsewhere', { subject: 'kim', issuer: 'j' });
  watch('kim of nobody', { subject: 'kim', issuer: undefined });
  watch('brief', { subject: 'lee', expiresAt: Date.now() + 100 });
  watch('over', { subject: 'lee', expiresAt: Date.now() - 1 });
  watch('left', { subject: 'kim' })();
  standing.watch(anonymous, () => heard.push('anonymous'));
  const suspension = await store.suspend({ subject: 'kim', issuer: 'i', reason: 'r', by: 'root' }, unrecorded);
  await standing.refresh();
  await standing.refresh();
  for (const end = Date.now() + 10_000; heard.length < 4 && Date.now() < end;) await new Promise((done) => setTimeout(done, 10));
  expect(heard.sort()).toEqual(['brief TOKEN_EXPIRED', 'kim SUSPENDED', 'kim of nobody SUSPENDED', 'over TOKEN_EXPIRED']);
  expect(() => standing.require(person({ subject: 'kim', issuer: 'i' }))).toThrow(/suspended/);
  await store.restore(suspension.id, 'root', unrecorded);
  await standing.refresh();
  expect(standing.ended(person({ subject: 'kim', issuer: 'i' }))).toBeUndefined();
});

test('ten thousand grants are loaded in a moment', async () => {
  await db.pool.query(
    `with next as (update dure.standing_state set revision = revision + 1 returning revision)
     insert into dure.access_request (dataset_id, subject, state, wanted, begins, ends, revision) select $1, 'many-' || n, 'APPROVED', '{"purpose": "DUO_0000006"}', now(), now() + interval '1 day', revision from next, generate_series(1, 10000) n`, [dataset],
  );
  const begun = performance.now();
  const many = await open();
  const took = performance.now() - begun;
  expect(ids('many-9999', many)).toHaveLength(1);
  expect(took).toBeLessThan(10_000);
  if (process.env.DURE_TEST_TIMES) console.error(`10,000 grants in ${Math.round(took)} ms`);
  await many.close();
});
