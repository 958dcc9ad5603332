/** Leak class 4: a hidden value reached through something computed from it: date parts, bins, units, JSON paths, distances, searches. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const count = async (where: string): Promise<unknown> => {
  const told = await attack.ask(`{ lab { trial { patients(where: ${where}) { totalCount } } } }`);
  return told.errors ? codesOf(told) : at(told, 'lab.trial.patients.totalCount');
};

test('parts of a date are parts of the first day of its period', async () => {
  expect(await count('{ born: { year: { eq: 1971 } } }')).toBe(1);
  expect(await count('{ born: { year: { eq: 1971 }, month: { eq: 7 } } }')).toBe(0);
  expect(await count('{ born: { month: { eq: 1 } } }')).toBe(3);
  expect(await count('{ not: { born: { month: { eq: 1 } } } }')).toBe(0);
});

test('bins and units of groups cut no finer than the transform', async () => {
  const told = await attack.ask('{ lab { trial { patients { ages: groups(by: [{ column: AGE, bin: 1 }]) { nodes { key { ageBin: age_bin } } } doses: groups(by: [{ column: DOSE, bin: 0.25 }]) { nodes { key { doseBin: dose_bin } } } births: groups(by: [{ column: BORN, unit: MONTH }]) { nodes { key { born } } } } } } }');
  expect(at(told, 'lab.trial.patients')).toEqual({
    ages: { nodes: [{ key: { ageBin: 30 } }, { key: { ageBin: 50 } }] }, doses: { nodes: [{ key: { doseBin: 10 } }, { key: { doseBin: 7770 } }] },
    births: { nodes: ['1960', '1971', '1980'].map((year) => ({ key: { born: `${year}-01-01` } })) },
  });
});

test('percentiles interpolate between what is read', async () => {
  const told = await attack.ask('{ lab { trial { patients(where: { id_: { in: ["p1", "p2"] } }) { aggregate { age { a: percentile(p: 0.1) b: percentile(p: 0.9) stddev } dose { stddev } } } } } }');
  expect(at(told, 'lab.trial.patients.aggregate')).toMatchObject({ age: { a: 30, b: 30, stddev: 0 } });
});

test('distances are measured from the middle of the cell', async () => {
  for (const kilometres of [0.001, 1, 10, 40]) expect(await count(`{ home: { near: { latitude: 37.51, longitude: 126.9731, kilometres: ${kilometres} } } }`)).toBe(0);
  expect(await count('{ home: { near: { latitude: 37.5, longitude: 126.5, kilometres: 0.001 } } }')).toBe(1);
});

test.each(['{ extra: { hasKey: "canary" } }', '{ extra: { path: { path: ["canary"], number: { gt: 0 } } } }', '{ name: { search: "park" } }', '{ name: { search: "-park" } }'])('a withheld column cannot be looked into: %s', async (where) => {
  const codes = (await count(where)) as string[];
  expect([['FORBIDDEN'], ['GRAPHQL_VALIDATION_FAILED']]).toContainEqual(codes);
});

test('a search finds words of what is read', async () => {
  expect([0, ['GRAPHQL_VALIDATION_FAILED']]).toContainEqual(await count('{ code: { search: "canary" } }'));
  expect([0, ['GRAPHQL_VALIDATION_FAILED']]).toContainEqual(await count('{ email: { search: "canary1" } }'));
});
