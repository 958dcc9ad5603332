/**
 * A partner's PostgreSQL, read in place: a small pool of read-only sessions of our own. Every few seconds the chosen tables are looked at
 * again; where their columns are no longer what they were, nothing more is asked until the source is registered anew.
 */
import { createHash } from 'node:crypto';
import pg, { type Pool, type PoolConfig } from 'pg';
import { DureError } from '../../errors.js';
import type { PlanNode } from '../source.js';
import { planSummary } from '../postgres/planSummary.js';
import { runRows, type NamedStatement } from '../postgres/runStatement.js';
import type { AddressPolicy } from '../remote/client/addressPolicy.js';
import { HealthMonitor } from '../remote/client/health.js';
import type { Resolver } from '../remote/client/guardedConnector.js';
import type { SourceDefinition } from '../remote/definition.js';
import { SourceError, type SourceErrorCode } from '../remote/remoteSource.js';
import type { Dialect } from '../sql/dialect.js';
import type { RunStatement, SqlDatabase } from '../sql/sqlSource.js';
import { attachedDialect } from './attachedDialect.js';
import type { AttachedOptions, RelationName } from './attachedOptions.js';
import { readConnectionUrl } from './connectionUrl.js';
import { describeTables, invalidTables, relationNames, type AttachedTables } from './describeTables.js';
import { guardedSocket } from './guardedSocket.js';
import { inspectServer, inspectTables, type Ask, type InspectedTable } from './inspectTables.js';
import { tableText } from './tableText.js';

export interface AttachedLimits {
  /** How long a statement may run, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest answer that is taken in, in bytes. */
  readonly maxBytes: number;
  readonly connectMs: number;
  /** How long the tables are taken to be as they were, in milliseconds. */
  readonly checkEveryMs: number;
}

export const attachedDefaults: AttachedLimits = Object.freeze({ timeoutMs: 10_000, maxBytes: 32 * 1024 ** 2, connectMs: 5_000, checkEveryMs: 5_000 });

export interface AttachedSurroundings {
  readonly addresses: AddressPolicy;
  readonly resolver?: Resolver;
  /** Goes into row numbers. */
  readonly secret: string;
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Every setting that the meaning of a statement depends on, whatever the role or the database has set for itself. */
const settings = [
  'default_transaction_read_only=on', 'search_path=pg_catalog,pg_temp', 'timezone=UTC', 'datestyle=ISO', 'intervalstyle=iso_8601', 'extra_float_digits=1', 'standard_conforming_strings=on',
  'array_nulls=on', 'transform_null_equals=off', 'jit=off', 'lock_timeout=2s', 'idle_in_transaction_session_timeout=10s',
];

export class AttachedDatabase implements SqlDatabase {
  readonly monitor = new HealthMonitor();
  readonly definition: SourceDefinition;
  readonly dialect: Dialect;
  private checked = performance.now();
  private checking: Promise<void> | undefined;
  private changed = false;

  private constructor(private readonly id: string, private readonly pool: Pool, private readonly relations: readonly RelationName[], private readonly seen: string, tables: AttachedTables, lowerCollation: string, private readonly limits: AttachedLimits, private readonly surroundings: AttachedSurroundings) {
    this.definition = tables.definition;
    this.dialect = attachedDialect(lowerCollation, (relation, writer) => {
      const table = tables.tables.get(relation.at.table.name);
      if (!table) throw this.changedError();
      return tableText(table, relation, writer, surroundings.secret);
    });
  }

  /** @throws DureError BAD_USER_INPUT, SOURCE_INVALID with every mistake; SourceError where the database cannot be asked */
  static async open(options: AttachedOptions, secret: (name: string) => string | undefined, surroundings: AttachedSurroundings, given: Partial<AttachedLimits> = {}): Promise<AttachedDatabase> {
    const limits = { ...attachedDefaults, ...given, timeoutMs: options.timeoutMs ?? given.timeoutMs ?? attachedDefaults.timeoutMs };
    const relations = relationNames(options);
    const endpoint = readConnectionUrl(secret('url'), secret('ca'));
    const pool = openPool({ ...endpoint, max: options.connections }, limits, surroundings);
    try {
      const ask: Ask = (text, values) => run(pool, { text, values }, AbortSignal.timeout(limits.timeoutMs + limits.connectMs), limits, options.id, surroundings.log);
      const server = await inspectServer(ask, options.timeZone);
      const mistakes = [
        ...(server.version < 160_000 ? [`the server is PostgreSQL ${Math.floor(server.version / 10_000)}: 16 or later is needed`] : []),
        ...(server.encoding === 'UTF8' ? [] : [`the database keeps its texts in ${server.encoding}: only UTF8 holds what may be asked`]),
        ...(server.knowsZone ? [] : [`there is no time zone ${options.timeZone}`]),
      ];
      if (mistakes.length > 0) throw invalidTables(options.id, mistakes);
      const inspected = await inspectTables(ask, relations);
      const tables = describeTables(options, relations, inspected);
      await checkKeys(ask, options.id, tables, inspected);
      return new AttachedDatabase(options.id, pool, relations, digest(inspected), tables, server.lowerCollation, limits, surroundings);
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  prepare(text: string, forValues: boolean): RunStatement {
    const name = forValues ? undefined : createHash('sha256').update(text).digest('base64url').slice(0, 24);
    return (values, signal) => this.watched(async () => {
      await this.follow();
      if (this.changed) throw this.changedError();
      return this.rows({ name, text, values }, signal);
    });
  }

  explain(text: string, values: readonly unknown[], signal: AbortSignal): Promise<readonly PlanNode[]> {
    return this.watched(async () => planSummary((await this.rows({ text: `explain (format json) ${text}`, values }, signal))[0]?.[0]));
  }

  async close(): Promise<void> {
    await this.checking?.catch(() => undefined);
    await this.pool.end();
  }

  private rows(statement: NamedStatement, signal: AbortSignal): Promise<readonly (readonly unknown[])[]> {
    return run(this.pool, statement, signal, this.limits, this.id, this.surroundings.log);
  }

  private async watched<T>(work: () => Promise<T>): Promise<T> {
    this.monitor.sent();
    try {
      const found = await work();
      this.monitor.succeeded();
      return found;
    } catch (error) {
      if (error instanceof SourceError) this.monitor.failed(error.code);
      throw error;
    }
  }

  /** Shared by whoever asks meanwhile, so nobody's going away ends it. */
  private async follow(): Promise<void> {
    if (performance.now() - this.checked < this.limits.checkEveryMs) return;
    this.checking ??= this.look().finally(() => { this.checking = undefined; });
    await this.checking;
  }

  private async look(): Promise<void> {
    const inspected = await inspectTables((text, values) => this.rows({ text, values }, AbortSignal.timeout(this.limits.timeoutMs)), this.relations);
    this.changed = digest(inspected) !== this.seen;
    this.checked = performance.now();
  }

  private changedError(): SourceError {
    return changedError(this.id);
  }
}

function openPool(endpoint: PoolConfig, limits: AttachedLimits, { addresses, resolver, log }: AttachedSurroundings): Pool {
  const options = [...settings, `statement_timeout=${limits.timeoutMs}`].map((setting) => `-c ${setting}`).join(' ');
  const pool = new pg.Pool({
    ...endpoint, options, application_name: 'dure', connectionTimeoutMillis: limits.connectMs, idleTimeoutMillis: 30_000, keepAlive: true, statement_timeout: limits.timeoutMs,
    // A server that says nothing at all is not waited for much longer than one that keeps to its time.
    query_timeout: limits.timeoutMs + 2_000, stream: () => guardedSocket(addresses, resolver),
  });
  pool.on('error', (error: Error & { code?: string }) => { if (!pool.ending) log('a connection to an attached database was lost', { code: error.code }); });
  return pool;
}

/** Of the driver's words nothing is passed on: they may hold values, SQL and the names of what is there. */
async function run(pool: Pool, statement: NamedStatement, signal: AbortSignal, limits: AttachedLimits, source: string, log: AttachedSurroundings['log']): Promise<readonly (readonly unknown[])[]> {
  try {
    return await runRows(pool, statement, signal, limits.maxBytes);
  } catch (error) {
    if (error instanceof DureError && (error.code === 'CANCELLED' || error.code === 'LIMIT_EXCEEDED' || error.code === 'BAD_USER_INPUT')) throw error;
    const cause = error instanceof DureError ? error.cause : error;
    const { code, message } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    const told = translate(error, typeof code === 'string' ? code : undefined, String(message), source);
    log(`the attached database ${source} failed`, { code: told.code, state: typeof code === 'string' ? code : undefined });
    throw told;
  }
}

function translate(error: unknown, state: string | undefined, message: string, source: string): SourceError {
  const say = (code: SourceErrorCode, words: string): SourceError => new SourceError(code, `${source} ${words}`, { source });
  if ((error instanceof DureError && error.code === 'TIMEOUT') || state === '55P03' || /query read timeout/i.test(message)) return say('SOURCE_TIMEOUT', 'did not answer in time.');
  if (state === 'DURE_ADDRESS_REFUSED') return say('SOURCE_DOWN', 'is at an address that sources may not be at: its administrator may allow it by DURE_SOURCE_ALLOW_PRIVATE.');
  if (state === '28P01' || state === '28000' || state === '3D000') return say('SOURCE_DOWN', 'does not let this server in: its credentials are wrong, or no longer right.');
  if (state === '53300') return say('SOURCE_LIMITED', 'has no connection to spare.');
  if (error instanceof DureError) return say('SOURCE_DOWN', 'cannot be reached at the moment.');
  return changedError(source);
}

function changedError(source: string): SourceError {
  return new SourceError('SOURCE_INVALID', `The tables of ${source} are no longer as they were when it was registered, or may no longer be read. Ask whoever looks after them, or register the source anew.`, { source });
}

function digest(inspected: readonly (InspectedTable | undefined)[]): string {
  return JSON.stringify(inspected.map((table) => table && [table.columns.map(({ name, type, readable }) => [name, type, readable]), table.primaryKey]));
}

/** What the database does not hold its rows to is asked of them. */
async function checkKeys(ask: Ask, source: string, tables: AttachedTables, inspected: readonly (InspectedTable | undefined)[]): Promise<void> {
  const mistakes: string[] = [];
  for (const [index, { options, from, key }] of [...tables.tables.values()].entries()) {
    const held = [inspected[index]!.primaryKey, ...inspected[index]!.uniqueKeys].some((columns) => columns.length > 0 && columns.every((name) => key.columns.includes(name)));
    if (!key.declared || held) continue;
    const nulls = key.sql.map((sql) => `${sql} is null`).join(' or ');
    const [row] = await ask(`select exists (select 1 from ${from} where ${nulls}), exists (select 1 from ${from} group by ${key.sql.join(', ')} having count(*) > 1)`, []);
    if (row?.[0] === true) mistakes.push(`table ${options.name}: the key ${key.columns.join(', ')} is missing in a row`);
    if (row?.[1] === true) mistakes.push(`table ${options.name}: the key ${key.columns.join(', ')} is not unique`);
  }
  if (mistakes.length > 0) throw invalidTables(source, mistakes);
}
