/** What the engine tells the audit of each operation, and that answers are the same with it and without. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { digest } from '../../src/audit/chain.js';
import { DatabaseArchive } from '../../src/audit/databaseArchive.js';
import type { AccessEvent } from '../../src/audit/event.js';
import { loadSigningKey, type SigningKey } from '../../src/audit/signingKey.js';
import { verifyAudit } from '../../src/audit/verify.js';
import { AuditWriter } from '../../src/audit/writer.js';
import { answerText } from '../../src/graphql/engine.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { withCollections } from '../support/collections.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let folder: string;
let key: SigningKey;
let log: AuditWriter;
let dure: TestEngine;
let silent: TestEngine;

const member = person({ subject: 'm1', issuer: 'https://id.example', name: 'Kim', memberships: [{ organization: 'kist', role: 'member' }] });
const stranger = person({ subject: 's1', memberships: [] });

beforeAll(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'dure-audit-'));
  key = loadSigningKey(undefined, folder);
  log = new AuditWriter({ pool: db.pool, key });
  const patients = { patients: { columns: { id: 'int32', name: 'text', age: 'int32', note: 'json' }, primaryKey: ['id'], rows: [[1, 'A "~x" : 3', 30, '{"~0": 7}'], [2, 'B', 40, null], [3, 'C', 50, null]] },
    visits: { columns: { patient_id: 'int32', day: 'date' }, rows: [[1, '2026-01-01'], [1, '2026-01-02'], [2, '2026-01-03']], foreignKeys: [{ columns: ['patient_id'], table: 'patients', referenced: ['id'], field: 'patient', backField: 'visits' }] } } as const;
  const snapshot = withCollections(await makeSnapshot(db.pool, [
    { organization: 'kist', name: 'clinic', visibility: 'RESTRICTED', tables: patients, rules: { rules: [{ id: 'names', effect: 'columns', columns: ['name'], transform: { kind: 'deny' }, tables: ['patients'], unless: { attribute: 'person.organizations', contains: 'kist' } }, { id: 'asked', effect: 'allow', to: { attribute: 'person.id', eq: 's1' }, tables: ['patients'] }] } },
    { organization: 'kist', name: 'open', tables: { rows: { columns: { n: 'int32' }, rows: [[1]] } } },
    { organization: 'kist', name: 'later', embargoUntil: new Date('2099-01-01T00:00:00Z'), tables: { rows: { columns: { n: 'int32' }, rows: [[1]] } } },
  ]), { clinic: { 'kist/clinic': '1' } });
  const cursors = testCursors(new Uint8Array(32));
  dure = await testEngine(db.pool, snapshot, cursors, undefined, {}, undefined, { scope: 'governed', mode: 'wait', log, digestVariables: digest });
  silent = await testEngine(db.pool, snapshot, cursors);
});
afterAll(async () => {
  await log.close();
  expect(await verifyAudit(new DatabaseArchive(db.pool), { trusted: new Set([key.id]) })).toMatchObject({ sound: true });
  expect([...dure.reported, ...silent.reported]).toEqual([]);
  await db.drop();
  rmSync(folder, { recursive: true, force: true });
});

let seen = 0;
/** The accesses that one operation left. Its answer is the same as without an audit. */
async function ask(query: string, identity: Identity = anonymous, variables: Record<string, unknown> = {}, collection?: string): Promise<Partial<AccessEvent>[]> {
  const text = answerText(await dure.answer(query, { identity, variables, collection }));
  expect(text.replace(/"(startC|endC|c)ursor":"[^"]*"/g, '')).toBe(answerText(await silent.answer(query, { identity, variables, collection })).replace(/"(startC|endC|c)ursor":"[^"]*"/g, ''));
  const { rows } = await db.pool.query<{ body: string; seq: string }>(`select body, seq from dure_audit.entry where kind = 'ACCESS' order by at, seq`);
  const fresh = rows.slice(seen).map(({ body }) => JSON.parse(body) as AccessEvent);
  seen = rows.length;
  return fresh;
}

describe('an access', () => {
  test('tells who, what, how much, and why it was allowed', async () => {
    const [entry, ...others] = await ask('query Names($n: Int!) { kist { clinic { patients(where: { age: { gt: $n } }, orderBy: [{ age: DESC }]) { nodes { name } } } } }', member, { n: 35 });
    expect(others).toEqual([]);
    expect(entry).toEqual({
      kind: 'ACCESS', actor: { kind: 'person', issuer: 'https://id.example', subject: 'm1', name: 'Kim', organizations: ['kist'] }, requestId: 'r', channel: 'query',
      dataset: { id: dure.snapshot.byPath.get('kist/clinic')!.id, path: 'kist/clinic' }, version: '1.0', rulesRevision: 1,
      operation: { document: expect.stringMatching(/^[\w-]{43}$/), variables: expect.stringMatching(/^[\w-]{43}$/), name: 'Names' },
      tables: { patients: ['age', 'name'] }, rows: 2, decision: 'ALLOWED', reason: 'MEMBER', at: expect.any(String), salt: expect.any(String), seq: expect.any(Number),
    });
    expect((await db.pool.query<{ text: string }>('select text from dure_audit.document where digest = $1', [entry!.operation!.document])).rows[0]!.text).toMatch(/^query Names/);
    const [again] = await ask('query Names($n: Int!) { kist { clinic { patients(where: { age: { gt: $n } }, orderBy: [{ age: DESC }]) { nodes { name } } } } }', member, { n: 45 });
    expect(again).toMatchObject({ rows: 1, operation: { document: entry!.operation!.document } });
    expect(again!.operation!.variables).not.toBe(entry!.operation!.variables);
  });

  test('counts the rows that a gateway asks for by their keys, and names the keys', async () => {
    const representations = [1, 9, 2, 1].map((id_) => ({ __typename: 'KistClinicPatients', id_ }));
    expect(await ask('query($r: [_Any!]!) { _entities(representations: $r) { ... on KistClinicPatients { name visits { nodes { day } } } } }', member, { r: representations }, 'clinic'))
      .toMatchObject([{ dataset: { path: 'kist/clinic' }, decision: 'ALLOWED', tables: { patients: ['id', 'name'], visits: ['day', 'patient_id'] }, rows: 3 + 5 }]);
  });

  test.each<[string, string, number]>([
    ['a page and what is nested in it', '{ kist { clinic { patients { nodes { id_ visits { nodes { day } } } } } } }', 3 + 3],
    ['a page with a row more to look ahead', '{ kist { clinic { patients(first: 2) { pageInfo { hasNextPage endCursor } edges { cursor node { id_ } } nodes { id_ } } } } }', 2],
    ['a page from the end', '{ kist { clinic { patients(last: 2) { pageInfo { hasPreviousPage } nodes { id_ } } } } }', 2],
    ['parents by a foreign key', '{ kist { clinic { visits(first: 2) { nodes { day patient { id_ } } } } } }', 2 + 2],
    ['two roots and a connection beside', '{ kist { clinic { a: patients(first: 1) { nodes { id_ } } b: visits(first: 2) { nodes { day } } } open { rows { nodes { n } } } } }', 3],
    ['figures alone', '{ kist { clinic { patients { totalCount aggregate { age { max } } } } } }', 0],
    ['a page that is only looked at', '{ kist { clinic { patients { pageInfo { hasNextPage } } } } }', 0],
    ['nobody', '{ kist { clinic { patients(where: { age: { gt: 99 } }) { nodes { id_ } } } } }', 0],
    ['data that looks like a count', '{ kist { clinic { patients { nodes { name note } } } } }', 3],
    ['nothing but a skipped selection', '{ kist { clinic { visits { nodes { patient { id_ @skip(if: true) } } } } } }', 3 + 3],
  ])('counts the rows of %s', async (_what, query, rows) => {
    expect(await ask(query, member)).toMatchObject([{ dataset: { path: 'kist/clinic' }, decision: 'ALLOWED', rows }]);
  });

  test('to what is open to everybody leaves nothing, and its statement counts nothing', async () => {
    expect(await ask('{ kist { open { rows { nodes { n } } } } }', member)).toEqual([]);
    expect(dure.statements.at(-1)).toBe(silent.statements.at(-1));
  });

  test('that the rules refuse is recorded with their reason', async () => {
    expect(await ask('{ kist { clinic { patients { nodes { age } } } } }')).toMatchObject([{ actor: { kind: 'anonymous' }, decision: 'REFUSED', reason: 'SIGN_IN', rows: 0, tables: { patients: ['age'] } }]);
    expect(await ask('{ kist { clinic { visits { nodes { day } } } } }', stranger)).toMatchObject([{ decision: 'REFUSED', reason: 'NOT_ADMITTED', tables: { visits: ['day'] } }]);
    expect(await ask('{ kist { clinic { patients(where: { name: { eq: "A" } }) { nodes { age } } } } }', stranger)).toMatchObject([{ decision: 'REFUSED', reason: 'FORBIDDEN', rule: 'names', tables: { patients: ['age', 'name'] } }]);
  });

  test('tells what was withheld, and a level below that was refused', async () => {
    expect(await ask('{ kist { clinic { patients { nodes { name age } } } } }', stranger)).toMatchObject([{ decision: 'ALLOWED', reason: 'ALLOWED_BY_RULE', rule: 'asked', rows: 3, tables: { patients: ['age'] }, withheld: ['patients.name'] }]);
    expect(await ask('{ kist { clinic { patients(first: 1) { nodes { age visits { nodes { day } } } } } } }', stranger)).toMatchObject([
      { decision: 'ALLOWED', rows: 1, tables: { patients: ['age', 'id'] } }, { decision: 'REFUSED', reason: 'NOT_ADMITTED', rows: 0, tables: { visits: ['day'] } },
    ]);
  });

  test('under embargo is refused by it', async () => {
    expect(await ask('{ kist { later { rows { nodes { n } } } } }', stranger)).toMatchObject([{ decision: 'REFUSED', reason: 'EMBARGO', rows: 0 }]);
  });

  test('that was cancelled is recorded as failed', async () => {
    const controller = new AbortController();
    controller.abort();
    await dure.answer('{ kist { clinic { patients { nodes { age } } } } }', { identity: member, signal: controller.signal });
    expect(await ask('{ kist { open { rows { nodes { n } } } } }')).toMatchObject([{ decision: 'FAILED', reason: 'CANCELLED', rows: 0 }]);
  });
});

test('texts that a database does not keep do not stop the audit', async () => {
  const odd = person({ subject: 'o\0\ud800', name: 'N\0', memberships: [{ organization: 'kist', role: 'member' }] });
  const [entry] = await ask('{ kist { clinic { patients(first: 1) { nodes { age } } } } } # \0', odd);
  expect(entry).toMatchObject({ actor: { subject: 'o\uFFFD\uFFFD', name: 'N\uFFFD' }, rows: 1 });
  expect((await db.pool.query<{ text: string }>('select text from dure_audit.document where digest = $1', [entry!.operation!.document])).rows[0]!.text).toMatch(/# \uFFFD$/);
});

describe('what cannot be recorded', () => {
  test('is not answered; what is not governed is', async () => {
    const away = new AuditWriter({ pool: db.pool, key });
    const guarded = await testEngine(db.pool, dure.snapshot, testCursors(), undefined, {}, undefined, { scope: 'governed', mode: 'wait', log: away, digestVariables: digest });
    await db.pool.query('alter schema dure_audit rename to away');
    try {
      const answer = await guarded.answer('{ kist { clinic { patients { nodes { age } } } } }', { identity: member });
      expect(answer.data).toBeUndefined();
      expect(answer.errors).toMatchObject([{ extensions: { code: 'DATABASE_UNAVAILABLE' } }]);
      expect(await guarded.ask('{ kist { open { rows { nodes { n } } } } }')).toEqual({ data: { kist: { open: { rows: { nodes: [{ n: 1 }] } } } }, extensions: expect.anything() });
    } finally {
      await db.pool.query('alter schema away rename to dure_audit');
    }
    await away.close();
    // It was written as soon as that was possible.
    expect(await ask('{ kist { open { rows { nodes { n } } } } }')).toMatchObject([{ decision: 'ALLOWED', rows: 3 }]);
    expect((await db.pool.query(`select 1 from dure_audit.entry where kind = 'ACCESS' and chain_id = $1`, [away.heads[0]!.chain])).rowCount).toBe(1);
  });

  test('is answered where a dataset does not wait for it', async () => {
    const away = new AuditWriter({ pool: db.pool, key });
    const easy = await testEngine(db.pool, dure.snapshot, testCursors(), undefined, {}, undefined, { scope: 'all', mode: 'async', log: away, digestVariables: digest });
    expect(await easy.ask('{ kist { open { rows { nodes { n } } } } }')).toMatchObject({ data: { kist: { open: { rows: { nodes: [{ n: 1 }] } } } } });
    await away.close();
    expect((await db.pool.query<{ rows: number }>(`select (body::jsonb->>'rows')::int as rows from dure_audit.entry where kind = 'ACCESS' and chain_id = $1`, [away.heads[0]!.chain])).rows).toEqual([{ rows: 1 }]);
  });
});
