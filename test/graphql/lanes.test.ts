/**
 * Three lanes, one meaning: generated operations, right and wrong, answered over HTTP at first sight (Apollo Server) and when known (prepared) are
 * byte for byte alike, headers included; and plain graphql-js over rows gives the same data. `DURE_TEST_OPERATIONS=20000` asks more.
 */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import type { CatalogSnapshot, Table } from '../../src/catalog/model.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { person, testEngine, type TestEngine } from '../support/engine.js';
import { makeSnapshot, type FixtureDataset } from '../support/fixture.js';
import { generateOperation, type ValuePool } from '../../src/oracle/generateOperation.js';
import { kindsFixture, kindsValues } from '../support/kindsFixture.js';
import { PlainLane, Unknown } from '../support/plainLane.js';
import { startTestServer, type TestServer } from '../support/testServer.js';

const rounds = Number(process.env.DURE_TEST_OPERATIONS ?? 1_500);
const key = { kind: 'text', required: true } as const;
const plain: FixtureDataset = {
  organization: 'plain', name: 'rows',
  tables: {
    runs: {
      columns: { k: key, label: 'text', n: 'int32', big: 'int64', x: 'float', ok: 'boolean', day: 'date', lab_id: 'text' }, primaryKey: ['k'],
      foreignKeys: [{ columns: ['lab_id'], table: 'labs', referenced: ['id'], field: 'lab', backField: 'runs' }],
      rows: [
        ['a', 'alpha', 1, '9007199254740993', 1.5, true, '2024-01-15', 'l1'], ['b', 'Beta', 2, '-5', 1e15, false, '2024-01-31', 'l1'], ['c', '가나다', 2, null, 0.1, null, '2024-02-01', 'l2'],
        ['d', null, 3, '9223372036854775807', -2.5, true, null, null], ['e', 'alpha', null, '-5', null, false, '1970-01-01', 'l3'], ['f', 'a%b_c', 2, '0', 1.5, null, '2024-01-15', 'l1'],
      ],
    },
    steps: {
      columns: { run: 'text', cost: 'int32', method: 'text' }, foreignKeys: [{ columns: ['run'], table: 'runs', referenced: ['k'], field: 'of', backField: 'steps' }],
      rows: [['a', 5, 'x'], ['a', 7, 'y'], ['a', 5, null], ['b', 1, 'x'], ['c', 7, 'x'], [null, 3, 'x'], ['e', 2, 'y']],
    },
    labs: { columns: { id: key, name: 'text', parent: 'text' }, primaryKey: ['id'], foreignKeys: [{ columns: ['parent'], table: 'labs', referenced: ['id'], field: 'above', backField: 'below' }], rows: [['l1', 'One', null], ['l2', 'Two', 'l1'], ['l3', null, 'l1']] },
  },
};
const plainValues: ValuePool = { String: ['"alpha"', '"a"', '"x"', '"l1"', '"Beta"', '"가"', '""'], Int: ['1', '2', '3', '5', '7'], Int64: ['"-5"', '"9007199254740993"', '"0"'], Float: ['1.5', '0.1', '1e15', '-2.5'], Boolean: ['true', 'false'], Date: ['"2024-01-15"', '"2024-02-01"', '"1970-01-01"'] };

let db: TestDatabase;
let dure: TestEngine;
let server: TestServer;
const askers: Readonly<Record<string, Identity>> = { nobody: anonymous, member: person({ key: 'member', memberships: [{ organization: 'lab', role: 'member' }] }), steward: person({ key: 'steward', memberships: [{ organization: 'lab', role: 'steward' }] }) };

beforeAll(async () => {
  db = await createTestDatabase();
  dure = await testEngine(db.pool, await makeSnapshot(db.pool, [...kindsFixture, plain]));
  server = await startTestServer(dure.engine, {
    identify: (authorization) => Promise.resolve(askers[authorization?.slice('Bearer '.length) ?? 'nobody']!),
    services: { catalog: { get snapshot() { return dure.snapshot; } } } as never,
  });
});
afterAll(async () => {
  await server.close();
  expect(dure.reported).toEqual([]);
  await db.drop();
});

interface Answer { readonly status: number; readonly headers: readonly string[]; readonly text: string }

/** Headers in the order and spelling that they came in; the date is the clock's. */
function ask(body: string, who: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'same', ...(who === 'nobody' ? {} : { authorization: `Bearer ${who}` }) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const headers = response.rawHeaders.filter((_, index) => !/^date$/i.test(response.rawHeaders[index - (index % 2)]!));
        resolve({ status: response.statusCode!, headers, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.on('error', reject).end(body);
  });
}

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What callers get wrong: syntax, names, types, variables, directives, the operation's name. */
function spoiled(query: string, next: () => number): { query: string; variables?: unknown; operationName?: string } {
  const cut = Math.floor(next() * query.length);
  switch (Math.floor(next() * 9)) {
    case 0: return { query: query.slice(0, cut) };
    case 1: return { query: query.replace(/[a-z]\w*(?= [{}a-z])/g, (name) => (next() < 0.1 ? `${name}Nope` : name)) };
    case 2: return { query: `query ($first: Int!) ${query.replace(/first: \d+/, 'first: $first')}`, variables: { first: next() < 0.5 ? 'two' : -1 } };
    case 3: return { query: `query ($first: Int = 3, $yes: Boolean!) ${query.replace(/first: \d+/, 'first: $first').replace(/\{ (\w+)/, '{ $1 @include(if: $yes)')}`, variables: { yes: next() < 0.5 } };
    case 4: return { query: `query A ${query} query B ${query}`, operationName: next() < 0.7 ? 'B' : 'C' };
    case 5: return { query: `${query.slice(0, cut)}}${query.slice(cut)}` };
    case 6: return { query: query.replace(/first: \d+/, `first: ${next() < 0.5 ? 5_000_000_000 : 5_000}`).replace(/last: \d+/, 'last: -2') };
    case 7: return { query: query.replace(/(\w+): "[^"]*"/, '$1: 12').replace(/eq: \d+/, 'eq: "text"') };
    default: return { query: `{ ...F } fragment F on Query ${query}${next() < 0.3 ? ' fragment G on Query { __typename }' : ''}` };
  }
}

test(`first sight and prepared: ${rounds} operations, a third of them spoiled`, async () => {
  let answered = 0;
  for (let round = 0; round < rounds; round += 1) {
    const next = random(round);
    const who = Object.keys(askers)[round % 3]!;
    const { schema } = dure.engine.schemaFor(askers[who]!);
    const place = (round % 7 === 0 ? ['other', 'proteins'] : round % 2 === 0 ? ['plain', 'rows'] : ['lab', 'kinds']) as [string, string];
    const query = generateOperation(schema, place, place[0] === 'plain' ? plainValues : kindsValues, 1_000_000 + round);
    const asked = round % 3 === 2 ? spoiled(query, next) : { query };
    const body = JSON.stringify(asked);
    const first = await ask(body, who);
    const second = await ask(body, who);
    if (first.text !== second.text || first.status !== second.status || first.headers.join() !== second.headers.join()) expect({ asked, ...second }).toEqual({ asked, ...first });
    if (first.text.startsWith('{"data"') && !first.text.includes('"errors"')) answered += 1;
  }
  expect(answered).toBeGreaterThan(rounds * 0.35);
}, 240_000);

test(`plain graphql-js over rows: ${rounds * 3} operations`, async () => {
  const lane = new PlainLane(dure.snapshot, rowsOf(dure.snapshot), 20);
  const { schema } = dure.engine.schemaFor(anonymous);
  let compared = 0;
  for (let round = 0; round < rounds * 3; round += 1) {
    const query = generateOperation(schema, ['plain', 'rows'], plainValues, 7_000_000 + round)
      // What the plain lane does not say, so that more can be compared.
      .replace(/\b(id|cursor|startCursor|endCursor)\b(?=[ }])/g, '__typename');
    if (/\b(groups|like|ilike|matches|year|quarter|month|week|day|dayOfWeek|dayOfYear|isoWeek)\b: |\bgroups\b/.test(query)) continue;
    const expected = await lane.ask(schema, query);
    if (expected.errors?.some((error: GraphQLError) => error.originalError instanceof Unknown) || lane.unknown) continue;
    const { data, errors } = await dure.ask(query);
    if (JSON.stringify({ data, errors }) !== JSON.stringify(expected)) expect({ query, data, errors }).toEqual({ query, data: expected.data, errors: expected.errors });
    compared += 1;
  }
  // Those with groups, patterns or parts of dates are beyond the plain lane.
  expect(compared).toBeGreaterThan(rounds * 0.2);
}, 120_000);

/** The fixture's own rows, by column. */
function rowsOf(snapshot: CatalogSnapshot): ReadonlyMap<Table, readonly Readonly<Record<string, string | number | boolean | null>>[]> {
  const dataset = [...snapshot.datasets.values()].find((d) => d.organization.slug === 'plain')!;
  return new Map(dataset.versions[0]!.tables.map((table) => [table, plain.tables[table.name]!.rows.map((row) => Object.fromEntries(table.columns.map((column, index) => [column.name, row[index] as string | number | boolean | null])))]));
}
