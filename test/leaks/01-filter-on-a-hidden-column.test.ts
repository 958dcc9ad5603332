/** Leak class 1: a filter on a column that one cannot read, counted letter by letter. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const count = async (where: string, variables?: Record<string, unknown>, declared = ''): Promise<unknown> => {
  const told = await attack.ask(`query${declared} { lab { trial { patients(where: ${where}) { totalCount } } } }`, undefined, { variables });
  return told.errors ? codesOf(told) : at(told, 'lab.trial.patients.totalCount');
};

describe('a withheld column', () => {
  test.each([
    '{ name: { like: "canary P%" } }', '{ name: { startsWith: "canary" } }', '{ name: { isNull: false } }', '{ name: { ne: "x" } }', '{ not: { name: { eq: "canary Park" } } }',
    '{ or: [{ id_: { eq: "p1" } }, { name: { like: "%" } }] }', '{ and: [{ not: { or: [{ name: { in: [] } }] } }] }', '{ extra: { hasKey: "canary" } }', '{ extra: { isNull: true } }',
  ])('is refused in %s', async (where) => { expect(await count(where)).toEqual(['FORBIDDEN']); });

  test('also by a variable, its default, and a variable inside a list', async () => {
    expect(await count('$w', { w: { name: { eq: 'canary Park' } } }, '($w: LabTrialPatientsWhere)')).toEqual(['FORBIDDEN']);
    expect(await count('$w', undefined, '($w: LabTrialPatientsWhere = { name: { like: "c%" } })')).toEqual(['FORBIDDEN']);
    expect(await count('{ and: [$w] }', { w: { not: { name: { isNull: true } } } }, '($w: LabTrialPatientsWhere!)')).toEqual(['FORBIDDEN']);
  });

  test('the refusal does not depend on what is asked for, nor on whether rows would match', async () => {
    const [hit, miss] = [await attack.ask('{ lab { trial { patients(where: { name: { eq: "canary Park" } }) { totalCount } } } }'), await attack.ask('{ lab { trial { patients(where: { name: { eq: "nobody here" } }) { totalCount } } } }')];
    expect(hit).toEqual(miss);
  });

  test('through a relation, a link, an entity and a node', async () => {
    expect(codesOf(await attack.ask('{ lab { trial { visits(where: { patient: { name: { like: "c%" } } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
    expect(codesOf(await attack.ask('{ bora { solvents { compounds(where: { casMentions: { labTrialPatients: { some: { name: { like: "c%" } } } } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
    expect(codesOf(await attack.ask('{ entity(id: "cas:64-17-5") { casMentions { labTrialPatients(where: { name: { like: "c%" } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
    expect(codesOf(await attack.ask('{ node(id: "lab/trial/patients/=p1") { ... on LabTrialPatients { visits(where: { patient: { name: { like: "c%" } } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
  });
});

describe('a transformed column is compared as it is read', () => {
  test.each([
    ['nulled', '{ salary: { eq: 777001 } }', 0], ['nulled, negated', '{ not: { salary: { eq: 777001 } } }', 0], ['nulled, beyond', '{ salary: { gt: 0 } }', 0], ['nulled, asked for nulls', '{ salary: { isNull: true } }', 3],
    ['masked, whole', '{ code: { eq: "AA-canary-1" } }', 0], ['masked, a part', '{ code: { contains: "canary" } }', 0], ['masked, its end', '{ code: { like: "%1" } }', 0], ['masked, as shown', '{ code: { eq: "AA***" } }', 1],
    ['hashed, by the value', '{ email: { eq: "canary1@lab.example" } }', 0], ['hashed, a part', '{ email: { contains: "@lab" } }', 0], ['hashed, as shown', '{ email: { eq: "h-one" } }', 1],
    ['binned, exactly', '{ age: { eq: 34 } }', 0], ['binned, between', '{ age: { gt: 34, lt: 40 } }', 0], ['binned, its bin', '{ age: { eq: 30 } }', 2],
    ['rounded, exactly', '{ dose: { eq: 7773.25 } }', 0], ['rounded, narrower', '{ dose: { gt: 7770, lt: 7780 } }', 0], ['rounded, its step', '{ dose: { eq: 7770 } }', 1],
    ['generalised, the day', '{ born: { eq: "1971-07-13" } }', 0], ['generalised, after its first day', '{ born: { gt: "1971-01-01", lt: "1972-01-01" } }', 0], ['generalised, its year', '{ born: { eq: "1971-01-01" } }', 1],
    ['placed, near the true point', '{ home: { near: { latitude: 37.51, longitude: 126.9731, kilometres: 1 } } }', 0], ['placed, in its cell', '{ home: { inBox: { south: 37.4, west: 126.4, north: 37.6, east: 126.6 } } }', 1],
  ])('%s', async (_name, where, rows) => { expect(await count(where)).toBe(rows); });
});

test('representations of a collection: a key finds shown rows only, and no other column is a key', async () => {
  const told = await attack.ask('query($r: [_Any!]!) { _entities(representations: $r) { ... on LabTrialPatients { id_ name } } }', undefined, { collection: 'all', variables: { r: [
    { __typename: 'LabTrialPatients', id_: 'p1' }, { __typename: 'LabTrialPatients', id_: 'p3-canar\u0079' }, { __typename: 'LabTrialPatients', name: 'canar\u0079 Park' }, { __typename: 'LabTrialPatients', id: 'lab/trial/patients/=p3-canar\u0079' },
  ] } });
  expect(told.data).toEqual({ _entities: [{ id_: 'p1', name: null }, null, null, null] });
  expect(told.errors).toHaveLength(1);
});

test('a source elsewhere is asked for no column that is withheld, and its transformed columns find nothing', async () => {
  expect(codesOf(await attack.ask('{ uniprot { kb { proteins(where: { secret: { like: "c%" } }) { nodes { accession } } } } }'))).toEqual(['FORBIDDEN']);
  expect(codesOf(await attack.ask('{ bora { solvents { compounds(where: { protein_: { secret: { like: "c%" } } }) { totalCount } } } }'))).not.toEqual([]);
  expect(at(await attack.ask('{ uniprot { kb { proteins(where: { cover: { eq: "canar\\u0079 one" } }) { nodes { accession } } } } }'), 'uniprot.kb.proteins.nodes')).toEqual([]);
  for (const { columns } of attack.uniprot.asked) expect(columns).not.toContain('secret');
});
