/** The tables of a source of files and where they lie; every mistake is told. */
import { invalidFiles, type FoundTable } from './describeFiles.js';
import type { FileSourceOptions } from './fileOptions.js';
import { filesOf, tablesIn, type Roots } from './filePaths.js';

/** @throws DureError SOURCE_INVALID with every mistake */
export async function findTables(options: FileSourceOptions, roots: Roots): Promise<readonly FoundTable[]> {
  const named = options.tables ?? (await tablesIn(options.path!, roots));
  if (typeof named === 'string') throw invalidFiles(options.id, [named]);
  const mistakes: string[] = [];
  const names = named.map(({ name }) => name);
  for (const name of new Set(names)) if (names.indexOf(name) !== names.lastIndexOf(name)) mistakes.push(`two tables are called ${name}`);
  const found: FoundTable[] = [];
  for (const table of named) {
    const files = await filesOf(table.path, roots);
    if (typeof files === 'string') mistakes.push(files);
    else found.push({ options: table, found: files });
  }
  if (mistakes.length > 0) throw invalidFiles(options.id, mistakes);
  return found;
}
