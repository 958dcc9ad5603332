/**
 * The files of a source as a database. Before each statement they are looked at: one that became a link could lead anywhere, and one that was
 * written anew may have other columns. Changed files are described again; the names of the views' columns say what each column is, so a
 * statement for what the files held before finds its columns or fails, and never reads another.
 */
import type { DuckDBValue } from '@duckdb/node-api';
import { DureError } from '../../errors.js';
import type { CursorCodec } from '../../plan/cursor.js';
import type { ReadableRelation } from '../../policy/relation.js';
import { DuckDatabase, type DuckOptions } from '../duckdb/duckDatabase.js';
import { duckdbDialect } from '../duckdb/duckdbDialect.js';
import type { SourceDefinition } from '../remote/definition.js';
import type { RunStatement, SqlDatabase } from '../sql/sqlSource.js';
import { describeFiles, viewName, type FoundTable } from './describeFiles.js';
import type { FileSourceOptions } from './fileOptions.js';
import { fingerprint, readRoots } from './filePaths.js';
import { findTables } from './findTables.js';

export interface FileBuilderOptions {
  /** Folders below which files may be read. */
  readonly roots: readonly string[];
  readonly limits: Partial<Pick<DuckOptions, 'memoryBytes' | 'threads' | 'connections' | 'timeoutMs' | 'maxLength'>>;
  readonly codec: CursorCodec;
}

interface Opened {
  readonly duck: DuckDatabase;
  readonly definition: SourceDefinition;
  readonly files: readonly string[];
  readonly state: string;
}

/** How long a folder is taken to have the files that it had, in milliseconds. */
const scanEvery = 1_000;

export class FilesInPlace implements SqlDatabase {
  readonly dialect = { ...duckdbDialect, tableOf: ({ at }: ReadableRelation) => viewName(at.table.name) };
  private readonly registered: string;
  private scanned = performance.now();
  private reopening: Promise<void> | undefined;

  private constructor(private current: Opened, private readonly options: FileSourceOptions, private readonly builder: FileBuilderOptions) {
    this.registered = columnsOf(current.definition);
  }

  static async open(options: FileSourceOptions, builder: FileBuilderOptions): Promise<FilesInPlace> {
    return new FilesInPlace(await openNow(options, builder), options, builder);
  }

  get definition(): SourceDefinition {
    return this.current.definition;
  }

  prepare(text: string): RunStatement {
    return async (values, signal) => {
      await this.follow();
      const { duck, definition } = this.current;
      try {
        return await duck.rows(text, values as readonly DuckDBValue[], signal);
      } catch (error) {
        // The statement was made for columns that the files had when they were registered.
        if (error instanceof DureError || columnsOf(definition) === this.registered) throw error;
        throw this.changed(error);
      }
    };
  }

  async close(): Promise<void> {
    await this.reopening?.catch(() => undefined);
    await this.current.duck.close();
  }

  private async follow(): Promise<void> {
    const { files, state } = this.current;
    const now = await fingerprint(files);
    const due = performance.now() - this.scanned > scanEvery;
    if (now === state && !(due && (await this.othersThere()))) return;
    this.reopening ??= this.reopen().finally(() => { this.reopening = undefined; });
    await this.reopening;
  }

  private async othersThere(): Promise<boolean> {
    this.scanned = performance.now();
    const tables = await findTables(this.options, await readRoots(this.builder.roots));
    return filesOfTables(tables).join('\n') !== this.current.files.join('\n');
  }

  private changed(cause: unknown): DureError {
    return new DureError('SOURCE_INVALID', 'The files of this source were changed, and cannot be read as they are now. Ask whoever looks after them, or register the source anew.', { source: this.options.id }, { cause });
  }

  private async reopen(): Promise<void> {
    const former = this.current;
    try {
      this.current = await openNow(this.options, this.builder);
    } catch (error) {
      throw error instanceof DureError ? this.changed(error) : error;
    }
    void former.duck.retire();
  }
}

function columnsOf(definition: SourceDefinition): string {
  return definition.tables.map(({ name, columns }) => `${name} ${columns.map(({ physical }) => physical).join(' ')}`).join('\n');
}

async function openNow(options: FileSourceOptions, builder: FileBuilderOptions): Promise<Opened> {
  const tables = await findTables(options, await readRoots(builder.roots));
  const files = filesOfTables(tables);
  const state = await fingerprint(files);
  if (state === undefined) throw new DureError('SOURCE_INVALID', `A file of ${options.id} was moved while it was read.`, { source: options.id });
  let definition: SourceDefinition | undefined;
  const duck = await DuckDatabase.open({ ...builder.limits, files }, async (connection) => { definition = await describeFiles(connection, options, tables); });
  return { duck, definition: definition!, files, state };
}

function filesOfTables(tables: readonly FoundTable[]): readonly string[] {
  return tables.flatMap(({ found }) => found.files);
}
