/** One query over our own database and sources elsewhere: keys in batches, honest about what is missing, and under the same rules. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { digest } from '../../src/audit/chain.js';
import { buildSchema, printSchema, validateSchema } from 'graphql';
import type { AccessEvent } from '../../src/audit/event.js';
import type { AccessLog } from '../../src/audit/writer.js';
import type { Identity } from '../../src/identity/identity.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testCursors, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
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
          rows: [['a1', 'P05067', 'P04637', 10], ['a2', 'P04637', 'P05067', 20], ['a3', 'Q99999', null, 30], ['a4', null, 'P69905', 40]],
        },
        notes: { columns: { accession: text('uniprot'), note: 'text' }, rows: [['P05067', 'first'], ['P05067', 'second'], ['P04637', 'third'], ['P69905', 'hidden']] },
      },
      rules: { rules: [{ id: 'n', effect: 'rows', tables: ['notes'], where: { column: 'note', op: 'ne', value: 'hidden' }, unless: { attribute: 'person.organizations', contains: 'seoram' } }] },
    },
    { organization: 'haneul', name: 'patients', visibility: 'RESTRICTED', tables: { samples: { columns: { protein: text('uniprot') }, rows: [['P05067']] } }, rules: { rules: [{ id: 'all', effect: 'allow', to: { everyone: true } }] } },
    {
      organization: 'haneul', name: 'shared', visibility: 'RESTRICTED', tables: { samples: { columns: { protein: text('uniprot') }, rows: [['P05067']] } },
      rules: { rules: [{ id: 'all', effect: 'allow', to: { everyone: true } }, { id: 'places', effect: 'destination', home: ['KR'], transfers: [{ country: 'GB', basis: 'contract', reference: 'DTA 2026-11' }] }] },
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
    ...(['embargoed', 'past'] as const).map((name): FixtureDataset => ({
      organization: 'pdb', name, source: { id: 'pdb', kind: 'graphql', country: 'US' }, ...(name === 'embargoed' ? { embargoUntil: new Date('2099-01-01T00:00:00Z') } : {}),
      tables: { structures: { columns: { entry: text(undefined, true), title: 'text' }, primaryKey: ['entry'], rows: [], remote: { key: 'entry', linkField: 'former', authority: false, search: false, counts: false, order: false } } },
      rules: { rules: name === 'past' ? [{ id: 'until', effect: 'window', until: '2020-01-01T00:00:00Z' }] : [] },
    })),
  ]);
  uniprot = new MemorySource('uniprot', { proteins: { key: 'accession', rows: [
    { accession: 'P05067', name: 'One', organism: 'Homo sapiens', mass: 100, secret: 'xyz', pdb_ids: ['1AAA', '2BBB'] },
    { accession: 'P04637', name: 'Two', organism: 'Homo sapiens', mass: 200, secret: null, pdb_ids: [] },
    { accession: 'P69905', name: 'Three', organism: 'Danio rerio', mass: 300, secret: 'abc', pdb_ids: ['2BBB', '9ZZZ'] },
    { accession: 'P12345', name: 'Mouse', organism: 'Mus musculus', mass: 400, secret: 'm', pdb_ids: null },
    { accession: 'P00533', name: 'Five', organism: 'Homo sapiens', mass: 500, secret: 'q', pdb_ids: null },
  ], capabilities: {
    filter: (filter) => filter.op === 'compare' && filter.column.name === 'organism',
    // Words in any case: more rows than are meant.
    narrows: (filter) => filter.op === 'match' && filter.column.name === 'name',
    lacking: (filter) => (filter && JSON.stringify(filter).includes('"nowhere"') ? 'proteins can only be searched with conditions on a place.' : undefined),
  } } });
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
      { id_: 'a1', proteinProtein: { name: 'One' }, targetProtein: { name: 'Two', mass: 200, accession: 'P04637' } },
      { id_: 'a2', proteinProtein: { name: 'Two' }, targetProtein: { name: 'One', mass: 100, accession: 'P05067' } },
      { id_: 'a3', proteinProtein: null, targetProtein: null },
      { id_: 'a4', proteinProtein: null, targetProtein: { name: 'Three', mass: 300, accession: 'P69905' } },
    ]);
    expect(errors).toEqual([{ message: 'uniprot does not know Q99999.', path: ['seoram', 'assays', 'assays', 'nodes', 'proteinProtein'], extensions: { code: 'UNKNOWN_ID', source: 'uniprot', ids: ['Q99999'] } }]);
    expect(uniprot.asked).toEqual([{ table: 'proteins', keys: ['P05067', 'P04637', 'Q99999'], columns: ['accession', 'name', 'organism'] }, { table: 'proteins', keys: ['P04637', 'P05067', 'P69905'], columns: ['accession', 'name', 'organism', 'mass'] }]);
    expect(provenance).toMatchObject([{ source: 'dure', dataset: 'seoram/assays' }, { source: 'uniprot', status: 'OK', dataset: 'uniprot/knowledgebase', release: 'r1', requests: 2, age: 0, license: 'CC0-1.0' }]);
  });

  test('on to lists of records, back to our own rows, and out again', async () => {
    const { nodes, errors } = await assays('(where: { id_: { eq: "a1" } })', 'proteinProtein { id structures { nodes { entry title } pageInfo { hasNextPage } } accessionMentions { seoramAssaysNotes { totalCount nodes { note protein { name } } } } }');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ proteinProtein: {
      id: 'uniprot/knowledgebase/proteins/=P05067',
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
    expect(data).toEqual({ uniprot: { knowledgebase: { proteins: { totalCount: null, nodes: [{ accession: 'P05067', secret: 'x***' }, { accession: 'P04637', secret: null }, { accession: 'P69905', secret: 'a***' }, { accession: 'P00533', secret: '***' }] } } } });
    const probe = await dure.ask('{ uniprot { knowledgebase { proteins(where: { secret: { eq: "xyz" } }) { nodes { accession } } masked: proteins(where: { secret: { eq: "x***" } }) { nodes { accession } } } } }');
    expect(probe.data).toEqual({ uniprot: { knowledgebase: { proteins: { nodes: [] }, masked: { nodes: [{ accession: 'P05067' }] } } } });
    expect(uniprot.asked.every((asked) => asked.filter === undefined)).toBe(true);
    expect((await dure.ask('{ node(id: "uniprot/knowledgebase/proteins/=P12345") { id } }')).data).toEqual({ node: null });
  });
});

describe('from a source itself', () => {
  test('a condition that the source answers with too many rows goes there, and is checked here again', async () => {
    const { data, extensions } = await dure.ask('{ uniprot { knowledgebase { proteins(where: { name: { contains: "e" }, mass: { gte: 200 } }, first: 5) { totalCount nodes { accession name } } } } }');
    expect(data).toEqual({ uniprot: { knowledgebase: { proteins: { totalCount: null, nodes: [{ accession: 'P69905', name: 'Three' }, { accession: 'P00533', name: 'Five' }] } } } });
    expect(uniprot.asked[0]).toMatchObject({ filter: { op: 'match', match: 'contains', value: 'e' } });
    expect(extensions!.provenance).toMatchObject([{ pushedDown: ['name'], postFiltered: ['name', 'mass'] }]);
  });

  test('conditions that a search cannot do without are told before anything is asked', async () => {
    const { errors } = await dure.ask('{ uniprot { knowledgebase { proteins(where: { organism: { eq: "nowhere" } }) { nodes { accession } } } } }');
    expect(errors).toMatchObject([{ message: 'uniprot: proteins can only be searched with conditions on a place.', extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(uniprot.asked).toEqual([]);
  });

  test('what the source can check goes there, the rest is checked here, and both are told', async () => {
    const { data, extensions } = await dure.ask('{ uniprot { knowledgebase { proteins(where: { organism: { eq: "Homo sapiens" }, mass: { gte: 200 } }, first: 5) { nodes { accession } pageInfo { hasNextPage } } } } }');
    expect(data).toEqual({ uniprot: { knowledgebase: { proteins: { nodes: [{ accession: 'P04637' }, { accession: 'P00533' }], pageInfo: { hasNextPage: false } } } } });
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
    expect(seen).toEqual(['P05067', 'P04637', 'P69905', 'P00533']);
  });

  test('by identifier: looked up, in the order that was asked', async () => {
    const { data } = await dure.ask('{ pdb { archive { structures(where: { entry: { in: ["2BBB", "1AAA"] } }) { nodes { title } edges { cursor } } } } }');
    expect(data).toMatchObject({ pdb: { archive: { structures: { nodes: [{ title: 'B' }, { title: 'A' }] } } } });
    const { errors } = await dure.ask('{ pdb { archive { structures { nodes { title } } } } }');
    expect(errors).toMatchObject([{ message: 'pdb gives structures by identifier only: ask with where: { entry: { in: […] } }.', extensions: { code: 'BAD_USER_INPUT', source: 'pdb' } }]);
  });
});

test('embargoes and windows close a source elsewhere, too: it is not even asked', async () => {
  for (const [name, reason] of [['embargoed', 'EMBARGO'], ['past', 'ENDED']]) {
    const answer = await dure.ask(`{ pdb { ${name} { structures(where: { entry: { in: ["1AAA"] } }) { nodes { title } } } } }`);
    expect(answer).toMatchObject({ data: { pdb: { [name!]: { structures: null } } }, errors: [{ extensions: { code: 'FORBIDDEN', reason } }] });
  }
  expect(pdb.asked).toEqual([]);
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
    expect(uniprot.asked.map((asked) => asked.keys?.toSorted())).toEqual([['P04637', 'P05067', 'P69905']]);
  });

  test('a source that fails: no rows, and told', async () => {
    uniprot.failure = { code: 'SOURCE_DOWN' };
    const { nodes, errors } = await assays('(where: { proteinProtein: { organism: { eq: "Homo sapiens" } } })', 'id_');
    expect(nodes).toBeUndefined();
    expect(errors).toMatchObject([{ path: ['seoram', 'assays', 'assays'], extensions: { code: 'SOURCE_DOWN', source: 'uniprot' } }]);
  });
});

describe('identifiers that would leave the country', () => {
  const samples = (dataset: string, args: string, selection: string): ReturnType<TestEngine['ask']> => dure.ask(`{ haneul { ${dataset} { samples${args} { nodes { ${selection} } } } } }`, { identity: person({ country: 'KR' }) });

  test('of a RESTRICTED dataset without a basis are not sent: neither for a record nor for a condition', async () => {
    const { data, errors } = await samples('patients', '', 'protein protein_: proteinProtein { name }');
    expect(data).toEqual({ haneul: { patients: { samples: { nodes: [{ protein: 'P05067', protein_: null }] } } } });
    expect(errors).toMatchObject([{ path: ['haneul', 'patients', 'samples', 'nodes', 'protein_'], extensions: { code: 'FORBIDDEN', reason: 'TRANSFER_REFUSED', source: 'uniprot' } }]);
    expect((await samples('patients', '(where: { proteinProtein: { mass: { gt: 1 } } })', 'protein')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', reason: 'TRANSFER_REFUSED' } }]);
    expect(uniprot.asked).toEqual([]);
  });

  test('are sent where a basis is recorded', async () => {
    const { data, errors } = await samples('shared', '', 'proteinProtein { name }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ haneul: { shared: { samples: { nodes: [{ proteinProtein: { name: 'One' } }] } } } });
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
    uniprot.failure = { code: 'SOURCE_LIMITED', keys: ['P04637'] };
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

describe('entity', () => {
  const entity = async (id: string, selection: string, identity?: Identity): ReturnType<TestEngine['ask']> => dure.ask(`query ($id: ID!) { entity(id: $id) { ${selection} } }`, { variables: { id }, identity });

  test('its record, what mentions it, and other identifiers with their evidence', async () => {
    const { data, errors, extensions } = await entity('uniprot:P05067', 'id namespace identifier protein { name structures { nodes { title } } } structure { title } uniprotMentions { seoramAssaysNotes(orderBy: [{ note: DESC }]) { nodes { note } } } mentions { dataset { name } table column count field } mappings { id evidence dataset { name } }');
    expect(errors).toBeUndefined();
    const inOrder = <T>(list: readonly T[]): readonly T[] => list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    const found = (data as { entity: { mentions: unknown[]; mappings: unknown[] } }).entity;
    expect({ entity: { ...found, mentions: inOrder(found.mentions), mappings: inOrder(found.mappings) } }).toEqual({ entity: {
      id: 'uniprot:P05067', namespace: 'uniprot', identifier: 'P05067', protein: { name: 'One', structures: { nodes: [{ title: 'A' }, { title: 'B' }] } }, structure: null,
      uniprotMentions: { seoramAssaysNotes: { nodes: [{ note: 'second' }, { note: 'first' }] } },
      mentions: inOrder([
        { dataset: { name: 'assays' }, table: 'assays', column: 'protein', count: 1, field: 'seoramAssaysAssaysByProtein' },
        { dataset: { name: 'assays' }, table: 'assays', column: 'target', count: 1, field: 'seoramAssaysAssaysByTarget' },
        { dataset: { name: 'assays' }, table: 'notes', column: 'accession', count: 2, field: 'seoramAssaysNotes' },
        { dataset: { name: 'patients' }, table: 'samples', column: 'protein', count: 1, field: 'haneulPatientsSamples' },
      ]),
      mappings: inOrder([
        { id: 'pdb:1AAA', evidence: 'uniprot/knowledgebase@1.0, table proteins: pdbIds beside accession', dataset: { name: 'knowledgebase' } },
        { id: 'pdb:2BBB', evidence: 'uniprot/knowledgebase@1.0, table proteins: pdbIds beside accession', dataset: { name: 'knowledgebase' } },
        { id: 'uniprot:P04637', evidence: 'seoram/assays@1.0, table assays: target beside protein', dataset: { name: 'assays' } },
      ]),
    } });
    expect(extensions!.provenance).toBeDefined();
  });

  test('rules hold: hidden rows are not counted, closed tables not named', async () => {
    expect((await entity('uniprot:P69905', 'mentions(dataset: "seoram/assays") { table count }')).data).toEqual({ entity: { mentions: [{ table: 'assays', count: 1 }] } });
    expect((await entity('uniprot:P69905', 'mentions { table count }', person({ memberships: [{ organization: 'seoram', role: 'publisher' }] }))).data).toEqual({ entity: { mentions: [{ table: 'assays', count: 1 }, { table: 'notes', count: 1 }] } });
    expect((await entity('uniprot:P12345', 'protein { name }')).data).toEqual({ entity: { protein: null } });
  });

  test('one operation serves every identifier of a namespace', async () => {
    const before = dure.engine.schemaFor(person({})).key;
    for (const id of ['uniprot:P05067', 'uniprot:P04637', 'uniprot:P00533']) expect((await entity(id, 'protein { name }')).errors).toBeUndefined();
    expect(dure.engine.schemaFor(person({})).key).toBe(before);
    expect((await entity('uniprot:P05067', 'protein { name }')).data).toEqual({ entity: { protein: { name: 'One' } } });
    expect((await entity('uniprot:P04637', 'protein { name }')).data).toEqual({ entity: { protein: { name: 'Two' } } });
  });

  test('what is no identifier is told as that', async () => {
    expect((await entity('P05067', 'id')).errors).toMatchObject([{ message: expect.stringContaining('has no prefix'), extensions: { code: 'BAD_USER_INPUT' } }]);
    expect((await entity('nowhere:1', 'id')).errors).toMatchObject([{ message: expect.stringContaining('No namespace "nowhere"'), extensions: { code: 'UNKNOWN_ID' } }]);
    expect((await entity('pdb:what', 'id')).errors).toMatchObject([{ message: expect.stringContaining('is no identifier of pdb'), extensions: { code: 'UNKNOWN_ID' } }]);
    expect((await entity('pdb:9ZZZ', 'id structure { title }'))).toMatchObject({ data: { entity: { id: 'pdb:9ZZZ', structure: null } }, errors: [{ extensions: { code: 'UNKNOWN_ID', ids: ['9ZZZ'] } }] });
  });
});

describe('the audit', () => {
  test('counts the rows that each dataset gave, wherever they came from, and changes no answer', async () => {
    const told: AccessEvent[] = [];
    const log: AccessLog = { accesses: async (accesses) => { told.push(...accesses.map(({ event }) => event)); }, accessesLater: () => undefined, expect: () => () => undefined };
    const codec = testCursors();
    const sources = new Map([['uniprot', uniprot], ['pdb', pdb]]);
    const audited = await testEngine(db.pool, dure.snapshot, codec, new FederatedSource({
      own: new PostgresSource(db.pool, codec), homes: { sql: () => undefined, remote: (id) => sources.get(id) }, codec, timeoutMs: 2_000, scanned: 100, semiJoinKeys: 5,
    }), {}, undefined, { scope: 'all', mode: 'wait', log, digestVariables: digest });
    for (const [query, rows] of [
      ['{ seoram { assays { assays { nodes { id_ targetProtein { name structures { nodes { title } } } } } } } }', { 'seoram/assays': 4, 'uniprot/knowledgebase': 3, 'pdb/archive': 3 }],
      ['{ uniprot { knowledgebase { proteins(where: { accession: { in: ["P05067", "P12345", "P00533"] } }) { nodes { name } } } } }', { 'uniprot/knowledgebase': 2 }],
    ] as const) {
      told.length = 0;
      const answer = await audited.ask(query);
      expect(answer.data).toBeDefined();
      expect(answer.data).toEqual((await dure.ask(query)).data);
      expect(JSON.stringify(answer)).not.toMatch(/~[0-9a-f]{18}/);
      expect(Object.fromEntries(told.map((event) => [event.dataset.path, event.rows]))).toEqual(rows);
    }
    expect(audited.reported).toEqual([]);
  });
});
