/** Leak class 17: small cells, by total minus rest, by filters that overlap, by what is refused and what is not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

describe.each(['cells', 'people'])('under a minimum every free question is refused: %s', (table) => {
  test.each(['totalCount', 'aggregate { count }', 'aggregate { v { sum max } }', 'groups(by: [{ column: V }]) { totalCount nodes { aggregate { count } } }', 'x: totalCount __typename'])('%s', async (selection) => {
    for (const args of ['', '(where: { v: { gt: 0 } })', '(where: { not: { v: { eq: 777001 } } })', '(where: { v: { isNull: true } })']) {
      const told = await attack.ask(`{ lab { figures { ${table}${args} { ${selection} } } } }`);
      expect(codesOf(told)).toEqual(['SUPPRESSED']);
      expect(at(told, `lab.figures.${table}`)).toBeNull();
    }
  });

  test('rows, pages and edges are refused, too', async () => {
    for (const selection of ['nodes { v }', 'edges { cursor }', 'pageInfo { hasNextPage }', 'nodes { __typename }', 'nodes { id }']) expect(codesOf(await attack.ask(`{ lab { figures { ${table} { ${selection} } } } }`))).toEqual(['FORBIDDEN']);
  });
});

test('whether something is refused does not depend on the rows: with none left the answers are the same', async () => {
  const questions = ['counted', 'figures', 'cells', 'people', 'known'].flatMap((table) => ['totalCount', 'aggregate { v { max } }', 'nodes { v }', 'pageInfo { hasNextPage }', '__typename'].map((selection) => `{ lab { figures { ${table} { ${selection} } } } }`));
  const answers = async (): Promise<string[]> => Promise.all(questions.map(async (question) => {
    const { errors } = await attack.dure.ask(question);
    return JSON.stringify(errors ?? 'answered');
  }));
  const before = await answers();
  for (const table of attack.dure.snapshot.byPath.get('lab/figures')!.versions[0]!.tables) await attack.db.pool.query(`update dure_data.${table.segments[0]!.physical} set c1 = null`);
  expect(await answers()).toEqual(before);
  for (const table of attack.dure.snapshot.byPath.get('lab/figures')!.versions[0]!.tables) await attack.db.pool.query(`delete from dure_data.${table.segments[0]!.physical}`);
  expect(await answers()).toEqual(before);
});

test('nor is a cell counted from beside: by relations, links, entities, ids or the description', async () => {
  for (const field of ['labFiguresCells', 'labFiguresKnown']) {
    expect(['FORBIDDEN', 'SUPPRESSED']).toContain(codesOf(await attack.ask(`{ bora { solvents { compounds { nodes { casMentions { ${field} { totalCount } } } } } } }`))[0]);
    expect(codesOf(await attack.ask(`{ bora { solvents { compounds(where: { casMentions: { ${field}: { some: {} } } }) { totalCount } } } }`))).toEqual(['FORBIDDEN']);
    expect(['FORBIDDEN', 'SUPPRESSED']).toContain(codesOf(await attack.ask(`{ entity(id: "cas:64-17-5") { casMentions { ${field} { totalCount } } } }`))[0]);
  }
  const numbers = attack.dure.cursors.rowNumbers;
  for (const id of [`lab/figures/cells/~${numbers.encode('lab/figures/cells/@1.0', '1')}`, `lab/figures/cells/~${numbers.encode('lab/figures/cells/@1.0', '99')}`]) {
    const told = await attack.ask('query($id: ID!) { node(id: $id) { id } }', undefined, { variables: { id } });
    expect([told.data, codesOf(told)]).toEqual([{ node: null }, ['FORBIDDEN']]);
  }
  expect(at(await attack.ask('{ dataset(id: "lab/figures") { tables { name rowCount } } }'), 'dataset.tables')).toContainEqual({ name: 'cells', rowCount: null });
});
