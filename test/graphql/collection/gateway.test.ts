/** A supergraph of a collection and of somebody else's subgraph, composed and asked through Apollo Gateway over real HTTP, in both directions. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import { accessFixture } from '../../support/accessFixture.js';
import { withCollections } from '../../support/collections.js';
import { countStatements, type StatementCount } from '../../support/countStatements.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { person, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../../support/fixture.js';
import { startTestServer, type TestServer } from '../../support/testServer.js';

interface GatewayContext { readonly authorization?: string }

const people: Readonly<Record<string, Identity>> = { 'Bearer member': person({ subject: 'm', memberships: [{ organization: 'dasan', role: 'member' }] }) };
const chemistry: FixtureDataset = {
  organization: 'dasan', name: 'compounds',
  tables: {
    compounds: {
      columns: { cas: { kind: 'text', required: true, namespace: 'cas' }, name: 'text', mass: 'float', secret: { kind: 'enum', values: ['yes', 'no'] } }, primaryKey: ['cas'],
      rows: [['64-17-5', 'ethanol', 46.07, 'no'], ['67-56-1', 'methanol', 32.04, 'no'], ['7732-18-5', 'water', 18.02, 'no'], ['50-00-0', 'formaldehyde', 30.03, 'yes']],
    },
    melting: { columns: { cas: { kind: 'text', namespace: 'cas' }, kelvin: 'float' }, foreignKeys: [{ columns: ['cas'], table: 'compounds', referenced: ['cas'], field: 'compound', backField: 'meltingPoints' }], rows: [['64-17-5', 159], ['7732-18-5', 273.15]] },
  },
  rules: { rules: [{ id: 'secret', effect: 'rows', tables: ['compounds'], where: { column: 'secret', op: 'eq', value: 'no' }, unless: { attribute: 'person.organizations', contains: 'dasan' } }] },
};

/** In a collection of its own, which is a third subgraph: the organization's type is made of both. */
const solvents: FixtureDataset = { organization: 'dasan', name: 'solvents', tables: { list: { columns: { cas: { kind: 'text', required: true, namespace: 'cas' }, polar: 'boolean' }, primaryKey: ['cas'], rows: [['64-17-5', true]] } } };

const reviews = [
  { id: 'r1', stars: 5, compound: { cas: '7732-18-5' } }, { id: 'r2', stars: 2, compound: { cas: '64-17-5' } }, { id: 'r3', stars: 4, compound: { cas: '7732-18-5' } },
  { id: 'r4', stars: 1, compound: { cas: '50-00-0' } }, { id: 'r5', stars: 3, compound: { cas: 'never-was' } },
];

let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;
let others: ApolloServer;
let gateway: ApolloServer<GatewayContext>;
let gatewayUrl: string;
let statements: StatementCount;

beforeAll(async () => {
  statements = countStatements();
  db = await createTestDatabase();
  dure = await testEngine(db.pool, withCollections(await makeSnapshot(db.pool, [...accessFixture, chemistry, solvents]), { chemistry: { 'dasan/compounds': '1', 'hanbit/open': '1' }, solvents: { 'dasan/solvents': '1' } }));
  server = await startTestServer(dure.engine, {
    limits: { requestBytes: 200_000, bodyTimeoutMs: 10_000, documentBytes: 20_000, uploadBytes: 1, subscriptionsPerConnection: 3, apolloServers: 10 },
    identify: async (authorization) => people[String(authorization)] ?? anonymous, services: { catalog: { get snapshot() { return dure.snapshot; } } } as never,
  });
  others = new ApolloServer({
    plugins: [ApolloServerPluginInlineTraceDisabled()],
    schema: buildSubgraphSchema({
      typeDefs: parse(`
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Query { bestReviews(first: Int!): [Review!]! }
        type Review @key(fields: "id") { id: ID! stars: Int! compound: DasanCompoundsCompounds item: HanbitOpenItems }
        type DasanCompoundsCompounds @key(fields: "cas") { cas: String reviews: [Review!]! }
        type HanbitOpenItems @key(fields: "id", resolvable: false) { id: ID! }
      `),
      resolvers: {
        Query: { bestReviews: (_: unknown, { first }: { first: number }) => Array.from({ length: first }, (_unused, index) => ({ ...reviews[index % reviews.length]!, item: { id: `hanbit/open/items/=i${(index % 3) + 1}` } })) },
        DasanCompoundsCompounds: { reviews: ({ cas }: { cas: string }) => reviews.filter((review) => review.compound.cas === cas) },
      },
    }),
  });
  const second = await startStandaloneServer(others, { listen: { port: 0, host: '127.0.0.1' } });
  gateway = new ApolloServer<GatewayContext>({
    gateway: new ApolloGateway({
      supergraphSdl: new IntrospectAndCompose({ subgraphs: [{ name: 'dure', url: `${server.url}/graphql/c/chemistry` }, { name: 'solvents', url: `${server.url}/graphql/c/solvents` }, { name: 'reviews', url: second.url }] }),
      buildService: ({ url }) => new RemoteGraphQLDataSource<GatewayContext>({
        url,
        willSendRequest: ({ request, context }) => { if (context.authorization) request.http!.headers.set('authorization', context.authorization); },
      }),
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    }),
  });
  ({ url: gatewayUrl } = await startStandaloneServer(gateway, { listen: { port: 0, host: '127.0.0.1' }, context: async ({ req }) => ({ authorization: req.headers.authorization }) }));
}, 60_000);
beforeEach(() => statements.clear());
afterAll(async () => {
  await gateway?.stop();
  await others?.stop();
  await server?.close();
  statements.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

async function ask(query: string, who?: string): Promise<{ data?: unknown; errors?: unknown[] }> {
  const response = await fetch(gatewayUrl, { method: 'POST', headers: { 'content-type': 'application/json', ...(who ? { authorization: `Bearer ${who}` } : {}) }, body: JSON.stringify({ query }) });
  return (await response.json()) as { data?: unknown; errors?: unknown[] };
}

test('from Dure\'s rows to the other subgraph', async () => {
  expect(await ask('{ dasan { compounds { compounds(orderBy: [{ mass: ASC }]) { totalCount pageInfo { hasNextPage } aggregate { mass { max } } nodes { name reviews { stars } meltingPoints { nodes { kelvin } } } } } } }')).toEqual({ data: { dasan: { compounds: { compounds: {
    totalCount: 3, pageInfo: { hasNextPage: false }, aggregate: { mass: { max: 46.07 } },
    nodes: [
      { name: 'water', reviews: [{ stars: 5 }, { stars: 4 }], meltingPoints: { nodes: [{ kelvin: 273.15 }] } },
      { name: 'methanol', reviews: [], meltingPoints: { nodes: [] } },
      { name: 'ethanol', reviews: [{ stars: 2 }], meltingPoints: { nodes: [{ kelvin: 159 }] } },
    ],
  } } } } });
});

test('from the other subgraph to Dure\'s rows, by key and by id: any number of them is one statement, and rules hold', async () => {
  const query = (first: number): string => `{ bestReviews(first: ${first}) { id compound { cas name mass reviews { id } } } }`;
  expect(await ask(query(5))).toEqual({ data: { bestReviews: [
    { id: 'r1', compound: { cas: '7732-18-5', name: 'water', mass: 18.02, reviews: [{ id: 'r1' }, { id: 'r3' }] } },
    { id: 'r2', compound: { cas: '64-17-5', name: 'ethanol', mass: 46.07, reviews: [{ id: 'r2' }] } },
    { id: 'r3', compound: { cas: '7732-18-5', name: 'water', mass: 18.02, reviews: [{ id: 'r1' }, { id: 'r3' }] } },
    // Hidden by a row rule, and one that never was: both without anything of Dure's.
    { id: 'r4', compound: { cas: '50-00-0', name: null, mass: null, reviews: [{ id: 'r4' }] } },
    { id: 'r5', compound: { cas: 'never-was', name: null, mass: null, reviews: [{ id: 'r5' }] } },
  ] } });
  expect(statements.texts).toHaveLength(1);
  statements.clear();
  const many = (await ask('{ bestReviews(first: 500) { item { name price } } }')).data as { bestReviews: { item: { name: string; price: unknown } }[] };
  expect(many.bestReviews.map(({ item }) => item.name).slice(0, 4)).toEqual(['alpha', 'beta', 'gamma', 'alpha']);
  expect(many.bestReviews.every(({ item }) => item.price === null)).toBe(true); // withheld
  expect(statements.texts).toHaveLength(1);
});

test('who asks the gateway is who asks Dure', async () => {
  const { data } = await ask('{ bestReviews(first: 4) { compound { name secret } } }', 'member');
  expect(data).toEqual({ bestReviews: [{ compound: { name: 'water', secret: 'no' } }, { compound: { name: 'ethanol', secret: 'no' } }, { compound: { name: 'water', secret: 'no' } }, { compound: { name: 'formaldehyde', secret: 'yes' } }] });
});

test('two collections are two subgraphs of one supergraph', async () => {
  expect((await ask('{ dasan { compounds { _about { path license { name } } compounds(first: 1) { nodes { cas } } } solvents { _about { path } list { aggregate { count } nodes { polar } } } } }')).data).toEqual({ dasan: {
    compounds: { _about: { path: 'dasan/compounds', license: { name: 'CC0-1.0' } }, compounds: { nodes: [{ cas: '64-17-5' }] } },
    solvents: { _about: { path: 'dasan/solvents' }, list: { aggregate: { count: 1 }, nodes: [{ polar: true }] } },
  } });
});
