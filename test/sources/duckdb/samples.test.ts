/**
 * Generated operations over the sample datasets as they are published: DuckDB, nested and level by level, answers like PostgreSQL. A
 * decimal column of DuckDB has one number of digits behind the point, so zeros at the end do not count here, nor do cursors, which hold such texts
 * (generated.test.ts compares both to the letter). Sums, means and deviations are compared to nine digits, as there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Catalog } from '../../../src/catalog/catalog.js';
import type { CatalogSnapshot } from '../../../src/catalog/model.js';
import { answerText } from '../../../src/graphql/engine.js';
import { anonymous } from '../../../src/identity/identity.js';
import { makeIdentity } from '../../../src/identity/makeIdentity.js';
import { packDirectory } from '../../../src/publish/packDirectory.js';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { LevelwiseSource } from '../../../src/sources/sql/levelwise/levelwiseSource.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import { CatalogStore } from '../../../src/storage/catalogStore.js';
import { OrganizationStore } from '../../../src/storage/organizationStore.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { generateOperation, type ValuePool } from '../../../src/oracle/generateOperation.js';
import { unrecorded } from '../../../src/transaction.js';
import { Publishing } from '../../support/publishing.js';

const folder = join(process.cwd(), 'datasets');
const organizations = JSON.parse(readFileSync(join(folder, 'organizations.json'), 'utf8')) as { slug: string; title: string }[];
const packages = organizations.flatMap(({ slug }) => readdirSync(join(folder, slug)).sort().map((name) => [slug, name] as const));
const rounds = Number(process.env.DURE_TEST_OPERATIONS ?? 6);
const identity = makeIdentity({ ...anonymous, kind: 'system', subject: 'samples', memberships: organizations.map(({ slug }) => ({ organization: slug, role: 'steward' as const })), scopes: ['read', 'publish'] });

let db: TestDatabase;
let publishing: Publishing;
let catalog: Catalog;
let duck: DuckDatabase;
let snapshot: CatalogSnapshot;
let postgres: TestEngine;
const others = new Map<string, TestEngine>();
let whole = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  publishing = await Publishing.open(db);
  for (const organization of organizations) await new OrganizationStore(publishing.dataSource).create(organization, unrecorded);
  for (const [organization, name] of packages) {
    const { job, mistakes } = await publishing.publish(packDirectory(join(folder, organization, name)), { organization, identity });
    expect([name, job.state, mistakes]).toEqual([name, 'COMPLETE', []]);
  }
  catalog = await Catalog.open({ store: new CatalogStore(publishing.dataSource), pollMilliseconds: 60_000 });
  ({ snapshot } = catalog);
  duck = await copyToDuckdb(db.pool, snapshot);
  const cursors = testCursors();
  postgres = await testEngine(db.pool, snapshot, cursors);
  others.set('DuckDB', await testEngine(db.pool, snapshot, cursors, new SqlSource(duck, cursors)));
  others.set('DuckDB level by level', await testEngine(db.pool, snapshot, cursors, new LevelwiseSource(duck, cursors)));
}, 120_000);
afterAll(async () => {
  expect(whole).toBeGreaterThan(rounds * 3);
  await duck.close();
  await catalog.close();
  await publishing.close();
  await db.drop();
});

/** Values that the dataset holds, by the scalars' names. */
async function values(path: string): Promise<ValuePool> {
  const scalar: Record<string, string> = { text: 'String', enum: 'String', int32: 'Int', int64: 'Int64', float: 'Float', decimal: 'Decimal', date: 'Date', datetime: 'DateTime', yearmonth: 'YearMonth' };
  const pool: Record<string, string[]> = { String: ['"a"'], Int: ['1'], Float: ['0.5'], Boolean: ['true', 'false'], ID: ['"x"'], Date: ['"2024-01-01"'], DateTime: ['"2024-01-01T00:00:00Z"'] };
  for (const table of snapshot.byPath.get(path)!.versions[0]!.tables) {
    const columns = table.columns.filter(({ kind }) => scalar[kind]);
    const { rows } = await db.pool.query<(string | null)[]>({ rowMode: 'array', text: `select ${columns.map(({ physical, kind }) => `${kind === 'datetime' ? `to_char(${physical} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')` : `${physical}::text`}`).join(', ')} from dure_data.${table.segments[0]!.physical} order by _rid limit 40` });
    for (const row of rows) {
      columns.forEach(({ kind }, index) => {
        const value = row[index];
        if (value !== null && value !== undefined) (pool[scalar[kind]!] ??= []).push(['Int', 'Float'].includes(scalar[kind]!) ? value : JSON.stringify(value));
      });
    }
  }
  return pool;
}

const approximate = new Set(['sum', 'avg', 'stddev']);
function rounded(text: string): string {
  return JSON.stringify(JSON.parse(text, (key, value: unknown) => (/cursor$/i.test(key) ? '' : typeof value === 'string' && /^-?\d+\.\d*0$/.test(value) ? value.replace(/\.?0+$/, '') : approximate.has(key) && value !== null && Number.isFinite(Number(value)) ? Number(value).toPrecision(9) : value)));
}

describe('samples', () => {
  test.each(packages)('%s/%s', async (organization, name) => {
    const path = `${organization}/${name}`;
    const dataset = snapshot.byPath.get(path)!;
    const pool = await values(path);
    const { schema } = postgres.engine.schemaFor(identity);
    for (let round = 0; round < rounds; round += 1) {
      const query = generateOperation(schema, [dataset.organization.field, dataset.field], pool, round);
      const expected = answerText(await postgres.answer(query, { identity }));
      if (!expected.includes('"errors"')) whole += 1;
      for (const [source, engine] of others) {
        const answer = answerText(await engine.answer(query, { identity }));
        if (answer === expected) continue;
        const [got, wanted] = [rounded(answer), rounded(expected)];
        let start = 0;
        while (start < wanted.length && got[start] === wanted[start]) start += 1;
        const around = (text: string): string => text.slice(Math.max(0, start - 80), start + 80);
        if (got !== wanted) expect({ source, query, answer: around(got) }).toEqual({ source, query, answer: around(wanted) });
      }
    }
    expect(postgres.reported).toEqual([]);
    for (const { reported } of others.values()) expect(reported).toEqual([]);
  }, 60_000);
});
