/** One query over our own database and sources elsewhere: keys in batches, honest about what is missing, and under the same rules. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, printSchema, validateSchema } from 'graphql';
import type { Identity } from '../../src/identity/identity.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { MemorySource } from '../support/memorySource.js';

const text = (namespace?: string, required = false) => ({ kind: 'text', required, ...(namespace === undefined ? {} : { namespace }) }) as const;
let db: TestDatabase;
let dure: TestEngine;
let uniprot: MemorySource;
let pdb: MemorySource;

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, [
    {
      organization: 'seoram', name: 'assays',
      tables: {
        assays: {
          columns: { id: text(undefined, true), protein: text('uniprot'), target: text('uniprot'), score: 'int32' }, primaryKey: ['id'],
          rows: [['a1', 'P1', 'P2', 10], ['a2', 'P2', 'P1', 20], ['a3', 'P9', null, 30], ['a4', null, 'P3', 40]],
        },
        notes: { columns: { accession: text('uniprot'), note: 'text' }, rows: [['P1', 'first'], ['P1', 'second'], ['P2', 'third'], ['P3', 'hidden']] },
      },
      rules: { rules: [{ id: 'n', effect: 'rows', tables: ['notes'], where: { column: 'note', op: 'ne', value: 'hidden' }, unless: { attribute: 'person.organizations', contains: 'seoram' } }] },
    },
    {
      organization: 'uniprot', name: 'knowledgebase', source: { id: 'uniprot', kind: 'http', country: 'GB' },
      tables: {
        proteins: {
          columns: { accession: text('uniprot', true), name: 'text', organism: 'text', mass: 'int32', secret: 'text', pdb_ids: { kind: 'list', item: 'text', namespace: 'pdb' } }, primaryKey: ['accession'], rows: [],
          remote: { key: 'accession', linkField: 'protein', authority: true, search: true, counts: true, order: false },
        },
      },
      rules: { contact: 'mailto:licence@uniprot.example', rules: [
        { id: 'licensed', effect: 'columns', tables: ['proteins'], columns: ['secret'], transform: { kind: 'mask', keepStart: 1 }, reason: 'Licensed.' },
        { id: 'none-of-mice', effect: 'rows', tables: ['proteins'], where: { column: 'organism', op: 'ne', value: 'Mus musculus' } },
      ] },
    },
    {
      organization: 'pdb', name: 'archive', source: { id: 'pdb', kind: 'graphql', country: 'US' },
      tables: {
        structures: {
          columns: { entry: text('pdb', true), title: 'text', resolution: 'float' }, primaryKey: ['entry'], rows: [],
          remote: { key: 'entry', linkField: 'structure', authority: true, search: false, counts: false, order: false },
        },
      },
    },
  ]);
  uniprot = new MemorySource('uniprot', { proteins: { key: 'accession', rows: [
    { accession: 'P1', name: 'One', organism: 'Homo sapiens', mass: 100, secret: 'xyz', pdb_ids: ['1AAA', '2BBB'] },
    { accession: 'P2', name: 'Two', organism: 'Homo sapiens', mass: 200, secret: null, pdb_ids: [] },
    { accession: 'P3', name: 'Three', organism: 'Danio rerio', mass: 300, secret: 'abc', pdb_ids: ['2BBB', '9ZZZ'] },
    { accession: 'P4', name: 'Mouse', organism: 'Mus musculus', mass: 400, secret: 'm', pdb_ids: null },
    { accession: 'P5', name: 'Five', organism: 'Homo sapiens', mass: 500, secret: 'q', pdb_ids: null },
  ], capabilities: { filter: (filter) => filter.op === 'compare' && filter.column.name === 'organism' } } });
  pdb = new MemorySource('pdb', { structures: { key: 'entry', rows: [{ entry: '1AAA', title: 'A', resolution: 1.5 }, { entry: '2BBB', title: 'B', resolution: 2.5 }], capabilities: { search: false } } });
  const sources = new Map([['uniprot', uniprot], ['pdb', pdb]]);
  const codec = testCursors();
  dure = await testEngine(db.pool, snapshot, codec, new FederatedSource({
    own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: (id) => sources.get(id) }, codec, timeoutMs: 2_000, scanned: 100, semiJoinKeys: 5,
  }));
});
beforeEach(() => {
  for (const source of [uniprot, pdb]) {
    source.asked.length = 0;
    source.failure = undefined;
  }
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const assays = async (args: string, selection: string, identity?: Identity): Promise<{ nodes: unknown; errors?: unknown[]; provenance?: unknown }> => {
  const { data, errors, extensions } = await dure.ask(`{ seoram { assays { assays${args} { nodes { ${selection} } } } } }`, { identity });
  return { nodes: (data as { seoram: { assays: { assays: { nodes: unknown } | null } } } | undefined)?.seoram.assays.assays?.nodes, errors, provenance: extensions?.provenance };
};

describe('from rows to records', () => {
  test('two columns of one namespace: each has its field; one request for all rows of a level', async () => {
    const { nodes, errors, provenance } = await assays('', 'id_ proteinProtein { name } targetProtein { name mass accession }');
    expect(nodes).toEqual([
      { id_: 'a1', proteinProtein: { name: 'One' }, targetProtein: { name: 'Two', mass: 200, accession: 'P2' } },
      { id_: 'a2', proteinProtein: { name: 'Two' }, targetProtein: { name: 'One', mass: 100, accession: 'P1' } },
      { id_: 'a3', proteinProtein: null, targetProtein: null },
      { id_: 'a4', proteinProtein: null, targetProtein: { name: 'Three', mass: 300, accession: 'P3' } },
    ]);
    expect(errors).toEqual([{ message: 'uniprot does not know P9.', path: ['seoram', 'assays', 'assays', 'nodes', 'proteinProtein'], extensions: { code: 'UNKNOWN_ID', source: 'uniprot', ids: ['P9'] } }]);
    expect(uniprot.asked).toEqual([{ table: 'proteins', keys: ['P1', 'P2', 'P9'], columns: ['accession', 'name', 'organism'] }, { table: 'proteins', keys: ['P2', 'P1', 'P3'], columns: ['accession', 'name', 'organism', 'mass'] }]);
    expect(provenance).toMatchObject([{ source: 'dure', dataset: 'seoram/assays' }, { source: 'uniprot', status: 'OK', dataset: 'uniprot/knowledgebase', release: 'r1', requests: 2, age: 0, license: 'CC0-1.0' }]);
  });

  test('on to lists of records, back to our own rows, and out again', async () => {
    const { nodes, errors } = await assays('(where: { id_: { eq: "a1" } })', 'proteinProtein { id structures { nodes { entry title } pageInfo { hasNextPage } } accessionMentions { seoramAssaysNotes { totalCount nodes { note protein { name } } } } }');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ proteinProtein: {
      id: 'uniprot/knowledgebase/proteins/=P1',
      structures: { nodes: [{ entry: '1AAA', title: 'A' }, { entry: '2BBB', title: 'B' }], pageInfo: { hasNextPage: false } },
      accessionMentions: { seoramAssaysNotes: { totalCount: 2, nodes: [{ note: 'first', protein: { name: 'One' } }, { note: 'second', protein: { name: 'One' } }] } },
    } }]);
    expect(pdb.asked).toHaveLength(1);
    expect(uniprot.asked).toHaveLength(2);
  });

  test('rules of the row hold when it is reached from elsewhere', async () => {
    const notes = async (identity?: Identity): Promise<unknown> => (await assays('(where: { id_: { eq: "a4" } })', 'targetProtein { accessionMentions { seoramAssaysNotes { nodes { note } } } }', identity)).nodes;
    expect(await notes()).toEqual([{ targetProtein: { accessionMentions: { seoramAssaysNotes: { nodes: [] } } } }]);
    expect(await notes(person({ memberships: [{ organization: 'seoram', role: 'publisher' }] }))).toEqual([{ targetProtein: { accessionMentions: { seoramAssaysNotes: { nodes: [{ note: 'hidden' }] } } } }]);
  });

  test('rules of an external dataset: masked cells and hidden rows', async () => {
    const { data, errors } = await dure.ask('{ uniprot { knowledgebase { proteins(first: 10) { totalCount nodes { accession secret } } } } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ uniprot: { knowledgebase: { proteins: { totalCount: null, nodes: [{ accession: 'P1', secret: 'x***' }, { accession: 'P2', secret: null }, { accession: 'P3', secret: 'a***' }, { accession: 'P5', secret: '***' }] } } } });
    const probe = await dure.ask('{ uniprot { knowledgebase { proteins(where: { secret: { eq: "xyz" } }) { nodes { accession } } masked: proteins(where: { secret: { eq: "x***" } }) { nodes { accession } } } } }');
    expect(probe.data).toEqual({ uniprot: { knowledgebase: { proteins: { nodes: [] }, masked: { nodes: [{ accession: 'P1' }] } } } });
    expect(uniprot.asked.every((asked) => asked.filter === undefined)).toBe(true);
    expect((await dure.ask('{ node(id: "uniprot/knowledgebase/proteins/=P4") { id } }')).data).toEqual({ node: null });
  });
});

describe('from a source itself', () => {
  test('what the source can check goes there, the rest is checked here, and both are told', async () => {
    const { data, extensions } = await dure.ask('{ uniprot { knowledgebase { proteins(where: { organism: { eq: "Homo sapiens" }, mass: { gte: 200 } }, first: 5) { nodes { accession } pageInfo { hasNextPage } } } } }');
    expect(data).toEqual({ uniprot: { knowledgebase: { proteins: { nodes: [{ accession: 'P2' }, { accession: 'P5' }], pageInfo: { hasNextPage: false } } } } });
    expect(uniprot.asked[0]).toMatchObject({ filter: { op: 'compare', comparison: 'eq', value: 'Homo sapiens' } });
    expect(extensions!.provenance).toMatchObject([{ source: 'uniprot', pushedDown: ['organism'], postFiltered: ['mass'] }]);
  });

  test('pages go on where they ended, whatever was left out between', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await dure.ask('query ($after: String) { uniprot { knowledgebase { proteins(first: 1, after: $after) { nodes { accession } pageInfo { hasNextPage endCursor } } } } }', { variables: { after } });
      const { nodes, pageInfo } = (data as { uniprot: { knowledgebase: { proteins: { nodes: { accession: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } } }).uniprot.knowledgebase.proteins;
      seen.push(...nodes.map((node) => node.accession));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null && seen.length < 20);
    expect(seen).toEqual(['P1', 'P2', 'P3', 'P5']);
  });

  test('by identifier: looked up, in the order that was asked', async () => {
    const { data } = await dure.ask('{ pdb { archive { structures(where: { entry: { in: ["2BBB", "1AAA"] } }) { nodes { title } edges { cursor } } } } }');
    expect(data).toMatchObject({ pdb: { archive: { structures: { nodes: [{ title: 'B' }, { title: 'A' }] } } } });
    const { errors } = await dure.ask('{ pdb { archive { structures { nodes { title } } } } }');
    expect(errors).toMatchObject([{ message: 'pdb gives structures by identifier only: ask with where: { entry: { in: […] } }.', extensions: { code: 'BAD_USER_INPUT', source: 'pdb' } }]);
  });
});

describe('conditions on records of another source', () => {
  test('become identifiers first; the source chooses what it can', async () => {
    const { nodes, errors, provenance } = await assays('(where: { proteinProtein: { organism: { eq: "Homo sapiens" } } })', 'id_');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ id_: 'a1' }, { id_: 'a2' }]);
    expect(provenance).toMatchObject([{}, { source: 'uniprot', semiJoin: { keys: 3, complete: true } }]);
  });

  test('where it cannot, the identifiers at hand are asked for', async () => {
    const { nodes, errors } = await assays('(where: { not: { targetProtein: { mass: { gt: 150 } } } })', 'id_');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ id_: 'a2' }, { id_: 'a3' }]);
    expect(uniprot.asked.map((asked) => asked.keys?.toSorted())).toEqual([['P1', 'P2', 'P3']]);
  });

  test('a source that fails: no rows, and told', async () => {
    uniprot.failure = { code: 'SOURCE_DOWN' };
    const { nodes, errors } = await assays('(where: { proteinProtein: { organism: { eq: "Homo sapiens" } } })', 'id_');
    expect(nodes).toBeUndefined();
    expect(errors).toMatchObject([{ path: ['seoram', 'assays', 'assays'], extensions: { code: 'SOURCE_DOWN', source: 'uniprot' } }]);
  });
});

describe('partial results', () => {
  test('a source that is down: its fields are null, the rest arrives', async () => {
    pdb.failure = { code: 'SOURCE_TIMEOUT' };
    const { nodes, errors, provenance } = await assays('(where: { id_: { eq: "a1" } })', 'id_ proteinProtein { name structures { nodes { title } } }');
    expect(nodes).toEqual([{ id_: 'a1', proteinProtein: { name: 'One', structures: null } }]);
    expect(errors).toEqual([{ message: 'pdb did not answer. 2 records are missing.', path: ['seoram', 'assays', 'assays', 'nodes', 'proteinProtein', 'structures'], extensions: { code: 'SOURCE_TIMEOUT', source: 'pdb' } }]);
    expect(provenance).toMatchObject([{ source: 'dure', status: 'OK' }, { source: 'uniprot', status: 'OK' }, { source: 'pdb', status: 'FAILED', requests: 0 }]);
  });

  test('a batch that fails: only its rows are missing', async () => {
    uniprot.failure = { code: 'SOURCE_LIMITED', keys: ['P2'] };
    const { nodes, errors, provenance } = await assays('(first: 2)', 'proteinProtein { name }');
    expect(nodes).toEqual([{ proteinProtein: { name: 'One' } }, { proteinProtein: null }]);
    expect(errors).toMatchObject([{ message: 'uniprot did not answer. 1 record is missing.', extensions: { code: 'SOURCE_LIMITED' } }]);
    expect(provenance).toMatchObject([{}, { source: 'uniprot', status: 'PARTIAL' }]);
  });

  test('two sources at the root fail apart', async () => {
    uniprot.failure = { code: 'SOURCE_DOWN' };
    const { data, errors } = await dure.ask('{ seoram { assays { notes(first: 1) { nodes { note } } } } uniprot { knowledgebase { proteins { nodes { name } } } } pdb { archive { structures(where: { entry: { eq: "1AAA" } }) { nodes { title } } } } }');
    expect(data).toEqual({ seoram: { assays: { notes: { nodes: [{ note: 'first' }] } } }, uniprot: { knowledgebase: { proteins: null } }, pdb: { archive: { structures: { nodes: [{ title: 'A' }] } } } });
    expect(errors).toMatchObject([{ path: ['uniprot', 'knowledgebase', 'proteins'], extensions: { code: 'SOURCE_DOWN' } }]);
  });
});

test('the schema is whole and valid', () => {
  const printed = printSchema(dure.engine.schemaFor(person({})).schema);
  expect(validateSchema(buildSchema(printed))).toEqual([]);
  expect(printed).not.toMatch(/UniprotKnowledgebaseProteinsGroup\b/);
});
