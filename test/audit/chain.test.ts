import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Pool } from 'pg';
import type { QueryRunner } from 'typeorm';
import { AuditBlocks0016 } from '../../migrations/0016-audit-blocks.js';
import { readAnchor, writeAnchor } from '../../src/audit/anchor.js';
import { Chain, digest, hashOf } from '../../src/audit/chain.js';
import { DatabaseArchive } from '../../src/audit/databaseArchive.js';
import { destroySegment, segmentsDue } from '../../src/audit/destroy.js';
import { systemActor, type AccessEvent, type ChangeEvent } from '../../src/audit/event.js';
import { HeadFiles, readHeadFiles } from '../../src/audit/headFile.js';
import { sealMonths } from '../../src/audit/seal.js';
import { loadSigningKey, type SigningKey } from '../../src/audit/signingKey.js';
import { verifyAudit, type Verification, type VerifyOptions } from '../../src/audit/verify.js';
import { AuditWriter, type AuditWriterOptions } from '../../src/audit/writer.js';
import { canonicalJson } from '../../src/canonicalJson.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { splitBlocks } from '../support/splitBlocks.js';

let database: TestDatabase;
let pool: Pool;
let folder: string;
let key: SigningKey;
const writers: AuditWriter[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dure-audit-'));
  key = loadSigningKey(undefined, folder);
});
beforeEach(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});
afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()));
  await database.drop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writer(options: Partial<AuditWriterOptions> = {}): AuditWriter {
  const made = new AuditWriter({ pool, key, ...options });
  writers.push(made);
  return made;
}

const datasetId = '00000000-0000-4000-8000-000000000001';
const event = (n: number): ChangeEvent => ({ kind: 'RULES_CHANGED', actor: systemActor('test'), dataset: { id: datasetId, path: 'kist/secret' }, details: { revision: n, note: 'é "quoted" \\ {comma, brace}' } });
const access = (n: number, text = '{ a }'): AccessEvent => ({
  kind: 'ACCESS', actor: { kind: 'person', issuer: 'https://id.example', subject: 'p1', organizations: [] }, dataset: { id: datasetId, path: 'kist/secret' }, version: '1.0', rulesRevision: 1, requestId: `r${n}`,
  operation: { document: digest(text), variables: digest('{}') }, tables: { people: ['name'] }, rows: n, decision: 'ALLOWED', reason: 'MEMBER',
});
const document = { digest: digest('{ a }'), text: '{ a }' };

async function verify(options: Partial<VerifyOptions> = {}): Promise<Verification> {
  return verifyAudit(new DatabaseArchive(pool), { trusted: new Set([key.id]), ...options });
}
const told = ({ findings }: Verification): unknown[] => findings.map(({ kind, seq, to }) => [kind, seq, ...(to === undefined ? [] : [to])]);

/** As whoever owns the database could: around the triggers. */
async function forge(sql: string, values: unknown[] = []): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(splitBlocks);
    await client.query(sql, values);
    await client.query('reset session_replication_role');
  } finally {
    client.release();
  }
}

/** One chain: its start, then entries 2 to 7 in groups of two. */
async function sixEntries(options: Partial<AuditWriterOptions> = {}): Promise<AuditWriter> {
  const made = writer(options);
  for (let n = 0; n < 6; n += 2) await Promise.all([made.record(event(n)), made.record(event(n + 1))]);
  return made;
}

describe('a chain', () => {
  test('of concurrent entries is written in few groups and verifies', async () => {
    const log = writer();
    await Promise.all(Array.from({ length: 400 }, (_, n) => (n % 2 ? log.record(event(n)) : log.accesses([{ event: access(n), years: 1 }], document))));
    const { rows: [count] } = await pool.query<{ entries: number; groups: number; chains: number }>('select count(*)::int as entries, count(signature)::int as groups, count(distinct chain_id)::int as chains from dure_audit.entry');
    expect(count).toMatchObject({ entries: 402, chains: 2 });
    expect(count!.groups).toBeLessThan(20);
    expect(await verify()).toMatchObject({ sound: true, entries: 402, chains: 2 });
    expect((await pool.query('select text from dure_audit.document')).rows).toEqual([{ text: '{ a }' }]);
  });

  test('begins with the heads of others and ends with its end', async () => {
    await (await sixEntries()).close();
    await writer().record(event(9));
    const { rows } = await pool.query<{ kind: string; body: string }>(`select kind, body from dure_audit.entry where kind like 'CHAIN%' order by at, seq`);
    expect(rows.map(({ kind }) => kind)).toEqual(['CHAIN_STARTED', 'CHAIN_ENDED', 'CHAIN_STARTED']);
    expect(JSON.parse(rows[2]!.body)).toMatchObject({ details: { heads: [{ seq: 8 }], retentionYears: 3 } });
    expect(await verify()).toMatchObject({ sound: true, entries: 10 });
  });

  test('whose entry was changed, also with its hash worked out anew', async () => {
    await sixEntries();
    await forge(`update dure_audit.block set bodies[1] = replace(bodies[1], 'kist', 'kust') where first_seq = 4`);
    expect(told(await verify())).toEqual([['CHANGED', 4]]);
    const { rows: [row] } = await pool.query<{ chain_id: string; body: string; previous: string }>('select chain_id, body, previous from dure_audit.entry where seq = 4');
    await forge('update dure_audit.block set hashes[1] = $1 where first_seq = 4', [hashOf({ chain: row!.chain_id, seq: 4, previous: row!.previous, content: digest(row!.body) })]);
    // Entry 5 was linked to the former one.
    expect(told(await verify())).toEqual([['CHANGED', 4]]);
  });

  test('of which one entry was changed among those written with it', async () => {
    const log = writer();
    await log.record(event(0));
    await Promise.all([1, 2, 3].map((n) => log.record(event(n))));
    await pool.query(`set session_replication_role = replica; update dure_audit.block set bodies[2] = replace(bodies[2], 'kist', 'kust') where first_seq = 3; reset session_replication_role`);
    expect(told(await verify())).toEqual([['CHANGED', 4]]);
    await pool.query(`set session_replication_role = replica; update dure_audit.block set bodies[2] = replace(bodies[2], 'kust', 'kist'), actors[3] = 'another' where first_seq = 3; reset session_replication_role`);
    expect(told(await verify())).toEqual([['CHANGED', 5]]);
  });

  test('that was written entry by entry is put in blocks', async () => {
    await sixEntries();
    const former = await verify();
    await pool.query(`
      create table former as select chain_id, seq, at, kind, dataset_id, actor, body, previous, hash, signature from dure_audit.entry;
      drop view dure_audit.entry; drop table dure_audit.block; alter table former set schema dure_audit; alter table dure_audit.former rename to entry`);
    await new AuditBlocks0016().up({ query: (sql: string) => pool.query(sql) } as unknown as QueryRunner);
    expect(await verify()).toEqual(former);
    expect((await pool.query('select first_seq, last_seq from dure_audit.block order by first_seq')).rows.map(({ first_seq: first, last_seq: last }: { first_seq: string; last_seq: string }) => [first, last])).toContainEqual(['4', '5']);
  });

  test('whose indexes say something else than the entry', async () => {
    await sixEntries();
    await forge(`update dure_audit.block set datasets[1] = '' where first_seq = 3`);
    await forge(`update dure_audit.block set at = at - interval '1 day' where first_seq = 5`);
    expect(told(await verify())).toEqual([['CHANGED', 3], ['CHANGED', 5]]);
  });

  test('of which entries are missing', async () => {
    await sixEntries();
    await forge('delete from dure_audit.block where first_seq in (3, 5, 6)');
    const result = await verify();
    expect(told(result)).toEqual([['MISSING', 3], ['MISSING', 5, 6]]);
    expect(result.findings[1]!.message).toMatch(/^chain [-0-9a-f]{36}: entries 5 to 6 are missing$/);
  });

  test('whose beginning is missing', async () => {
    await sixEntries();
    await forge('delete from dure_audit.block where first_seq <= 2');
    expect(told(await verify())).toEqual([['MISSING', 1, 2]]);
  });

  test('of which two entries were exchanged', async () => {
    await sixEntries();
    await forge('update dure_audit.block e set bodies = o.bodies, at = o.at, hashes = o.hashes, previous = o.previous, signature = o.signature from dure_audit.block o where (e.first_seq, o.first_seq) in ((4, 5), (5, 4))');
    const found = told(await verify());
    expect(found).toContainEqual(['REORDERED', 4]);
    expect(found).toContainEqual(['REORDERED', 5]);
  });

  test('whose end was cut off within a group lacks a signature', async () => {
    await sixEntries();
    await forge('delete from dure_audit.block where first_seq = 7');
    expect(told(await verify())).toEqual([['UNSIGNED', 6]]);
  });

  test('whose end was cut off between groups is told by a head that was noted, by an anchor, and by the next chain', async () => {
    const heads = new HeadFiles(join(folder, 'heads'));
    const log = await sixEntries({ heads });
    heads.close();
    const noted = readHeadFiles(join(folder, 'heads'));
    expect(noted).toEqual(log.heads);
    const anchor = readAnchor(writeAnchor(await verify(), key, new Date()), new Set([key.id]));
    await forge('delete from dure_audit.block where first_seq > 5');
    expect(await verify()).toMatchObject({ sound: true });
    expect(told(await verify({ anchored: noted }))).toEqual([['TRUNCATED', 6, 7]]);
    expect(told(await verify({ anchored: anchor.heads }))).toEqual([['TRUNCATED', 6, 7]]);
    await forge('delete from dure_audit.block');
    await forge('delete from dure_audit.chain');
    expect((await verify({ anchored: noted })).findings[0]).toMatchObject({ kind: 'TRUNCATED', seq: 1, to: 7, message: expect.stringMatching(/the chain is gone/) });
  });

  test('whose end was cut off after another process began is told without anything outside', async () => {
    await sixEntries();
    await writer().record(event(9));
    await forge('delete from dure_audit.block where first_seq > 5');
    expect(told(await verify())).toEqual([['TRUNCATED', 6, 7]]);
  });

  test('written anew with another key', async () => {
    const other = mkdtempSync(join(tmpdir(), 'dure-audit-'));
    await sixEntries({ key: loadSigningKey(undefined, other) });
    rmSync(other, { recursive: true });
    expect(new Set((await verify()).findings.map(({ kind }) => kind))).toEqual(new Set(['UNKNOWN_KEY', 'UNSIGNED']));
  });

  test('whose signatures were exchanged', async () => {
    await sixEntries();
    await forge('update dure_audit.block set signature = (select signature from dure_audit.block where first_seq = 7) where first_seq = 5');
    expect(told(await verify())).toEqual([['BAD_SIGNATURE', 5]]);
  });
});

describe('the tables', () => {
  test('take no change, whoever asks', async () => {
    await sixEntries();
    for (const table of ['block', 'chain', 'signing_key']) {
      await expect(pool.query(`delete from dure_audit.${table}`)).rejects.toThrow(/The audit is append-only: DELETE/);
      await expect(pool.query(`truncate dure_audit.${table}`)).rejects.toThrow(/The audit is append-only: TRUNCATE/);
    }
    await expect(pool.query('update dure_audit.block set actors = $1', [['x']])).rejects.toThrow(/The audit is append-only: UPDATE/);
    expect(await verify()).toMatchObject({ sound: true, entries: 7 });
  });
});

describe('a database that fails', () => {
  test('refuses who waits, and the chain goes on afterwards without a gap or a double', async () => {
    const log = await sixEntries();
    await pool.query('alter table dure_audit.block rename to away');
    await expect(Promise.all([log.record(event(10)), log.record(event(11))])).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(async () => log.record(event(12))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    log.accessesLater([{ event: access(13), years: 3 }], document);
    await pool.query('alter table dure_audit.away rename to block');
    for (;;) {
      const { rows: [count] } = await pool.query<{ n: number }>('select count(*)::int as n from dure_audit.entry');
      if (count!.n === 11) break;
      await new Promise((next) => setTimeout(next, 50));
    }
    await log.record(event(14));
    expect(await verify()).toMatchObject({ sound: true, entries: 12 });
  });

  test('of which nobody knows whether it has committed takes a group once', async () => {
    let lost = false;
    // The group is committed, but its answer does not arrive.
    const losing = new Proxy(pool, {
      get: (target, name) => (name !== 'query' ? Reflect.get(target, name) as unknown : async (query: { name?: string }, values?: unknown[]) => {
        const result = await target.query(query as never, values as never);
        if (query.name?.startsWith('audit blocks') && !lost) {
          lost = true;
          throw new Error('Connection terminated unexpectedly');
        }
        return result;
      }),
    });
    const log = writer({ pool: losing });
    await expect(log.record(event(1))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    for (;;) {
      if (await log.record(event(2)).then(() => true, () => false)) break;
      await new Promise((next) => setTimeout(next, 20));
    }
    const result = await verify();
    expect(result).toMatchObject({ sound: true });
    const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from dure_audit.entry where body like '%"revision":1}%'`);
    expect(rows[0]!.n).toBe(1);
  });
});

describe('sealing and destroying', () => {
  const at = (text: string): (() => number) => () => Date.parse(text);

  /** Two years' chains of classes 1, 2 and 3, each running over the end of a month. */
  async function years(): Promise<void> {
    for (const year of [2020, 2024]) {
      let now = Date.parse(`${year}-01-31T10:00:00Z`);
      const log = writer({ now: () => now });
      for (let n = 0; n < 4; n += 1) {
        for (const retention of [1, 2, 3] as const) await log.accesses([{ event: access(n, `{ q${year} }`), years: retention }], { digest: digest(`{ q${year} }`), text: `{ q${year} }` });
        now += 86_400_000;
      }
      await log.close();
    }
  }
  const seal = async (now: string): ReturnType<typeof sealMonths> => sealMonths(pool, key, await new DatabaseArchive(pool).roots(), new Date(now));
  const due = async (): ReturnType<typeof segmentsDue> => segmentsDue(pool, await new DatabaseArchive(pool).roots(), await new DatabaseArchive(pool).destructions());

  test('a month is sealed once, an hour after its end, under a signed root that follows the one before', async () => {
    await years();
    expect(await seal('2020-01-31T23:59:00Z')).toBeUndefined();
    expect(await seal('2020-02-01T00:59:00Z')).toBeUndefined();
    const first = await seal('2020-02-01T01:00:00Z');
    expect(first!.root.segments.map(({ month, retentionYears, first: from, last }) => [month, retentionYears, from, last]).sort()).toEqual([['2020-01', 1, 1, 2], ['2020-01', 2, 1, 2], ['2020-01', 3, 1, 2]]);
    const second = await seal('2026-01-01T12:00:00Z');
    expect(second!.root).toMatchObject({ number: 2, previous: first!.stored.hash });
    expect(second!.root.segments).toHaveLength(9);
    expect(await seal('2026-01-01T12:00:00Z')).toBeUndefined();
    expect(await verify()).toMatchObject({ sound: true, roots: 2 });
    await forge(`update dure_audit.root set body = replace(body, '2020-02', '2019-02') where number = 2`);
    expect(await verify()).toMatchObject({ sound: false, findings: [{ kind: 'BAD_ROOT', message: 'root 2: its text is not the one that was hashed' }] });
  });

  test('what is past its years goes, nothing before, and the rest verifies', async () => {
    await pool.query(`insert into dure.organization (id, slug, title, revision) values ($1, 'kist', 'KIST', 1)`, [datasetId]);
    await pool.query(`insert into dure.dataset (id, organization_id, name, visibility, listed, revision) values ($1, $1, 'secret', 'RESTRICTED', true, 1)`, [datasetId]);
    await years();
    const newest = writer({ now: at(new Date().toISOString()) });
    await newest.record(event(1));
    await seal('2026-01-01T00:00:00Z');
    const { rows: [clock] } = await pool.query<{ year: number }>(`select extract(year from now())::int as year`);
    expect(clock!.year).toBeGreaterThanOrEqual(2026);
    const segments = await due();
    // The three classes of 2020, and of 2024 those whose years are over by the database's clock.
    expect(segments.filter(({ month }) => month.startsWith('2020'))).toHaveLength(6);
    for (const { month, retentionYears } of segments) expect(Number(month.slice(0, 4)) + retentionYears).toBeLessThanOrEqual(clock!.year);
    // The owner keeps the dataset's entries for three years since: that holds for those that are there too.
    await pool.query('update dure.dataset set audit_retention_years = 3');
    expect((await due()).every(({ month }) => month.startsWith('2020') || clock!.year > 2027)).toBe(true);

    for (const segment of segments.filter(({ month }) => month.startsWith('2020'))) await destroySegment(pool, segment);
    expect(await verify()).toMatchObject({ sound: true, destroyedSegments: 6 });
    expect((await pool.query('select text from dure_audit.document')).rows).toEqual([{ text: '{ q2024 }' }]);
    expect((await pool.query(`select 1 from dure_audit.entry where at < '2021-01-01'`)).rowCount).toBe(0);
    expect((await due()).some(({ month }) => month.startsWith('2020'))).toBe(false);
    await expect(pool.query('delete from dure_audit.block')).rejects.toThrow(/append-only/);
  });

  test('a destruction that was not due, or not sealed, is told', async () => {
    await years();
    const root = (await seal('2026-01-01T00:00:00Z'))!.root;
    const young = root.segments.find(({ month, retentionYears }) => month === '2024-02' && retentionYears === 3)!;
    await forge('delete from dure_audit.block where chain_id = $1 and first_seq between $2 and $3', [young.chain, young.first, young.last]);
    expect((await verify()).findings).toMatchObject([{ kind: 'TRUNCATED', chain: young.chain, seq: young.first, to: young.last }]);
    await forge('insert into dure_audit.destruction (chain_id, month, first_seq, last_seq, destroyed_at) values ($1, $2, $3, $4, $5)', [young.chain, young.month, young.first, young.last, '2024-06-01']);
    expect((await verify()).findings).toMatchObject([{ kind: 'BAD_DESTRUCTION', message: expect.stringMatching(/before its 3 years were over/) }]);
    await forge('update dure_audit.destruction set first_seq = first_seq - 1');
    expect((await verify()).findings.map(({ kind }) => kind)).toEqual(['BAD_DESTRUCTION', 'TRUNCATED']);
  });

  test('a root that is missing is told by its successor or by an anchor', async () => {
    await years();
    await seal('2020-02-01T02:00:00Z');
    await seal('2026-01-01T00:00:00Z');
    const { root } = await verify();
    await forge('delete from dure_audit.root where number = 2');
    expect((await verify({ anchoredRoot: root! })).findings).toMatchObject([{ kind: 'BAD_ROOT', message: expect.stringMatching(/roots 2 to 2 are missing/) }]);
  });
});

describe('an anchor', () => {
  test('that was changed, or signed by somebody else, is refused', async () => {
    await sixEntries();
    const text = writeAnchor(await verify(), key, new Date('2026-11-24T00:00:00Z'));
    expect(readAnchor(text, new Set([key.id]))).toMatchObject({ at: '2026-11-24T00:00:00.000Z', heads: [{ seq: 7 }] });
    expect(() => readAnchor(text.replace('"seq": 7', '"seq": 6'), new Set([key.id]))).toThrow(/was changed/);
    expect(() => readAnchor(text, new Set())).toThrow(/not trusted/);
    expect(() => readAnchor('{}', new Set([key.id]))).toThrow(/no anchor/);
  });
});

test('an access is written as its canonical JSON', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const optional = fc.option(text, { nil: undefined });
  fc.assert(fc.property(fc.record({
    kind: fc.constant('ACCESS' as const), actor: fc.record({ kind: fc.constant('person' as const), issuer: optional, subject: optional, name: optional, organizations: fc.array(text), tokenId: optional }),
    requestId: optional, address: optional, purpose: optional, channel: optional, dataset: fc.record({ id: fc.uuid(), path: text }), version: text, rulesRevision: fc.nat(),
    operation: fc.record({ document: fc.constant(digest('a')), variables: fc.constant(digest('b')), name: optional }), tables: fc.dictionary(text, fc.array(text)), rows: fc.nat(),
    decision: fc.constantFrom('ALLOWED' as const, 'REFUSED' as const, 'FAILED' as const), reason: text, rule: optional, epsilon: optional, withheld: fc.option(fc.array(text), { nil: undefined }),
  }), (made) => {
    const { body } = new Chain('c', 1).append(made, 0, 's');
    expect(body).toBe(canonicalJson({ ...made, at: '1970-01-01T00:00:00.000Z', salt: 's', seq: 1 }));
  }), { numRuns: 300 });
});

test('a key is kept in a file of its owner, and no other kind of key is taken', () => {
  expect(existsSync(join(folder, 'audit-signing-key'))).toBe(true);
  expect(loadSigningKey(undefined, folder).id).toBe(key.id);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  expect(loadSigningKey(pem, folder).id).not.toBe(key.id);
  expect(loadSigningKey(pem.replace(/-----.*-----/g, '').replace(/\s/g, ''), folder).id).toBe(loadSigningKey(pem, folder).id);
  expect(() => loadSigningKey(generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, folder)).toThrow(/Ed25519/);
});
