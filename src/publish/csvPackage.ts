/** A lone CSV file as a package: its descriptor is inferred from all of its values, and is not more open than the organization itself. */
import type { Readable } from 'node:stream';
import { decoderFor, EncodingError } from './csv/decoder.js';
import { dialectOf } from './csv/dialect.js';
import { CsvTokenizer } from './csv/tokenizer.js';
import { FieldInference, type InferredField } from './inferFields.js';
import type { PackageLimits } from './limits.js';
import type { PackageFiles } from './packageFiles.js';
import { invalidPackage } from './report.js';

/** @param open begins the file anew: it is read once for its types and once for its rows */
export async function openCsvPackage(open: () => Promise<Readable>, filename: string | undefined, limits: PackageLimits, signal: AbortSignal): Promise<PackageFiles> {
  const name = nameOf(filename ?? 'table.csv');
  const path = `${name}.csv`;
  const fields = await infer(await open(), path, limits, signal);
  const descriptor = {
    name, title: filename ?? name,
    // Nobody has said under what terms the data may be used; a descriptor of one's own says it.
    licenses: [{ name: 'notspecified', title: 'Not specified' }],
    resources: [{ name, path, schema: { fields } }],
  };
  return { descriptor, has: (wanted) => wanted === path, open, close: () => Promise.resolve() };
}

async function infer(source: Readable, file: string, limits: PackageLimits, signal: AbortSignal): Promise<readonly InferredField[]> {
  let inference: FieldInference | undefined;
  const tokenizer = new CsvTokenizer(dialectOf({ dialect: {} as never, path: file }), limits.cell, (cells, count) => {
    if (inference) inference.row(cells, count);
    else {
      inference = new FieldInference(cells.slice(0, count));
      tokenizer.columns = count;
    }
  });
  const decoder = decoderFor('utf-8');
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      tokenizer.push(decoder.decode(chunk, false), false);
    }
    tokenizer.push(decoder.decode(Buffer.alloc(0), true), true);
  } catch (error) {
    signal.throwIfAborted();
    throw invalidPackage(error instanceof EncodingError ? 'encoding' : 'csv', (error as Error).message, { file, line: tokenizer.line });
  } finally {
    source.destroy();
  }
  if (!inference) throw invalidPackage('empty', 'The file is empty: it needs at least a header row.', { file });
  return inference.fields;
}

function nameOf(filename: string): string {
  const name = filename.replace(/\.[^.]*$/, '').normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[-0-9]+|-+$/g, '').slice(0, 63);
  return name === '' ? 'table' : name;
}
