/** `_entities` of a collection: batched, under the rules, and nothing to be learned from it. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import { createMetrics, type Metrics } from '../../../src/server/metrics.js';
import { accessFixture } from '../../support/accessFixture.js';
import { withCollections } from '../../support/collections.js';
import { countStatements, type StatementCount } from '../../support/countStatements.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { numberedId, person, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../../support/fixture.js';
import { startTestServer, type TestServer } from '../../support/testServer.js';

const people: Readonly<Record<string, Identity>> = {
  steward: person({ subject: 's', memberships: [{ organization: 'seoram', role: 'steward' }] }),
  member: person({ subject: 'm', memberships: [{ organization: 'hanbit', role: 'member' }] }),
  north: person({ subject: 'n', country: 'KR', claims: { study: 'A', institution: 'north' } }),
};
const required = (kind: 'text' | 'int32' | 'int64' | 'date' | 'datetime' | 'enum') => ({ kind, required: true } as const);
const lab: FixtureDataset = {
  organization: 'kist', name: 'lab',
  tables: {
    runs: { columns: { lab: required('text'), number: required('int32'), day: 'date', value: 'float' }, primaryKey: ['lab', 'number'], rows: [['a', 1, '2026-01-01', 1.5], ['a', 2, null, null], ['b', 1, '2026-02-01', 1e20]] },
    big: { columns: { no: required('int64'), note: 'text' }, primaryKey: ['no'], rows: [['9007199254740993', 'beyond'], ['5', 'a \u0001 control \\ "']] },
    parts: { columns: { name: required('text'), n: 'int32' }, primaryKey: ['name'], rows: [], segments: [[['x', 1], ['y', 2]], [['z', 3]]] },
    loose: { columns: { name: 'text' }, rows: [['nobody']] },
    masked: { columns: { code: required('text'), v: 'int32' }, primaryKey: ['code'], rows: [['AA-1', 1], ['BB-1', 2]] },
    times: { columns: { at: required('datetime'), kind: { kind: 'enum', required: true, values: ['hot', 'cold'] } }, primaryKey: ['at', 'kind'], rows: [['2026-01-01T09:00:00+09:00', 'hot']] },
  },
  rules: { rules: [{ id: 'codes', effect: 'columns', tables: ['masked'], columns: ['code'], transform: { kind: 'mask', keepEnd: 2 }, reason: 'Codes are masked.' }] },
};

const later: FixtureDataset = { organization: 'kist', name: 'later', embargoUntil: new Date('2099-01-01T00:00:00Z'), tables: { cells: { columns: { code: required('text') }, primaryKey: ['code'], rows: [['c']] } } };
const datasets = [...accessFixture, lab, later];

let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;
let metrics: Metrics;
let statements: StatementCount;
beforeAll(async () => {
  statements = countStatements();
  db = await createTestDatabase();
  dure = await testEngine(db.pool, withCollections(await makeSnapshot(db.pool, datasets), {
    all: Object.fromEntries(datasets.map(({ organization, name }) => [`${organization}/${name}`, '1'])), keyless: { 'hanbit/registered': '1' },
  }));
  metrics = createMetrics();
  server = await startTestServer(dure.engine, {
    metrics, limits: { requestBytes: 2_000_000, bodyTimeoutMs: 10_000, documentBytes: 100_000, uploadBytes: 1, subscriptionsPerConnection: 3, apolloServers: 10 },
    identify: async (authorization) => people[String(authorization).replace('Bearer ', '')] ?? anonymous,
    services: { catalog: { get snapshot() { return dure.snapshot; } } } as never,
  });
});
beforeEach(() => statements.clear());
afterAll(async () => {
  await server.close();
  statements.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const numbered = (table: string, rowNumber: number): string => numberedId(dure.cursors, table, rowNumber);

interface Answer { readonly data?: { _entities: (Record<string, unknown> | null)[] }; readonly errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[]; readonly extensions?: { withheld?: unknown } }

/** Asks twice, so that both lanes answer; they must answer alike. */
async function entities(selection: string, representations: unknown, who?: string): Promise<Answer> {
  const body = JSON.stringify({ query: `query($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`, variables: { r: representations } });
  const ask = async (): Promise<string> => (await fetch(`${server.url}/graphql/c/all`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'r', ...(who ? { authorization: `Bearer ${who}` } : {}) }, body })).text();
  const first = await ask();
  expect(await ask()).toBe(first);
  return JSON.parse(first) as Answer;
}
const codes = (answer: Answer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);

test('rows by id and by key, in the order asked, the same one twice, with what hangs below them', async () => {
  const answer = await entities('__typename ... on HanbitOpenItems { name parts { nodes { maker } } } ... on KistLabRuns { id value day } ... on KistLabBig { no note }', [
    { __typename: 'HanbitOpenItems', id_: 'i2' }, { __typename: 'KistLabRuns', lab: 'b', number: 1 }, { __typename: 'HanbitOpenItems', id: 'hanbit/open/items/=i1' },
    { __typename: 'KistLabBig', no: '9007199254740993' }, { __typename: 'HanbitOpenItems', id: numbered('hanbit/open/items', 3) }, { __typename: 'HanbitOpenItems', id_: 'i2' },
    { __typename: 'KistLabRuns', id: 'kist/lab/runs/=["a","2"]' }, { __typename: 'KistLabBig', no: 5, note: 'what else is there does not matter' },
  ]);
  expect(answer.errors).toBeUndefined();
  expect(answer.data!._entities).toEqual([
    { __typename: 'HanbitOpenItems', name: 'beta', parts: { nodes: [{ maker: 'kim' }] } }, { __typename: 'KistLabRuns', id: 'kist/lab/runs/=["b", "1"]', value: 1e20, day: '2026-02-01' },
    { __typename: 'HanbitOpenItems', name: 'alpha', parts: { nodes: [{ maker: 'kim' }] } }, { __typename: 'KistLabBig', no: '9007199254740993', note: 'beyond' },
    { __typename: 'HanbitOpenItems', name: 'gamma', parts: { nodes: [] } }, { __typename: 'HanbitOpenItems', name: 'beta', parts: { nodes: [{ maker: 'kim' }] } },
    { __typename: 'KistLabRuns', id: 'kist/lab/runs/=["a", "2"]', value: null, day: null }, { __typename: 'KistLabBig', no: '5', note: 'a \u0001 control \\ "' },
  ]);
  expect((await metrics.operations.get()).values.map(({ labels }) => labels.lane).sort()).toEqual(['apollo', 'prepared']);
});

test('rows of several segments; keys of instants and enums; a fragment on Node', async () => {
  const answer = await entities('... on KistLabParts { n } ... on KistLabTimes { at kind } ... on Node { id }', [
    { __typename: 'KistLabParts', name: 'z' }, { __typename: 'KistLabTimes', at: '2026-01-01T00:00:00Z', kind: 'hot' }, { __typename: 'KistLabTimes', at: '2026-01-01T00:00:00Z', kind: 'cold' }, { __typename: 'KistLabParts', name: 'x' },
  ]);
  const id = (answer.data!._entities[1] as { id: string }).id;
  expect(answer).toMatchObject({ data: { _entities: [{ n: 3, id: 'kist/lab/parts/=z' }, { at: '2026-01-01T00:00:00.000Z', kind: 'hot', id }, null, { n: 1, id: 'kist/lab/parts/=x' }] } });
  expect((await entities('... on KistLabTimes { kind }', [{ __typename: 'KistLabTimes', id }])).data).toEqual({ _entities: [{ kind: 'hot' }] });
});

test('any number of representations is one statement, and one plan', async () => {
  const some = (count: number): object[] => Array.from({ length: count }, (_, index) => ({ __typename: 'HanbitOpenItems', id_: `i${(index % 5) + 1}` }));
  for (const count of [1, 7, 600, 1000]) {
    statements.clear();
    const answer = await entities('... on HanbitOpenItems { name }', some(count));
    expect(answer.data!._entities).toHaveLength(count);
    expect(answer.data!._entities.slice(0, 7)).toEqual([{ name: 'alpha' }, { name: 'beta' }, { name: 'gamma' }, null, null, { name: 'alpha' }, { name: 'beta' }].slice(0, count));
    expect(statements.texts).toHaveLength(2); // one for each of the two lanes
    expect(new Set(statements.texts).size).toBe(1);
  }
  statements.clear();
  const mixed = await entities('__typename', [...some(200), ...Array.from({ length: 200 }, (_, index) => ({ __typename: 'KistLabRuns', lab: 'a', number: index })), { __typename: 'HanbitOpenItems', id: numbered('hanbit/open/items', 1) }]);
  expect(mixed.data!._entities.filter((row) => row !== null)).toHaveLength(120 + 2 + 1);
  expect(statements.texts).toHaveLength(2);
});

test('a row that a rule hides is null, like one that is not there, and says nothing', async () => {
  const patients = (ids: string[]): object[] => ids.map((id_) => ({ __typename: 'SeoramTrialPatients', id_ }));
  const hidden = await entities('... on SeoramTrialPatients { institution }', patients(['p1', 'p2', 'p9']), 'north');
  expect(hidden.errors).toBeUndefined();
  expect(hidden.data).toEqual({ _entities: [{ institution: 'north' }, null, null] });
  const withheld = await entities('... on SeoramTrialPatients { name code visits { nodes { day } } }', patients(['p1']), 'north');
  expect(withheld.data).toEqual({ _entities: [{ name: null, code: '***1', visits: { nodes: [{ day: '2026-01-05' }] } }] });
  expect(withheld.extensions).toMatchObject({ withheld: expect.arrayContaining([expect.objectContaining({ path: ['_entities', 'name'], rule: 'names' })]) });
  // Who may not read the dataset at all is told so, whatever rows there are.
  const closed = await entities('__typename', [...patients(['p1', 'p9']), { __typename: 'HanbitOpenItems', id_: 'i1' }]);
  expect(closed.data).toEqual({ _entities: [null, null, { __typename: 'HanbitOpenItems' }] });
  expect(closed.errors).toEqual([expect.objectContaining({ path: ['_entities'], extensions: expect.objectContaining({ code: 'FORBIDDEN' }) })]);
});

test('by a key that is withheld or masked there is no representation; by the row\'s own id there is', async () => {
  for (const id_ of ['secret-a', 'nobody']) {
    const answer = await entities('... on HaedamPseudonymsPeople { born }', [{ __typename: 'HaedamPseudonymsPeople', id_ }]);
    expect(answer.data).toEqual({ _entities: [null] });
    expect(answer.errors).toEqual([{ message: 'A representation names id_, which is withheld from you: Persons stay unnamed.', path: ['_entities'], extensions: { code: 'FORBIDDEN', column: 'id_', rule: 'ids', requestId: 'r' } }]);
    expect(codes(await entities('__typename', [{ __typename: 'HaedamPseudonymsPeople', id: `haedam/pseudonyms/people/=${id_}` }]))).toEqual(['FORBIDDEN']);
  }
  expect((await entities('... on HaedamPseudonymsPeople { id id_ born }', [{ __typename: 'HaedamPseudonymsPeople', id: numbered('haedam/pseudonyms/people', 2) }])).data).toEqual({ _entities: [{ id: numbered('haedam/pseudonyms/people', 2), id_: null, born: 1980 }] });
  for (const code of ['AA-1', '***-1', 'nothing']) expect(codes(await entities('... on KistLabMasked { v }', [{ __typename: 'KistLabMasked', code }]))).toEqual(['FORBIDDEN']);
  expect((await entities('... on KistLabMasked { id code v }', [{ __typename: 'KistLabMasked', id: numbered('kist/lab/masked', 1) }])).data).toEqual({ _entities: [{ id: numbered('kist/lab/masked', 1), code: '***-1', v: 1 }] });
});

test('an unlisted dataset\'s type is unknown in the words of any other', async () => {
  const words = async (type: string, more: object, who?: string): Promise<unknown> => JSON.parse(JSON.stringify(await entities('__typename', [{ __typename: type, ...more }], who)).replaceAll(type, 'TYPE')) as unknown;
  const unknown = await words('NeverWas', { id: numbered('seoram/secret/files', 1) });
  expect(unknown).toEqual({ data: { _entities: [null] }, errors: [{ message: 'Representation 0 cannot be read: there is no entity type "TYPE" here.', path: ['_entities', 0], extensions: { code: 'BAD_USER_INPUT', requestId: 'r' } }] });
  for (const type of ['SeoramSecretFiles', 'KistLabLoose', 'HanbitRegisteredData', 'Query', 'PageInfo', 'HanbitOpen', '__proto__', 'constructor', 'toString']) expect(await words(type, { id: numbered('seoram/secret/files', 1) })).toEqual(unknown);
  expect((await entities('__typename', [{ __typename: 'HanbitOpenItems', id: numbered('seoram/secret/files', 1) }])).errors![0]!.message).toMatch(/id is not the id of a row of HanbitOpenItems/);
});

test('what is no representation is null with a reason, and the others are answered', async () => {
  const item = { __typename: 'HanbitOpenItems' };
  const wrong: [unknown, RegExp][] = [
    [7, /object with __typename/], ['x', /object with __typename/], [[], /object with __typename/], [{}, /object with __typename/], [{ __typename: 3 }, /object with __typename/], [item, /needs id, or id_/],
    [{ ...item, id_: 5 }, /id_ is no String/], [{ ...item, id_: null }, /id_ must be a value/], [{ ...item, id_: ['i1'] }, /id_ is no String/], [{ ...item, id_: { eq: 'i1' } }, /id_ is no String/],
    [{ ...item, id: null }, /not the id/], [{ ...item, id: 5 }, /not the id/], [{ ...item, id: 'hanbit/open/items/~99999999999999999999' }, /not the id/], [{ ...item, id: numbered('hanbit/open/parts', 1) }, /not the id/],
  ];
  const first = await entities('... on HanbitOpenItems { name }', [...wrong.slice(0, 9).map(([value]) => value), { ...item, id_: 'i1' }]);
  expect(first.data!._entities).toEqual([...Array.from({ length: 9 }, () => null), { name: 'alpha' }]);
  first.errors!.forEach((error, index) => expect(error).toMatchObject({ message: expect.stringMatching(wrong[index]![1]), path: ['_entities', index], extensions: { code: 'BAD_USER_INPUT' } }));
  const second = await entities('... on HanbitOpenItems { name }', wrong.slice(9).map(([value]) => value));
  second.errors!.forEach((error, index) => expect(error.message).toMatch(wrong[index + 9]![1]));
  const runs = await entities('... on KistLabRuns { value }', [{ __typename: 'KistLabRuns', lab: 'a' }, { __typename: 'KistLabRuns', lab: 'a', number: 99999999999 }, { __typename: 'KistLabRuns', lab: 'a', number: '1' }, { __typename: 'KistLabRuns', id: 'kist/lab/runs/=a' }, { __typename: 'KistLabRuns', id: 'kist/lab/runs/=["a","one"]' }]);
  expect(runs.data!._entities).toEqual([null, null, null, null, null]);
  expect(runs.errors!.map(({ message }) => message)).toEqual([expect.stringMatching(/needs id, or lab and number/), expect.stringMatching(/number is no Int/), expect.stringMatching(/number is no Int/), expect.stringMatching(/not the id/)]);
  // NUL, half a surrogate pair and quotes are values that no row has.
  const odd = await entities('... on HanbitOpenItems { name }', ['i1\u0000', '\ud800', `' or true --`, '"', '\\', 'i'.repeat(100_000)].map((id_) => ({ ...item, id_ })));
  expect(odd).toEqual({ data: { _entities: [null, null, null, null, null, null] }, extensions: expect.anything() });
  // Nested beyond any stack: refused before anything walks it.
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const nested = await fetch(`${server.url}/graphql/c/all`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"query":"query($r: [_Any!]!) { _entities(representations: $r) { __typename } }","variables":{"r":[{"__typename":"HanbitOpenItems","id_":"i1","more":${deep}},{"__typename":"HanbitOpenItems","id_":${deep}}]}}` });
  expect(((await nested.json()) as Answer).errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  const many = await entities('__typename', Array.from({ length: 50 }, () => 1));
  expect(many.errors).toHaveLength(11);
  expect(many.errors![10]!.message).toBe('40 more representations cannot be read.');
});

test('limits: ten thousand representations are refused before anything runs, in a variable and in the document', async () => {
  const many = await entities('__typename', Array.from({ length: 10_000 }, () => ({ __typename: 'HanbitOpenItems', id_: 'i1' })));
  expect(many.data).toBeUndefined();
  expect(codes(many)).toEqual(['LIMIT_EXCEEDED']);
  const literal = await fetch(`${server.url}/graphql/c/all`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: `{ _entities(representations: [${'{__typename:"X"},'.repeat(1_500)}]) { __typename } }` }) });
  expect(codes((await literal.json()) as Answer)).toEqual(['LIMIT_EXCEEDED']);
  // What hangs below each row is counted as often as there are rows.
  const deep = await entities('... on HanbitOpenItems { parts(first: 1000) { nodes { item { parts(first: 1000) { nodes { maker } } } } } }', Array.from({ length: 1000 }, () => ({ __typename: 'HanbitOpenItems', id_: 'i1' })));
  expect(codes(deep)).toEqual(['LIMIT_EXCEEDED']);
  expect(statements.texts).toEqual([]);
});

test('literals, aliases and several fields at once; a variable inside a literal is refused', async () => {
  const ask = async (query: string, variables: object = {}): Promise<{ data?: unknown; errors?: { message: string }[] }> => (await (await fetch(`${server.url}/graphql/c/all`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })).json()) as never;
  expect((await ask('query($r: [_Any!]!) { a: _entities(representations: [{ __typename: "HanbitOpenItems", id_: "i1" }]) { ... on HanbitOpenItems { name } } b: _entities(representations: $r) { ... on KistLabParts { n } } hanbit { open { items(first: 1) { nodes { name } } } } }', { r: [{ __typename: 'KistLabParts', name: 'y' }] })).data)
    .toEqual({ a: [{ name: 'alpha' }], b: [{ n: 2 }], hanbit: { open: { items: { nodes: [{ name: 'alpha' }] } } } });
  expect((await ask('query($k: String) { _entities(representations: [{ __typename: "HanbitOpenItems", id_: $k }]) { __typename } }', { k: 'i1' })).errors![0]!.message).toMatch(/the list of them is one variable/);
  expect((await ask('{ _entities(representations: []) { __typename } }')).data).toEqual({ _entities: [] });
  expect((await ask('query($r: [_Any!]!) { _entities(representations: $r) { __typename } }', { r: [null] })).errors![0]!.message).toMatch(/Expected non-nullable type "_Any!"/);
});

test('whatever is asked together is answered as if each were asked alone', async () => {
  const some = fc.oneof(
    fc.constantFrom('i1', 'i2', 'i3', 'i4').map((id_) => ({ __typename: 'HanbitOpenItems', id_ })),
    fc.constantFrom('=i1', '=i3', 1, 2, 7, '~7').map((key) => ({ __typename: 'HanbitOpenItems', id: typeof key === 'number' ? numbered('hanbit/open/items', key) : `hanbit/open/items/${key}` })),
    fc.constantFrom('p1', 'p2', 'p3', 'p4').map((id_) => ({ __typename: 'SeoramTrialPatients', id_ })),
    fc.record({ __typename: fc.constant('KistLabRuns'), lab: fc.constantFrom('a', 'b', 'c'), number: fc.integer({ min: 0, max: 3 }) }),
    fc.constantFrom<object>({ __typename: 'KistLabParts' }, { __typename: 'Nothing' }, {}),
  );
  const selection = '__typename ... on HanbitOpenItems { id name price phone parts { nodes { maker } } } ... on SeoramTrialPatients { name institution } ... on KistLabRuns { id value }';
  await fc.assert(fc.asyncProperty(fc.array(some, { maxLength: 12 }), fc.constantFrom(undefined, 'member', 'north', 'steward'), async (representations, who) => {
    const together = await entities(selection, representations, who);
    const alone = await Promise.all(representations.map(async (representation) => (await entities(selection, [representation], who)).data!._entities[0]));
    expect(together.data!._entities).toEqual(alone);
  }), { numRuns: 40 });
});

test('an embargo closes rows, there or not, and says until when', async () => {
  for (const code of ['c', 'nothing']) {
    const answer = await entities('__typename', [{ __typename: 'KistLaterCells', code }, { __typename: 'HanbitOpenItems', id_: 'i1' }]);
    expect(answer.data).toEqual({ _entities: [null, { __typename: 'HanbitOpenItems' }] });
    expect(answer.errors).toEqual([expect.objectContaining({ extensions: expect.objectContaining({ code: 'FORBIDDEN', reason: 'EMBARGO' }) })]);
  }
});

test('a table without a primary key is no entity; a collection of such only has no entities', async () => {
  expect((await entities('__typename', [{ __typename: 'KistLabLoose', id: numbered('kist/lab/loose', 1) }])).errors![0]!.message).toMatch(/no entity type/);
  const ask = async (query: string): Promise<Answer> => (await (await fetch(`${server.url}/graphql/c/keyless`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) })).json()) as Answer;
  const { data } = await ask('{ _service { sdl } }');
  expect((data as unknown as { _service: { sdl: string } })._service.sdl).not.toMatch(/@key\(|_Entity|_Any/);
  expect(codes(await ask('{ _entities(representations: []) { __typename } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});
