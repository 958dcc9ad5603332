import type { Dialect } from './dialect.js';

/** A row that cannot be told from the next: reading the file ends here. */
export class CsvError extends Error {
  constructor(message: string, readonly line: number) {
    super(message);
  }
}

/** Called for each row. `cells` is reused: only its first `count` items are the row's, and only during the call. */
export type RowHandler = (cells: readonly string[], count: number, line: number) => void;

const lineFeed = 10;
const carriageReturn = 13;
const space = 32;

/**
 * Cuts text into rows and cells. Written by hand because it is on the path of every published value. Line ends may be LF, CRLF or CR; blank lines are skipped unless the table has one column.
 */
export class CsvTokenizer {
  private rest = '';
  /** What came since `rest`. */
  private readonly held: string[] = [];
  private heldLength = 0;
  private readonly cells: string[] = [];
  /** The line on which the next row begins, from 1. */
  line = 1;
  private readonly delimiter: number;
  private readonly quote: number;
  private readonly escape: number;
  private readonly comment: number;

  constructor(private readonly dialect: Dialect, private readonly mostCharacters: number, private readonly onRow: RowHandler) {
    this.delimiter = dialect.delimiter.charCodeAt(0);
    this.quote = dialect.quote.charCodeAt(0);
    this.escape = dialect.escape?.charCodeAt(0) ?? -1;
    this.comment = dialect.comment?.charCodeAt(0) ?? -1;
  }

  /** Lines that were begun and not yet ended, for whoever must say where the text stopped. */
  get pendingLines(): number {
    return (this.rest + this.held.join('')).split('\n').length - 1;
  }

  /** `last` says that nothing follows. @throws CsvError */
  push(chunk: string, last: boolean): void {
    // A row that is not whole is read from its beginning again, so not before the text has doubled: else a long row would be read once a chunk.
    this.held.push(chunk);
    this.heldLength += chunk.length;
    if (!last && this.heldLength < this.rest.length) return;
    const text = this.rest + this.held.join('');
    this.held.length = 0;
    this.heldLength = 0;
    let position = 0;
    for (;;) {
      const end = this.readRow(text, position, last);
      if (end < 0) break;
      position = end;
    }
    this.rest = text.slice(position);
    if (this.rest.length > this.mostCharacters) throw new CsvError(`A row is longer than ${this.mostCharacters} characters: a quote is probably not closed`, this.line);
  }

  /** Reads one row and returns where the next begins, or −1 when the text holds no whole row. */
  private readRow(text: string, start: number, last: boolean): number {
    const { length } = text;
    if (start >= length) return -1;
    if (text.charCodeAt(start) === this.comment) return this.skipLine(text, start, last);
    const { cells, delimiter, quote, escape } = this;
    let position = start;
    let count = 0;
    let lines = 1;
    for (;;) {
      if (this.dialect.skipInitialSpace) while (text.charCodeAt(position) === space) position += 1;
      let end = position;
      if (text.charCodeAt(position) === quote) {
        const closed = this.readQuoted(text, position, last);
        if (closed < 0) return -1;
        cells[count] = this.quotedText;
        lines += this.quotedLines;
        end = closed;
      } else {
        let code = text.charCodeAt(end);
        let escaped = false;
        while (end < length && code !== delimiter && code !== lineFeed && code !== carriageReturn) {
          if (code === escape) {
            escaped = true;
            end += 1;
          }
          end += 1;
          code = text.charCodeAt(end);
        }
        if (end >= length && !last) return -1;
        const cell = text.slice(position, end);
        cells[count] = escaped ? this.unescape(cell) : cell;
      }
      count += 1;
      if (end >= length) {
        if (!last) return -1;
        return this.endRow(text, start, end, end, count, lines);
      }
      const code = text.charCodeAt(end);
      if (code === delimiter) {
        position = end + 1;
        continue;
      }
      let next = end + 1;
      if (code === carriageReturn) {
        if (next >= length && !last) return -1; // a line feed may follow
        if (text.charCodeAt(next) === lineFeed) next += 1;
      } else if (code !== lineFeed) {
        throw new CsvError(`Something follows a closing quote: ${JSON.stringify(text.slice(end, end + 20))}. A quote inside a quoted cell is written twice`, this.line);
      }
      return this.endRow(text, start, end, next, count, lines);
    }
  }

  private endRow(text: string, start: number, end: number, next: number, count: number, lines: number): number {
    const blank = count === 1 && start === end;
    if (!blank || this.columns === 1) this.onRow(this.cells, count, this.line);
    this.line += lines;
    return next;
  }

  /** Set once the header is known: in a table of one column a blank line is a row. */
  columns = 0;
  private quotedText = '';
  private quotedLines = 0;

  /** Returns where the cell ends (past the closing quote), or −1. */
  private readQuoted(text: string, start: number, last: boolean): number {
    const { dialect } = this;
    let from = start + 1;
    let content = '';
    this.quotedLines = 0;
    for (;;) {
      let close = text.indexOf(dialect.quote, from);
      if (dialect.escape !== undefined) {
        const escape = text.indexOf(dialect.escape, from);
        if (escape >= 0 && (close < 0 || escape < close)) {
          if (escape + 1 >= text.length && !last) return -1;
          content += text.slice(from, escape) + text.slice(escape + 1, escape + 2);
          from = escape + 2;
          continue;
        }
      }
      if (close < 0) {
        if (last) throw new CsvError('A quote is opened and never closed', this.line);
        return -1;
      }
      if (dialect.doubleQuote) {
        if (close + 1 >= text.length && !last) return -1; // the next chunk may double it
        if (text.charCodeAt(close + 1) === this.quote) {
          close += 1;
          content += text.slice(from, close);
          from = close + 1;
          continue;
        }
      }
      content += text.slice(from, close);
      this.quotedText = content;
      if (content.includes('\n') || content.includes('\r')) this.quotedLines = content.split(/\r\n|\n|\r/).length - 1;
      return close + 1;
    }
  }

  private unescape(cell: string): string {
    let result = '';
    for (let index = 0; index < cell.length; index += 1) {
      if (cell.charCodeAt(index) === this.escape) index += 1;
      result += cell.charAt(index);
    }
    return result;
  }

  private skipLine(text: string, start: number, last: boolean): number {
    for (let end = start; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code !== lineFeed && code !== carriageReturn) continue;
      if (code === carriageReturn && end + 1 >= text.length && !last) return -1;
      this.line += 1;
      return code === carriageReturn && text.charCodeAt(end + 1) === lineFeed ? end + 2 : end + 1;
    }
    return last ? text.length : -1;
  }
}
