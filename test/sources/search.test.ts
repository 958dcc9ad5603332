import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookupIndexes } from '../../src/publish/segmentSql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { explain, record } from '../support/explain.js';
import { testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;
let recorded: ReturnType<typeof record>;

const texts: Record<string, string | null> = {
  t1: 'Superconductivity of MgB2 at 39 K',
  t2: '고온초전도체의 임계온도 측정',
  t3: 'MgB₂는 초전도 물질이다. LED를 쓴다.',
  t4: 'Café Électron — COVID-19, state of the art',
  t5: 'start of the state',
  t6: null,
  t7: 'ΣΊΣΥΦΟΣ Straße ＦＵＬＬ',
  t8: '水素の貯蔵 ガラス',
  t9: '물',
  t10: `${'lorem '.repeat(60_000)} needle`,
  t11: '',
  t12: "it's a \\ 'quoted' : & | ! word",
};

beforeAll(async () => {
  db = await createTestDatabase();
  const columns = { id: { kind: 'text', required: true }, plain: 'text', indexed: { kind: 'text', fullText: true }, words: { kind: 'list', item: 'text', fullText: true }, masked: { kind: 'text', fullText: true } } as const;
  const rows = Object.entries(texts).map(([id, value]) => [id, value, value, value === null ? null : [value, 'tail of the list'], value]);
  const snapshot = await makeSnapshot(db.pool, [{
    organization: 'kist', name: 'papers', tables: { notes: { columns, primaryKey: ['id'], rows: [], segments: [rows.slice(0, 5), rows.slice(5)] } },
    rules: { rules: [{ id: 'm', effect: 'columns', columns: ['masked'], transform: { kind: 'mask', keepStart: 3, with: ' hidden' } }] },
  }]);
  // Enough rows that an index is worth its while.
  const [first, second] = snapshot.byPath.get('kist/papers')!.versions[0]!.tables[0]!.segments;
  for (const [segment, from] of [[first!, 1_000], [second!, 11_000]] as const) {
    await db.pool.query(`insert into dure_data.${segment.physical} select i, 'g' || i, null, 'compound ' || i || ' 화합체 측정' || i % 997 || '번', array['tag ' || i], 'hidden text' from generate_series(${from}, ${from} + 9999) i`);
  }
  const [table] = snapshot.byPath.get('kist/papers')!.versions[0]!.tables;
  for (const { physical } of table!.segments) for (const sql of lookupIndexes(physical, table!)) await db.pool.query(sql);
  for (const { physical } of table!.segments) await db.pool.query(`vacuum analyze dure_data.${physical}`);
  recorded = record(db.pool);
  dure = await testEngine(db.pool, snapshot);
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

async function found(column: string, matches: string): Promise<string> {
  const { data, errors } = await dure.ask(`query($q: String) { kist { papers { notes(where: { ${column}: { matches: $q } }) { nodes { id_ } } } } }`, { variables: { q: matches } });
  expect(errors).toBeUndefined();
  return (data as { kist: { papers: { notes: { nodes: { id_: string }[] } } } }).kist.papers.notes.nodes.map((n) => n.id_).join(' ');
}

describe('matches', () => {
  test.each([
    ['mgb2', 't1 t3'],
    ['MgB2 39', 't1'],
    ['39 mgb2', 't1'],
    ['super', ''],
    ['super*', 't1'],
    ['art', 't4'],
    ['art*', 't4'],
    ['state -art', 't5'],
    ['"state of the art"', 't4'],
    ['"of the sta"*', 't5'],
    ['state -"state of the"', 't5'],
    ['초전도', 't2 t3'],
    ['초전도 -고온', 't3'],
    ['온초', 't2'],
    ['도체', 't2'],
    ['초도', ''],
    ['led', 't3'],
    ['LED를', 't3'],
    ['임계온도 측정', 't2'],
    ['"임계온도 측정"', 't2'],
    ['"측정 임계온도"', ''],
    ['온', 't2'],
    ['물', 't3 t9'],
    ['cafe', 't4'],
    ['electron', 't4'],
    ['covid-19', 't4'],
    ['"covid 19"', 't4'],
    ['σίσυφος', 't7'],
    ['STRASSE full', 't7'],
    ['貯蔵', 't8'],
    ['ｶﾞﾗｽ', 't8'],
    ['needle', 't10'],
    ['lorem -needle', ''],
    ["it's", 't12'],
    ['quoted word', 't12'],
    ['"unclosed', ''],
    ['초전도'.normalize('NFD'), 't2 t3'],
  ])('%s', async (question, expected) => {
    expect(await found('plain', question)).toBe(expected);
    expect(await found('indexed', question)).toBe(expected);
    expect(await found('words', question)).toBe(expected);
  });

  test('a question without a word holds for every text that there is', async () => {
    const all = Object.entries(texts).filter(([, value]) => value !== null).map(([id]) => id).join(' ');
    for (const question of ['', '  ', '!!!', '-', '*', '""', '-""', "' \\ & |"]) {
      expect(await found('plain', question)).toBe(all);
      expect(await found('indexed', `${question} -compound`)).toBe(all);
    }
    expect(await found('indexed', '-mgb2 -초전도 -state -lorem -compound')).toBe('t7 t8 t9 t11 t12');
  });

  test('an item of a list does not go on in the next', async () => {
    expect(await found('words', '"39 k tail"')).toBe('');
    expect(await found('words', 'mgb2 tail')).toBe('t1 t3');
  });

  test('a masked text is searched as it is read', async () => {
    expect(await found('masked', 'mgb2')).toBe('');
    expect(await found('masked', 'sup hidden')).toBe('t1');
    expect(await found('masked', '초전도')).toBe('');
  });

  test.each([['compound 4711', 'g4711'], ['화합체 4711', 'g4711'], ['compound 471*', undefined], ['"측정 13"', undefined]])('the index answers %s', async (question, expected) => {
    const { statements } = recorded;
    const rows = await found('indexed', question);
    if (expected !== undefined) expect(rows).toBe(expected);
    else expect(rows.split(' ')).toHaveLength(20);
    const nodes = await explain(db.pool, statements.at(-1)!);
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(nodes.filter((node) => node['Node Type'] === 'Bitmap Index Scan').map((node) => node['Index Cond'])).toEqual([expect.stringContaining('search_lexemes'), expect.stringContaining('search_lexemes')]);
  });

  test('too long a question is refused, constant or not', async () => {
    const query = (argument: string, header = ''): string => `${header} { kist { papers { notes(where: { plain: { matches: ${argument} } }) { totalCount } } } }`;
    for (const question of ['x'.repeat(1001), 'x '.repeat(51)]) {
      for (const answer of [await dure.ask(query(JSON.stringify(question))), await dure.ask(query('$q', 'query($q: String)'), { variables: { q: question } })]) {
        expect(answer.errors).toEqual([expect.objectContaining({ message: expect.stringContaining('where.plain.matches has more than'), extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) })]);
      }
    }
  });
});
