import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { numberedId, person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';

let db: TestDatabase;
let dure: TestEngine;

const materials = {
  columns: {
    id: { kind: 'text', required: true }, formula: 'text', tc: 'float', family: 'text', found: 'date', seen: 'datetime', big: 'int64', exact: 'decimal', ok: 'boolean',
    phase: { kind: 'enum', values: ['solid', 'liquid'] }, tags: { kind: 'list', item: 'text' }, extra: 'json', place: 'geopoint', took: 'duration', at: 'time', n: 'int32',
  },
  primaryKey: ['id'],
  rows: [
    ['m1', 'YBa2Cu3O7', 92.5, 'cuprate', '1987-03-02', '2024-01-02T03:04:05Z', '9007199254740993', '0.10', true, 'solid', ['a', 'b'], { z: 1 }, '(127.5,37.5)', 'P1DT2H', '09:30:00', 1],
    ['m2', 'MgB2', 39, 'boride', '2001-01-01', null, '1', '2.5', false, 'solid', null, null, null, null, null, 2],
    ['m3', 'HgBa2Ca2Cu3O8', 133, 'cuprate', null, null, null, null, null, null, null, null, null, null, null, 3],
    ['m4', 'Pb', 7.2, 'element', null, null, null, null, null, 'liquid', null, null, null, null, null, 4],
    ['m5', 'H3S', null, null, null, null, null, null, null, null, null, null, null, null, null, 5],
  ],
} as const;
const measurements = {
  columns: { material_id: 'text', method: 'text', pressure: 'float' },
  foreignKeys: [{ columns: ['material_id'], table: 'materials', referenced: ['id'], field: 'material', backField: 'measurements' }],
  rows: [['m1', 'resistivity', 0], ['m1', 'susceptibility', 2], ['m2', 'resistivity', 1], [null, 'lost', 9], ['m5', 'resistivity', 155]],
} as const;

beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [
    { organization: 'kist', name: 'superconductivity', tables: { materials, measurements } },
    { organization: 'kist', name: 'hidden', listed: false, visibility: 'RESTRICTED', tables: { secrets: { columns: { v: 'text' }, rows: [['x']] } } },
    { organization: 'other', name: 'closed', visibility: 'RESTRICTED', tables: { things: { columns: { v: 'text' }, rows: [['x']] } } },
  ]));
});
afterAll(async () => {
  expect(dure.reported).toEqual([]);
  await db.drop();
});

const at = (inner: string): string => `{ kist { superconductivity { ${inner} } } }`;

describe('rows', () => {
  test('every kind of column in its JSON form', async () => {
    const { data, errors, extensions } = await dure.ask(at('materials(first: 1) { nodes { __typename id id_ formula tc found seen big exact ok phase tags extra place took at n } totalCount }'));
    expect(errors).toBeUndefined();
    expect(data).toEqual({ kist: { superconductivity: { materials: { totalCount: 5, nodes: [{
      __typename: 'KistSuperconductivityMaterials', id: 'kist/superconductivity/materials/=m1', id_: 'm1', formula: 'YBa2Cu3O7', tc: 92.5, found: '1987-03-02', seen: '2024-01-02T03:04:05.000Z',
      big: '9007199254740993', exact: '0.10', ok: true, phase: 'solid', tags: ['a', 'b'], extra: { z: 1 }, place: { longitude: 127.5, latitude: 37.5 }, took: 'P1DT2H', at: '09:30:00', n: 1,
    }] } } } });
    expect(extensions).toEqual({ provenance: [expect.objectContaining({ dataset: 'kist/superconductivity', version: '1.0', license: 'CC0-1.0' })] });
  });

  test('the contract\'s first query', async () => {
    const { data } = await dure.ask(at('materials(where: { tc: { gt: 77 }, family: { in: ["cuprate"] } }, orderBy: [{ tc: DESC }], first: 10) { pageInfo { hasNextPage } nodes { formula measurements(first: 3) { nodes { method material { formula } } } } }'));
    expect(data).toEqual({ kist: { superconductivity: { materials: { pageInfo: { hasNextPage: false }, nodes: [
      { formula: 'HgBa2Ca2Cu3O8', measurements: { nodes: [] } },
      { formula: 'YBa2Cu3O7', measurements: { nodes: [{ method: 'resistivity', material: { formula: 'YBa2Cu3O7' } }, { method: 'susceptibility', material: { formula: 'YBa2Cu3O7' } }] } },
    ] } } } });
  });

  test('static and dynamic parts, aliases, fragments and directives in one answer, in the order asked', async () => {
    const answer = await dure.answer('query($no: Boolean = false) { __typename a: kist { superconductivity { b: materials(first: 1) { ...F } _about { name } skipped: materials @include(if: $no) { totalCount } } } } fragment F on KistSuperconductivityMaterialsConnection { edges { node { ... on Node { id } } } }');
    expect(answer.errors).toBeUndefined();
    expect(answer.data!.replaceAll(' ', '')).toBe('{"__typename":"Query","a":{"superconductivity":{"b":{"edges":[{"node":{"id":"kist/superconductivity/materials/=m1"}}]},"_about":{"name":"superconductivity"}}}}');
  });
});

describe('filters', () => {
  const formulas = async (where: string, variables?: Record<string, unknown>, header = ''): Promise<unknown> => {
    const { data, errors } = await dure.ask(`${header} ${at(`materials(where: ${where}) { nodes { id_ } }`)}`, { variables });
    expect(errors).toBeUndefined();
    return (data as { kist: { superconductivity: { materials: { nodes: { id_: string }[] } } } }).kist.superconductivity.materials.nodes.map((n) => n.id_).join(' ');
  };
  test.each([
    ['{ tc: { lt: 40, gte: 7.2 } }', 'm2 m4'],
    ['{ or: [{ formula: { eq: "Pb" } }, { tc: { isNull: true } }] }', 'm4 m5'],
    ['{ not: { family: { in: ["cuprate"] } } }', 'm2 m4'],
    ['{ family: { notIn: ["cuprate"] } }', 'm2 m4'],
    ['{ family: { notIn: [] } }', 'm1 m2 m3 m4 m5'],
    ['{ or: [] }', ''],
    ['{ and: [] }', 'm1 m2 m3 m4 m5'],
    ['{ formula: { startsWith: "H" } }', 'm3 m5'],
    ['{ formula: { contains: "%" } }', ''],
    ['{ formula: { like: "%Ba2%" } }', 'm1 m3'],
    ['{ formula: { ilike: "mg__" } }', 'm2'],
    ['{ formula: { ilike: "mg___" } }', ''],
    ['{ formula: { ilike: "mgb_" } }', 'm2'],
    ['{ formula: { like: "abc\\\\" } }', ''],
    ['{ formula: { endsWith: "7" } }', 'm1'],
    ['{ formula: { endsWith: "" } }', 'm1 m2 m3 m4 m5'],
    ['{ formula: { endsWith: "%" } }', ''],
    ['{ formula: { matches: "mgb*" } }', 'm2'],
    ['{ tags: { matches: "b a" } }', 'm1'],
    ['{ found: { year: { eq: 1987 } } }', 'm1'],
    ['{ found: { year: { gt: 1987 } } }', 'm2'],
    ['{ found: { year: { ne: 1987 } } }', 'm2'],
    ['{ found: { year: { in: [1987, 2001, 99999] } } }', 'm1 m2'],
    ['{ found: { year: { notIn: [1987] } } }', 'm2'],
    ['{ found: { year: { lt: 2147483647, gte: -5 } } }', 'm1 m2'],
    ['{ found: { year: { isNull: true } } }', 'm3 m4 m5'],
    ['{ found: { quarter: { eq: 1 }, month: { eq: 3 }, day: { eq: 2 }, dayOfWeek: { eq: 1 }, dayOfYear: { eq: 61 }, week: { eq: 10 } } }', 'm1'],
    ['{ seen: { year: { eq: 2024 }, hour: { gte: 3, lt: 4 }, minute: { eq: 4 }, second: { in: [5] } } }', 'm1'],
    ['{ at: { hour: { eq: 9 }, minute: { eq: 30 } } }', 'm1'],
    ['{ extra: { at: { path: ["z"], eq: 1 } } }', 'm1'],
    ['{ extra: { at: { path: ["z"], ne: 1 } } }', ''],
    ['{ extra: { at: { path: ["z"], gt: 0.5, lte: 1 } } }', 'm1'],
    ['{ extra: { at: { path: ["z"], gt: "0" } } }', ''],
    ['{ extra: { at: { path: ["z"], contains: "1" } } }', ''],
    ['{ extra: { at: { path: ["z"], in: [1, "x"] } } }', 'm1'],
    ['{ extra: { at: [{ path: ["z"], isNull: false }, { path: ["y"], isNull: true }] } }', 'm1'],
    ['{ phase: { eq: liquid } }', 'm4'],
    ['{ found: { lt: "2000-01-01" } }', 'm1'],
    ['{ seen: { eq: "2024-01-02T12:04:05+09:00" } }', 'm1'],
    ['{ big: { gt: 9007199254740992 } }', 'm1'],
    ['{ exact: { eq: "0.1" } }', 'm1'],
    ['{ ok: { eq: false } }', 'm2'],
    ['{ took: { gt: "PT25H" } }', 'm1'],
    ['{ took: { gt: "-P1DT0.5S" } }', 'm1'],
    ['{ took: { in: ["-P1D", "P1DT2H"] } }', 'm1'],
    ['{ at: { lte: "09:30:00" } }', 'm1'],
    ['{ measurements: { some: { pressure: { gt: 100 } } } }', 'm5'],
    ['{ tags: { containsAll: ["a"] } }', 'm1'],
    ['{ tags: { containsAll: ["a", "c"] } }', ''],
    ['{ tags: { overlaps: ["c", "b"] } }', 'm1'],
    ['{ tags: { isNull: true } }', 'm2 m3 m4 m5'],
    ['{ extra: { containsJson: { z: 1 } } }', 'm1'],
    ['{ extra: { containsJson: { z: 2 } } }', ''],
    ['{ extra: { hasKey: "z" } }', 'm1'],
    ['{ extra: { hasKey: "\\u0000" } }', ''],
    ['{ place: { near: { longitude: 126.98, latitude: 37.57, kilometres: 50 } } }', 'm1'],
    ['{ place: { near: { longitude: 126.98, latitude: 37.57, kilometres: 40 } } }', ''],
    ['{ place: { near: { longitude: 500, latitude: 37.57, kilometres: 40 } } }', ''],
    ['{ place: { inBox: { west: 127, south: 37, east: 128, north: 38 } } }', 'm1'],
    ['{ place: { inBox: { west: 170, south: 37, east: 128, north: 38 } } }', 'm1'],
    ['{ measurements: { none: {} } }', 'm3 m4'],
    ['{ measurements: { every: { method: { eq: "resistivity" } } } }', 'm2 m3 m4 m5'],
  ])('%s', async (where, expected) => { expect(await formulas(where)).toBe(expected); });

  test('values and structure by variables', async () => {
    const header = 'query($w: KistSuperconductivityMaterialsWhere) ';
    expect(await formulas('$w', { w: { tc: { gt: 50 } } }, header)).toBe('m1 m3');
    expect(await formulas('$w', { w: { tc: { gt: 100 } } }, header)).toBe('m3');
    expect(await formulas('$w', { w: { tc: { lt: 10 } } }, header)).toBe('m4');
    expect(await formulas('$w', { w: null }, header)).toBe('m1 m2 m3 m4 m5');
    expect(await formulas('$w', {}, header)).toBe('m1 m2 m3 m4 m5');
    expect(await formulas('$w', { w: { or: [{ id_: { in: ['m1', 'm4'] } }, { ok: { eq: false } }] } }, header)).toBe('m1 m2 m4');
  });

  test('a null or a NUL is told or finds nothing, and breaks nothing', async () => {
    const { errors } = await dure.ask(at('materials(where: { tc: { eq: null } }) { totalCount }'));
    expect(errors).toEqual([expect.objectContaining({ path: ['kist', 'superconductivity', 'materials'], extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) })]);
    expect(await formulas('$w', { w: { formula: { eq: 'a\0b' } } }, 'query($w: KistSuperconductivityMaterialsWhere) ')).toBe('');
    expect(await formulas('$w', { w: { formula: { in: ['Pb', '\ud800'] } } }, 'query($w: KistSuperconductivityMaterialsWhere) ')).toBe('m4');
  });

  test('a test of a path that tests nothing is refused', async () => {
    const { errors } = await dure.ask(at('materials(where: { extra: { at: { path: ["z"] } } }) { totalCount }'));
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('where.extra.at tests nothing'), extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) })]);
  });

  test('a field below a source may be asked twice with other arguments', async () => {
    const { data } = await dure.ask(at('materials(first: 1) { nodes { a: measurements(first: 1) { nodes { method } } b: measurements(last: 1) { nodes { method } } } }'));
    expect(data).toEqual({ kist: { superconductivity: { materials: { nodes: [{ a: { nodes: [{ method: 'resistivity' }] }, b: { nodes: [{ method: 'susceptibility' }] } }] } } } });
  });
});

describe('pages', () => {
  interface Page { nodes: { id_: string }[]; pageInfo: { endCursor: string; startCursor: string; hasNextPage: boolean; hasPreviousPage: boolean } }
  const types = { c: 'String', n: 'Int', d: 'SortDirection' } as const;
  const header = (args: string): string => {
    const used = Object.entries(types).filter(([name]) => args.includes(`$${name}`)).map(([name, type]) => `$${name}: ${type}`);
    return used.length > 0 ? `query(${used.join(', ')})` : '';
  };
  const page = async (args: string, variables: Record<string, unknown> = {}): Promise<Page> => {
    const { data, errors } = await dure.ask(`${header(args)} ${at(`materials(${args}) { nodes { id_ } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } }`)}`, { variables });
    expect(errors).toBeUndefined();
    return (data as { kist: { superconductivity: { materials: Page } } }).kist.superconductivity.materials;
  };
  const ids = (p: Page): string => p.nodes.map((n) => n.id_).join(' ');

  test.each([
    ['', 'm1 m2 m3 m4 m5'],
    ['orderBy: [{ tc: DESC }]', 'm3 m1 m2 m4 m5'],
    ['orderBy: [{ tc: ASC }]', 'm4 m2 m1 m3 m5'],
    ['orderBy: [{ family: ASC }, { tc: DESC }]', 'm2 m3 m1 m4 m5'],
    ['orderBy: [{ family: DESC }, { formula: ASC }]', 'm4 m3 m1 m2 m5'],
    ['orderBy: [{ id_: DESC }]', 'm5 m4 m3 m2 m1'],
  ])('forward and backward over every row once: %s', async (order, expected) => {
    for (const size of [1, 2, 3]) {
      const forward: string[] = [];
      let after: string | null = null;
      for (let more = true; more;) {
        const p: Page = await page(`first: $n, after: $c ${order}`, { n: size, c: after });
        forward.push(...p.nodes.map((n) => n.id_));
        expect(p.pageInfo.hasPreviousPage).toBe(after !== null);
        more = p.pageInfo.hasNextPage;
        after = p.pageInfo.endCursor;
      }
      expect(forward.join(' ')).toBe(expected);
      const backward: string[] = [];
      let before: string | null = null;
      for (let more = true; more;) {
        const p: Page = await page(`last: $n, before: $c ${order}`, { n: size, c: before });
        backward.unshift(...p.nodes.map((n) => n.id_));
        expect(p.pageInfo.hasNextPage).toBe(before !== null);
        more = p.pageInfo.hasPreviousPage;
        before = p.pageInfo.startCursor;
      }
      expect(backward.join(' ')).toBe(expected);
    }
  });

  test('the direction may be a variable', async () => {
    expect(ids(await page('first: 1 orderBy: [{ tc: $d }]', { d: 'DESC' }))).toBe('m3');
    expect(ids(await page('first: 1 orderBy: [{ tc: $d }]', { d: 'ASC' }))).toBe('m4');
  });

  test('edges carry the cursors that pageInfo has', async () => {
    const { data } = await dure.ask(at('materials(first: 2, orderBy: [{ tc: DESC }]) { edges { cursor } pageInfo { startCursor endCursor } }'));
    const { edges, pageInfo } = (data as { kist: { superconductivity: { materials: { edges: { cursor: string }[]; pageInfo: unknown } } } }).kist.superconductivity.materials;
    expect(pageInfo).toEqual({ startCursor: edges[0]!.cursor, endCursor: edges[1]!.cursor });
  });

  const refused = async (args: string, code: string, message: RegExp): Promise<void> => {
    const { data, errors } = await dure.ask(at(`materials(${args}) { totalCount }`));
    expect(data).toEqual({ kist: { superconductivity: { materials: null } } });
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(message), extensions: expect.objectContaining({ code }) })]);
  };
  test('a wrong page is refused and told how to mend it', async () => {
    await refused('first: 1001', 'LIMIT_EXCEEDED', /1000/);
    await refused('first: -1', 'BAD_USER_INPUT', /0 or more/);
    await refused('first: 1, last: 1', 'BAD_USER_INPUT', /not both/);
    await refused('after: "nonsense"', 'BAD_USER_INPUT', /cursor/);
  });
  test('a cursor of another order, filter or forged is refused', async () => {
    const cursor = (await page('first: 2 orderBy: [{ tc: DESC }]')).pageInfo.endCursor;
    await refused(`after: "${cursor}"`, 'BAD_USER_INPUT', /another question/);
    await refused(`after: "${cursor}", orderBy: [{ tc: DESC }], where: { tc: { gt: 1 } }`, 'BAD_USER_INPUT', /another question/);
    const bytes = Buffer.from(cursor, 'base64url');
    bytes[bytes.length - 3]! ^= 1;
    await refused(`after: "${bytes.toString('base64url')}", orderBy: [{ tc: DESC }]`, 'BAD_USER_INPUT', /cursor/);
  });
  test('a page of none', async () => { expect(ids(await page('first: 0'))).toBe(''); });
});

describe('node', () => {
  test('finds rows by key and by number, and nothing for strangers', async () => {
    const node = async (id: string): Promise<unknown> => ((await dure.ask('query($id: ID!) { node(id: $id) { id ... on KistSuperconductivityMaterials { formula } ... on KistSuperconductivityMeasurements { method } } }', { variables: { id } })).data as { node: unknown }).node;
    expect(await node('kist/superconductivity/materials/=m4')).toEqual({ id: 'kist/superconductivity/materials/=m4', formula: 'Pb' });
    const third = numberedId(dure.cursors, 'kist/superconductivity/measurements', 3);
    expect(await node(third)).toEqual({ id: third, method: 'resistivity' });
    expect(await node('kist/superconductivity/materials/=nope')).toBeNull();
    expect(await node('kist/superconductivity/nope/=1')).toBeNull();
    expect(await node(numberedId(dure.cursors, 'kist/hidden/secrets', 1))).toBeNull();
  });
});

describe('what may not be read', () => {
  test('a LISTED dataset is typed, its field null with one FORBIDDEN', async () => {
    const { data, errors } = await dure.ask('{ other { closed { things { nodes { v } totalCount } } } kist { superconductivity { materials(first: 1) { nodes { n } } } } }');
    expect(data).toEqual({ other: { closed: { things: null } }, kist: { superconductivity: { materials: { nodes: [{ n: 1 }] } } } });
    expect(errors).toEqual([expect.objectContaining({ path: ['other', 'closed', 'things'], extensions: expect.objectContaining({ code: 'FORBIDDEN', reason: 'SIGN_IN', howToAsk: expect.any(String) }) })]);
  });
  test('an UNLISTED dataset does not exist for strangers, and is there for its members', async () => {
    const query = '{ kist { hidden { secrets { nodes { v } } } } }';
    expect((await dure.ask(query)).errors).toEqual([expect.objectContaining({ message: 'Cannot query field "hidden" on type "Kist".', extensions: expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }) })]);
    expect((await dure.ask('{ __type(name: "KistHidden") { name } }')).data).toEqual({ __type: null });
    expect((await dure.ask('{ kist { hiden { x } } }')).errors![0]!.message).not.toMatch(/hidden/);
    const member = person({ memberships: [{ organization: 'kist', role: 'member' }] });
    expect((await dure.ask(query, { identity: member })).data).toEqual({ kist: { hidden: { secrets: { nodes: [{ v: 'x' }] } } } });
  });
  test('an expired identity is refused', async () => {
    expect((await dure.ask('{ __typename }', { identity: person({ expiresAt: Date.now() - 1 }) })).errors).toEqual([expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED' } })]);
  });
});

test('introspection shows the visible part', async () => {
  const { data, errors } = await dure.ask('{ __schema { types { name } queryType { fields { name } } } __type(name: "KistSuperconductivityMaterials") { interfaces { name } fields { name description } } }');
  expect(errors).toBeUndefined();
  const names = (data as { __schema: { types: { name: string }[] } }).__schema.types.map((t) => t.name);
  expect(names).toEqual(expect.arrayContaining(['KistSuperconductivityMaterialsWhere', 'FloatComparison', 'OtherClosedThings', 'Node', 'Query', 'Int64']));
  expect(names).not.toContain('KistHidden');
  expect(new Set(names).size).toBe(names.length);
});

test('an aborted request is cancelled at the server', async () => {
  const controller = new AbortController();
  controller.abort();
  const { errors } = await dure.ask(at('materials { totalCount }'), { signal: controller.signal });
  expect(errors).toEqual([expect.objectContaining({ extensions: { code: 'CANCELLED' } })]);
});

test('names that would give one type twice get numbers', async () => {
  const clash = await testEngine(db.pool, await makeSnapshot(db.pool, [{ organization: 'a', name: 'b', tables: {
    tphaseenum: { columns: { v: 'int32' }, rows: [[1]] },
    t: { columns: { phase: { kind: 'enum', values: ['x', 'y'], field: 'phase' }, Phase: { kind: 'enum', values: ['z'], field: 'Phase' } }, rows: [['x', 'z']] },
    where: { columns: { v: 'int32' }, rows: [[2]] },
  } }, { organization: 'a-b', name: 't', tables: { phase: { columns: { v: 'int32' }, rows: [[3]] } } }]));
  const { data, errors } = await clash.ask('{ a { b { t(where: { phase: { eq: x } }) { nodes { phase Phase } } where { nodes { v } } } } aB { t { phase { nodes { v } } } } __schema { types { name } } }');
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ a: { b: { t: { nodes: [{ phase: 'x', Phase: 'z' }] }, where: { nodes: [{ v: 2 }] } } }, aB: { t: { phase: { nodes: [{ v: 3 }] } } } });
  const names = (data as { __schema: { types: { name: string }[] } }).__schema.types.map((type) => type.name);
  expect(new Set(names).size).toBe(names.length);
});
