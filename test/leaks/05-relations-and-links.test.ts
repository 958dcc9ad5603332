/** Leak class 5: over foreign keys, back, deep, negated; over links between datasets; over entities; to sources elsewhere. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, codesOf, startAttack, type Attack, type Told } from '../support/attack.js';

let attack: Attack;
beforeAll(async () => { attack = await startAttack(); });
afterAll(() => attack.close());

const compounds = (args: string, selection = 'id_'): Promise<Told> => attack.ask(`{ bora { solvents { compounds${args} { nodes { ${selection} } } } } }`);
const ids = async (where: string): Promise<unknown> => {
  const told = await compounds(`(where: ${where})`);
  return told.errors ? codesOf(told) : (at(told, 'bora.solvents.compounds.nodes') as { id_: string }[]).map(({ id_ }) => id_);
};

describe('foreign keys', () => {
  test('to a hidden parent lead nowhere, and back from it likewise', async () => {
    expect(at(await attack.ask('{ lab { trial { visits(where: { note: { eq: "of nobody shown" } }) { nodes { note patient { id_ ward } } } } } }'), 'lab.trial.visits.nodes')).toEqual([{ note: 'of nobody shown', patient: null }]);
    expect(at(await attack.ask('{ lab { trial { patients { nodes { id_ visits { totalCount nodes { note patient { visits { totalCount } } } } } } } } }'), 'lab.trial.patients.nodes')).toEqual([
      { id_: 'p1', visits: { totalCount: 1, nodes: [{ note: 'first', patient: { visits: { totalCount: 1 } } }] } }, { id_: 'p2', visits: { totalCount: 1, nodes: [{ note: 'second', patient: { visits: { totalCount: 1 } } }] } },
      { id_: 'p4', visits: { totalCount: 1, nodes: [{ note: 'last', patient: { visits: { totalCount: 1 } } }] } },
    ]);
  });

  test('a denied table below an open one is null with an error, and no filter', async () => {
    const told = await attack.ask('{ lab { trial { patients(first: 1) { nodes { id_ samples { totalCount nodes { tube } } } } } } }');
    expect(at(told, 'lab.trial.patients.nodes')).toEqual([{ id_: 'p1', samples: null }]);
    expect(codesOf(told)).toEqual(['FORBIDDEN']);
    for (const where of ['{ samples: { some: {} } }', '{ samples: { none: {} } }', '{ not: { samples: { every: { tube: { eq: "x" } } } } }']) expect(codesOf(await attack.ask(`{ lab { trial { patients(where: ${where}) { totalCount } } } }`))).toEqual(['FORBIDDEN']);
    expect(codesOf(await attack.ask('{ lab { trial { visits(where: { patient: { samples: { some: {} } } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
  });

  test.each([
    ['{ patient: { id_: { ne: "x" } } }', 3], ['{ not: { patient: { id_: { ne: "x" } } } }', 1], ['{ patient: { ward: { eq: "closed" } } }', 0], ['{ patient: { visits: { some: { cost: { gt: 100 } } } } }', 0], ['{ patient: { visits: { every: { cost: { lt: 100 } } } } }', 3],
  ])('presence over a hop is that of shown rows: %s', async (where, total) => {
    expect(at(await attack.ask(`{ lab { trial { visits(where: ${where}) { totalCount } } } }`), 'lab.trial.visits.totalCount')).toBe(total);
  });
});

describe('links between datasets', () => {
  test('lead to shown rows only, with what is read there', async () => {
    const told = await compounds('', 'id_ casMentions { labTrialPatients { totalCount nodes { id_ name code salary } } labTrialVisits { totalCount } }');
    expect(at(told, 'bora.solvents.compounds.nodes')).toEqual([
      { id_: 'ethanol', casMentions: { labTrialPatients: { totalCount: 2, nodes: [{ id_: 'p1', name: null, code: 'AA***', salary: null }, { id_: 'p4', name: null, code: 'AD***', salary: null }] }, labTrialVisits: { totalCount: 2 } } },
      { id_: 'water', casMentions: { labTrialPatients: { totalCount: 1, nodes: [{ id_: 'p2', name: null, code: 'AB***', salary: null }] }, labTrialVisits: { totalCount: 0 } } },
      { id_: 'methanol', casMentions: { labTrialPatients: { totalCount: 0, nodes: [] }, labTrialVisits: { totalCount: 1 } } },
    ]);
  });

  test.each([
    ['{ casMentions: { labTrialPatients: { some: {} } } }', ['ethanol', 'water']], ['{ casMentions: { labTrialPatients: { none: {} } } }', ['methanol']], ['{ not: { casMentions: { labTrialPatients: { some: { ward: { eq: "closed" } } } } } }', ['ethanol', 'water', 'methanol']],
    ['{ casMentions: { labTrialVisits: { some: { cost: { gt: 100 } } } } }', []], ['{ casMentions: { labTrialVisits: { some: { patient: { casMentions: { boraSolventsOrders: { some: {} } } } } } } }', ['ethanol']],
  ])('filter by shown rows only: %s', async (where, expected) => { expect(await ids(where)).toEqual(expected); });

  test.each(['labTrialSamples', 'labVaultSecrets', 'labWindowsStreamed', 'boraMaskedDoses', 'labFiguresKnown', 'labFiguresCounted', 'labFiguresFigures', 'labFiguresCells'])('a closed end of a link is refused as a filter, whatever the rows are: %s', async (field) => {
    for (const test of ['some: {}', 'none: {}', 'every: {}']) expect(await ids(`{ casMentions: { ${field}: { ${test} } } }`)).toEqual(['FORBIDDEN']);
    expect(await ids(`{ or: [{ id_: { eq: "water" } }, { not: { casMentions: { ${field}: { some: {} } } } }] }`)).toEqual(['FORBIDDEN']);
  });

  test.each(['labLaterCells', 'labWindowsPast'])('what the clock closes holds no row: %s', async (field) => {
    expect(await ids(`{ casMentions: { ${field}: { some: {} } } }`)).toEqual([]);
    const told = await compounds('(first: 1)', `casMentions { ${field} { totalCount nodes { note } } }`);
    expect(at(told, 'bora.solvents.compounds.nodes')).toEqual([{ casMentions: { [field]: null } }]);
    expect(codesOf(told)).toEqual(['FORBIDDEN']);
  });

  test.each(['labTrialSamples', 'labVaultSecrets', 'labWindowsStreamed', 'labFiguresKnown', 'labFiguresCells'])('and as a selection it is null with an error: %s', async (field) => {
    const told = await compounds('(first: 1)', `id_ casMentions { ${field} { totalCount } }`);
    expect(at(told, 'bora.solvents.compounds.nodes')).toEqual([{ id_: 'ethanol', casMentions: { [field]: null } }]);
    expect(['FORBIDDEN', 'SUPPRESSED']).toContain(codesOf(told)[0]);
  });

  test('over a masked identifier it is closed both ways', async () => {
    expect(at(await compounds('(first: 1)', 'casMentions { boraMaskedDoses { nodes { cas } } }'), 'bora.solvents.compounds.nodes')).toEqual([{ casMentions: { boraMaskedDoses: null } }]);
    expect(at(await attack.ask('{ bora { masked { doses { nodes { cas casMentions { boraSolventsCompounds { nodes { id_ } } } } } } } }'), 'bora.masked.doses.nodes')).toEqual([{ cas: '***5', casMentions: { boraSolventsCompounds: null } }]);
  });

  test('over pseudonyms of two datasets it is closed, however their texts are', async () => {
    const told = await attack.ask('{ bora { hashedOne { rows { nodes { chebi chebiMentions { boraHashedTwoRows { totalCount nodes { note } } } } } } } }');
    expect(at(told, 'bora.hashedOne.rows.nodes')).toEqual([{ chebi: 'h-same', chebiMentions: { boraHashedTwoRows: null } }]);
    expect(codesOf(await attack.ask('{ bora { hashedOne { rows(where: { chebiMentions: { boraHashedTwoRows: { some: {} } } }) { totalCount } } } }'))).toEqual(['FORBIDDEN']);
  });

  test('to an UNLISTED dataset it is no field at all', async () => {
    expect(codesOf(await compounds('', 'casMentions { labLairSecrets { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(await ids('{ casMentions: { labLairSecrets: { some: {} } } }')).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});

test('entities: mentions under the rules of each place', async () => {
  const told = await attack.ask('{ entity(id: "cas:67-56-1") { casMentions { labTrialPatients { totalCount } labTrialVisits { nodes { note } } labVaultSecrets { totalCount } labLaterCells { totalCount } labFiguresCells { totalCount } boraMaskedDoses { totalCount } } mappings { id evidence } } }');
  expect(at(told, 'entity.casMentions')).toMatchObject({ labTrialPatients: { totalCount: 0 }, labTrialVisits: { nodes: [{ note: 'of nobody shown' }] }, labVaultSecrets: null, labLaterCells: null, labFiguresCells: null, boraMaskedDoses: { totalCount: 0 } });
  expect(JSON.stringify(at(told, 'entity.mappings'))).not.toMatch(/trial.*p3|vault|lair/);
});

test('records of a source elsewhere: its rules hold for rows and cells, by link, key and condition', async () => {
  const told = await compounds('', 'id_ proteinProtein: protein_ { accession name secret cover organism }');
  const shown = told.errors ? await compounds('', 'id_ p: proteinProtein { accession name secret cover organism }') : told;
  expect(JSON.stringify(shown.data)).toContain('"accession":"P05067"');
  expect(JSON.stringify(shown.data)).not.toContain('P12345');
  expect(at(await attack.ask('{ uniprot { kb { proteins(where: { accession: { in: ["P12345", "P05067"] } }) { nodes { accession secret cover } } } } }'), 'uniprot.kb.proteins.nodes')).toEqual([{ accession: 'P05067', secret: null, cover: 'c***' }]);
  expect(at(await attack.ask('{ uniprot { kb { proteins { totalCount nodes { accession } } } } }'), 'uniprot.kb.proteins')).toEqual({ totalCount: null, nodes: [{ accession: 'P05067' }, { accession: 'P04637' }] });
  expect(at(await attack.ask('{ entity(id: "uniprot:P12345") { protein { accession name } } }'), 'entity')).toEqual({ protein: null });
  expect(at(await attack.ask('{ node(id: "uniprot/kb/proteins/=P12345") { id } }'), 'node') ?? null).toBeNull();
});
