/** Grants and overrides in statements: the database's clock closes what this process still holds for open, and holders share statements. */
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { Grant } from '../../src/policy/grant.js';
import type { CatalogSnapshot, Dataset } from '../../src/catalog/model.js';
import type { Identity } from '../../src/identity/identity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;
let dataset: Dataset;
let snapshot: CatalogSnapshot;
let grants: readonly Grant[] = [];
const used: unknown[] = [];
const hour = 3_600_000;
const holder = (subject: string): Identity => person({ subject, issuer: 'https://idp.example', key: subject });

beforeAll(async () => {
  db = await createTestDatabase();
  snapshot = await makeSnapshot(db.pool, [{
    organization: 'lab', name: 'trial', visibility: 'RESTRICTED', listed: false,
    tables: {
      patients: { columns: { id: { kind: 'text', required: true }, name: 'text' }, primaryKey: ['id'], rows: [['a', 'Kim'], ['b', 'Lee']] },
      visits: { columns: { patient: 'text', note: 'text' }, foreignKeys: [{ columns: ['patient'], table: 'patients', referenced: ['id'], field: 'of', backField: 'visits' }], rows: [['a', 'one'], ['a', 'two']] },
    },
    rules: { rules: [{ id: 'asked', effect: 'allow', to: { grant: true } }, { id: 'window', effect: 'window', tables: ['visits'], until: '2020-01-01T00:00:00Z' }] },
  }]);
  dataset = [...snapshot.datasets.values()][0]!;
  dure = await testEngine(db.pool, snapshot, undefined, undefined, {}, undefined, 'none', {
    grants: { of: ({ subject }) => byHolder(subject) }, onOverride: (use) => used.push(use),
  });
});
afterEach(() => { jest.restoreAllMocks(); });
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const lists = new Map<string, { readonly from: readonly Grant[]; readonly list: readonly Grant[] }>();
/** The same list until something in it changes, as a source of grants keeps it. */
function byHolder(subject: string | undefined): readonly Grant[] {
  const known = lists.get(subject ?? '');
  if (known?.from === grants) return known.list;
  const list = grants.filter((grant) => grant.subject === subject);
  lists.set(subject ?? '', { from: grants, list });
  return list;
}

const grant = (subject: string, parts: Partial<Grant> = {}): Grant => ({ id: `g-${subject}`, dataset: dataset.id, subject, issuer: 'https://idp.example', until: new Date(Date.now() + hour), ...parts });
const patients = '{ lab { trial { patients { nodes { id name } } } } }';
const ask = (subject: string, query = patients): ReturnType<TestEngine['ask']> => dure.ask(query, { identity: holder(subject) });

test('an unlisted dataset exists for its holders, and holders share one statement', async () => {
  expect((await ask('p1')).errors![0]!.extensions!.code).toBe('GRAPHQL_VALIDATION_FAILED');
  grants = [grant('p1', { conditions: ['Cite us.'] }), grant('p2', { until: new Date(Date.now() + 2 * hour) })];
  const before = dure.statements.length;
  const [one, two] = [await ask('p1'), await ask('p2')];
  expect(one.data).toEqual(two.data);
  expect(one.extensions!.grants).toEqual([{ id: 'g-p1', dataset: 'lab/trial', until: grants[0]!.until!.toISOString(), conditions: ['Cite us.'] }]);
  expect(two.extensions!.grants).toEqual([{ id: 'g-p2', dataset: 'lab/trial', until: grants[1]!.until!.toISOString() }]);
  expect(dure.statements.length).toBe(before + 1);
  expect(dure.statements.at(-1)).toContain('statement_timestamp() <');
  // A revoked one is gone with the next question.
  grants = [];
  expect((await ask('p1')).errors![0]!.extensions!.code).toBe('GRAPHQL_VALIDATION_FAILED');
});

test('a grant that the database holds for ended gives nothing, though this process is behind', async () => {
  grants = [grant('p1', { until: new Date(Date.now() - 1_000) })];
  const late = Date.now() - hour;
  jest.spyOn(Date, 'now').mockImplementation(() => late);
  const answer = await ask('p1');
  expect(answer).toMatchObject({ data: { lab: { trial: { patients: null } } }, errors: [{ extensions: { code: 'FORBIDDEN', reason: 'ENDED' } }] });
});

test('a grant of columns withholds the others; what a window closes below an open table is told at its place', async () => {
  grants = [grant('p1', { columns: { patients: ['id'] } })];
  const answer = await ask('p1', '{ lab { trial { patients(first: 1) { nodes { id name visits { nodes { note } } } } } } }');
  expect(answer.data).toEqual({ lab: { trial: { patients: { nodes: [{ id: 'lab/trial/patients/=a', name: null, visits: null }] } } } });
  expect(answer.errors).toMatchObject([{ path: ['lab', 'trial', 'patients', 'nodes', 'visits'], extensions: { reason: 'ENDED', rule: 'window' } }]);
  expect(answer.extensions!.withheld).toMatchObject([{ column: 'name', treatment: 'WITHHELD', rule: 'grant' }]);
  // Nor can the closed table be felt through a filter.
  expect((await ask('p1', '{ lab { trial { patients(where: { visits: { some: { note: { eq: "one" } } } }) { totalCount } } } }')).data).toEqual({ lab: { trial: { patients: { totalCount: 0 } } } });
  expect((await ask('p1', '{ lab { trial { patients(where: { name: { eq: "Kim" } }) { totalCount } } } }')).errors![0]!.extensions).toMatchObject({ code: 'FORBIDDEN', column: 'name' });
});

test('an override that the database holds for ended gives nothing; one that holds opens all and is told', async () => {
  grants = [];
  const override = (until: number): void => {
    const opened = { ...dataset, overrides: [{ id: 'x', subject: 'p1', issuer: 'https://idp.example', reason: 'an emergency', by: 's', from: new Date(until - 2 * hour), until: new Date(until) }] };
    dure.snapshot = { ...snapshot, revision: snapshot.revision + BigInt(until), datasets: new Map([[opened.id, opened]]), byPath: new Map([['lab/trial', opened]]) };
  };
  override(Date.now() + hour);
  const opened = await ask('p1', '{ lab { trial { patients { nodes { name visits { nodes { note } } } } } } }');
  expect(opened).toMatchObject({ data: { lab: { trial: { patients: { nodes: [{ name: 'Kim', visits: { nodes: [{ note: 'one' }, { note: 'two' }] } }, { name: 'Lee' }] } } } }, extensions: { override: [{ id: 'x', reason: 'an emergency' }] } });
  expect(used).toMatchObject([{ dataset: 'lab/trial', override: 'x', subject: 'p1' }]);
  override(Date.now() - 1_000);
  const late = Date.now() - hour;
  jest.spyOn(Date, 'now').mockImplementation(() => late);
  expect(await ask('p1')).toMatchObject({ data: { lab: { trial: { patients: null } } }, errors: [{ extensions: { code: 'FORBIDDEN', reason: 'ENDED' } }] });
});
