/** What changes at an instant of the database's clock, with no restart: the same question, before and after. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Standing, type StandingReader } from '../../src/access/standing.js';
import { createEngine } from '../../src/graphql/createEngine.js';
import { buildStaticSchema } from '../../src/graphql/static/staticSchema.js';
import { datasetValue } from '../../src/graphql/static/types/datasetType.js';
import { anonymous } from '../../src/identity/identity.js';
import { visibleSet } from '../../src/policy/visible.js';
import { PostgresSource } from '../../src/sources/postgres/postgresSource.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { testCursors } from '../support/engine.js';
import { makeSnapshot } from '../support/fixture.js';
import { startRunning, type GraphQLAnswer, type Running } from '../support/running.js';
import { signPerson } from '../support/tokens.js';

const dataset = 'seoram/kidney-transplants';
let dure: Running;
let database: pg.Pool;
let mina: string;
beforeAll(async () => {
  dure = await startRunning();
  database = new pg.Pool({ connectionString: dure.dure.databaseUrl, max: 2 });
  mina = await signPerson(dure.folder, { subject: 'mina', organizations: ['seoram:steward'] });
}, 60_000);
afterAll(async () => {
  await database.end();
  await dure.close();
}, 30_000);

const now = async (): Promise<Date> => (await database.query<{ now: Date }>('select clock_timestamp() as now')).rows[0]!.now;
const inSeconds = async (seconds: number): Promise<Date> => (await database.query<{ at: Date }>(`select date_trunc('milliseconds', clock_timestamp() + $1 * interval '1 second') as at`, [seconds])).rows[0]!.at;
const settings = async (text: string): Promise<void> => { expect((await dure.ask(`mutation { setDatasetAccess(input: { dataset: "${dataset}", ${text} }) { dataset { path } } }`, mina)).errors).toBeUndefined(); };
const rules = async (document: object): Promise<void> => { expect((await dure.ask('mutation($input: SetDatasetRulesInput!) { setDatasetRules(input: $input) { revision } }', mina, { input: { dataset, document } })).errors).toBeUndefined(); };
const why = (answer: GraphQLAnswer): unknown => (answer.errors ? answer.errors[0]!.extensions.reason ?? answer.errors[0]!.extensions.code : 'open');
const count = (who?: string): Promise<GraphQLAnswer> => dure.ask('{ seoram { kidneyTransplants { transplants { totalCount aggregate { age { max } } nodes { age } } } } }', who);
/** Asks until the answer is another one; holds that it was never open before `opens` nor after `closes`. */
async function watch(ask: () => Promise<unknown>, last: unknown, { opens, closes }: { opens?: Date; closes?: Date }): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const end = Date.now() + 20_000; seen.at(-1) !== last;) {
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(seen)}`);
    const before = await now();
    const told = await ask();
    const after = await now();
    if (told === 'open' && opens) expect(after.getTime()).toBeGreaterThanOrEqual(opens.getTime());
    if (told === 'open' && closes) expect(before.getTime()).toBeLessThan(closes.getTime());
    if (seen.at(-1) !== told) seen.push(told);
    await new Promise((done) => setTimeout(done, 20));
  }
  return seen;
}

describe('a question that was asked before', () => {
  test('an embargo ends: rows, counts, figures and the number in the description open at the instant', async () => {
    const opens = await inSeconds(3);
    await rules({ rules: [] });
    await settings(`visibility: PUBLIC, listed: true, embargoUntil: "${opens.toISOString()}"`);
    const described = async (): Promise<unknown> => (await dure.ask(`{ dataset(id: "${dataset}") { tables { rowCount } access { code readable } } }`)).data;
    expect(await described()).toMatchObject({ dataset: { tables: [{ rowCount: null }], access: { code: 'EMBARGO', readable: false } } });
    expect(await watch(async () => why(await count()), 'open', { opens })).toEqual(['EMBARGO', 'open']);
    expect((await count()).data).toMatchObject({ seoram: { kidneyTransplants: { transplants: { totalCount: 863 } } } });
    expect(await described()).toMatchObject({ dataset: { tables: [{ rowCount: 863 }], access: { readable: true } } });
  }, 40_000);

  test('a window opens and ends', async () => {
    const [opens, closes] = [await inSeconds(2), await inSeconds(5)];
    await settings('visibility: PUBLIC, listed: true, embargoUntil: null');
    await rules({ rules: [{ id: 'days', effect: 'window', from: opens.toISOString(), until: closes.toISOString() }] });
    expect(await watch(async () => why(await count()), 'ENDED', { opens, closes })).toEqual(['NOT_YET', 'open', 'ENDED']);
  }, 40_000);

  test('an unlisted dataset appears in the schema when its embargo ends, and a subscription may begin', async () => {
    const opens = await inSeconds(3);
    await rules({ rules: [] });
    await settings(`visibility: PUBLIC, listed: false, embargoUntil: "${opens.toISOString()}"`);
    expect(await watch(async () => why(await count()), 'open', { opens: new Date(opens.getTime() - 1_000) })).toEqual(expect.arrayContaining(['GRAPHQL_VALIDATION_FAILED', 'open']));
    const introspected = await dure.ask('{ __type(name: "SeoramKidneyTransplants") { name } }');
    expect(introspected.data).toEqual({ __type: { name: 'SeoramKidneyTransplants' } });
    expect((await dure.ask('{ datasets(search: "kidney") { nodes { path } } }')).data).toEqual({ datasets: { nodes: [{ path: dataset }] } });
  }, 40_000);
});

describe('a process whose clock is wrong', () => {
  let db: TestDatabase;
  beforeAll(async () => { db = await createTestDatabase(); });
  afterAll(() => db.drop());

  test('reads the database\'s clock with what it follows', async () => {
    const reader: StandingReader = { changesSince: async () => ({ head: 1n, now: new Date(Date.now() + 3_600_000), requests: [], suspensions: [], revokedTokens: [] }) };
    const standing = await Standing.open({ reader });
    expect(Math.abs(standing.now() - Date.now() - 3_600_000)).toBeLessThan(1_000);
    await standing.close();
  });

  test('decides by the database\'s clock what exists, and the rows are the database\'s own to judge', async () => {
    const soon = new Date(Date.now() + 1_800_000);
    const snapshot = await makeSnapshot(db.pool, [{ organization: 'lab', name: 'later', listed: false, embargoUntil: soon, tables: { t: { columns: { id: 'int32' }, rows: [[1]] } } }]);
    let offset = 0;
    const cursors = testCursors();
    const engine = createEngine({
      staticSchema: await buildStaticSchema(), snapshot: () => snapshot, source: new PostgresSource(db.pool, cursors), cursors, aboutValue: ({ dataset: about, version }) => datasetValue(about, version), audit: 'none', report: () => undefined,
      limits: { defaultPageSize: 20, maxPageSize: 1000, maxDepth: 20, maxFields: 2000, maxAliases: 50, maxCost: 100_000, maxListLength: 1000, maxResponseBytes: 1024 ** 2 },
      standing: { now: () => Date.now() + offset, require: () => undefined },
    });
    const fields = (): string[] => Object.keys(engine.schemaFor(anonymous).schema.getQueryType()!.getFields());
    expect(fields()).not.toContain('lab');
    expect(visibleSet(snapshot, anonymous, undefined, soon.getTime() - 1).validUntil).toBe(soon.getTime());
    // The process learns that the database is an hour ahead: what was cached is judged anew.
    offset = 3_600_000;
    expect(fields()).toContain('lab');
    const schema = engine.schemaFor(anonymous);
    const prepared = engine.prepare(schema, '{ lab { later { t { totalCount } } } }');
    if ('errors' in prepared) throw new Error(JSON.stringify(prepared.errors));
    // This database's clock is not ahead, so it gives no row.
    const answer = await engine.execute(prepared.operation, {}, schema, { identity: anonymous, channel: 'query', requestId: 'r', language: 'en', signal: new AbortController().signal, services: { catalog: { snapshot } } } as never);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', reason: 'EMBARGO' } }]);
    engine.close();
  });
});
