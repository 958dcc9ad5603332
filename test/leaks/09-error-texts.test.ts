/** Leak class 9: what errors say: hidden values, and whether something that is hidden exists. Introspection and suggestions too. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

/** What is said of a name that is hidden and of one that never was, names aside. */
async function alike(question: (name: string) => string, hidden: string, never: string, variables: (name: string) => Record<string, unknown> = () => ({})): Promise<void> {
  const [one, other] = [await attack.ask(question(hidden), undefined, { variables: variables(hidden) }), await attack.ask(question(never), undefined, { variables: variables(never) })];
  expect(JSON.stringify(one).replaceAll(new RegExp(hidden, 'gi'), 'NAME')).toBe(JSON.stringify(other).replaceAll(new RegExp(never, 'gi'), 'NAME'));
  expect(JSON.stringify(one).toLowerCase()).not.toContain('did you mean');
}

describe('an UNLISTED dataset is told of like one that never was', () => {
  test.each<[string, (name: string) => string]>([
    ['its field', (name) => `{ lab { ${name} { secrets { totalCount } } } }`], ['its type', (name) => `{ lab { ... on Lab${name} { __typename } } }`],
    ['dataset(id)', (name) => `{ dataset(id: "lab/${name}") { title } }`], ['explainAccess', (name) => `{ explainAccess(dataset: "lab/${name}") { readable } }`], ['node', (name) => `{ node(id: "lab/${name}/secrets/=x") { id } }`],
    ['introspection', (name) => `{ __type(name: "Lab${name[0]!.toUpperCase()}${name.slice(1)}Secrets") { name } }`], ['search', (name) => `{ datasets(search: "${name}") { totalCount } }`],
    ['a link', (name) => `{ bora { solvents { compounds { nodes { casMentions { lab${name[0]!.toUpperCase()}${name.slice(1)}Secrets { totalCount } } } } } } }`],
    ['explainQuery', (name) => `{ explainQuery(query: "{ lab { ${name} { secrets { totalCount } } } }") { sql } }`],
  ])('%s', async (_where, question) => { await alike(question, 'lair', 'nest'); });

  test('it stands in no introspection', async () => {
    const told = await attack.ask('{ __schema { types { name description fields { name description } inputFields { name } enumValues { name } } } }');
    expect(JSON.stringify(told).toLowerCase()).not.toContain('lair');
    expect(JSON.stringify(told)).toContain('LabTrialPatients');
  });

  test('nor in a hint to a name that is nearly it', async () => {
    for (const name of ['lai', 'lairs', 'liar', 'Lair']) expect(JSON.stringify(await attack.ask(`{ lab { ${name} { secrets { totalCount } } } }`))).not.toMatch(/lair\b(?!s)/);
  });
});

describe('values', () => {
  test.each([
    '{ lab { trial { patients(where: { age: { eq: 99999999999 } }) { totalCount } } } }', '{ lab { trial { patients(where: { born: { eq: "no date" } }) { totalCount } } } }', '{ lab { trial { patients(where: { dose: { gt: 1e308 } }) { nodes { id_ } } } } }',
    '{ lab { trial { patients(where: { code: { like: "\\\\" } }) { totalCount } } } }', '{ lab { trial { patients(where: { id_: { in: ["\\u0000"] } }) { totalCount } } } }', '{ lab { trial { visits { aggregate { cost { sum } } } } } }',
    '{ lab { trial { patients(where: { home: { near: { latitude: 1e300, longitude: 1, kilometres: 1 } } }) { totalCount } } } }', '{ lab { trial { patients(after: "AAAA") { nodes { id_ } } } } }', '{ lab { trial { patients(first: -1) { nodes { id_ } } } } }',
  ])('no error of the database is shown, and none is made by a hidden row: %s', async (query) => {
    const told = await attack.ask(query);
    expect(JSON.stringify(told)).not.toMatch(/dure_data|_rid|SQLSTATE|22P02|invalid input syntax|select |s1\d{6}|\.js:\d+/);
    expect(codesOf(told)).not.toContain('INTERNAL');
  });

  test('a refusal is the same for a key that is hidden, one that is shown and one that never was', async () => {
    const of = async (id: string): Promise<string> => JSON.stringify(await attack.ask('query($i: String!) { lab { trial { patients(where: { id_: { eq: $i }, name: { isNull: false } }) { totalCount } } vault { secrets(where: { id_: { eq: $i } }) { totalCount } } } }', undefined, { variables: { i: id } }));
    expect(await of(['p3-cana', 'ry'].join(''))).toBe(await of('p1'));
    expect(await of('nobody')).toBe(await of('p1'));
  });

  test('rules are told without persons, attributes and values', async () => {
    const told = await attack.ask('{ explainAccess(dataset: "lab/trial") { readable } dataset(id: "lab/asserted") { access { rules } } d: dataset(id: "lab/trial") { access { rules } } }');
    expect(JSON.stringify(told)).not.toMatch(/claim\.|study|barred|closed|person\.organizations|"100"|< ?100/);
  });
});

test('a mutation that is refused says nothing of what it would have met', async () => {
  const set = (name: string): string => `mutation { setDatasetRules(input: { dataset: "lab/${name}", document: {} }) { dataset { title } } }`;
  await alike(set, 'lair', 'nest');
});
