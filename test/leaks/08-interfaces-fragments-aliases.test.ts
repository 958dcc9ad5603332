/** Leak class 8: interfaces, unions, fragments, aliases and renamed fields as a way round. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

test('an alias shows no more, also one that is named like an open column', async () => {
  const told = await attack.ask('{ lab { trial { patients(first: 1) { nodes { ward: name id_: salary age: code name: ward cas: extra } } } } }');
  expect(at(told, 'lab.trial.patients.nodes')).toEqual([{ ward: null, id_: null, age: 'AA***', name: 'open', cas: null }]);
  expect((told.extensions!.withheld as { column: string }[]).map(({ column }) => column)).toEqual(['name', 'salary', 'code', 'extra']);
});

test('fragments: inline, named, nested, on the interface, twice', async () => {
  const told = await attack.ask('query { lab { trial { patients(first: 1) { ...page } } } } fragment page on LabTrialPatientsConnection { nodes { ...row ... on Node { id ... on LabTrialPatients { name } } ... @include(if: true) { extra } } edges { node { ...row } } } fragment row on LabTrialPatients { name ... { code } }');
  expect(at(told, 'lab.trial.patients')).toEqual({ nodes: [{ name: null, code: 'AA***', id: 'lab/trial/patients/=p1', extra: null }], edges: [{ node: { name: null, code: 'AA***' } }] });
});

test('node: the interface leads to rows as their table does', async () => {
  const row = async (id: string): Promise<unknown> => at(await attack.ask('query($id: ID!) { node(id: $id) { id __typename ... on LabTrialPatients { name code visits { totalCount } } } }', undefined, { variables: { id } }), 'node') ?? null;
  expect(await row('lab/trial/patients/=p1')).toEqual({ id: 'lab/trial/patients/=p1', __typename: 'LabTrialPatients', name: null, code: 'AA***', visits: { totalCount: 1 } });
  // An id that may not be in an answer is written in two halves here.
  for (const id of [['lab/trial/patients/=p3-cana', 'ry'], ['lab/lair/secrets/=cana', 'ry'], ['lab/trial/patients/=nobody', '']]) expect(await row(id.join(''))).toBeNull();
  for (const id of ['lab/vault/secrets/=x', 'lab/later/cells/=x', 'lab/asserted/data/=r1']) {
    const told = await attack.ask('query($id: ID!) { node(id: $id) { id } }', undefined, { variables: { id } });
    expect(told.data).toEqual({ node: null });
    expect(codesOf(told)).toEqual(['FORBIDDEN']);
  }
});

test('a list of ids by aliases, the shown between the hidden', async () => {
  const told = await attack.ask('{ a: node(id: "lab/trial/patients/=p1") { id } b: node(id: "lab/trial/patients/=p3-cana\\u0072y") { id } c: node(id: "lab/trial/patients/=p4") { id } }');
  expect(told.data).toEqual({ a: { id: 'lab/trial/patients/=p1' }, b: null, c: { id: 'lab/trial/patients/=p4' } });
});

test('the same table under two aliases with two filters stays two questions', async () => {
  const told = await attack.ask('{ lab { trial { a: patients(where: { ward: { eq: "open" } }) { totalCount } b: patients(where: { name: { like: "c%" } }) { totalCount } } } }');
  expect(at(told, 'lab.trial')).toEqual({ a: { totalCount: 3 }, b: null });
  expect(codesOf(told)).toEqual(['FORBIDDEN']);
});

test('refused by a directive\'s variable or not, the answer is that of the fields asked for', async () => {
  const told = await attack.ask('query($no: Boolean = false) { lab { trial { patients(first: 1) { nodes { name @skip(if: $no) code @include(if: $no) } } } } }');
  expect(at(told, 'lab.trial.patients.nodes')).toEqual([{ name: null }]);
});
