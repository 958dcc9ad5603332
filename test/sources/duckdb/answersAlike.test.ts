/** The access cases, asked of DuckDB: byte for byte the answers of PostgreSQL. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { defaultClaimNames } from '../../../src/identity/claims.js';
import { Identifier } from '../../../src/identity/identifier.js';
import { anonymous, type Identity } from '../../../src/identity/identity.js';
import { demoAudience, demoIssuer, JwtVerifier, trustSecret } from '../../../src/identity/jwt.js';
import type { DuckDatabase } from '../../../src/sources/duckdb/duckDatabase.js';
import { postgresDialect } from '../../../src/sources/sql/postgresDialect.js';
import { LevelwiseSource } from '../../../src/sources/sql/levelwise/levelwiseSource.js';
import { SqlSource } from '../../../src/sources/sql/sqlSource.js';
import { runRows } from '../../../src/sources/postgres/runStatement.js';
import { answerText } from '../../../src/graphql/engine.js';
import { accessFixture } from '../../support/accessFixture.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { copyToDuckdb } from '../../support/duckdbCopy.js';
import { testCursors, testEngine, type TestEngine } from '../../support/engine.js';
import { makeSnapshot } from '../../support/fixture.js';

const folder = join(process.cwd(), 'test', 'cases');
const secret = 'a secret of thirty-two bytes or more, for tests';
const identifier = new Identifier({ jwt: new JwtVerifier({ trust: trustSecret(secret), claimNames: defaultClaimNames }) });
let db: TestDatabase;
let duck: DuckDatabase;
const engines = new Map<string, TestEngine>();

beforeAll(async () => {
  db = await createTestDatabase();
  const snapshot = await makeSnapshot(db.pool, accessFixture);
  duck = await copyToDuckdb(db.pool, snapshot);
  const cursors = testCursors(randomBytes(32));
  engines.set('postgres', await testEngine(db.pool, snapshot, cursors));
  engines.set('DuckDB', await testEngine(db.pool, snapshot, cursors, new SqlSource(duck, cursors)));
  engines.set('DuckDB level by level', await testEngine(db.pool, snapshot, cursors, new LevelwiseSource(duck, cursors)));
  const database = { dialect: postgresDialect, prepare: (text: string) => (values: readonly unknown[], signal: AbortSignal) => runRows(db.pool, { name: createHash('sha256').update(text).digest('base64url').slice(0, 24), text, values }, signal) };
  engines.set('PostgreSQL level by level', await testEngine(db.pool, snapshot, cursors, new LevelwiseSource(database, cursors)));
});
afterAll(async () => {
  for (const { reported } of engines.values()) expect(reported).toEqual([]);
  await duck.close();
  await db.drop();
});

async function identify(claims: Record<string, unknown> | null): Promise<Identity> {
  if (!claims) return anonymous;
  return identifier.identify(`Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer(demoIssuer).setAudience(demoAudience).setIssuedAt().setExpirationTime('5m').sign(new TextEncoder().encode(secret))}`);
}

describe('access cases', () => {
  for (const name of readdirSync(folder).filter((entry) => entry !== 'README.md').sort()) {
    test(name, async () => {
      const query = readFileSync(join(folder, name, 'query.graphql'), 'utf8');
      const { claims, variables = {} } = JSON.parse(readFileSync(join(folder, name, 'identity.json'), 'utf8')) as { claims: Record<string, unknown> | null; variables?: Record<string, unknown> };
      const identity = await identify(claims);
      const expected = answerText(await engines.get('postgres')!.answer(query, { identity, variables }));
      for (const [source, engine] of engines) expect([source, answerText(await engine.answer(query, { identity, variables }))]).toEqual([source, expected]);
    });
  }
});
