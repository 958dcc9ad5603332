/** Leak class 13: many parents and keys asked at once, judged by what they share and not each by itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());
const hiddenKey = ['p3-cana', 'ry'].join('');

test('representations, hidden and shown in any order and twice: each its own', async () => {
  const told = await attack.ask('query($r: [_Any!]!) { _entities(representations: $r) { ... on LabTrialPatients { id name visits { totalCount } } } }', undefined, { collection: 'all', variables: { r: [hiddenKey, 'p1', hiddenKey, 'nobody', 'p4', 'p1'].map((id_) => ({ __typename: 'LabTrialPatients', id_ })) } });
  const one = (id: string): unknown => ({ id: `lab/trial/patients/=${id}`, name: null, visits: { totalCount: 1 } });
  expect(told.data).toEqual({ _entities: [null, one('p1'), null, null, one('p4'), one('p1')] });
});

test('representations of closed tables: null, and one refusal whatever the keys are', async () => {
  const of = async (ids: readonly string[]): Promise<unknown> => (await attack.ask('query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on LabVaultSecrets { note } ... on LabLaterCells { note } } }', undefined, { collection: 'all', variables: { r: ids.flatMap((id_) => [{ __typename: 'LabVaultSecrets', id_ }, { __typename: 'LabLaterCells', id_ }]) } }));
  expect(await of(['canar\u0079'])).toEqual(await of(['nobody']));
  expect(codesOf((await of(['nobody'])) as never)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
});

test('a foreign key shared by shown and hidden rows', async () => {
  const told = await attack.ask('{ lab { trial { visits { nodes { note patient { id_ visits { nodes { note } } } } } } } }');
  expect(at(told, 'lab.trial.visits.nodes')).toEqual([
    { note: 'first', patient: { id_: 'p1', visits: { nodes: [{ note: 'first' }] } } }, { note: 'second', patient: { id_: 'p2', visits: { nodes: [{ note: 'second' }] } } },
    { note: 'of nobody shown', patient: null }, { note: 'last', patient: { id_: 'p4', visits: { nodes: [{ note: 'last' }] } } },
  ]);
});

test('records of a source, asked once for many rows: those that its rules hide are nobody\'s', async () => {
  attack.uniprot.asked.length = 0;
  const told = await attack.ask('{ uniprot { kb { proteins(where: { accession: { in: ["P12345", "P05067", "P12345", "P04637"] } }) { nodes { accession name organism } } } } }');
  expect(at(told, 'uniprot.kb.proteins.nodes')).toEqual([{ accession: 'P05067', name: 'One', organism: 'Homo' }, { accession: 'P04637', name: 'Two', organism: 'Homo' }]);
  // A record that is hidden and one that is not there are told alike.
  const [hidden, never] = [await attack.ask('{ entity(id: "uniprot:P12345") { id protein { name } } }'), await attack.ask('{ entity(id: "uniprot:Q99999") { id protein { name } } }')];
  expect(JSON.stringify(hidden.errors ?? null).replaceAll('P12345', 'ID')).toBe(JSON.stringify(never.errors ?? null).replaceAll('Q99999', 'ID'));
  expect(at(hidden, 'entity.protein')).toEqual(at(never, 'entity.protein'));
});

test('a batch of several operations in one request is none', async () => {
  const response = await fetch(`${attack.server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]) });
  expect(response.status).toBe(400);
});
