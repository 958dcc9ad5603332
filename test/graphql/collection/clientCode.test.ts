/** Client code generated from a collection's SDL, fetched over HTTP, is checked by the compiler: what the schema lacks does not compile. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { codegen } from '@graphql-codegen/core';
import * as documentPlugin from '@graphql-codegen/typed-document-node';
import * as typescriptPlugin from '@graphql-codegen/typescript';
import * as operationsPlugin from '@graphql-codegen/typescript-operations';
import { buildSchema, parse, print, validate, type TypedQueryDocumentNode } from 'graphql';
import { accessFixture } from '../../support/accessFixture.js';
import { withCollections } from '../../support/collections.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { testEngine } from '../../support/engine.js';
import { makeSnapshot } from '../../support/fixture.js';
import { startTestServer, type TestServer } from '../../support/testServer.js';

const operation = `
  query Items($where: HanbitOpenItemsWhere, $first: Int) {
    hanbit { open { items(where: $where, first: $first, orderBy: [{ name: ASC }]) { totalCount nodes { id name price parts { nodes { weight } } } } } }
  }`;
// The generated document is sent as it is: what comes back is typed by it.
const client = (body: string): string => `
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { ItemsDocument } from './generated.js';
import type { HanbitOpenItems, Query } from './schema.js';
declare function ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;
export async function main(): Promise<void> {
${body}
}
`;

let db: TestDatabase;
let server: TestServer;
let folder: string;
let sdl: string;
beforeAll(async () => {
  db = await createTestDatabase();
  const dure = await testEngine(db.pool, withCollections(await makeSnapshot(db.pool, accessFixture), { front: { 'hanbit/open': '1' } }));
  server = await startTestServer(dure.engine);
  sdl = await (await fetch(`${server.url}/graphql/c/front/schema.graphql`)).text();
  // Below the project, so that the compiler finds its packages.
  folder = mkdtempSync(join(process.cwd(), 'dist', 'client-code-'));
  const config = { useTypeImports: true, strictScalars: true, scalars: { Int64: 'string', Decimal: 'string', DateTime: 'string', Date: 'string', Time: 'string', Duration: 'string', JSON: 'unknown', GeoPoint: 'unknown' } };
  const pluginMap = { typescript: typescriptPlugin, operations: operationsPlugin, documents: documentPlugin };
  const documents = [{ location: 'items.graphql', document: parse(operation) }];
  writeFileSync(join(folder, 'schema.ts'), await codegen({ filename: 'schema.ts', schema: parse(sdl), documents: [], config, plugins: [{ typescript: {} }], pluginMap }));
  writeFileSync(join(folder, 'generated.ts'), await codegen({ filename: 'generated.ts', schema: parse(sdl), documents, config, plugins: [{ operations: {} }, { documents: {} }], pluginMap }));
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.close();
  await db.drop();
});

const compiler = createRequire(import.meta.url).resolve('typescript/package.json').replace('package.json', 'bin/tsc');

/** What the compiler says of a client program; nothing where it is right. */
function compile(name: string, body: string): Promise<string> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, client(body));
  return new Promise((done) => execFile(process.execPath, [compiler, '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--ignoreConfig', file], { cwd: folder }, (_error, out, err) => done(out + err)));
}

test('a right program compiles', async () => {
  expect(await compile('right', `
  const data = await ask(ItemsDocument, { where: { name: { startsWith: 'a' }, parts: { some: { weight: { gt: 1 } } } }, first: 10 });
  for (const row of data.hanbit?.open?.items?.nodes ?? []) {
    const name: string | null | undefined = row.name;
    const price: number | null | undefined = row.price;
    const whole: Pick<HanbitOpenItems, 'id' | 'name'> = { id: row.id, name: row.name };
    const root: Query['hanbit'] = null;
    console.log(whole, root, name, price, row.parts?.nodes.map((part) => part.weight));
  }`)).toBe('');
});

test('a wrong field, a wrong type and a wrong filter do not', async () => {
  expect(await compile('field', `
  const data = await ask(ItemsDocument, {});
  console.log(data.hanbit?.open?.items?.nodes[0]?.phone);`)).toMatch(/error TS2339: Property 'phone' does not exist/);
  expect(await compile('type', `
  const data = await ask(ItemsDocument, {});
  const price: string | null | undefined = data.hanbit?.open?.items?.nodes[0]?.price;
  console.log(price);`)).toMatch(/error TS2322: Type 'number[^']*' is not assignable/);
  expect(await compile('filter', `
  await ask(ItemsDocument, { where: { colour: { eq: 'red' } } });`)).toMatch(/error TS2353: .*'colour' does not exist/);
});

test('an operation of a field that the collection lacks is refused before any code is made', () => {
  expect(validate(buildSchema(sdl), parse('{ hanbit { open { items { nodes { colour } } } } }')).map(({ message }) => message)).toEqual(['Cannot query field "colour" on type "HanbitOpenItems".']);
});

test('the generated document is the operation, and the server answers it', async () => {
  const { ItemsDocument } = (await transpiled()) as { ItemsDocument: TypedQueryDocumentNode };
  const response = await fetch(`${server.url}/graphql/c/front`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: print(ItemsDocument), variables: { first: 1 } }) });
  expect(((await response.json()) as { data: unknown }).data).toEqual({ hanbit: { open: { items: { totalCount: 3, nodes: [expect.objectContaining({ name: 'alpha' })] } } } });
});

/** The generated module as a program would run it. */
async function transpiled(): Promise<unknown> {
  await new Promise((done) => execFile(process.execPath, [compiler, '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--skipLibCheck', '--ignoreConfig', join(folder, 'generated.ts')], { cwd: folder }, done));
  return import(join(folder, 'generated.js'));
}
