/** Links between datasets by namespace: followed, filtered by, and never round a rule. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, GraphQLObjectType, printSchema, validateSchema } from 'graphql';
import type { Identity } from '../../src/identity/identity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

const cas = { kind: 'text', namespace: 'cas' } as const;
const key = { kind: 'text', required: true } as const;
let db: TestDatabase;
let dure: TestEngine;

beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [
    {
      organization: 'bora', name: 'solvents',
      tables: {
        compounds: { columns: { id: key, cas, cid: { kind: 'int32', namespace: 'pubchem.compound' }, other_cas: { kind: 'list', item: 'text', namespace: 'cas' } }, primaryKey: ['id'], rows: [['water', '7732-18-5', 962, ['67-56-1']], ['ethanol', '64-17-5', 702, ['67-56-1', '7732-18-5']], ['nothing', null, null, null]] },
      },
    },
    {
      organization: 'haneul', name: 'points',
      tables: { melting: { columns: { cas, celsius: 'float', cid: { kind: 'text', namespace: 'pubchem.compound' } }, rows: [['7732-18-5', 0, '962'], ['64-17-5', -114.1, '702'], ['64-17-5', -113, 'x'], ['67-56-1', -97.6, null]] } },
      rules: { rules: [{ id: 'cold', effect: 'rows', where: { column: 'celsius', op: 'gt', value: -114 }, unless: { attribute: 'person.organizations', contains: 'haneul' } }] },
    },
    { organization: 'seoram', name: 'masked', tables: { doses: { columns: { cas, dose: 'int32' }, rows: [['64-17-5', 3]] } }, rules: { contact: 'mailto:x@seoram.example', rules: [{ id: 'hide', effect: 'columns', columns: ['cas'], transform: { kind: 'mask', keepEnd: 1 }, unless: { attribute: 'person.organizations', contains: 'seoram' } }] } },
    { organization: 'seoram', name: 'closed', visibility: 'RESTRICTED', tables: { doses: { columns: { cas }, rows: [['64-17-5']] } } },
    { organization: 'seoram', name: 'later', embargoUntil: new Date('2099-01-01T00:00:00Z'), tables: { doses: { columns: { cas }, rows: [['64-17-5']] } } },
    { organization: 'seoram', name: 'hidden', visibility: 'RESTRICTED', listed: false, tables: { doses: { columns: { cas, dose: 'int32' }, rows: [['64-17-5', 9]] } } },
    { organization: 'seoram', name: 'people', tables: { a: { columns: { pid: { kind: 'text', namespace: 'mrn', personKey: true } }, rows: [['1']] }, b: { columns: { pid: { kind: 'text', namespace: 'mrn', personKey: true } }, rows: [['1']] } } },
  ]));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const member = (organization: string): Identity => person({ memberships: [{ organization, role: 'publisher' }] });
const compounds = async (args: string, selection: string, identity?: Identity): Promise<{ nodes: unknown; errors?: unknown[]; withheld?: unknown }> => {
  const { data, errors, extensions } = await dure.ask(`{ bora { solvents { compounds${args} { nodes { ${selection} } } } } }`, { identity });
  return { nodes: (data as { bora: { solvents: { compounds: { nodes: unknown } | null } } } | undefined)?.bora.solvents.compounds?.nodes, errors, withheld: extensions?.withheld };
};

describe('a link by namespace', () => {
  test('leads to the rows of every dataset with the same identifier, with their own order and page, in one statement', async () => {
    const { nodes, errors } = await compounds('', 'id_ casMentions { __typename haneulPointsMelting(orderBy: [{ celsius: DESC }], first: 1) { totalCount nodes { celsius casMentions { boraSolventsCompoundsByCas { nodes { id_ } } } } } }');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([
      { id_: 'water', casMentions: { __typename: 'CasMentions', haneulPointsMelting: { totalCount: 1, nodes: [{ celsius: 0, casMentions: { boraSolventsCompoundsByCas: { nodes: [{ id_: 'water' }] } } }] } } },
      { id_: 'ethanol', casMentions: { __typename: 'CasMentions', haneulPointsMelting: { totalCount: 1, nodes: [{ celsius: -113, casMentions: { boraSolventsCompoundsByCas: { nodes: [{ id_: 'ethanol' }] } } }] } } },
      { id_: 'nothing', casMentions: { __typename: 'CasMentions', haneulPointsMelting: { totalCount: 0, nodes: [] } } },
    ]);
  });

  test('rules of the far dataset hold, and exempt those whom they exempt', async () => {
    const { nodes } = await compounds('(where: { id_: { eq: "ethanol" } })', 'casMentions { haneulPointsMelting { totalCount aggregate { tc: celsius { min } } } }', member('haneul'));
    expect(nodes).toEqual([{ casMentions: { haneulPointsMelting: { totalCount: 2, aggregate: { tc: { min: -114.1 } } } } }]);
  });

  test('numbers and texts of one namespace are compared by their text; of a list any value counts', async () => {
    const { nodes, errors } = await compounds('(where: { id_: { eq: "ethanol" } })', 'cidMentions { haneulPointsMelting { nodes { cid } } } otherCasMentions { boraSolventsCompoundsByCas { nodes { id_ } } haneulPointsMelting(orderBy: [{ celsius: ASC }]) { nodes { celsius } } }');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ cidMentions: { haneulPointsMelting: { nodes: [] } }, otherCasMentions: { boraSolventsCompoundsByCas: { nodes: [{ id_: 'water' }] }, haneulPointsMelting: { nodes: [{ celsius: -97.6 }, { celsius: 0 }] } } }]);
    const back = await compounds('(where: { id_: { eq: "water" } })', 'casMentions { boraSolventsCompoundsByOtherCas { nodes { id_ } } }  cidMentions { haneulPointsMelting { nodes { celsius } } }');
    expect(back.nodes).toEqual([{ casMentions: { boraSolventsCompoundsByOtherCas: { nodes: [{ id_: 'ethanol' }] } }, cidMentions: { haneulPointsMelting: { nodes: [{ celsius: 0 }] } } }]);
  });

  test('filters: some, none and every, over the readable rows only', async () => {
    const ids = async (where: string, identity?: Identity): Promise<unknown> => (await compounds(`(where: ${where})`, 'id_', identity)).nodes;
    expect(await ids('{ casMentions: { haneulPointsMelting: { some: { celsius: { lt: -50 } } } } }')).toEqual([{ id_: 'ethanol' }]);
    expect(await ids('{ casMentions: { haneulPointsMelting: { some: { celsius: { lt: -113.5 } } } } }')).toEqual([]);
    expect(await ids('{ casMentions: { haneulPointsMelting: { some: { celsius: { lt: -113.5 } } } } }', member('haneul'))).toEqual([{ id_: 'ethanol' }]);
    expect(await ids('{ casMentions: { haneulPointsMelting: { none: {} } } }')).toEqual([{ id_: 'nothing' }]);
    expect(await ids('{ casMentions: { haneulPointsMelting: { every: { celsius: { gt: -100 } } } } }')).toEqual([{ id_: 'water' }, { id_: 'nothing' }]);
    expect(await ids('{ casMentions: { haneulPointsMelting: { some: { casMentions: { boraSolventsCompoundsByOtherCas: { some: { id_: { eq: "ethanol" } } } } } } } }')).toEqual([{ id_: 'water' }]);
  });
});

describe('nobody gets round a rule by a link', () => {
  test('a masked identifier closes it: null, and told', async () => {
    const { nodes, errors, withheld } = await compounds('(first: 1)', 'casMentions { seoramMaskedDoses { nodes { dose } } }');
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ casMentions: { seoramMaskedDoses: null } }]);
    expect(withheld).toMatchObject([{ path: ['bora', 'solvents', 'compounds', 'nodes', 'casMentions', 'seoramMaskedDoses'], column: 'cas', rule: 'hide' }]);
    const filtered = await compounds('(where: { casMentions: { seoramMaskedDoses: { some: {} } } })', 'id_');
    expect(filtered.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', column: 'cas' } }]);
    expect((await compounds('(where: { casMentions: { seoramMaskedDoses: { some: { dose: { eq: 3 } } } } })', 'id_', member('seoram'))).nodes).toEqual([{ id_: 'ethanol' }]);
  });

  test('a closed dataset: null with an error; as a filter it is refused', async () => {
    const { nodes, errors } = await compounds('(first: 1)', 'id_ casMentions { seoramClosedDoses { totalCount } }');
    expect(nodes).toEqual([{ id_: 'water', casMentions: { seoramClosedDoses: null } }]);
    expect(errors).toMatchObject([{ path: ['bora', 'solvents', 'compounds', 'nodes', 'casMentions', 'seoramClosedDoses'], extensions: { code: 'FORBIDDEN' } }]);
    expect((await compounds('(where: { not: { casMentions: { seoramClosedDoses: { some: {} } } } })', 'id_')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('an embargo of the far dataset holds by the database\'s clock', async () => {
    const { nodes, errors } = await compounds('(first: 1)', 'casMentions { seoramLaterDoses { totalCount } }');
    expect(nodes).toEqual([{ casMentions: { seoramLaterDoses: null } }]);
    expect(errors).toMatchObject([{ path: ['bora', 'solvents', 'compounds', 'nodes', 'casMentions', 'seoramLaterDoses'], extensions: { code: 'FORBIDDEN', reason: 'EMBARGO' } }]);
    expect((await compounds('(where: { casMentions: { seoramLaterDoses: { some: {} } } })', 'id_')).nodes).toEqual([]);
    expect((await compounds('(where: { casMentions: { seoramLaterDoses: { some: {} } } })', 'id_', member('seoram'))).nodes).toEqual([{ id_: 'ethanol' }]);
  });

  test('an UNLISTED dataset is in no link of those who do not see it, and in those of its readers', async () => {
    const unknown = await compounds('(first: 1)', 'casMentions { seoramHiddenDoses { totalCount } }');
    const never = await compounds('(first: 1)', 'casMentions { seoramNothereDoses { totalCount } }');
    expect(JSON.stringify(unknown.errors).replaceAll('Hidden', 'Nothere')).toBe(JSON.stringify(never.errors));
    expect(printSchema(dure.engine.schemaFor(person({})).schema)).not.toMatch(/seoramhidden/i);
    const { nodes, errors } = await compounds('(where: { casMentions: { seoramHiddenDoses: { some: {} } } })', 'casMentions { seoramHiddenDoses { nodes { dose casMentions { haneulPointsMelting { totalCount } } } } }', member('seoram'));
    expect(errors).toBeUndefined();
    expect(nodes).toEqual([{ casMentions: { seoramHiddenDoses: { nodes: [{ dose: 9, casMentions: { haneulPointsMelting: { totalCount: 1 } } }] } } }]);
  });

  test('keys of persons have no links', () => {
    const { schema } = dure.engine.schemaFor(person({}));
    expect(Object.keys((schema.getType('SeoramPeopleA') as GraphQLObjectType).getFields())).toEqual(['id', 'pid']);
  });
});

test('the schema with links is whole and valid', () => {
  for (const identity of [person({}), member('seoram')]) {
    expect(validateSchema(buildSchema(printSchema(dure.engine.schemaFor(identity).schema), { assumeValidSDL: false }))).toEqual([]);
  }
});
