/** A partner's database: PostgreSQL with nothing of Dure in it, and a role that may only read what it was granted. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface PartnerDatabase {
  readonly name: string;
  readonly role: string;
  readonly password: string;
  /** Of the role, without TLS. */
  readonly url: string;
  /** As the owner. */
  sql(text: string): Promise<pg.QueryResult>;
  drop(): Promise<void>;
}

/** @param definition run by the owner; `$role` in it is the role's name */
export async function createPartnerDatabase(definition: string, options = `encoding 'UTF8'`): Promise<PartnerDatabase> {
  const server = process.env.DURE_TEST_SERVER!;
  const name = `partner_${randomBytes(6).toString('hex')}`;
  const role = `${name}_reader`;
  const password = randomBytes(12).toString('hex');
  const admin = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: `${server}/postgres` });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await admin(`create database ${name} template template0 ${options}`, `create role ${role} login password '${password}'`);
  const owner = new pg.Pool({ connectionString: `${server}/${name}`, max: 2 });
  // Whoever ends all connections of the database ends these too.
  owner.on('error', () => undefined);
  await owner.query(definition.replaceAll('$role', role));
  const { host } = new URL(server);
  return {
    name, role, password, url: `postgres://${role}:${password}@${host}/${name}?sslmode=disable`,
    sql: (text) => owner.query(text),
    async drop() {
      await owner.end();
      await admin(`drop database ${name} with (force)`, `drop role ${role}`);
    },
  };
}
