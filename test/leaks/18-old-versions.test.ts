/** Leak class 18: time travel: the rules of today hold for every version, whichever way it is reached. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

test.each(['trial_v1', 'trial_v1(version: "1.1")', 'trial_v1(asOf: "2026-04-01T00:00:00Z")'])('rows, cells and figures of %s', async (field) => {
  const told = await attack.ask(`{ lab { d: ${field} { patients { totalCount nodes { id_ name salary code age visits { totalCount } } aggregate { age { min max } } } visits { totalCount } } } }`);
  expect(at(told, 'lab.d')).toEqual({
    patients: { totalCount: 3, aggregate: { age: { min: 30, max: 50 } }, nodes: [['p1', 'AA', 30], ['p2', 'AB', 30], ['p4', 'AD', 50]].map(([id_, code, age]) => ({ id_, name: null, salary: null, code: `${String(code)}***`, age, visits: { totalCount: 1 } })) },
    visits: { totalCount: 4 },
  });
  expect(codesOf(await attack.ask(`{ lab { ${field} { patients(where: { name: { like: "c%" } }) { totalCount } } } }`))).toEqual(['FORBIDDEN']);
});

test('the version argument of the newest major reaches no other, and asOf none from before', async () => {
  for (const choice of ['version: "1.0"', 'version: "9.9"', 'asOf: "2000-01-01T00:00:00Z"', 'version: "1.1", asOf: "2026-04-01T00:00:00Z"']) expect((await attack.ask(`{ lab { trial(${choice}) { patients { nodes { name } } } } }`)).errors).toHaveLength(1);
});

test('ids of rows of an old version', async () => {
  const row = (id: string): Promise<unknown> => attack.ask('query($id: ID!) { node(id: $id) { ... on LabTrialV1Patients { id_ name } ... on LabTrialV1Visits { note } ... on LabTrial_v1Patients { id_ } } }', undefined, { variables: { id } });
  const told = await row(['lab/trial_v1/patients/=p3-cana', 'ry'].join(''));
  expect(JSON.stringify(told)).not.toMatch(/"id_":/);
  const ids = at(await attack.ask('{ lab { trial_v1(version: "1.1") { visits { nodes { id } } } } }'), 'lab.trial_v1.visits.nodes') as { id: string }[];
  const numbers = attack.dure.cursors.rowNumbers;
  expect(ids.map(({ id }) => id)).toEqual(['1', '3', '5', '6'].map((rid) => `lab/trial_v1/visits/~${numbers.encode('lab/trial_v1/visits/@1.1', rid)}`));
  for (const [rid, there] of [['1', true], ['2', false], ['4', false], ['6', true]] as const) {
    const found = await attack.ask('query($id: ID!) { node(id: $id) { id } }', undefined, { variables: { id: `lab/trial_v1/visits/~${numbers.encode('lab/trial_v1/visits/@1.1', rid)}` } });
    expect(at(found, 'node') !== null).toBe(there);
  }
});

test('a rule that is tightened holds for every version with the next question', async () => {
  const before = attack.dure.snapshot;
  const dataset = before.byPath.get('lab/trial')!;
  const closed = { ...dataset, rulesRevision: 2, rules: { ...dataset.rules, rules: [...dataset.rules.rules, { id: 'all', effect: 'deny' as const, to: { everyone: true as const } }] } };
  const questions = ['trial', 'trial_v1', 'trial_v1(version: "1.1")', 'trial_v1(version: "1.0")'].map((field) => `{ lab { d: ${field} { patients { totalCount } } } }`);
  for (const question of questions) expect(codesOf(await attack.ask(question))).toEqual([]);
  attack.dure.snapshot = { ...before, revision: before.revision + 1n, datasets: new Map([...before.datasets].map(([id, one]) => [id, id === dataset.id ? closed : one])), byPath: new Map([...before.byPath].map(([path, one]) => [path, path === 'lab/trial' ? closed : one])) };
  try {
    for (const question of questions) expect(codesOf(await attack.ask(question))).toEqual(['FORBIDDEN']);
    expect(codesOf(await attack.ask('{ node(id: "lab/trial/patients/=p1") { id } }'))).toEqual(['FORBIDDEN']);
  } finally {
    attack.dure.snapshot = before;
  }
});
