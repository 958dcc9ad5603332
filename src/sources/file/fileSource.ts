/**
 * A source of files, read in place by a DuckDB of its own that may read exactly these files and nothing else. Its tables take the same
 * statements as any SQL database.
 */
import type { OpenedSource, SourceBuilder } from '../remote/builder.js';
import { SqlSource } from '../sql/sqlSource.js';
import { readFileOptions, type FileSourceOptions } from './fileOptions.js';
import { FilesInPlace, type FileBuilderOptions } from './filesInPlace.js';

export type { FileBuilderOptions } from './filesInPlace.js';

export function fileBuilder(builder: FileBuilderOptions): SourceBuilder {
  return { open: ({ name, options }) => openFiles(readFileOptions(name, options), builder) };
}

/** @throws DureError SOURCE_INVALID with every mistake of the files */
export async function openFiles(options: FileSourceOptions, builder: FileBuilderOptions): Promise<OpenedSource> {
  const files = await FilesInPlace.open(options, builder);
  return { definition: files.definition, sql: new SqlSource(files, builder.codec), close: () => files.close() };
}
