/** Releases over HTTP, by callers who may get figures of five or more: what is told, what is not, and how it was attacked. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { asRole } from '../../src/storage/roles.js';
import { withdrawReleases } from '../../src/publish/releases.js';
import { attackCells } from '../support/cellAttack.js';
import { byRegion, codes, Cohort, figuresOnly, openToAll, patients, table, type Patient } from '../support/cohort.js';

interface Cell { readonly key: Record<string, unknown>; readonly count: number | null; readonly suppressed: boolean; readonly cost?: number | null; readonly mean?: number | null }
interface Asked { readonly release: { readonly state: string; readonly cells: Cell[]; readonly regions: Cell[]; readonly total: Cell[] } }

const document = { rules: [openToAll, figuresOnly], releases: [byRegion] };
const cells = 'release(id: "by-region") { state dimensions minimumCell cells { key count suppressed cost: sum(column: "cost") mean(column: "cost") } regions: cells(by: ["region"]) { key count suppressed } years: cells(by: ["admitted"]) { key count suppressed } total: cells(by: []) { key count suppressed } }';
let cohort: Cohort;
beforeAll(async () => {
  cohort = await Cohort.open();
  await cohort.publish('cohort', patients(), document);
}, 90_000);
afterAll(() => cohort.close(), 30_000);

const find = (all: readonly Cell[], key: Record<string, unknown>): Cell => all.find((cell) => JSON.stringify(cell.key) === JSON.stringify(key))!;

describe('a release', () => {
  test('tells cells and margins; small cells and those that would bring them back are suppressed, and said to be', async () => {
    const { release } = table<Asked>(await cohort.patients(cells, 'ada'));
    expect(release).toMatchObject({ state: 'READY', dimensions: ['region', 'admitted'], minimumCell: 5, total: [{ key: {}, count: 68, suppressed: false }] });
    expect(release.cells).toHaveLength(6);
    const truth = patients();
    for (const cell of release.cells.filter(({ suppressed }) => !suppressed)) {
      const rows = truth.filter((row) => row.region === cell.key.region && row.admitted.startsWith(String(cell.key.admitted).slice(0, 4)));
      expect(cell).toMatchObject({ count: rows.length, cost: rows.reduce((sum, row) => sum + row.cost, 0) });
      expect(cell.mean).toBeCloseTo(rows.reduce((sum, row) => sum + row.cost, 0) / rows.length, 9);
    }
    expect(find(release.cells, { region: 'south', admitted: '2023-01-01' })).toEqual({ key: { region: 'south', admitted: '2023-01-01' }, count: null, suppressed: true, cost: null, mean: null });
    expect(find(release.regions, { region: 'north' })).toMatchObject({ count: 21, suppressed: false });
  });

  test('total minus the rest: in every line of the table none or at least two cells are suppressed', async () => {
    const { release } = table<Asked & { release: { years: Cell[] } }>(await cohort.patients(cells, 'ada'));
    const lines = [
      { margin: release.total, members: release.regions }, { margin: release.total, members: release.years },
      ...release.regions.map((region) => ({ margin: [region], members: release.cells.filter(({ key }) => key.region === region.key.region) })),
      ...release.years.map((year) => ({ margin: [year], members: release.cells.filter(({ key }) => key.admitted === year.key.admitted) })),
    ];
    for (const { margin, members } of lines) if (!margin[0]!.suppressed) expect(members.filter(({ suppressed }) => suppressed).length).not.toBe(1);
  });

  test('who tries every table of counts that agrees with what is told knows no suppressed cell more closely than promised', async () => {
    const few = patients().filter(({ region, id }) => region !== 'west' && id % 3 !== 0);
    await cohort.publish('small', few, { rules: [openToAll, { ...figuresOnly, minimumCell: 3 }], releases: [{ ...byRegion, minimumCell: 3, sums: undefined }] });
    const { release } = table<{ release: { all: Cell[]; regions: Cell[]; years: Cell[]; total: Cell[] } }>(await cohort.patients('release(id: "by-region") { all: cells { key count suppressed } regions: cells(by: ["region"]) { key count suppressed } years: cells(by: ["admitted"]) { key count suppressed } total: cells(by: []) { key count suppressed } }', 'ada', { dataset: 'small' }), 'small');
    const [regions, years] = [['north', 'south', 'east'], ['2023-01-01', '2024-01-01']];
    const told = [...release.all, ...release.regions, ...release.years, ...release.total];
    const withheld = new Set(told.filter(({ suppressed }) => suppressed).map(({ key }) => `${regions.indexOf(key.region as string)},${years.indexOf(key.admitted as string)}`));
    const truth = regions.flatMap((region) => years.map((year) => few.filter((row) => row.region === region && row.admitted.startsWith(year.slice(0, 4))).length));
    expect([told.length, withheld.size > 0, withheld.has('-1,-1')]).toEqual([12, true, false]);
    for (const [, counts] of attackCells([3, 2], truth, withheld)) expect(Math.max(...counts) - Math.min(...counts)).toBeGreaterThanOrEqual(3);
  }, 60_000);

  test('a cell of enough rows but too few persons is suppressed', async () => {
    const persons = (region: string, year: string): number => new Set(patients().filter((patient) => patient.region === region && patient.admitted.startsWith(year)).map(({ person }) => person)).size;
    await cohort.setRules('cohort', { rules: [openToAll, { ...figuresOnly, noise: undefined, minimumContributors: { column: 'person', count: 7 } }], releases: [{ ...byRegion, minimumContributors: { column: 'person', count: 7 } }] });
    const { release: told } = table<Asked>(await cohort.patients(cells, 'ada'));
    expect([persons('north', '2024'), persons('east', '2023')]).toEqual([5, 11]);
    expect(find(told.cells, { region: 'north', admitted: '2024-01-01' }).suppressed).toBe(true);
    expect(told.total).toMatchObject([{ suppressed: false }]);
    for (const cell of told.cells) if (!cell.suppressed) expect(persons(cell.key.region as string, (cell.key.admitted as string).slice(0, 4))).toBeGreaterThanOrEqual(7);
    await cohort.setRules('cohort', document);
  });

  test('which cells there are follows from the definition: a region of one person has no cell of its own', async () => {
    const { release } = table<Asked>(await cohort.patients(cells, 'ada'));
    expect(release.regions.map(({ key }) => key.region)).toEqual(['north', 'south', 'east']);
  });

  test.each([
    ['an id that is not there', 'release(id: "by-name") { id }', 'NOT_FOUND'],
    ['a column that is no dimension', 'release(id: "by-region") { cells(by: ["age"]) { count } }', 'BAD_USER_INPUT'],
    ['a column that is not summed', 'release(id: "by-region") { cells { sum(column: "age") } }', 'BAD_USER_INPUT'],
    ['a column that is not there', 'release(id: "by-region") { cells(by: ["name"]) { count } }', 'BAD_USER_INPUT'],
  ])('refuses %s', async (_, selection, code) => {
    expect(codes(await cohort.patients(selection, 'ada'))).toEqual([code]);
  });

  test('cannot be narrowed by where, nor asked below a row', async () => {
    expect(codes(await cohort.patients('release(id: "by-region") { cells { count } }', 'ada', { where: '{ age: { gt: 30 } }' }))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await cohort.ask('{ seoram { cohort { clinics { nodes { patients { release(id: "by-region") { id } } } } } } }', 'ada'))).toEqual(['BAD_USER_INPUT']);
    expect(codes(await cohort.ask('{ seoram { cohort { clinics { nodes { patients { noisy { count } } } } } } }', 'ada'))).toEqual(['BAD_USER_INPUT']);
  });

  test('variables, aliases and fragments ask the same', async () => {
    const answer = await cohort.ask('query($id: String!, $by: [String!]) { seoram { cohort { patients { one: release(id: $id) { ...R } two: release(id: "by-region") { ...R } } } } } fragment R on Release { cells(by: $by) { key count } }', 'ada', { id: 'by-region', by: ['region'] });
    const { one, two } = table<{ one: unknown; two: unknown }>(answer);
    expect(one).toEqual(two);
    expect(codes(await cohort.ask('query($id: String!) { seoram { cohort { patients { release(id: $id) { id } } } } }', 'ada', { id: 'x' }))).toEqual(['NOT_FOUND']);
  });

  test('leaves an entry in the audit that names what it is told by', async () => {
    await cohort.patients(cells, 'ben');
    const { rows } = await cohort.database.query<{ body: Record<string, unknown> }>(`select body::jsonb as body from dure_audit.entry where body::jsonb->'actor'->>'subject' = 'ben' order by at desc limit 1`);
    expect(rows[0]!.body).toMatchObject({ decision: 'ALLOWED', rows: 0, tables: { patients: ['admitted', 'cost', 'region'] } });
  });

  test('a collection tells it, too, and refuses the same', async () => {
    const made = await cohort.dure.ask('mutation { createCollection(input: { name: "figures", organization: "seoram", datasets: [{ dataset: "seoram/cohort", version: "1" }] }) { name } }', cohort.steward);
    expect(made.errors).toBeUndefined();
    const ask = async (query: string): Promise<{ data?: unknown; errors?: { extensions: { code: string } }[] }> => (await fetch(`${cohort.dure.url}/graphql/c/figures`, { method: 'POST', headers: { 'content-type': 'application/json', ...cohort.dure.authorization(cohort.tokens.get('ada')) }, body: JSON.stringify({ query }) })).json() as never;
    const direct = await cohort.patients('release(id: "by-region") { cells { key count } }', 'ada');
    expect((await ask('{ seoram { cohort { patients { release(id: "by-region") { cells { key count } } } } } }')).data).toEqual(direct.data);
    expect((await ask('{ seoram { cohort { patients { totalCount } } } }')).errors!.map((e) => e.extensions.code)).toEqual(['SUPPRESSED']);
    const entity = await ask('{ _entities(representations: [{ __typename: "SeoramCohortPatients", id_: "1" }, { __typename: "SeoramCohortPatients", id_: "100000" }]) { ... on SeoramCohortPatients { age } } }');
    expect(entity.errors!.map((e) => e.extensions.code)).toEqual(entity.errors!.map(() => 'FORBIDDEN'));
    expect(JSON.stringify(entity.data ?? null)).not.toContain('age');
  });
});

describe('everything else at that granularity is refused before it runs', () => {
  const asked: [string, string, string][] = [
    ['totalCount', 'totalCount', 'SUPPRESSED'], ['a count', 'aggregate { count }', 'SUPPRESSED'], ['a count under an alias', 'a: aggregate { b: count }', 'SUPPRESSED'],
    ['the least value', 'aggregate { age { min } }', 'SUPPRESSED'], ['the greatest', 'aggregate { age { max } }', 'SUPPRESSED'], ['a percentile', 'aggregate { age { percentile(p: 0.99) } }', 'SUPPRESSED'],
    ['groups', 'groups(by: [{ column: REGION }]) { nodes { key { region } } }', 'SUPPRESSED'], ['how many groups', 'groups(by: [{ column: REGION }]) { totalCount }', 'SUPPRESSED'],
    ['groups by having', 'groups(by: [{ column: REGION }], having: { count: { gt: 1 } }) { nodes { key { region } aggregate { count } } }', 'SUPPRESSED'],
    ['whether there are more groups', 'groups(by: [{ column: REGION }], first: 1) { pageInfo { hasNextPage } }', 'SUPPRESSED'],
    ['rows', 'nodes { age }', 'FORBIDDEN'], ['ids', 'nodes { id }', 'FORBIDDEN'], ['edges', 'edges { cursor }', 'FORBIDDEN'], ['whether there are more rows', 'pageInfo { hasNextPage }', 'FORBIDDEN'],
    ['a release with a count beside it', 'release(id: "by-region") { id } totalCount', 'SUPPRESSED'],
  ];
  test.each(asked)('%s', async (_, selection, code) => {
    expect(codes(await cohort.patients(selection, 'ada'))).toEqual([code]);
  });

  test('whatever the rows are: no filter, one that nobody meets, and one that all meet are told the same', async () => {
    const texts = await Promise.all([undefined, '{ age: { gt: 1000 } }', '{ age: { gt: 0 } }', '{ id_: { eq: 1 } }'].map(async (where) => (await cohort.patients('totalCount', 'ada', { where })).errors));
    const [first, ...others] = texts.map((errors) => errors?.map(({ message, extensions }) => [message, extensions.code]));
    expect(first).toEqual([[expect.stringContaining('`release(id: "by-region")` or for figures with noise, `noisy { count }`'), 'SUPPRESSED']]);
    for (const other of others.slice(0, 2)) expect(other).toEqual(first);
  });

  test('rows of other tables do not lead to them: links, filters over links, ids', async () => {
    const below = await cohort.ask('{ seoram { cohort { clinics { nodes { town patients { totalCount } } } } } }', 'ada');
    expect([codes(below), JSON.stringify(below.data)]).toEqual([['SUPPRESSED'], expect.stringContaining('"patients":null')]);
    for (const test of ['some: { age: { gt: 70 } }', 'none: { age: { gt: 70 } }', 'every: { age: { gt: 10 } }']) expect(codes(await cohort.ask(`{ seoram { cohort { clinics(where: { patients: { ${test} } }) { totalCount } } } }`, 'ada'))).toEqual(['FORBIDDEN']);
    const { nodes } = table<{ nodes: { id: string }[] }>(await cohort.patients('nodes { id }', 'mina'));
    expect(codes(await cohort.ask('query($id: ID!) { node(id: $id) { id } }', 'ada', { id: nodes[0]!.id }))).toEqual(['FORBIDDEN']);
  });

  test('nor do what is told of the dataset, an explanation of the query, or a trial of rules', async () => {
    const about = await cohort.ask('{ dataset(id: "seoram/cohort") { tables { name rowCount } } }', 'ada');
    expect(about.errors).toBeUndefined();
    expect(JSON.stringify(about.data)).toContain('{"name":"patients","rowCount":null}');
    for (const query of ['query { explainQuery(query: "{ seoram { cohort { patients { noisy { count } } } } }") { sql } }', 'query { simulateRules(dataset: "seoram/cohort", as: [{}]) { callers { tables { table } } } }']) expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(codes(await cohort.ask(query, 'ada'))[0]);
  });

  test('who may read rows is free of it', async () => {
    expect(table<{ totalCount: number }>(await cohort.patients('totalCount', 'mina')).totalCount).toBe(69);
  });
});

describe('who may have a release', () => {
  const under = async (rules: object[], selection = cells): Promise<unknown[]> => {
    await cohort.setRules('cohort', { rules: [openToAll, ...rules], releases: [byRegion] });
    return codes(await cohort.patients(selection, 'ada'));
  };
  afterAll(() => cohort.setRules('cohort', document));

  test('not who may read some rows: it is about all of them', async () => {
    expect(await under([figuresOnly, { id: 'own', effect: 'rows', tables: ['patients'], where: { column: 'region', op: 'eq', value: 'north' } }])).toEqual(['FORBIDDEN']);
  });
  test('not who is shown one of its columns less finely', async () => {
    expect(await under([figuresOnly, { id: 'costs', effect: 'columns', tables: ['patients'], columns: ['cost'], transform: { kind: 'round', to: 10 } }])).toEqual(['FORBIDDEN']);
    expect(await under([figuresOnly, { id: 'regions', effect: 'columns', tables: ['patients'], columns: ['region'], transform: { kind: 'deny' } }])).toEqual(['FORBIDDEN']);
    expect(await under([figuresOnly, { id: 'days', effect: 'columns', tables: ['patients'], columns: ['admitted'], transform: { kind: 'generalise', to: 'year' } }])).toEqual([]);
  });
  test('not who needs greater cells, nor who may only know how many rows there are, but for the total', async () => {
    expect(await under([{ ...figuresOnly, minimumCell: 6 }])).toEqual(['FORBIDDEN']);
    const { noise: _noise, ...counts } = { ...figuresOnly, atMost: 'count' };
    expect(await under([counts])).toEqual(['FORBIDDEN']);
    expect(await under([counts], 'release(id: "by-region") { cells(by: []) { count } }')).toEqual([]);
  });
  test('nobody before an embargo ends or outside a window', async () => {
    expect(await under([figuresOnly, { id: 'later', effect: 'window', tables: ['patients'], from: '2099-01-01T00:00:00Z' }])).toEqual(['FORBIDDEN']);
  });
});

test('the database itself keeps cells and what was paid: the server may not write the one, nor take back the other', async () => {
  for (const [role, statements] of [
    ['dure_server', [`update dure.release set state = 'READY'`, `update dure.release set cells = '[]'`, 'delete from dure.release', 'delete from dure.noise_account', 'delete from dure.noise_question', `update dure.noise_question set question = ''`]],
    ['dure_loader', [`update dure.release set cells = '[]'`, 'delete from dure.noise_account']],
  ] as const) {
    const pool = new pg.Pool({ connectionString: asRole(cohort.dure.dure.databaseUrl, role), max: 1 });
    for (const statement of statements) await expect(pool.query(statement)).rejects.toThrow('permission denied');
    await pool.end();
  }
});

describe('two versions', () => {
  const at = (name: string, version: string): Promise<Asked> => cohort.patients('release(id: "by-region") { state cells { key count suppressed } }', 'ada', { dataset: name, version }).then((answer) => table<Asked>(answer, name));

  test('that differ by one row: the release of the second is withheld, so that they cannot be subtracted', async () => {
    const rows = patients();
    await cohort.publish('differing', rows, document);
    await cohort.publish('differing', [...rows, { ...rows[0]!, id: 1000 }], document);
    expect((await at('differing', '1.0')).release.state).toBe('READY');
    expect(await at('differing', '1.1')).toEqual({ release: { state: 'WITHHELD', cells: [] } });
    // Who left and who came in their place would be told by the sums.
    await cohort.publish('differing', rows.map((row, i): Patient => (i === 0 ? { ...row, cost: 99 } : row)), document);
    expect((await at('differing', '1.2')).release.state).toBe('WITHHELD');
  }, 60_000);

  test('from which rows were erased: nothing is told of them any more, nor of a later version that differs by who was erased', async () => {
    const rows = patients();
    await cohort.publish('erased', rows, document);
    expect((await at('erased', '1.0')).release.state).toBe('READY');
    const { rows: versions } = await cohort.database.query<{ id: string }>(`select v.id from dure.version v join dure.dataset d on d.id = v.dataset_id where d.name = 'erased'`);
    await withdrawReleases(cohort.database as never, versions.map(({ id }) => id));
    expect(await at('erased', '1.0')).toEqual({ release: { state: 'WITHHELD', cells: [] } });
    await cohort.publish('erased', rows.slice(1), document);
    expect((await at('erased', '1.1')).release.state).toBe('WITHHELD');
    // A definition that was not made yet is made of what is left.
    await cohort.setRules('erased', { ...document, releases: [{ ...byRegion, sums: undefined }] });
    expect((await at('erased', '1.0')).release.state).toBe('READY');
  }, 60_000);

  test('that differ by enough in each cell are told both', async () => {
    const rows = patients();
    await cohort.publish('growing', rows, document);
    const more = Array.from({ length: 6 }, (_, i) => ({ ...rows[0]!, id: 2000 + i }));
    await cohort.publish('growing', [...rows, ...more], document);
    expect((await at('growing', '1.1')).release).toMatchObject({ state: 'READY' });
  }, 60_000);
});

describe('definitions', () => {
  const refused = async (release: object | object[]): Promise<string> => {
    const answer = await cohort.dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', cohort.steward, { input: { dataset: 'seoram/cohort', document: { rules: [openToAll, figuresOnly], releases: Array.isArray(release) ? release : [release] } } });
    return JSON.stringify(answer.errors?.[0]?.extensions.mistakes);
  };
  test('two of one table are refused: overlapping dimensions could be subtracted from each other', async () => {
    expect(await refused([byRegion, { ...byRegion, id: 'by-age', dimensions: [{ column: 'age', bins: [0, 40, 80] }] }])).toContain('figures of two could be subtracted');
  });
  test('mistakes are told at their place', async () => {
    expect(await refused({ ...byRegion, table: 'patient' })).toContain('releases.0.table');
    expect(await refused({ ...byRegion, sums: ['region'] })).toContain('only numbers are summed');
    expect(await refused({ ...byRegion, dimensions: [{ column: 'age', values: ['x'] }] })).toContain('is not a value of');
    expect(await refused({ ...byRegion, dimensions: [{ column: 'age', bins: [5, 1] }] })).toContain('releases.0.dimensions.0');
    expect(await refused({ ...byRegion, dimensions: [{ column: 'age', bins: Array.from({ length: 400 }, (_, i) => i) }, { column: 'region', values: ['north', 'south'] }] })).toContain('cells');
    expect(await refused({ ...byRegion, minimumCell: 1 })).toContain('releases.0.minimumCell');
  });
});
