/** Leak class 15: questions that cost more to judge than to ask; a rule that is not judged in time must not be skipped. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const fragments = (n: number): string => `query { lab { trial { patients { nodes { ...f0 } } } } } ${Array.from({ length: n }, (_, i) => `fragment f${i} on LabTrialPatients { ${i < n - 1 ? `...f${i + 1} ...f${i + 1} ... { ...f${i + 1} }` : 'name'} }`).join(' ')}`;
const hops = (n: number): string => `{ lab { trial { visits { nodes { ${'patient { visits { nodes { '.repeat(n)}note${' } } }'.repeat(n)} } } } } }`;
const deep = (n: number): string => `{ lab { trial { patients(where: ${'{ not: '.repeat(n)}{ name: { eq: "x" } }${' }'.repeat(n)}) { totalCount } } } }`;

type Question = readonly [name: string, query: string, variables?: Record<string, unknown>, collection?: string];
const asked: readonly Question[] = [
  ['fragments that double', fragments(30)], ['many aliases', `{ lab { trial { ${Array.from({ length: 400 }, (_, i) => `a${i}: patients { totalCount }`).join(' ')} } } }`],
  ['deep hops', hops(12)], ['wide pages below each other', '{ lab { trial { patients(first: 1000) { nodes { visits(first: 1000) { nodes { patient { visits(first: 1000) { nodes { note } } } } } } } } } }'],
  ['a deep filter', deep(200)], ['a filter of many branches', `{ lab { trial { patients(where: { or: [${Array.from({ length: 2000 }, () => '{ name: { eq: "x" } }').join(', ')}] }) { totalCount } } } }`],
  ['a long list', 'query($l: [String!]!) { lab { trial { patients(where: { id_: { in: $l } }) { totalCount } } } }', { l: Array.from({ length: 20_000 }, (_, i) => `k${i}`) }],
  ['a cycle of fragments', '{ lab { trial { patients { nodes { ...a } } } } } fragment a on LabTrialPatients { ...b } fragment b on LabTrialPatients { ...a }'], ['a long text', `{ lab { trial { patients { totalCount } } } } # ${'x'.repeat(600_000)}`],
  ['many representations', 'query($r: [_Any!]!) { _entities(representations: $r) { ... on LabTrialPatients { name } } }', { r: Array.from({ length: 20_000 }, (_, i) => ({ __typename: 'LabTrialPatients', id_: `k${i}` })) }, 'all'],
];

test.each(asked.map((question) => ({ name: question[0], question })))('$name: refused at once, with a reason, and no row', async ({ question: [, query, variables, collection] }) => {
  const begun = performance.now();
  const told = await attack.ask(query, undefined, { variables: variables ?? {}, ...(collection === undefined ? {} : { collection }) });
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(JSON.stringify(told.data ?? null)).not.toMatch(/[1-9]/);
  expect(['LIMIT_EXCEEDED', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED', 'FORBIDDEN', 'BAD_USER_INPUT']).toContain(codesOf(told)[0]);
}, 30_000);

test('the server answers others as before', async () => {
  expect(codesOf(await attack.ask('{ lab { trial { patients { totalCount } } } }'))).toEqual([]);
});
