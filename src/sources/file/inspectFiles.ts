/** What files say of themselves: names and types of their columns, and how DuckDB reads them again in exactly this way. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { basename } from 'node:path';
import { text } from './sqlText.js';
import type { FoundFiles } from './filePaths.js';

export interface FileColumn { readonly name: string; readonly type: string }

export interface InspectedFiles {
  readonly columns: readonly FileColumn[];
  /** `from` text. */
  readonly from: string;
  /** The number of a row, from 1: by the order of the files and of the rows in them. */
  readonly rowNumber: string;
}

/** @returns what was found, or what is wrong in words */
export async function inspectFiles(connection: DuckDBConnection, { format, files }: FoundFiles): Promise<InspectedFiles | readonly string[]> {
  return format === 'parquet' ? inspectParquet(connection, files) : inspectCsv(connection, files);
}

async function inspectParquet(connection: DuckDBConnection, files: readonly string[]): Promise<InspectedFiles | readonly string[]> {
  const described = await Promise.all(files.map(async (file) => {
    try {
      const rows = await rowsOf(connection, `describe select * from read_parquet(${text(file)})`);
      return { file, columns: rows.map(([name, type]): FileColumn => ({ name: name!, type: type! })) };
    } catch {
      return `${basename(file)} cannot be read as Parquet`;
    }
  }));
  const mistakes = described.filter((one) => typeof one === 'string');
  if (mistakes.length > 0) return mistakes;
  const [first, ...others] = described as Exclude<(typeof described)[number], string>[];
  const differing = others.filter(({ columns }) => JSON.stringify(columns) !== JSON.stringify(first!.columns));
  if (differing.length > 0) return differing.map(({ file }) => `${basename(file)} has other columns than ${basename(first!.file)}`);
  return { columns: first!.columns, from: `read_parquet([${files.map(text).join(', ')}])`, rowNumber: files.length === 1 ? 'file_row_number + 1' : 'file_index * 1000000000000 + file_row_number + 1' };
}

interface Sniffed { readonly file: string; readonly settings: string; readonly columns: readonly FileColumn[] }

async function inspectCsv(connection: DuckDBConnection, files: readonly string[]): Promise<InspectedFiles | readonly string[]> {
  const mistakes: string[] = [];
  const sniffed: Sniffed[] = [];
  for (const file of files) {
    const found = await sniff(connection, file);
    if (Array.isArray(found)) mistakes.push(...(found as readonly string[]));
    else sniffed.push(found as Sniffed);
  }
  const [first, ...others] = sniffed;
  for (const { file, columns, settings } of others) {
    if (JSON.stringify(columns.map(({ name }) => name)) !== JSON.stringify(first!.columns.map(({ name }) => name))) mistakes.push(`${basename(file)} has another header than ${basename(first!.file)}`);
    else if (settings !== first!.settings) mistakes.push(`${basename(file)} is separated or quoted in another way than ${basename(first!.file)}`);
  }
  if (mistakes.length > 0) return mistakes;
  const columns = first!.columns.map(({ name }, index): FileColumn => ({ name, type: sniffed.map((one) => one.columns[index]!.type).reduce(wider) }));
  const list = columns.map(({ name, type }) => `${text(name)}: ${text(type)}`).join(', ');
  return { columns, from: `read_csv([${files.map(text).join(', ')}], auto_detect = false, header = true, columns = {${list}}${first!.settings})`, rowNumber: 'row_number() over ()' };
}

async function sniff(connection: DuckDBConnection, file: string): Promise<Sniffed | readonly string[]> {
  const name = basename(file);
  try {
    const [row] = await rowsOf(connection, `select Delimiter, Quote, Escape, Comment, SkipRows::varchar, HasHeader::varchar, to_json(Columns)::varchar, DateFormat, TimestampFormat from sniff_csv(${text(file)}, sample_size = -1)`);
    const [delimiter, quote, escape, comment, skip, hasHeader, columns, dateFormat, timestampFormat] = row!;
    // How it was separated is told as `(empty)` where it is nothing.
    const given = (value: string | null): string => (value === null || value === '(empty)' ? '' : value);
    const settings = [`delim = ${text(given(delimiter!))}`, `quote = ${text(given(quote!) || '"')}`, `escape = ${text(given(escape!) || '"')}`, `comment = ${text(given(comment!))}`, `skip = ${Number(skip)}`,
      ...(dateFormat ? [`dateformat = ${text(dateFormat)}`] : []), ...(timestampFormat ? [`timestampformat = ${text(timestampFormat)}`] : [])].map((setting) => `, ${setting}`).join('');
    const types = (JSON.parse(columns!) as FileColumn[]).map(({ type }) => type);
    const [header] = await rowsOf(connection, `select * from read_csv(${text(file)}, auto_detect = false, header = false, columns = {${types.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ')}}${settings.replace(/, (date|timestamp)format = '[^']*'/g, '')}) limit 1`);
    const mistakes = headerMistakes(name, header ?? [], hasHeader === 'true');
    return mistakes.length > 0 ? mistakes : { file, settings, columns: header!.map((column, index) => ({ name: column!, type: types[index]! })) };
  } catch (error) {
    return [/unicode|utf-?8/i.test((error as Error).message) ? `${name} is not in UTF-8` : `${name} cannot be read as CSV: every row needs as many values as the header, quoted in one way`];
  }
}

function headerMistakes(file: string, header: readonly (string | null)[], hasHeader: boolean): string[] {
  const names = header.map((name) => name?.trim() ?? '');
  if (names.length === 0) return [`${file} is empty: it needs at least a header row`];
  const empty = names.flatMap((name, index) => (name === '' ? [`${file}: column ${index + 1} has no name in the header row`] : []));
  const twice = [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index))].map((name) => `${file}: two columns are called ${JSON.stringify(name)}`);
  // Where all columns are text the first row cannot be told from the others; it is taken for the header.
  const numbers = !hasHeader && names.some((name) => /^-?\d+(\.\d+)?$/.test(name)) ? [`${file} has no header row: its first row is data`] : [];
  return [...empty, ...twice, ...numbers];
}

/** A type that holds the values of both. */
function wider(a: string, b: string): string {
  if (a === b) return a;
  const numbers = ['BIGINT', 'DOUBLE'];
  return numbers.includes(a) && numbers.includes(b) ? 'DOUBLE' : 'VARCHAR';
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const rows = (await connection.runAndReadAll(sql)).getRows();
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
}

