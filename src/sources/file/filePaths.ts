/** Which files a table may be read from: only real files below the configured folders, with no link on the way. */
import { glob, lstat, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

export type FileFormat = 'csv' | 'parquet';

export interface FoundFiles {
  readonly format: FileFormat;
  /** Absolute, free of links, in the order of their names. */
  readonly files: readonly string[];
}

export interface Roots {
  /** As configured; for messages. */
  readonly folders: readonly string[];
  /** Absolute, free of links. */
  readonly real: readonly string[];
}

export async function readRoots(folders: readonly string[]): Promise<Roots> {
  const real = await Promise.all(folders.map((folder) => realpath(resolve(folder)).catch(() => undefined)));
  return { folders, real: real.filter((folder) => folder !== undefined) };
}

export function formatOf(path: string): FileFormat | undefined {
  if (/\.(csv|tsv)(\.gz)?$/i.test(path)) return 'csv';
  return /\.(parquet|pq)$/i.test(path) ? 'parquet' : undefined;
}

/**
 * The files of one table: a file, all that a pattern matches, or all parts in a folder.
 * @returns the files, or what is wrong in words
 */
export async function filesOf(path: string, roots: Roots): Promise<FoundFiles | string> {
  const base = await within(path, roots);
  if (typeof base === 'string') return base;
  const names = await matching(base.path, path);
  if (typeof names === 'string') return names;
  const files: string[] = [];
  for (const name of names) {
    const problem = await linked(name, roots);
    if (problem !== undefined) return problem;
    files.push(name);
  }
  const formats = new Set(files.map(formatOf));
  if (files.length === 0) return `${path} has no CSV or Parquet file (*.csv, *.tsv, *.csv.gz, *.parquet)`;
  if (formats.size > 1) return `${path} has files of several formats: give each format a table of its own`;
  const [format] = formats;
  return format === undefined ? `${path} is neither CSV nor Parquet (*.csv, *.tsv, *.csv.gz, *.parquet)` : { format, files: files.sort() };
}

/** The tables of a folder: each CSV or Parquet file, and each folder of parts, by its name. Or what is wrong in words. */
export async function tablesIn(path: string, roots: Roots): Promise<readonly { readonly name: string; readonly path: string }[] | string> {
  const base = await within(path, roots);
  if (typeof base === 'string') return base;
  const stat = await lstat(base.path).catch(() => undefined);
  if (!stat?.isDirectory()) return [{ name: tableName(base.path), path }];
  const entries = (await readdir(base.path, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || formatOf(entry.name) !== undefined));
  if (entries.length === 0) return `${path} has no CSV or Parquet file`;
  return entries.map((entry) => ({ name: tableName(entry.name), path: join(base.path, entry.name) })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function tableName(path: string): string {
  return path.split(sep).at(-1)!.replace(/\.(csv|tsv|parquet|pq)(\.gz)?$/i, '');
}

async function within(path: string, { folders, real }: Roots): Promise<{ readonly path: string } | string> {
  if (folders.length === 0) return `${path} cannot be read: this server reads no files in place. Name the folders that it may read in DURE_FILE_ROOTS`;
  if (path.includes('\0')) return 'the path holds a NUL';
  const candidates = isAbsolute(path) ? [resolve(path)] : real.map((root) => join(root, path));
  const inside = candidates.filter((candidate) => [...real, ...folders.map((folder) => resolve(folder))].some((root) => isBelow(candidate, root)));
  if (inside.length === 0) return `${path} lies outside of the folders that this server may read (DURE_FILE_ROOTS)`;
  for (const candidate of inside) if (/[*?[{]/.test(candidate) || (await lstat(candidate).catch(() => undefined))) return { path: candidate };
  return `${path} is not there`;
}

async function matching(path: string, shown: string): Promise<readonly string[] | string> {
  if (/[*?[{]/.test(path)) {
    const found: string[] = [];
    for await (const name of glob(path)) if (formatOf(name) !== undefined) found.push(resolve(name));
    return found;
  }
  const stat = await lstat(path);
  if (stat.isDirectory()) return (await readdir(path)).filter((name) => !name.startsWith('.') && formatOf(name) !== undefined).map((name) => join(path, name));
  if (stat.isSymbolicLink()) return `${shown} is a link: name the file itself`;
  return stat.isFile() ? [path] : `${shown} is no file`;
}

/** A link anywhere between a root and a file could lead out of the root. The root itself may be one: it is configured. */
async function linked(file: string, { folders, real }: Roots): Promise<string | undefined> {
  const target = await realpath(file).catch(() => undefined);
  if (target === undefined) return `${file} is not there`;
  const expected = [...folders.map((folder, index) => [resolve(folder), real[index]] as const), ...real.map((root) => [root, root] as const)]
    .filter(([root]) => isBelow(file, root)).map(([root, actual]) => join(actual ?? root, relative(root, file)));
  return expected.includes(target) ? undefined : `${file} is or lies behind a link: links are not followed`;
}

function isBelow(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** What tells one state of the files from another; undefined where one is not a real file at its own place any more. */
export async function fingerprint(files: readonly string[]): Promise<string | undefined> {
  const found = await Promise.all(files.map(async (file) => {
    if ((await realpath(file).catch(() => undefined)) !== file) return undefined;
    const stat = await lstat(file, { bigint: true }).catch(() => undefined);
    return stat?.isFile() ? `${file} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : undefined;
  }));
  return found.includes(undefined) ? undefined : found.join('\n');
}
