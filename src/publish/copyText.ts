import type { Readable } from 'node:stream';
import { decoderFor, EncodingError } from './csv/decoder.js';
import { CsvError, CsvTokenizer } from './csv/tokenizer.js';
import type { PackageLimits } from './limits.js';
import type { MistakeList } from './report.js';
import { HeaderError, RowEncoder } from './rowEncoder.js';
import type { TableDraft } from './tableDraft.js';

export interface CopyTextOptions {
  readonly limits: PackageLimits;
  readonly mistakes: MistakeList;
  /** Number of the first row. */
  readonly firstRow: number;
  readonly signal: AbortSignal;
  /** Called after each piece of the file. */
  progress(rows: number, bytes: number): void;
}

const pieceLength = 64 * 1024;

/**
 * One pass over a table's file: bytes are decoded, cut into rows, validated and yielded as COPY's text format. With the first mistake nothing more is
 * yielded, but the whole file is still read, so that every mistake is told. Returns the number of rows.
 */
export async function* copyText(source: Readable, table: TableDraft, options: CopyTextOptions): AsyncGenerator<Buffer, number> {
  const { mistakes, limits, signal } = options;
  const encoder = new RowEncoder(table, options.firstRow, mistakes);
  const tokenizer = new CsvTokenizer(table.dialect, limits.cell, encoder.row);
  tokenizer.columns = table.columns.length;
  const decoder = decoderFor(table.encoding);
  let bytes = 0;
  const feed = (chunk: Buffer, last: boolean): boolean => {
    try {
      tokenizer.push(decoder.decode(chunk, last), last);
      return true;
    } catch (error) {
      tellUnreadable(error, table, tokenizer, encoder, mistakes);
      return false;
    }
  };
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (!feed(chunk, false)) return encoder.rows;
      options.progress(encoder.rows, bytes);
      if (encoder.pending >= pieceLength) yield Buffer.from(encoder.take());
    }
    if (!feed(Buffer.alloc(0), true)) return encoder.rows;
  } finally {
    source.destroy();
  }
  if (!encoder.begun) mistakes.add('empty', () => ({ file: table.file, table: table.name, message: bytes === 0 ? 'The file is empty: it needs at least a header row.' : 'The file has no header row.' }));
  if (encoder.pending > 0) yield Buffer.from(encoder.take());
  options.progress(encoder.rows, bytes);
  return encoder.rows;
}

/** What stops the reading of a file is one more mistake; anything else is thrown on. */
function tellUnreadable(error: unknown, table: TableDraft, tokenizer: CsvTokenizer, encoder: RowEncoder, mistakes: MistakeList): void {
  const place = { file: table.file, table: table.name };
  if (error instanceof EncodingError) {
    // What stands before the place is still good: the rows in it are counted and checked.
    try {
      tokenizer.push(error.before, false);
    } catch (earlier) {
      return tellUnreadable(earlier, table, tokenizer, encoder, mistakes);
    }
    mistakes.add('encoding', () => ({ ...place, row: encoder.rows + 1, line: tokenizer.line + tokenizer.pendingLines, message: error.message }));
  } else if (error instanceof CsvError) {
    mistakes.add('csv', () => ({ ...place, row: encoder.rows + 1, line: error.line, message: `${error.message}. The rest of the file was not read.` }));
  } else if (error instanceof HeaderError) {
    mistakes.add('header', () => ({ ...place, line: tokenizer.line, message: error.message }));
  } else {
    throw error;
  }
}
