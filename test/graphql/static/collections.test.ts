/** Collections over HTTP and by the command line: who may make, see, change and delete them. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../../src/cli/main.js';
import type { DemoPersonName } from '../../../src/identity/demoTokens.js';
import { startRunning, type GraphQLAnswer, type Running } from '../../support/running.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close(), 30_000);

const codes = (answer: GraphQLAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code);
const createDocument = 'mutation($input: CreateCollectionInput!) { createCollection(input: $input) { name path schemaPath title organization { slug } datasets { pin version dataset { path } } } }';
const create = (who: DemoPersonName | undefined, input: object): Promise<GraphQLAnswer> => dure.ask(createDocument, who, { input });
const update = (who: DemoPersonName | undefined, input: object): Promise<GraphQLAnswer> => dure.ask('mutation($input: UpdateCollectionInput!) { updateCollection(input: $input) { title description datasets { pin dataset { path } } } }', who, { input });
const remove = (who: DemoPersonName | undefined, name: string): Promise<GraphQLAnswer> => dure.ask('mutation($name: String!) { deleteCollection(name: $name) { name } }', who, { name });
const show = (who: DemoPersonName | undefined, name: string): Promise<GraphQLAnswer> => dure.ask('query($name: String!) { collection(name: $name) { name datasets { dataset { path } } } }', who, { name });
const names = async (who?: DemoPersonName): Promise<string[]> => ((await dure.ask('{ collections(first: 200) { nodes { name } } }', who)).data as { collections: { nodes: { name: string }[] } }).collections.nodes.map(({ name }) => name);

const superconductors = { name: 'superconductors', organization: 'hanbit', title: 'Superconductors', datasets: [{ dataset: 'hanbit/superconductivity', version: '1' }, { dataset: 'dasan/compounds', version: '1.0' }] };

test('a publisher of the organization makes one of any datasets that it sees', async () => {
  expect(await create('publisher', superconductors)).toEqual({ data: { createCollection: {
    name: 'superconductors', path: '/graphql/c/superconductors', schemaPath: '/graphql/c/superconductors/schema.graphql', title: 'Superconductors', organization: { slug: 'hanbit' },
    datasets: [{ pin: '1', version: '1.0', dataset: { path: 'hanbit/superconductivity' } }, { pin: '1.0', version: '1.0', dataset: { path: 'dasan/compounds' } }],
  } } });
  expect(await names()).toContain('superconductors');
});

test('others do not: nobody unknown, no reader, no publisher of another organization', async () => {
  expect(codes(await create(undefined, { ...superconductors, name: 'x' }))).toEqual(['UNAUTHENTICATED']);
  expect(codes(await create('researcher', { ...superconductors, name: 'x' }))).toEqual(['FORBIDDEN']);
  expect(codes(await create('steward', { ...superconductors, name: 'x' }))).toEqual(['FORBIDDEN']);
  expect(codes(await update('steward', { name: 'superconductors', title: 'Mine' }))).toEqual(['FORBIDDEN']);
  expect(codes(await remove('researcher', 'superconductors'))).toEqual(['FORBIDDEN']);
  expect(codes(await remove(undefined, 'superconductors'))).toEqual(['UNAUTHENTICATED']);
  const reader = (await dure.ask('mutation { createApiToken(input: { name: "r", scopes: [READ] }) { token } }', 'publisher')).data as { createApiToken: { token: string } };
  expect(codes(await dure.ask(createDocument, reader.createApiToken.token, { input: { ...superconductors, name: 'x' } }))).toEqual(['FORBIDDEN']);
  expect(await names()).not.toContain('x');
});

test('what is wrong is refused with what to do', async () => {
  for (const name of ['', 'Front', '1st', 'a--b', 'a-', '한빛', 'x'.repeat(64), 'a/b', '../c', 'a_b']) expect(codes(await create('publisher', { ...superconductors, name }))).toEqual(['BAD_USER_INPUT']);
  expect(codes(await create('publisher', superconductors))).toEqual(['CONFLICT']);
  expect(codes(await create('publisher', { ...superconductors, name: 'x', organization: 'nobody' }))).toEqual(['NOT_FOUND']);
  expect(codes(await create('publisher', { ...superconductors, name: 'x', datasets: [] }))).toEqual(['BAD_USER_INPUT']);
  expect(codes(await create('publisher', { ...superconductors, name: 'x', datasets: [{ dataset: 'hanbit/nothing' }] }))).toEqual(['NOT_FOUND']);
  const twice = await create('publisher', { ...superconductors, name: 'x', datasets: [{ dataset: 'hanbit/elements' }, { dataset: 'hanbit/elements', version: '1.0' }] });
  expect(twice.errors![0]!.message).toMatch(/twice/);
  const version = await create('publisher', { ...superconductors, name: 'x', datasets: [{ dataset: 'hanbit/elements', version: '7' }] });
  expect(version.errors![0]).toMatchObject({ message: expect.stringMatching(/pin a major \(1\), whose minors are followed, or one version \(1\.0\)/), extensions: { code: 'BAD_USER_INPUT' } });
});

test('is changed in part, and deleted', async () => {
  await create('publisher', { name: 'passing', organization: 'dasan', title: 'T', datasets: [{ dataset: 'dasan/compounds' }] });
  expect(await update('publisher', { name: 'passing', description: 'D' })).toEqual({ data: { updateCollection: { title: 'T', description: 'D', datasets: [{ pin: '1', dataset: { path: 'dasan/compounds' } }] } } });
  expect(await update('administrator', { name: 'passing', title: null, datasets: [{ dataset: 'hanbit/elements', version: '1.0' }] })).toMatchObject({ data: { updateCollection: { title: null, description: 'D', datasets: [{ pin: '1.0', dataset: { path: 'hanbit/elements' } }] } } });
  expect(codes(await update('publisher', { name: 'passing', datasets: [] }))).toEqual(['BAD_USER_INPUT']);
  expect(await remove('publisher', 'passing')).toEqual({ data: { deleteCollection: { name: 'passing' } } });
  expect(await show('publisher', 'passing')).toEqual({ data: { collection: null } });
  expect(codes(await remove('publisher', 'passing'))).toEqual(['NOT_FOUND']);
});

test('one of hidden datasets does not exist for others, in the very words of one that never was', async () => {
  expect(await create('steward', { name: 'patients', organization: 'seoram', datasets: [{ dataset: 'seoram/kidney-transplants' }] })).toMatchObject({ data: { createCollection: { name: 'patients' } } });
  const refused = async (dataset: string): Promise<string> => JSON.stringify((await create('publisher', { ...superconductors, name: 'x', datasets: [{ dataset }] })).errors).replaceAll(dataset, 'DATASET').replace(/"requestId":"[^"]*"/, '');
  expect(await refused('seoram/kidney-transplants')).toContain('NOT_FOUND');
  expect(await refused('seoram/kidney-transplants')).toBe(await refused('seoram/never-was'));
  expect(await names('steward')).toContain('patients');
  for (const who of [undefined, 'researcher', 'publisher'] as const) {
    expect(await names(who)).not.toContain('patients');
    expect(await show(who, 'patients')).toEqual({ data: { collection: null } });
    const words = async (name: string): Promise<unknown> => (await remove(who, name)).errors![0]!.message.replace(name, 'NAME');
    expect(await words('patients')).toBe(await words('never-was'));
  }
  await create('steward', { name: 'mixed', organization: 'seoram', datasets: [{ dataset: 'seoram/kidney-transplants' }, { dataset: 'hanbit/elements' }] });
  expect(await show('steward', 'mixed')).toMatchObject({ data: { collection: { datasets: [{ dataset: { path: 'seoram/kidney-transplants' } }, { dataset: { path: 'hanbit/elements' } }] } } });
  expect(await show('researcher', 'mixed')).toEqual({ data: { collection: { name: 'mixed', datasets: [{ dataset: { path: 'hanbit/elements' } }] } } });
});

test('pages of collections hold each once', async () => {
  const seen: string[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { collections } = (await dure.ask('query($a: String) { collections(first: 1, after: $a) { nodes { name } pageInfo { hasNextPage endCursor } } }', 'administrator', { a: after })).data as { collections: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
    seen.push(...collections.nodes.map(({ name }) => name));
    after = collections.pageInfo.endCursor;
    more = collections.pageInfo.hasNextPage;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen).toEqual(await names('administrator'));
  expect(codes(await dure.ask('{ collections(after: "nonsense") { nodes { name } } }'))).toEqual(['BAD_USER_INPUT']);
});

test('dure collections: create, list, show, delete', async () => {
  const dureCommand = async (...args: string[]): Promise<{ code: number; out: string; note: string }> => {
    let out = '';
    let note = '';
    const token = dure.authorization('publisher').authorization!.slice('Bearer '.length);
    const code = await run(args, { environment: { DURE_URL: dure.url, DURE_TOKEN: token }, input: Readable.from([]), interactive: false, columns: 80, out: (text) => { out += text; }, note: (text) => { note += text; } });
    return { code, out, note };
  };
  expect(await dureCommand('collections', 'create', 'by-hand', '--dataset', 'hanbit/elements')).toMatchObject({ code: 2, note: expect.stringMatching(/--organization/) });
  expect(await dureCommand('collections', 'create', 'by-hand', '--organization', 'hanbit', '--dataset', 'hanbit/elements@1', 'dasan/compounds@1.0', '--title', 'By hand')).toEqual({ code: 0, out: `${dure.url}/graphql/c/by-hand\n`, note: '' });
  expect(await dureCommand('collections', 'create', 'by-hand', '--organization', 'hanbit', '--dataset', 'hanbit/elements@')).toMatchObject({ code: 2 });
  expect(await dureCommand('collections', 'create', 'by-hand', '--organization', 'hanbit', '--dataset', 'hanbit/elements')).toMatchObject({ code: 1, note: expect.stringMatching(/taken/) });
  expect((await dureCommand('collections', 'list')).out).toMatch(/by-hand\s+hanbit\s+hanbit\/elements@1 dasan\/compounds@1\.0\s+By hand/);
  const shown = await dureCommand('collections', 'show', 'by-hand');
  expect(shown.out).toContain(`schema   ${dure.url}/graphql/c/by-hand/schema.graphql`);
  expect(shown.out).toContain('- dasan/compounds@1.0, now 1.0');
  expect(JSON.parse((await dureCommand('collections', 'show', 'by-hand', '--json')).out)).toMatchObject({ name: 'by-hand', title: 'By hand' });
  expect(await dureCommand('collections', 'delete', 'by-hand')).toMatchObject({ code: 0 });
  expect(await dureCommand('collections', 'show', 'by-hand')).toMatchObject({ code: 1, note: expect.stringMatching(/no collection by-hand that you may see/) });
});
