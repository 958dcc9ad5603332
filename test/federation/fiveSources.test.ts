/** One query over a laboratory's table and five databases, through the whole server; the number of requests is what it must be, and each source may fail. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { reply } from '../standins/faults.js';
import { startStandIns, type RunningStandIns } from '../standins/standIns.js';

let standIns: RunningStandIns;
let dure: Running;

beforeAll(async () => {
  standIns = await startStandIns();
  const { optimade, pdb, ...others } = standIns.urls;
  dure = await startRunning({
    DURE_SOURCE_URLS: Object.entries({ ...others, 'materials-project': optimade, pdb: `${pdb}/graphql` }).map(([name, url]) => `${name}=${url}`).join(','), DURE_SOURCE_ALLOW_PRIVATE: '127.0.0.1', DURE_SOURCE_CACHE_BYTES: '0',
  });
}, 60_000);
afterAll(async () => {
  await dure.close();
  await standIns.close();
});
beforeEach(() => standIns.reset());

const query = `query ($first: Int = 10) {
  dasan { inhibitors { inhibitors(first: $first, orderBy: [{ medicine: ASC }, { gene: ASC }]) { nodes {
    medicine gene
    compound { name maxPhase }
    protein { name length structures(first: 2) { nodes { entry name method } } prediction { confidence } }
  } } } }
  materialsProject { crystals { structures(where: { elements: { containsAll: ["Si", "O"] } }, first: 2) { nodes { id chemicalFormulaReduced } } } }
}`;
interface Node { medicine: string; gene: string; compound: { name: string } | null; protein: { name: string; length: number; structures: { nodes: { entry: string }[] } | null; prediction: { confidence: number } | null } | null }
const nodesOf = (answer: GraphQLAnswer): readonly Node[] => (answer.data as { dasan: { inhibitors: { inhibitors: { nodes: Node[] } } } }).dasan.inhibitors.inhibitors.nodes;
const provenanceOf = (answer: GraphQLAnswer): Record<string, { status: string; requests?: number }> => Object.fromEntries((answer.extensions!.provenance as { source: string; status: string }[]).map((entry) => [entry.source, entry]));

test('the answer, and no request too many', async () => {
  const answer = await dure.ask(query);
  expect(answer.errors).toBeUndefined();
  const nodes = nodesOf(answer);
  expect(nodes).toHaveLength(9);
  expect(nodes[5]).toMatchObject({ medicine: 'ibuprofen', gene: 'PTGS1', compound: { name: 'IBUPROFEN' } });
  const imatinib = nodes.find((node) => node.medicine === 'imatinib')!;
  expect(imatinib).toMatchObject({ compound: { name: 'IMATINIB' }, protein: { length: 1130, prediction: { confidence: expect.any(Number) } } });
  expect(imatinib.protein!.structures!.nodes.length).toBeGreaterThan(0);
  // Nine rows: seven medicines in one request, five proteins in one, their structures in one; a model has no batch form.
  expect(Object.fromEntries(Object.entries(standIns).flatMap(([name, standIn]) => (typeof standIn === 'object' && 'asked' in standIn ? [[name, (standIn as { asked(): readonly unknown[] }).asked().length]] : []))))
    .toEqual({ uniprot: 1, pdb: 1, alphafold: 5, chembl: 1, optimade: 1, pubchem: 0, noaa: 0, kma: 0 });
  expect(provenanceOf(answer)).toMatchObject({
    dure: { status: 'OK' }, uniprot: { status: 'OK', requests: 1, license: 'CC-BY-4.0' }, pdb: { status: 'OK', requests: 1 }, alphafold: { status: 'OK', requests: 5 },
    chembl: { status: 'OK', requests: 1, license: 'CC-BY-SA-3.0' }, 'materials-project': { status: 'OK', requests: 1, pushedDown: ['elements'] },
  });
});

describe('each source in turn is down: its fields are null and told, the rest arrives', () => {
  test.each([
    ['uniprot', (node: Node) => node.protein === null && node.compound !== null],
    // One protein's record names no structures, so that there was nothing to ask.
    ['pdb', (node: Node) => (node.gene === 'PTGS1' ? node.protein!.structures!.nodes.length === 0 : node.protein!.structures === null) && node.protein!.prediction !== null],
    ['chembl', (node: Node) => node.compound === null && node.protein !== null],
  ] as const)('%s', async (name, holds) => {
    standIns[name].inject(reply({ status: 500, body: { error: 'upstream secret text' } }));
    const answer = await dure.ask(query);
    expect(nodesOf(answer).every(holds)).toBe(true);
    expect(nodesOf(answer)).toHaveLength(9);
    expect(answer.errors!.map((error) => [error.extensions.code, error.extensions.source])).toEqual([['SOURCE_DOWN', name]]);
    expect(JSON.stringify(answer.errors)).not.toMatch(/127\.0\.0\.1|ECONN|undici|stack/);
    expect(provenanceOf(answer)[name]!.status).toBe('FAILED');
    const others = Object.entries(provenanceOf(answer)).filter(([source]) => source !== name && !(name === 'uniprot' && (source === 'pdb' || source === 'alphafold')));
    expect(others.every(([, entry]) => entry.status === 'OK')).toBe(true);
  });

  test('optimade', async () => {
    standIns.optimade.inject(reply({ status: 500, body: { error: 'upstream secret text' } }));
    const answer = await dure.ask(query);
    expect((answer.data as { materialsProject: { crystals: { structures: unknown } } }).materialsProject.crystals.structures).toBeNull();
    expect(answer.errors).toMatchObject([{ path: ['materialsProject', 'crystals', 'structures'], extensions: { code: 'SOURCE_DOWN', source: 'materials-project' } }]);
    expect(nodesOf(answer).every((node) => node.protein !== null)).toBe(true);
  });

  // Last, since each of its many requests is a failure to its breaker, which then stays open for a while.
  test('alphafold', async () => {
    standIns.alphafold.inject(reply({ status: 500, body: { error: 'upstream secret text' } }));
    const answer = await dure.ask(query);
    expect(nodesOf(answer).every((node) => node.protein!.prediction === null)).toBe(true);
    expect(answer.errors).toContainEqual(expect.objectContaining({ path: ['dasan', 'inhibitors', 'inhibitors', 'nodes', 'protein', 'prediction'], extensions: expect.objectContaining({ code: 'SOURCE_DOWN', source: 'alphafold' }) }));
    expect(provenanceOf(answer)).toMatchObject({ alphafold: { status: 'FAILED' }, uniprot: { status: 'OK' } });
    const { data } = await dure.ask('{ sources { id health { state lastError } } }');
    expect((data as { sources: { id: string; health: unknown }[] }).sources.find(({ id }) => id === 'alphafold')).toMatchObject({ health: { state: 'DOWN', lastError: 'SOURCE_DOWN' } });
  });
});

test('conditions across sources, and walks by an identifier', async () => {
  const filtered = await dure.ask('{ dasan { inhibitors { inhibitors(where: { protein: { organism: { eq: "Homo sapiens" }, length: { gt: 1150 } } }) { nodes { medicine } } } } }');
  expect(filtered.errors).toBeUndefined();
  expect(filtered.data).toEqual({ dasan: { inhibitors: { inhibitors: { nodes: [{ medicine: 'erlotinib' }, { medicine: 'gefitinib' }] } } } });
  const entity = await dure.ask('{ entity(id: "UNIPROT:p00533") { id } ok: entity(id: "uniprot:p00533") { id protein { name } mentions { field count } mappings { id } } }');
  expect(entity.data).toMatchObject({ entity: null, ok: { id: 'uniprot:P00533', protein: { name: 'Epidermal growth factor receptor' }, mentions: [{ field: 'dasanInhibitorsInhibitors', count: 2 }] } });
  expect((entity.data as { ok: { mappings: { id: string }[] } }).ok.mappings.map((mapping) => mapping.id)).toEqual(expect.arrayContaining(['chembl:CHEMBL553', 'chembl:CHEMBL939', 'chembl.target:CHEMBL203']));
});

test('only administrators register; what is wrong is told with its place', async () => {
  const register = async (sdl: string, who?: string): Promise<GraphQLAnswer> => dure.ask('mutation ($sdl: String!) { registerSource(input: { kind: HTTP, sdl: $sdl }) { id } }', who, { sdl });
  expect((await register('type A', 'steward')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  expect((await register('type A')).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  const wrong = await register('extend schema @source(id: "x", title: "X", dataset: "d", url: "http://192.0.2.1")\ntype A @table(name: "a", nope: 1) { b: Strin }', 'administrator');
  expect(wrong.errors![0]!.message).toMatch(/2:\d+/);
  expect((await dure.ask('{ sources { id } }')).data).toEqual({ sources: ['alphafold', 'chembl', 'kma', 'materials-project', 'noaa', 'pdb', 'pubchem', 'uniprot'].map((id) => ({ id })) });
});
