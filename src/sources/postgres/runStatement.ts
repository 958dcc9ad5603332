/** Runs one prepared statement; an aborted signal cancels it at the server. */
import pg, { type Pool, type PoolClient } from 'pg';
import { answerTooLarge, DureError } from '../../errors.js';
import { Lru } from '../../lru.js';
import { guardAnswer } from './answerGuard.js';
import { RowsQuery, type KnownRows, type Rows } from './rowsQuery.js';

export interface NamedStatement {
  /** Prepared under this name, or for this run only. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** Kept by whoever runs the statement again; filled by its first run. */
  readonly known?: KnownRows;
}

/** pg never forgets a prepared statement, and each costs memory at the server: a connection keeps this many. */
const keptStatements = 200;

/**
 * @param maxBytes the longest answer that is taken in
 * @returns the only row's values by position
 * @throws DureError CANCELLED, TIMEOUT, DATABASE_UNAVAILABLE, LIMIT_EXCEEDED
 */
export async function runStatement(pool: Pool, statement: NamedStatement, signal: AbortSignal, maxBytes = Infinity): Promise<readonly unknown[]> {
  return (await runRows(pool, statement, signal, maxBytes))[0] ?? [];
}

/** The same for a statement of many rows. One promise from the pool to the rows: this is the path of every question. */
export function runRows(pool: Pool, statement: NamedStatement, signal: AbortSignal, maxBytes = Infinity): Promise<Rows> {
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise<Rows>((done, fail) => {
    pool.connect((refused, client) => {
      if (refused || !client) return fail(unavailable(refused));
      // Whoever went away while this waited for a connection is not answered.
      if (signal.aborted) {
        client.release();
        return fail(cancelled());
      }
      runOn(client, pool, statement, signal, maxBytes, done, fail);
    });
  });
}

function runOn(client: PoolClient, pool: Pool, statement: NamedStatement, signal: AbortSignal, maxBytes: number, done: (rows: Rows) => void, fail: (error: Error) => void): void {
  let cancelling: Promise<boolean> | undefined;
  const onAbort = (): void => { cancelling = cancel(pool, client); };
  signal.addEventListener('abort', onAbort, { once: true });
  const guard = guardAnswer(client, maxBytes);
  const finish = (error: unknown, rows: Rows = []): void => {
    signal.removeEventListener('abort', onAbort);
    const failed = error !== null && error !== undefined;
    const broken = guard.exceeded || (failed && isLost(error));
    const settle = (clean: boolean): void => {
      client.release(broken || !clean);
      // The last of a long answer may come in the chunk that cut the connection.
      if (guard.exceeded) fail(answerTooLarge(maxBytes));
      else if (failed) fail(translate(error, signal, pool));
      else done(rows);
    };
    // A cancel that arrives late would hit whoever has the connection next: it is kept until the cancel is through, and thrown away if that failed.
    if (cancelling === undefined) settle(true);
    else void cancelling.then(settle);
  };
  const send = (): void => {
    let query: RowsQuery;
    try {
      query = new RowsQuery(statement, statement.values, statement.known ?? {}, client, finish);
    } catch (error) {
      return finish(error);
    }
    client.query(query);
  };
  const forgotten = statement.name === undefined ? undefined : forgetOldest(client, statement.name);
  if (forgotten === undefined) send();
  else forgotten.then(send, finish);
}

/** A connection that died says so without an SQLSTATE (five characters). */
function isLost(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08') || code.startsWith('57P');
}

/** Cancels go one after the other, each over a connection of its own: those of the pool may all be waiting for theirs. */
const cancels = new WeakMap<Pool, Promise<unknown>>();
const cancelMs = 3_000;

/** @returns whether the server was told */
function cancel(pool: Pool, client: PoolClient): Promise<boolean> {
  const pid = (client as unknown as { processID?: number }).processID;
  const told = (cancels.get(pool) ?? Promise.resolve()).then(() => tellServer(pool, pid));
  cancels.set(pool, told);
  return told;
}

async function tellServer(pool: Pool, pid: number | undefined): Promise<boolean> {
  // The pool keeps the password where a copy of its options does not take it along.
  const messenger = new pg.Client({ ...pool.options, password: pool.options.password, connectionTimeoutMillis: cancelMs, query_timeout: cancelMs });
  messenger.on('error', () => undefined);
  try {
    await messenger.connect();
    await messenger.query('select pg_cancel_backend($1)', [pid]);
    return true;
  } catch {
    return false;
  } finally {
    await messenger.end().catch(() => undefined);
  }
}

function translate(error: unknown, signal: AbortSignal, pool: Pool): Error {
  const code = (error as { code?: unknown }).code;
  if (code === '57014') return signal.aborted ? cancelled() : tookTooLong(Number(pool.options.statement_timeout), error);
  if (code === '22003') return new DureError('BAD_USER_INPUT', 'A figure is too large for its type (a sum over very large numbers). Narrow the rows by where.', {}, { cause: error });
  // No operator that is written raises these; should one do it after all, it is the question that was too odd.
  if (typeof code === 'string' && (code.startsWith('22') || code.startsWith('54'))) return new DureError('BAD_USER_INPUT', 'The question cannot be answered: a value in it is beyond what the database can compare, or it nests too deep.', {}, { cause: error });
  if (typeof code === 'string' && (code.startsWith('08') || code.startsWith('57P') || code === '53300')) return unavailable(error);
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return unavailable(error);
  return error as Error;
}

function tookTooLong(limit: number, cause: unknown): DureError {
  const allowed = limit > 0 ? `${limit} ms, which is as long as` : 'longer than';
  return new DureError('TIMEOUT', `The question took ${allowed} this server allows. Narrow it by where, ask for a smaller page, or ask for it in parts.`, limit > 0 ? { limit } : {}, { cause });
}

function cancelled(): DureError {
  return new DureError('CANCELLED', 'The request was cancelled before it was answered.');
}

function unavailable(cause: unknown): DureError {
  return new DureError('DATABASE_UNAVAILABLE', 'The database cannot be reached at the moment. Try again shortly.', {}, { cause });
}

/** Names of a connection's prepared statements. */
const prepared = new WeakMap<PoolClient, Lru<string, true>>();

/** Undefined where nothing has to be forgotten. */
function forgetOldest(client: PoolClient, name: string): Promise<unknown> | undefined {
  let names = prepared.get(client);
  if (!names) prepared.set(client, (names = new Lru(keptStatements)));
  const oldest = names.set(name, true);
  if (oldest === undefined) return undefined;
  const { parsedStatements } = (client as unknown as { connection: { parsedStatements: Record<string, string> } }).connection;
  if (!Object.hasOwn(parsedStatements, oldest)) return undefined;
  delete parsedStatements[oldest];
  return client.query(`deallocate "${oldest}"`);
}
