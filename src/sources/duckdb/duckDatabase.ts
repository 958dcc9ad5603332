/** A DuckDB in memory: locked down, a few connections, statements that can be cancelled. */
import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { answerTooLarge, DureError } from '../../errors.js';
import type { RunStatement, SqlDatabase } from '../sql/sqlSource.js';
import { duckdbArgumentType } from './argument.js';
import { duckdbDialect } from './duckdbDialect.js';
import { defineFunctions } from './functions.js';

export interface DuckOptions {
  /** Bytes. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** Statements at a time; others wait. */
  readonly connections: number;
  /** How long a statement may run. */
  readonly timeoutMs: number;
  /** Files, absolute and free of links, that may be read; nothing else of the machine may. */
  readonly files: readonly string[];
  /** The longest answer that is taken in, in UTF-16 units. */
  readonly maxLength: number;
}

export const duckDefaults: DuckOptions = { memoryBytes: 1024 ** 3, threads: 2, connections: 4, timeoutMs: 30_000, files: [], maxLength: Infinity };

export class DuckDatabase implements SqlDatabase {
  readonly dialect = duckdbDialect;
  private readonly idle: DuckDBConnection[] = [];
  private readonly waiting: ((connection: DuckDBConnection) => void)[] = [];
  private opened = 0;
  private readonly running = new Set<DuckDBConnection>();
  private closed = false;

  private constructor(private readonly instance: DuckDBInstance, private readonly options: DuckOptions) {}

  /** @param prepare makes tables and views before the settings are locked */
  static async open(given: Partial<DuckOptions> = {}, prepare: (connection: DuckDBConnection) => Promise<void> = () => Promise.resolve()): Promise<DuckDatabase> {
    const options = { ...duckDefaults, ...given };
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads), memory_limit: `${Math.floor(options.memoryBytes / 1024)}KiB`, temp_directory: '',
      autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', allow_community_extensions: 'false', allow_unsigned_extensions: 'false', allow_persistent_secrets: 'false',
    });
    const connection = await instance.connect();
    try {
      await defineFunctions(connection);
      await connection.run('create schema dure_data');
      await connection.run(`set global timezone = 'UTC'`);
      await connection.run(`set allowed_paths = [${options.files.map((file) => `'${file.replaceAll(`'`, `''`)}'`).join(', ')}]`);
      await connection.run('set enable_external_access = false');
      await prepare(connection);
      await connection.run('set lock_configuration = true');
    } catch (error) {
      connection.closeSync();
      instance.closeSync();
      throw error;
    }
    connection.closeSync();
    return new DuckDatabase(instance, options);
  }

  prepare(text: string): RunStatement {
    return (values, signal) => this.rows(text, values as readonly DuckDBValue[], signal);
  }

  /** @throws DureError CANCELLED, TIMEOUT, LIMIT_EXCEEDED, BAD_USER_INPUT, SOURCE_INVALID */
  async rows(text: string, values: readonly DuckDBValue[], signal: AbortSignal): Promise<readonly (readonly unknown[])[]> {
    if (signal.aborted) throw cancelled();
    const connection = await this.take(signal);
    let timedOut = false;
    const stop = (): void => connection.interrupt();
    const timer = setTimeout(() => { timedOut = true; stop(); }, this.options.timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) throw cancelled();
      const reader = await connection.runAndReadAll(text, [...values], values.map(duckdbArgumentType));
      const rows = reader.getRows();
      const length = rows.reduce((sum, row) => row.reduce<number>((inner, value) => inner + (typeof value === 'string' ? value.length : 0), sum), 0);
      if (length > this.options.maxLength) throw answerTooLarge(this.options.maxLength);
      return rows;
    } catch (error) {
      throw translate(error, signal, timedOut);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.release(connection);
    }
  }

  /** Interrupts what runs. */
  async close(): Promise<void> {
    for (const connection of this.running) connection.interrupt();
    await this.retire();
  }

  /** Takes no more statements, and ends when the last of those that run has ended. */
  async retire(): Promise<void> {
    this.closed = true;
    while (this.running.size > 0) await new Promise((done) => setTimeout(done, 5));
    for (const connection of this.idle) connection.closeSync();
    this.instance.closeSync();
  }

  private async take(signal: AbortSignal): Promise<DuckDBConnection> {
    if (this.closed) throw new DureError('SOURCE_DOWN', 'The files are not open any more: the server is stopping.');
    const free = this.idle.pop() ?? (this.opened < this.options.connections ? await this.open() : await this.wait(signal));
    this.running.add(free);
    return free;
  }

  /** Whoever goes away while waiting is not kept in the line. */
  private wait(signal: AbortSignal): Promise<DuckDBConnection> {
    return new Promise((given, refused) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(next), 1);
        refused(cancelled());
      };
      const next = (connection: DuckDBConnection): void => {
        signal.removeEventListener('abort', onAbort);
        given(connection);
      };
      this.waiting.push(next);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  private open(): Promise<DuckDBConnection> {
    this.opened += 1;
    return this.instance.connect();
  }

  private release(connection: DuckDBConnection): void {
    this.running.delete(connection);
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.idle.push(connection);
  }
}

function cancelled(): DureError {
  return new DureError('CANCELLED', 'The request was cancelled before it was answered.');
}

/** DuckDB tells the kind of an error by the beginning of its message; the rest may hold values and is never passed on. */
function translate(error: unknown, signal: AbortSignal, timedOut: boolean): Error {
  if (error instanceof DureError) return error;
  const text = String((error as { readonly message?: unknown } | null)?.message ?? error);
  if (/^INTERRUPT/i.test(text)) return timedOut && !signal.aborted ? new DureError('TIMEOUT', 'The question took longer than this server allows. Narrow it by where, ask for a smaller page, or ask for it in parts.') : cancelled();
  if (/^Out of Memory/i.test(text)) return new DureError('LIMIT_EXCEEDED', 'The question needs more memory than this server gives it. Narrow it by where or ask for a smaller page.', {}, { cause: error });
  if (/^Out of Range|figure out of range|Overflow/i.test(text)) return new DureError('BAD_USER_INPUT', 'A figure is too large for its type (a sum over very large numbers). Narrow the rows by where.', {}, { cause: error });
  if (/^(IO Error|Invalid Input|Conversion|Permission|HTTP)/i.test(text)) return new DureError('SOURCE_INVALID', 'A file of this table cannot be read as it was described: it was changed, moved or is damaged. Describe the files anew, or ask whoever looks after them.', {}, { cause: error });
  return error as Error;
}
