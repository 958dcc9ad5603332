/** An answer is judged again when its rows are there: by what holds then, also where nobody told of the change. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CatalogSnapshot, Dataset } from '../../src/catalog/model.js';
import { DureError } from '../../src/errors.js';
import type { Identity } from '../../src/identity/identity.js';
import type { Grant } from '../../src/policy/grant.js';
import type { Rule } from '../../src/policy/rule.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import type { Source } from '../../src/sources/source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let original: CatalogSnapshot;
let dataset: Dataset;
let dure: TestEngine;
let grants: readonly Grant[] = [];
let ended: DureError | undefined;
const standing = { changes: 0, now: () => Date.now(), require: () => { if (ended) throw ended; } };
/** Done when the rows have come and nobody has seen them yet. */
let meanwhile: () => void = () => undefined;
let ran = 0;

const allow: Rule = { id: 'a', effect: 'allow', to: { any: [{ grant: true }, { attribute: 'person.organizations', contains: 'friends' }] } };
beforeAll(async () => {
  db = await createTestDatabase();
  original = await makeSnapshot(db.pool, [
    { organization: 'lab', name: 'trial', visibility: 'RESTRICTED', tables: { patients: { columns: { id: { kind: 'text', required: true }, name: 'text' }, primaryKey: ['id'], rows: [['a', 'Kim'], ['b', 'Lee']] } }, rules: { rules: [allow] } },
    { organization: 'lab', name: 'other', tables: { things: { columns: { id: 'text' }, rows: [['x']] } } },
  ]);
  dataset = original.byPath.get('lab/trial')!;
  const cursors = testCursors();
  const own = new PostgresSource(db.pool, cursors);
  const source: Source = {
    compile(plan) {
      const compiled = own.compile(plan);
      return { ...compiled, run: async (bindings, signal, turn) => {
        const answers = await compiled.run(bindings, signal, turn);
        ran += 1;
        meanwhile();
        return answers;
      } };
    },
  };
  dure = await testEngine(db.pool, original, cursors, source, {}, undefined, 'none', { standing, grants: { of: () => grants } });
});
beforeEach(() => {
  [ended, grants, ran] = [undefined, [], 0];
  meanwhile = () => undefined;
  dure.snapshot = original;
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

let catalogRevision = 1_000n;
const query = '{ lab { trial { patients { nodes { name } } } } }';
const friend = person({ subject: 'f', key: 'f', memberships: [{ organization: 'friends', role: 'member' }] });
const change = (parts: Partial<Dataset>, path = 'lab/trial') => (): void => {
  const changed = { ...dure.snapshot.byPath.get(path)!, ...parts };
  dure.snapshot = { ...dure.snapshot, revision: (catalogRevision += 1n), datasets: new Map([...dure.snapshot.datasets, [changed.id, changed]]), byPath: new Map([...dure.snapshot.byPath, [path, changed]]) };
};
const outcome = async (during: () => void, identity: Identity = friend, text = query): Promise<string> => {
  meanwhile = during;
  const { data, errors } = await dure.ask(text, { identity });
  expect(ran).toBe(1);
  if (errors) expect(JSON.stringify(data ?? null)).not.toMatch(/Kim|Lee/);
  return errors ? errors.map(({ extensions }) => [extensions?.code, extensions?.reason].join(' ')).join() : JSON.stringify(data).replace(/[^A-Z a-z]/g, '').includes('Kim') ? 'answered' : 'empty';
};
let revision = 1;
const withRules = (rules: readonly Rule[], more: Partial<Dataset> = {}): Partial<Dataset> => ({ rules: { rules }, rulesRevision: (revision += 1), ...more });
const grant: Grant = { id: 'g', dataset: '', subject: 'p', until: new Date(Date.now() + 3_600_000) };
const holder = person({ subject: 'p', key: 'p' });

describe('nothing of it is given', () => {
  test('when the dataset was frozen or is gone', async () => {
    expect(await outcome(change({ freeze: { incident: 'i', since: new Date() } }))).toBe('FORBIDDEN FROZEN');
    ran = 0;
    dure.snapshot = original;
    expect(await outcome(() => { dure.snapshot = { ...original, revision: (catalogRevision += 1n), datasets: new Map(), byPath: new Map() }; })).toBe('FORBIDDEN NO_LONGER');
  });
  for (const [name, parts] of [
    ['a rule closed it', withRules([allow, { id: 'd', effect: 'deny', to: { everyone: true } }])],
    ['a rule went that had opened it', withRules([])],
    ['a column was transformed', withRules([allow, { id: 'c', effect: 'columns', columns: ['name'], transform: { kind: 'null' } }])],
    ['a rule got another condition under the same id', withRules([allow, { id: 'r', effect: 'rows', where: { column: 'id', op: 'eq', value: 'a' } }])],
    ['an embargo was set', { embargoUntil: new Date('2099-01-01') }],
  ] as const) test(`when ${name}`, async () => { expect(await outcome(change(parts))).toBe('FORBIDDEN NO_LONGER'); });
  test('when the condition of a rule became another under the same id', async () => {
    const rows = (value: string): Rule => ({ id: 'r', effect: 'rows', where: { column: 'id', op: 'eq', value } });
    change(withRules([allow, rows('a')]))();
    expect(await outcome(change(withRules([allow, rows('b')])))).toBe('FORBIDDEN NO_LONGER');
  });
  test('when the grant was revoked, or became one of fewer columns', async () => {
    for (const left of [[], [{ ...grant, dataset: dataset.id, columns: { patients: ['id'] } }]]) {
      [grants, ran] = [[{ ...grant, dataset: dataset.id }], 0];
      expect(await outcome(() => { grants = left; standing.changes += 1; }, holder)).toBe('FORBIDDEN NO_LONGER');
    }
  });
  test('when an override was ended', async () => {
    const overrides = [{ id: 'o', subject: 'p', issuer: 'https://idp.example', reason: 'an emergency', by: 's', from: new Date(Date.now() - 1_000), until: new Date(Date.now() + 60_000) }];
    change({ overrides })();
    expect(await outcome(change({ overrides: undefined }), person({ subject: 'p', key: 'overridden', issuer: 'https://idp.example' }))).toBe('FORBIDDEN NO_LONGER');
  });
  test('when the person was suspended: not even of what everybody may read', async () => {
    const answer = await outcome(() => {
      ended = new DureError('FORBIDDEN', 'Your access to this server was suspended.', { reason: 'SUSPENDED' });
      standing.changes += 1;
    }, friend, '{ lab { other { things { nodes { id } } } } __typename }');
    expect(answer).toBe('FORBIDDEN SUSPENDED');
  });
  test('when the token expired', async () => {
    const identity = { ...friend, key: 'expiring', expiresAt: Date.now() + 300 };
    expect(await outcome(() => { while (Date.now() <= identity.expiresAt); }, identity)).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
  });
});

describe('it is given', () => {
  test('when the same holds for this caller: a new version, a rule for others, another dataset, somebody else\'s standing', async () => {
    const [version] = dataset.versions;
    for (const during of [
      () => undefined, () => { standing.changes += 1; }, change({ freeze: { incident: 'i', since: new Date() } }, 'lab/other'),
      change({ versions: [{ ...version!, id: 'v2', minor: 1 }, version!] }), change(withRules([allow, { id: 'd', effect: 'deny', to: { attribute: 'person.id', eq: 'nobody' } }])),
      () => { grants = [{ ...grant, dataset: 'elsewhere' }]; standing.changes += 1; },
    ]) {
      [ran, dure.snapshot, grants] = [0, original, []];
      expect(await outcome(during)).toBe('answered');
    }
  });
});
