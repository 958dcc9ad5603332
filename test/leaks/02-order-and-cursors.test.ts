/** Leak class 2: order by hidden values, and hidden values or row numbers inside cursors and ids. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());
const member = { sub: 'm', organizations: ['lab:member'] };

test.each(['patients(orderBy: [{ name: ASC }])', 'patients(orderBy: [{ id_: ASC }, { name: DESC }])', 'patients(orderBy: [{ extra: ASC }])'])('a withheld column is refused: %s', async (field) => {
  expect(codesOf(await attack.ask(`{ lab { trial { ${field} { nodes { id_ } } } } }`))).toEqual([field.includes('extra') ? 'GRAPHQL_VALIDATION_FAILED' : 'FORBIDDEN']);
});

test('by a variable, on a link and in groups', async () => {
  expect(codesOf(await attack.ask('query($o: [LabTrialPatientsOrderBy!]) { lab { trial { patients(orderBy: $o) { nodes { id_ } } } } }', undefined, { variables: { o: [{ name: 'ASC' }] } }))).toEqual(['FORBIDDEN']);
  expect(codesOf(await attack.ask('{ bora { solvents { compounds { nodes { casMentions { labTrialPatients(orderBy: [{ name: ASC }]) { nodes { id_ } } } } } } } }'))).toEqual(['FORBIDDEN']);
  expect(codesOf(await attack.ask('{ lab { trial { patients { groups(by: [{ column: NAME }]) { nodes { aggregate { count } } } } } } }'))).toEqual(['FORBIDDEN']);
});

test('a transformed column orders by what is read: within a step the order tells nothing', async () => {
  const ids = async (order: string): Promise<unknown> => at(await attack.ask(`{ lab { trial { patients(orderBy: [${order}]) { nodes { id_ } } } } }`), 'lab.trial.patients.nodes');
  // 34 and 36 are one bin: both ways of ordering keep the rows' own order for the tie.
  expect(await ids('{ age: ASC }')).toEqual([{ id_: 'p1' }, { id_: 'p2' }, { id_: 'p4' }]);
  expect(await ids('{ age: ASC }, { id_: DESC }')).toEqual([{ id_: 'p2' }, { id_: 'p1' }, { id_: 'p4' }]);
  for (const column of ['salary']) expect(await ids(`{ ${column}: ASC }`)).toEqual([{ id_: 'p1' }, { id_: 'p2' }, { id_: 'p4' }]);
  expect(await ids('{ email: ASC }')).toEqual([{ id_: 'p4' }, { id_: 'p1' }, { id_: 'p2' }]);
});

describe('cursors', () => {
  const page = (args: string): string => `{ lab { trial { patients(${args}) { edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } } } }`;

  test('hold nothing that can be read, whatever they are ordered by', async () => {
    for (const order of ['salary', 'code', 'age', 'born']) {
      const edges = at(await attack.ask(page(`orderBy: [{ ${order}: ASC }]`)), 'lab.trial.patients.edges') as { cursor: string }[];
      for (const { cursor } of edges) expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/AA\*|777|1971|\["/);
    }
  });

  test('are as long for one row as for another: the row number shows in no digit', async () => {
    const edges = at(await attack.ask('{ lab { trial { visits { edges { cursor } } } } }'), 'lab.trial.visits.edges') as { cursor: string }[];
    expect(new Set(edges.map(({ cursor }) => cursor.length)).size).toBe(1);
    const { encode } = { encode: (rid: string): string => attack.dure.cursors.encode('1.0', 'c', [rid]) };
    expect(encode('9').length).toBe(encode('1234567').length);
  });

  test('of a member, in the hands of a stranger, open nothing: order and rows are those of the asker', async () => {
    const own = at(await attack.ask(page('orderBy: [{ age: ASC }], first: 2'), member, { open: true }), 'lab.trial.patients.pageInfo.endCursor') as string;
    const told = await attack.ask('query($a: String) { lab { trial { patients(orderBy: [{ age: ASC }], first: 2, after: $a) { nodes { id_ age } } } } }', undefined, { variables: { a: own } });
    expect(JSON.stringify(told)).not.toMatch(/p3|3[468]/);
  });

  test('that were changed, cut or made for another question are refused', async () => {
    const cursor = at(await attack.ask(page('orderBy: [{ age: ASC }], first: 1')), 'lab.trial.patients.pageInfo.endCursor') as string;
    const next = async (after: string, args = 'orderBy: [{ age: ASC }]'): Promise<unknown> => codesOf(await attack.ask(`query($a: String) { lab { trial { patients(${args}, first: 1, after: $a) { nodes { id_ } } } } }`, undefined, { variables: { a: after } }));
    expect(await next(cursor)).toEqual([]);
    const bytes = Buffer.from(cursor, 'base64url');
    for (const index of [0, 1, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[index] = changed[index]! ^ 1;
      expect(await next(changed.toString('base64url'))).toEqual(['BAD_USER_INPUT']);
    }
    expect(await next(cursor.slice(0, 10))).toEqual(['BAD_USER_INPUT']);
    expect(await next(cursor, 'orderBy: [{ salary: ASC }]')).toEqual(['BAD_USER_INPUT']);
    expect(await next(cursor, 'orderBy: [{ age: ASC }], where: { id_: { ne: "p9" } }')).toEqual(['BAD_USER_INPUT']);
  });

  test('hidden rows beyond the last shown one are no next page', async () => {
    expect(at(await attack.ask('{ lab { trial { visits(first: 4) { nodes { note } pageInfo { hasNextPage } } } } }'), 'lab.trial.visits.pageInfo')).toEqual({ hasNextPage: false });
    expect(at(await attack.ask('{ lab { trial { patients(last: 3) { nodes { id_ } pageInfo { hasPreviousPage } } } } }'), 'lab.trial.patients.pageInfo')).toEqual({ hasPreviousPage: false });
  });
});

describe('ids of rows without a readable key', () => {
  const visits = '{ lab { trial { visits { nodes { id note } } } } }';

  test('do not tell how many rows are hidden between them', async () => {
    const nodes = at(await attack.ask(visits), 'lab.trial.visits.nodes') as { id: string }[];
    expect(nodes).toHaveLength(4);
    expect(new Set(nodes.map(({ id }) => id.length)).size).toBe(1);
    for (const { id } of nodes) expect(id).toMatch(/^lab\/trial\/visits\/~[\w-]{20,}$/);
  });

  test('are taken back by node, and nothing that was not given is', async () => {
    const nodes = at(await attack.ask(visits), 'lab.trial.visits.nodes') as { id: string; note: string }[];
    const note = async (id: string): Promise<unknown> => at(await attack.ask('query($id: ID!) { node(id: $id) { ... on LabTrialVisits { note } } }', undefined, { variables: { id } }), 'node');
    for (const { id, note: shown } of nodes) expect(await note(id)).toEqual({ note: shown });
    const hidden = at(await attack.ask(visits, member, { open: true }), 'lab.trial.visits.nodes') as { id: string; note: string }[];
    for (const { id, note: shown } of hidden) expect(await note(id)).toEqual(shown.startsWith('canary') ? null : { note: shown });
    const { id } = nodes[0]!;
    const numbers = attack.dure.cursors.rowNumbers;
    for (const guess of [`lab/trial/visits/~${numbers.encode('lab/trial/visits/@2.0', '999')}`, `lab/trial/visits/~${numbers.encode('lab/trial/visits/@1.1', '1')}`, `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, id.replace('visits', 'patients'), id.replace('/trial/', '/trial_v1/')]) expect([guess, await note(guess)]).toEqual([guess, null]);
    // What is no id at all is told to be none.
    for (const guess of ['lab/trial/visits/~1', 'lab/trial/visits/~2']) expect([null, undefined]).toContain(await note(guess));
  });
});
