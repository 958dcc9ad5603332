import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { newApiToken } from '../../src/identity/apiToken.js';
import { Identifier } from '../../src/identity/identifier.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import { SecretKeys } from '../../src/identity/secretKeys.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { ApiTokenRow } from '../../src/storage/entities/apiToken.js';
import { TokenStore } from '../../src/storage/tokenStore.js';
import { unrecorded } from '../../src/transaction.js';
import { refusal } from '../identity/refusal.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let dataSource: DataSource;
let clock = Date.now();
const day = 24 * 3600 * 1000;
const keys = new SecretKeys([{ id: 'k1', key: 'a'.repeat(32) }]);
let store: TokenStore;

beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url, [ApiTokenRow]).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
});
beforeEach(async () => {
  await db.pool.query('truncate dure.api_token');
  clock = Date.now();
  store = new TokenStore(dataSource, keys, { now: () => clock });
});

function person(subject: string, more: Partial<Identity> = {}): Identity {
  return makeIdentity({
    kind: 'person', subject, issuer: 'https://id.example', name: '김민지', roles: [], country: 'KR', affiliations: ['researcher@example.ac.kr'],
    memberships: [{ organization: 'kist', role: 'publisher' }, { organization: 'hanbit', role: 'steward' }],
    visas: [], claims: { training: ['irb'] }, scopes: ['read', 'publish', 'rules', 'admin'], expiresAt: clock + 3600_000, ...more,
  });
}

describe('a token', () => {
  test('stands for what its creator asked, and is in no table', async () => {
    const { token, record } = await store.create({ name: 'beamline', scopes: ['read', 'publish'], identity: person('minji'), organizations: ['kist'] }, unrecorded);
    const identity = await store.find(token);
    expect(identity).toMatchObject({
      kind: 'token', tokenId: record.id, subject: 'minji', issuer: 'https://id.example', country: 'KR', affiliations: ['researcher@example.ac.kr'], claims: { training: ['irb'] },
      memberships: [{ organization: 'kist', role: 'publisher' }], scopes: ['publish', 'read'], expiresAt: clock + 90 * day,
    });
    const { rows } = await db.pool.query<{ row: string }>('select row_to_json(t)::text as row from dure.api_token t');
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(token.slice(5, 48));
    expect(JSON.stringify(record)).not.toContain(token.slice(5, 48));
    expect(rows[0]!.row).toContain('"hash_key_id":"k1"');
  });

  test('has the same key each time, and another than any other token', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(async (name) => (await store.create({ name, scopes: ['read'], identity: person('minji') }, unrecorded)).token));
    expect((await store.find(a!)).key).toBe((await store.find(a!)).key);
    expect((await store.find(a!)).key).not.toBe((await store.find(b!)).key);
  });

  test('that was never made is not known', async () => {
    await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
    expect(await refusal(() => store.find(newApiToken()))).toMatch(/^UNAUTHENTICATED: .*not known/);
    expect(await refusal(() => store.find(`' or true --`))).toMatch(/^UNAUTHENTICATED: .*not known/);
  });

  test('expires', async () => {
    const { token, record } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji'), expiresAt: new Date(clock + day) }, unrecorded);
    clock = record.expiresAt!.getTime();
    expect(await refusal(() => store.find(token))).toMatch(/^UNAUTHENTICATED: .*expired at/);
  });

  test('loses its creator\'s visa when that ends, and lives on', async () => {
    const visa = { type: 'T', value: 'v', source: 's', asserted: clock, expiresAt: clock + 1000 };
    const { token } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji', { visas: [visa] }) }, unrecorded);
    expect(await store.find(token)).toMatchObject({ visas: [visa], expiresAt: visa.expiresAt });
    clock += 1000;
    expect(await store.find(token)).toMatchObject({ visas: [] });
  });

  test('survives a rotation of keys as long as its key is in the ring', async () => {
    const { token } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
    const next = { id: 'k2', key: 'b'.repeat(32) };
    const during = new TokenStore(dataSource, new SecretKeys([next, { id: 'k1', key: 'a'.repeat(32) }]));
    const after = new TokenStore(dataSource, new SecretKeys([next]));
    await expect(during.find(token)).resolves.toMatchObject({ subject: 'minji' });
    expect(await refusal(() => after.find(token))).toMatch(/^UNAUTHENTICATED/);
    const fresh = await during.create({ name: 'y', scopes: ['read'], identity: person('minji') }, unrecorded);
    await expect(after.find(fresh.token)).resolves.toMatchObject({ subject: 'minji' });
  });

  test('notes its last use, at most once a minute', async () => {
    const { token } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
    const lastUsed = async (): Promise<number | undefined> => (await store.list(person('minji')))[0]!.lastUsedAt?.getTime();
    expect(await lastUsed()).toBeUndefined();
    const first = clock;
    await store.find(token);
    clock += 59_000;
    await store.find(token);
    expect(await lastUsed()).toBe(first);
    clock += 1_000;
    await store.find(token);
    expect(await lastUsed()).toBe(first + 60_000);
  });

  test('of the server itself is a subject of its own', async () => {
    const system: Identity = { ...anonymous, kind: 'system', key: 'system' };
    const { token, record } = await store.create({ name: 'first administrator', scopes: ['admin', 'read'], identity: system }, unrecorded);
    expect(await store.find(token)).toMatchObject({ kind: 'token', subject: `token:${record.id}`, roles: ['administrator'], scopes: ['admin', 'read'] });
    expect((await store.list(system)).map((each) => each.id)).toEqual([record.id]);
  });

  test('is not made for an anonymous caller, and too many are not made', async () => {
    expect(await refusal(() => store.create({ name: 'x', scopes: ['read'], identity: anonymous }, unrecorded))).toMatch(/^UNAUTHENTICATED/);
    for (let n = 0; n < 200; n += 1) await store.create({ name: `t${n}`, scopes: ['read'], identity: person('eager') }, unrecorded);
    expect(await refusal(() => store.create({ name: 'x', scopes: ['read'], identity: person('eager') }, unrecorded))).toMatch(/^LIMIT_EXCEEDED: .*200/);
    await expect(store.create({ name: 'x', scopes: ['read'], identity: person('modest') }, unrecorded)).resolves.toBeDefined();
  });
});

describe('revocation', () => {
  test('ends a token at once, and a second time changes nothing', async () => {
    const { token, record } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
    const first = await store.revoke(record.id, person('minji'), unrecorded);
    clock += 5000;
    expect((await store.revoke(record.id, person('minji'), unrecorded)).revokedAt).toEqual(first.revokedAt);
    expect(await refusal(() => store.find(token))).toMatch(/^UNAUTHENTICATED: .*revoked at/);
    expect((await store.list(person('minji')))[0]!.revokedAt).toEqual(first.revokedAt);
  });

  test('is the owner\'s and the administrator\'s; to others the token does not exist', async () => {
    const { token, record } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
    const others = [anonymous, person('jiho'), person('minji', { issuer: 'https://elsewhere.example' }), person('root', { roles: ['administrator'], scopes: ['read'] })];
    for (const other of others) {
      expect(await refusal(() => store.revoke(record.id, other, unrecorded))).toMatch(/^NOT_FOUND/);
      expect(await store.list(other)).toEqual([]);
    }
    for (const id of ['', 'x', '00000000-0000-0000-0000-000000000000']) expect(await refusal(() => store.revoke(id, person('minji'), unrecorded))).toMatch(/^NOT_FOUND/);
    await expect(store.find(token)).resolves.toBeDefined();
    await store.revoke(record.id, person('root', { roles: ['administrator'] }), unrecorded);
    expect(await refusal(() => store.find(token))).toMatch(/revoked/);
  });

  test('is felt through the identifier within a second, and at once where it is hinted at', async () => {
    const identifier = new Identifier({ tokens: store, now: () => clock });
    const [a, b] = await Promise.all(['a', 'b'].map((name) => store.create({ name, scopes: ['read'], identity: person('minji') }, unrecorded)));
    for (const { token } of [a!, b!]) await identifier.identify(`Bearer ${token}`);
    for (const { record } of [a!, b!]) await store.revoke(record.id, person('minji'), unrecorded);
    identifier.forget(a!.record.id);
    expect(await refusal(() => identifier.identify(`Bearer ${a!.token}`))).toMatch(/revoked/);
    clock += 1000;
    expect(await refusal(() => identifier.identify(`Bearer ${b!.token}`))).toMatch(/revoked/);
  });
});

describe('a token made with a token', () => {
  test('ends with it, over generations', async () => {
    const first = await store.create({ name: '1', scopes: ['read', 'publish'], identity: person('minji') }, unrecorded);
    const second = await store.create({ name: '2', scopes: ['read'], identity: await store.find(first.token) }, unrecorded);
    const third = await store.create({ name: '3', scopes: ['read'], identity: await store.find(second.token) }, unrecorded);
    await expect(store.find(third.token)).resolves.toMatchObject({ kind: 'token', subject: 'minji', scopes: ['read'] });
    const told: string[] = [];
    await new TokenStore(dataSource, keys, { onRevoked: (id) => told.push(id) }).revoke(first.record.id, person('minji'), unrecorded);
    expect(told.sort()).toEqual([first, second, third].map((each) => each.record.id).sort());
    for (const { token } of [second, third]) expect(await refusal(() => store.find(token))).toMatch(/revoked/);
  });

  test('is not made with one that was revoked meanwhile', async () => {
    const first = await store.create({ name: '1', scopes: ['read'], identity: person('minji') }, unrecorded);
    const stale = await store.find(first.token);
    await store.revoke(first.record.id, person('minji'), unrecorded);
    expect(await refusal(() => store.create({ name: '2', scopes: ['read'], identity: stale }, unrecorded))).toMatch(/^UNAUTHENTICATED: .*revoked/);
  });

  test('is not missed by a revocation at the same time', async () => {
    for (let time = 0; time < 10; time += 1) {
      const first = await store.create({ name: '1', scopes: ['read'], identity: person('minji') }, unrecorded);
      const identity = await store.find(first.token);
      const [made] = await Promise.allSettled([store.create({ name: '2', scopes: ['read'], identity }, unrecorded), store.revoke(first.record.id, person('minji'), unrecorded)]);
      if (made.status === 'fulfilled') expect(await refusal(() => store.find(made.value.token))).toMatch(/revoked/);
    }
  });

  test('is all that a token without the scope admin reaches', async () => {
    const other = await store.create({ name: 'other', scopes: ['read'], identity: person('minji') }, unrecorded);
    const first = await store.create({ name: 'first', scopes: ['read'], identity: person('minji') }, unrecorded);
    const identity = await store.find(first.token);
    const child = await store.create({ name: 'child', scopes: ['read'], identity }, unrecorded);
    expect((await store.list(identity)).map((each) => each.name).sort()).toEqual(['child', 'first']);
    expect(await refusal(() => store.revoke(other.record.id, identity, unrecorded))).toMatch(/^NOT_FOUND/);
    await store.revoke(child.record.id, identity, unrecorded);
    const powerful = await store.create({ name: 'powerful', scopes: ['admin'], identity: person('minji') }, unrecorded);
    expect(await store.list(await store.find(powerful.token))).toHaveLength(4);
  });
});

test('a database that is away is told as such, not as a wrong token', async () => {
  const away = await createDataSource(db.url, [ApiTokenRow]).initialize();
  const { token } = await store.create({ name: 'x', scopes: ['read'], identity: person('minji') }, unrecorded);
  const awayStore = new TokenStore(away, keys);
  await away.destroy();
  expect(await refusal(() => awayStore.find(token))).toMatch(/^DATABASE_UNAVAILABLE/);
});
