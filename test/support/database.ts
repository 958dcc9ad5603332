import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Ends the pool and drops the database; fails if anybody else is still connected (a leaked pool). */
  drop(): Promise<void>;
}

/** A fresh, migrated database for one test file. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.DURE_TEST_SERVER;
  if (!server) throw new Error('No test server: run the tests with `npm test`.');
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: `${server}/postgres` });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await admin(`create database ${name} template dure_template`);
  const url = `${server}/${name}`;
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      const deadline = Date.now() + 5_000;
      for (;;) {
        try {
          return await admin(`drop database ${name}`);
        } catch (error) {
          if (Date.now() > deadline) {
            await admin(`drop database ${name} with (force)`);
            throw error;
          }
          await new Promise((done) => setTimeout(done, 50));
        }
      }
    },
  };
}
