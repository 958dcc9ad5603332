/** Changes and their entries are durable together: whatever dies between, each is in a chain once, and none whose change failed. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ChangeLog, type ChangeLogOptions } from '../../src/audit/changeLog.js';
import { DatabaseArchive } from '../../src/audit/databaseArchive.js';
import { openDesk } from '../../src/audit/desk.js';
import { systemActor, type ChangeEvent } from '../../src/audit/event.js';
import { forgetChained, holdingWriterLock, insertPending, signedChange } from '../../src/audit/pending.js';
import { AuditReader } from '../../src/audit/reader.js';
import { loadSigningKey, type SigningKey } from '../../src/audit/signingKey.js';
import { verifyAudit, type Verification } from '../../src/audit/verify.js';
import { AuditWriter } from '../../src/audit/writer.js';
import type { Within } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let folder: string;
let key: SigningKey;
const living: Process[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dure-changes-'));
  key = loadSigningKey(undefined, folder);
});
beforeEach(async () => {
  database = await createTestDatabase();
  await database.pool.query('create table dure.thing (name text primary key)');
});
afterEach(async () => {
  await Promise.all(living.splice(0).map((process) => process.end()));
  await database.drop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The audit's part of a server process, with connections of its own. */
class Process {
  readonly id = randomUUID();
  readonly log: ChangeLog;
  private readonly clients = new Set<pg.PoolClient>();
  private readonly writers: pg.Pool;
  private readonly others: pg.Pool;
  private readonly writer: AuditWriter;

  constructor(options: Partial<ChangeLogOptions> = {}) {
    this.writers = this.pool({ max: 1, idleTimeoutMillis: 0, ...holdingWriterLock(this.id) });
    this.others = this.pool({ max: 4 });
    this.writer = new AuditWriter({ pool: this.writers, key });
    this.log = new ChangeLog({ writer: this.writer, id: this.id, pool: this.others, key, trusted: new Set([key.id]), graceMs: 0, everyMs: 3_600_000, ...options });
    living.push(this);
  }

  /** As at the start of a server: the lock is held before anything is changed. */
  async started(): Promise<this> {
    await this.writers.query('select 1');
    await this.log.start();
    return this;
  }

  /** Makes a thing, as the stores make theirs. */
  change(name: string, afterCommit?: () => void): Promise<string> {
    return this.log.recorded((within: Within<string>) => this.make(name, within).then((made) => { afterCommit?.(); return made; }), (made) => event(made));
  }

  async make(name: string, within: Within<string>): Promise<string> {
    const client = await this.others.connect();
    try {
      await client.query('begin');
      await client.query('insert into dure.thing (name) values ($1)', [name]);
      await within(client, name);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
    return name;
  }

  /** kill -9: its sockets close, and what the database was doing for it goes on. */
  die(): void {
    living.splice(living.indexOf(this), 1);
    for (const client of this.clients) (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    for (const pool of [this.writers, this.others]) void pool.end();
  }

  async end(): Promise<void> {
    await this.log.stop();
    await this.writer.close();
    await Promise.all([this.writers.end(), this.others.end()]);
  }

  private pool(settings: pg.PoolConfig): pg.Pool {
    const pool = new pg.Pool({ connectionString: database.url, ...settings });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      this.clients.add(client as pg.PoolClient);
      client.on('error', () => undefined);
    });
    return pool;
  }
}

const event = (name: string): ChangeEvent => ({ kind: 'RULES_CHANGED', actor: systemActor('kim'), requestId: name, details: { name } });

async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await what()) return;
    await new Promise((next) => setTimeout(next, 10));
  }
  throw new Error('it did not happen');
}
async function entries(): Promise<string[]> {
  const page = await new AuditReader(database.pool, 1).entries({ kinds: ['RULES_CHANGED'], first: 100 });
  return page.entries.map(({ event: { requestId, actor } }) => `${requestId} by ${actor.name}`).sort();
}
const things = async (): Promise<string[]> => (await database.pool.query<{ name: string }>('select name from dure.thing order by name')).rows.map(({ name }) => name);
const open = async (): Promise<number> => (await database.pool.query('select 1 from dure_audit.pending where chained_at is null')).rowCount!;
const verify = (): Promise<Verification> => verifyAudit(new DatabaseArchive(database.pool), { trusted: new Set([key.id]) });
async function forge(sql: string): Promise<void> {
  const client = await database.pool.connect();
  await client.query(`set session_replication_role = replica; ${sql}; reset session_replication_role`);
  client.release();
}

/** Nobody adds an entry until it is called. */
async function holdChains(): Promise<() => Promise<void>> {
  const client = await database.pool.connect();
  const { rows } = await client.query<{ name: string }>(`select format('dure_audit.%I', tablename) as name from pg_tables where schemaname = 'dure_audit' and tablename not in ('pending', 'signing_key')`);
  await client.query('begin');
  await client.query(`lock table ${rows.map(({ name }) => name).join(', ')} in share mode`);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}
const blocked = (): Promise<boolean> => database.pool.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).then(({ rowCount }) => rowCount! > 0);
const gone = ({ id }: Process): Promise<boolean> => database.pool.query<{ n: number }>(`select count(*)::int as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) and (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)`, [`dure audit writer ${id}`]).then(({ rows }) => rows[0]!.n === 0);

describe('a change', () => {
  test('is answered with its entry in a chain', async () => {
    const process = await new Process().started();
    expect(await process.change('a')).toBe('a');
    expect(await entries()).toEqual(['a by kim']);
    expect(await open()).toBe(0);
    expect(await verify()).toMatchObject({ sound: true, pendingChanges: 0 });
  });

  test('that fails leaves no event, wherever it fails', async () => {
    const process = await new Process().started();
    await process.change('a');
    await expect(process.change('a')).rejects.toMatchObject({ code: '23505' });
    await expect(process.log.recorded((within: Within<string>) => process.make('b', within), () => { throw new Error('no words for it'); })).rejects.toThrow('no words for it');
    await expect(process.log.recorded(async (within: Within<string>) => process.make('b', async (transaction, made) => { await within(transaction, made); throw new Error('refused at the end'); }), event)).rejects.toThrow('refused at the end');
    await process.log.adopt();
    expect(await things()).toEqual(['a']);
    expect(await entries()).toEqual(['a by kim']);
    expect((await database.pool.query('select 1 from dure_audit.pending')).rowCount).toBe(1);
  });

  test('that was committed before something failed is in the audit', async () => {
    const process = await new Process().started();
    await expect(process.change('a', () => { throw new Error('after it'); })).rejects.toThrow('after it');
    expect(await things()).toEqual(['a']);
    expect(await verify()).toMatchObject({ sound: true, pendingChanges: 1 });
    await process.log.adopt();
    await process.log.adopt();
    expect(await entries()).toEqual(['a by kim']);
    expect(await verify()).toMatchObject({ sound: true, pendingChanges: 0 });
  });

  test('stands while no entry can be written, and is answered: its entry follows, once', async () => {
    const process = await new Process().started();
    await process.change('a');
    await forge('alter table dure_audit.chain rename to away; alter table dure_audit.block rename to gone');
    expect(await process.change('b')).toBe('b');
    expect(await process.change('c')).toBe('c');
    expect(await open()).toBe(2);
    await forge('alter table dure_audit.away rename to chain; alter table dure_audit.gone rename to block');
    await until(async () => {
      await process.log.adopt();
      return (await open()) === 0;
    });
    expect(await entries()).toEqual(['a by kim', 'b by kim', 'c by kim']);
    expect(await verify()).toMatchObject({ sound: true });
  });
});

describe('what a process that died has left', () => {
  test('of which nothing is in a chain is taken over once, after its time, with who did it', async () => {
    const dead = await new Process().started();
    const release = await holdChains();
    for (const name of ['a', 'b', 'c']) void dead.change(name);
    await until(async () => (await open()) === 3 && (await blocked()));
    dead.die();
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    await release();
    await until(() => gone(dead));
    expect(await entries()).toEqual([]);
    const patient = await new Process({ graceMs: 3_600_000 }).started();
    expect(await patient.log.adopt()).toBe(true);
    expect(await entries()).toEqual([]);
    const others = await Promise.all([1, 2, 3].map(() => new Process().started()));
    await Promise.all(others.map(({ log }) => log.adopt()));
    await Promise.all(others.map(({ log }) => log.adopt()));
    expect(await entries()).toEqual(['a by kim', 'b by kim', 'c by kim']);
    expect(await open()).toBe(0);
    expect(await verify()).toMatchObject({ sound: true, pendingChanges: 0 });
  });

  test('that the database still writes for it is not taken, and then is there already', async () => {
    const dead = await new Process().started();
    const release = await holdChains();
    void dead.change('a');
    await until(blocked);
    dead.die();
    const other = await new Process().started();
    expect(await other.log.adopt()).toBe(false);
    expect((await database.pool.query('select writer from dure_audit.pending')).rows).toEqual([{ writer: dead.id }]);
    await release();
    await until(() => gone(dead));
    await other.log.adopt();
    expect(await entries()).toEqual(['a by kim']);
    expect(await open()).toBe(0);
    expect(await verify()).toMatchObject({ sound: true });
  });

  test('and whoever took it over left again', async () => {
    const [first, second, third] = [await new Process().started(), await new Process().started(), await new Process().started()];
    await second.change('z');
    const release = await holdChains();
    void first.change('a');
    await until(async () => (await open()) === 1 && (await blocked()));
    first.die();
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    await until(() => gone(first));
    void second.log.adopt().catch(() => undefined);
    await until(blocked);
    expect((await database.pool.query('select writer from dure_audit.pending where chained_at is null')).rows).toEqual([{ writer: second.id }]);
    second.die();
    await release();
    await until(() => gone(second));
    await third.log.adopt();
    await third.log.adopt();
    expect(await entries()).toEqual(['a by kim', 'z by kim']);
    expect(await open()).toBe(0);
    expect(await verify()).toMatchObject({ sound: true });
  });

  test('is chained by the next command, where no server runs', async () => {
    const dead = await new Process().started();
    const release = await holdChains();
    void dead.change('a');
    await until(async () => (await open()) === 1 && (await blocked()));
    dead.die();
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    await release();
    await until(() => gone(dead));
    const desk = openDesk({ url: database.url, dataDirectory: folder, trustedKeys: [], graceMs: 20 });
    expect(await desk.verify()).toMatchObject({ sound: true, pendingChanges: 0 });
    await desk.close();
    expect(await entries()).toEqual(['a by kim']);
    expect(await open()).toBe(0);
  });

  test('is left to a process that lives', async () => {
    const slow = await new Process().started();
    const release = await holdChains();
    const answer = slow.change('a');
    await until(blocked);
    const other = await new Process().started();
    expect(await other.log.adopt()).toBe(false);
    await release();
    expect(await answer).toBe('a');
    await other.log.adopt();
    expect(await entries()).toEqual(['a by kim']);
  });
});

describe('the table', () => {
  const write = async (name: string, by: SigningKey, change: (sql: string) => string = (sql) => sql): Promise<string> => {
    const id = randomUUID();
    const pending = signedChange({ ...event(name), change: { id, at: new Date().toISOString() } }, randomUUID(), by);
    await insertPending({ query: (text, values) => database.pool.query(change(text), values) }, pending);
    return id;
  };

  test('takes nothing into a chain that no trusted key has signed', async () => {
    const other = mkdtempSync(join(tmpdir(), 'dure-changes-'));
    await write('forged', loadSigningKey(undefined, other));
    rmSync(other, { recursive: true });
    const copied = await write('copied', key);
    await forge(`update dure_audit.pending set body = replace(body, 'copied', 'changed') where id = '${copied}'`);
    const told: unknown[] = [];
    const process = await new Process({ log: (_message, details) => told.push(details?.fault) }).started();
    await process.log.adopt();
    await process.log.adopt();
    expect(told.sort()).toEqual(['BAD_SIGNATURE', 'UNKNOWN_KEY']);
    expect(await entries()).toEqual([]);
    expect((await verify()).findings.map(({ kind }) => kind).sort()).toEqual(['BAD_SIGNATURE', 'UNKNOWN_KEY']);
  });

  test('tells of a change that somebody keeps out of the chains, also where it is marked as chained', async () => {
    await new Process().started();
    await write('kept out', key);
    expect(await verify()).toMatchObject({ sound: true, pendingChanges: 1 });
    await database.pool.query('update dure_audit.pending set chained_at = now()');
    await forge(`update dure_audit.pending set created_at = created_at - interval '6 minutes'`);
    expect(await verify()).toMatchObject({ sound: false, findings: [{ kind: 'UNCHAINED', message: expect.stringMatching(/^the change [-0-9a-f]{36} \(RULES_CHANGED, .*\) was made 6 minutes ago and is in no chain$/) }] });
  });

  test('takes no other change than whose turn it is and that it is chained, and loses nothing but what was', async () => {
    const process = await new Process().started();
    await process.change('a');
    await write('b', key);
    for (const statement of [`update dure_audit.pending set body = '{}'`, `update dure_audit.pending set created_at = now()`, `update dure_audit.pending set signature = ''`, 'update dure_audit.pending set chained_at = null where chained_at is not null', 'delete from dure_audit.pending', 'truncate dure_audit.pending']) {
      await expect(database.pool.query(statement)).rejects.toThrow(/The audit is append-only/);
    }
    expect(await forgetChained(database.pool)).toBe(0);
    await forge(`update dure_audit.pending set created_at = created_at - interval '2 days'`);
    expect(await forgetChained(database.pool)).toBe(1);
    expect(await open()).toBe(1);
  });
});
