/**
 * What the size of the catalog costs a query: the same operation with 10 and with 5,000 tables, and one more dataset appearing.
 * In memory only; `npm run bench:schema`. The source answers a constant, so that only Dure's own work is measured.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { CatalogSnapshot, Column, Dataset, Organization, Table } from '../src/catalog/model.js';
import { graphqlName } from '../src/catalog/naming.js';
import type { RequestContext } from '../src/graphql/context.js';
import { createEngine } from '../src/graphql/createEngine.js';
import type { Engine } from '../src/graphql/engine.js';
import { datasetValue } from '../src/graphql/static/types/datasetType.js';
import { buildStaticSchema } from '../src/graphql/static/staticSchema.js';
import { anonymous } from '../src/identity/identity.js';
import { CursorCodec } from '../src/plan/cursor.js';
import type { Source } from '../src/sources/source.js';
import { compileStatement } from '../src/sources/sql/compile.js';

const tablesPerDataset = 10;
const datasetsPerOrganization = 10;

function makeTable(index: number): Table {
  const kinds = ['text', 'float', 'int32', 'date', 'boolean', 'text', 'int64', 'datetime'] as const;
  const columns = kinds.map((kind, i): Column => ({ name: `column_${i}`, field: `column${i}`, physical: `c${i + 1}`, kind, facet: false, personKey: false, required: i === 0, unique: false, title: `Column ${i}` }));
  const parent = index % tablesPerDataset === 0 ? [] : [{ columns: ['column_5'], table: 'table_0', referenced: ['column_0'], field: 'parent', backField: `children${index % tablesPerDataset}` }];
  return { name: `table_${index % tablesPerDataset}`, field: `table${index % tablesPerDataset}`, columns, primaryKey: ['column_0'], uniqueKeys: [], foreignKeys: parent, segments: [{ physical: `s${index + 1}`, rows: 100 }], rows: 100 };
}

function makeDataset(organization: Organization, number: number): Dataset {
  const name = `dataset-${number}`;
  const tables = Array.from({ length: tablesPerDataset }, (_, i) => makeTable(number * tablesPerDataset + i));
  const metadata = { title: `Dataset ${number}`, keywords: [], licenses: [{ name: 'CC0-1.0' }], contributors: [], sources: [] };
  return {
    id: randomUUID(), organization, name, field: graphqlName(name), visibility: 'PUBLIC', listed: true, rules: { rules: [] }, rulesRevision: 1, createdAt: new Date(number),
    versions: [{ id: randomUUID(), major: 1, minor: 0, createdAt: new Date(), metadata, tables }],
  };
}

function makeSnapshot(tables: number, previous?: CatalogSnapshot): CatalogSnapshot {
  const organizations = new Map(previous?.organizations);
  const datasets = new Map(previous?.datasets);
  for (let number = datasets.size; number < tables / tablesPerDataset; number += 1) {
    const slug = `lab-${Math.floor(number / datasetsPerOrganization)}`;
    let organization = organizations.get(slug);
    if (!organization) organizations.set(slug, (organization = { id: randomUUID(), slug, field: graphqlName(slug), title: slug }));
    const dataset = makeDataset(organization, number);
    datasets.set(dataset.id, dataset);
  }
  return { revision: (previous?.revision ?? 0n) + 1n, organizations, datasets, byPath: new Map([...datasets.values()].map((d) => [`${d.organization.slug}/${d.name}`, d])), collections: new Map() };
}

const constantSource: Source = {
  compile(plan) {
    const statement = compileStatement(plan, '~mark.');
    const answer = new Map(plan.roots.map((_, index) => [index, { json: '{}' }]));
    return { text: statement?.text ?? '', run: () => Promise.resolve(answer) };
  },
};

function makeEngine(snapshot: () => CatalogSnapshot, staticSchema: Awaited<ReturnType<typeof buildStaticSchema>>): Engine {
  const key = randomBytes(32);
  return createEngine({
    staticSchema, snapshot, source: constantSource, cursors: new CursorCodec({ newest: { id: 'k', key }, find: () => key }),
    limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 24, maxFields: 2000, maxAliases: 100, maxCost: 100_000, maxListLength: 1000, maxResponseBytes: 32 * 1024 ** 2 }, aboutValue: ({ dataset, version }) => datasetValue(dataset, version), audit: 'none', report: console.error,
  });
}

const document = (n: number): string => `query($min: Float) { lab0 { dataset0 { table1(where: { column1: { gt: $min } }, orderBy: [{ column3: DESC }], first: 10) { totalCount nodes { id column${n % 8} column0 column1 parent { column2 } } pageInfo { endCursor } } } } }`;
const context = { identity: anonymous, channel: 'query', requestId: '', language: 'en', signal: new AbortController().signal } as unknown as RequestContext;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

let seen = 0;

async function measure(engine: Engine): Promise<{ first: number; cached: number }> {
  const first: number[] = [];
  const cached: number[] = [];
  for (let round = 0; round < 200; round += 1) {
    const query = `${document(round)} # ${seen++}`;
    const start = performance.now();
    const schema = engine.schemaFor(anonymous);
    const prepared = engine.prepare(schema, query);
    if (!('operation' in prepared)) throw new Error(JSON.stringify(prepared.errors));
    await engine.execute(prepared.operation, { min: 1 }, schema, context);
    first.push(performance.now() - start);
  }
  const query = document(0);
  engine.prepare(engine.schemaFor(anonymous), query);
  for (let round = 0; round < 200; round += 1) {
    const start = performance.now();
    for (let i = 0; i < 100; i += 1) {
      const schema = engine.schemaFor(anonymous);
      await engine.execute(engine.prepared(schema, query)!, { min: i }, schema, context);
    }
    cached.push((performance.now() - start) / 100);
  }
  return { first: median(first), cached: median(cached) };
}

const staticSchema = await buildStaticSchema();
let small = makeSnapshot(10);
let large = makeSnapshot(5000);
const smallEngine = makeEngine(() => small, staticSchema);
const largeEngine = makeEngine(() => large, staticSchema);
// Warms the code up, and takes turns, since the machine is shared.
await measure(smallEngine);
const rounds: { small: Awaited<ReturnType<typeof measure>>; large: Awaited<ReturnType<typeof measure>> }[] = [];
for (let round = 0; round < 5; round += 1) rounds.push({ small: await measure(smallEngine), large: await measure(largeEngine) });
const pick = (size: 'small' | 'large', key: 'first' | 'cached'): number => median(rounds.map((round) => round[size][key]));
const rows = { small: { first: pick('small', 'first'), cached: pick('small', 'cached') }, large: { first: pick('large', 'first'), cached: pick('large', 'cached') } };
const resident = process.memoryUsage().rss / 1e6;
console.log(`tables                      ${'10'.padStart(10)} ${'5,000'.padStart(10)}   ratio`);
for (const key of ['first', 'cached'] as const) {
  const label = key === 'first' ? 'first sight of a query, ms' : 'a known query, ms';
  console.log(`${label.padEnd(27)} ${rows.small[key].toFixed(4).padStart(10)} ${rows.large[key].toFixed(4).padStart(10)}   ${(rows.large[key] / rows.small[key]).toFixed(2)}`);
}
const appear: number[] = [];
for (let round = 0; round < 20; round += 1) {
  const next = makeSnapshot(5000 + (round + 1) * tablesPerDataset, large);
  large = next;
  const start = performance.now();
  const schema = largeEngine.schemaFor(anonymous);
  const newest = [...next.datasets.values()].at(-1)!;
  const prepared = largeEngine.prepare(schema, `{ ${newest.organization.field} { ${newest.field} { table0 { nodes { column0 } } } } }`);
  if (!('operation' in prepared)) throw new Error(JSON.stringify(prepared.errors));
  await largeEngine.execute(prepared.operation, {}, schema, context);
  appear.push(performance.now() - start);
}
console.log(`one more dataset at 5,000 tables, from the new catalog to its first answer: ${median(appear).toFixed(1)} ms`);
small = makeSnapshot(10);
const start = performance.now();
const types = Object.keys(largeEngine.schemaFor(anonymous).schema.getTypeMap()).length;
console.log(`whole type map (introspection): ${types} types in ${(performance.now() - start).toFixed(0)} ms; resident memory before it ${resident.toFixed(0)} MB, after it ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
