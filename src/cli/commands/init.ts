import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { parse } from 'csv-parse';
import { inferFields, type InferredField } from '../../publish/inferFields.js';
import { CommandFailure } from '../failure.js';
import type { Terminal } from '../terminal.js';

export interface InitOptions {
  readonly name?: string;
  readonly title?: string;
  readonly license?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const sampledRows = 10_000;

/** Writes a datapackage.json beside a CSV file, with types guessed from its first rows; its owner then corrects and completes it. */
export async function init(terminal: Terminal, file: string, options: InitOptions): Promise<void> {
  if (extname(file).toLowerCase() !== '.csv') throw new CommandFailure(`${file} is no .csv file.`, 2);
  const target = join(dirname(file), 'datapackage.json');
  if (existsSync(target) && !options.force) throw new CommandFailure(`${target} is there already; --force writes it anew.`, 2);
  const { fields, primaryKey } = await guess(file);
  const table = slug(basename(file, extname(file)));
  const descriptor = {
    name: options.name ?? table,
    title: options.title ?? table,
    licenses: [{ name: options.license ?? 'CC-BY-4.0' }],
    resources: [{
      name: table, path: basename(file), profile: 'tabular-data-resource', encoding: 'utf-8',
      schema: { fields, missingValues: [''], ...(primaryKey ? { primaryKey } : {}) },
    }],
  };
  writeFileSync(target, `${JSON.stringify(descriptor, null, 2)}\n`);
  if (options.json) return terminal.out(`${JSON.stringify({ path: target, descriptor })}\n`);
  terminal.out(`${target}\n`);
  terminal.note(`Check the types and units${options.license ? '' : ', and the licence (CC-BY-4.0 was assumed)'}; then: dure publish ${dirname(file)}\n`);
}

async function guess(file: string): Promise<{ fields: readonly InferredField[]; primaryKey?: string }> {
  const rows = createReadStream(file).on('error', () => undefined).pipe(parse({ bom: true, to: sampledRows + 1, skip_empty_lines: true }));
  const records: string[][] = [];
  try {
    for await (const row of rows as AsyncIterable<string[]>) records.push(row);
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read as CSV: ${(error as Error).message}`);
  }
  const [header, ...data] = records;
  if (!header) throw new CommandFailure(`${file} is empty.`);
  if (data.some((row) => row.some((cell) => cell.includes('�')))) throw new CommandFailure(`${file} is not UTF-8. Save it as UTF-8 first (for a Korean file: iconv -f CP949 -t UTF-8).`);
  return inferFields(header, data);
}

/** A name that a package may have. */
export function slug(text: string): string {
  const name = text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[-0-9]+|-+$/g, '');
  return name === '' ? 'dataset' : name;
}
