import type { ColumnKind } from '../catalog/model.js';
import { Fault } from './cells/fault.js';
import { shorten, type MistakeList } from './report.js';
import type { TableDraft } from './tableDraft.js';

/** Whose texts may hold what COPY's text format escapes. */
const textual: ReadonlySet<ColumnKind> = new Set(['text', 'enum', 'json', 'list']);
const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** PostgreSQL's B-tree takes a third of a page; values near that would be refused by the database. */
const indexableBytes = 2_000;
const tooLong = new Fault('indexed', `is longer than ${indexableBytes} bytes, which a key, a facet and an identifier cannot be`);

interface Cell {
  readonly name: string;
  /** Position in the file. */
  readonly source: number;
  readonly read: (cell: string) => string | Fault;
  readonly required: boolean;
  readonly emptyIsMissing: boolean;
  readonly otherMissing: ReadonlySet<string> | undefined;
  readonly escaped: boolean;
  readonly indexed: boolean;
}

/** Turns rows of a file into lines of COPY's text format, and what is wrong with them into mistakes. */
export class RowEncoder {
  /** Lines since they were last taken. */
  private text = '';
  rows = 0;
  private cells: readonly Cell[] | undefined;
  private readonly before: number;

  constructor(private readonly table: TableDraft, private readonly firstRow: number, private readonly mistakes: MistakeList) {
    this.before = mistakes.total;
    if (!table.dialect.header) this.cells = plan(table, table.columns.map((_, index) => index));
  }

  get failed(): boolean {
    return this.mistakes.total > this.before;
  }

  /** False until the header was read. */
  get begun(): boolean {
    return this.cells !== undefined;
  }

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  get pending(): number {
    return this.text.length;
  }

  /** @throws HeaderError when the columns are not those of the schema. */
  readonly row = (cells: readonly string[], count: number, line: number): void => {
    if (!this.cells) {
      this.cells = plan(this.table, matchHeader(this.table, cells.slice(0, count)));
      return;
    }
    this.rows += 1;
    if (count !== this.cells.length) this.tellCount(cells, count, line);
    else this.encode(this.cells, cells, line);
  };

  private encode(plan: readonly Cell[], cells: readonly string[], line: number): void {
    let text = String(this.firstRow + this.rows - 1);
    for (const column of plan) {
      const cell = cells[column.source]!;
      if (cell === '' ? column.emptyIsMissing : column.otherMissing?.has(cell)) {
        if (column.required) this.tell(column, cell, line, 'required', 'has no value, which the column requires');
        text += '\t\\N';
        continue;
      }
      let value = column.read(cell);
      if (column.indexed && typeof value === 'string' && value.length * 3 > indexableBytes && Buffer.byteLength(value) > indexableBytes) value = tooLong;
      if (typeof value !== 'string') this.tell(column, cell, line, value.rule, `“${shorten(cell)}” ${value.message}`);
      else if (column.escaped && special.test(value)) text += `\t${value.replace(/[\\\t\n\r]/g, (character) => escapes[character]!)}`;
      else text += `\t${value}`;
    }
    if (!this.failed) this.text += `${text}\n`;
    else this.text = '';
  }

  private tell(column: Cell, value: string, line: number, rule: string, message: string): void {
    this.mistakes.add(rule, () => ({ file: this.table.file, table: this.table.name, row: this.rows, line, column: column.name, value: shorten(value), message }));
  }

  private tellCount(cells: readonly string[], count: number, line: number): void {
    const width = this.cells!.length;
    const message = count < width
      ? `has ${count} cells instead of ${width}: ${width - count} too few`
      : `has ${count} cells instead of ${width}: ${count - width} too many (a comma inside a value needs quotes around it)`;
    this.mistakes.add('cells', () => ({ file: this.table.file, table: this.table.name, row: this.rows, line, value: shorten(cells.slice(0, count).join(this.table.dialect.delimiter)), message }));
  }
}

function plan(table: TableDraft, sources: readonly number[]): Cell[] {
  return table.columns.map((column, index) => {
    const others = new Set([...column.missing].filter((text) => text !== ''));
    return {
      name: column.name, source: sources[index]!, read: column.read, required: column.required, emptyIsMissing: column.missing.has(''),
      otherMissing: others.size > 0 ? others : undefined, escaped: textual.has(column.kind), indexed: column.indexed && textual.has(column.kind),
    };
  });
}

export class HeaderError extends Error {}

/** For each column of the schema its position in the file. */
function matchHeader(table: TableDraft, header: readonly string[]): number[] {
  const names = table.columns.map((column) => column.name);
  const missing = names.filter((name) => !header.includes(name));
  const extra = header.filter((name) => !names.includes(name));
  const repeated = header.filter((name, index) => header.indexOf(name) !== index);
  const differences = [
    missing.length > 0 && `it lacks ${quoted(missing)}`, extra.length > 0 && `the schema lacks ${quoted(extra)}`, repeated.length > 0 && `${quoted(repeated)} stands twice`,
  ].filter((part) => part !== false);
  if (differences.length > 0) throw new HeaderError(`The header row is not the schema's: ${differences.join('; ')}.${delimiterHint(table, header)}`);
  if (table.fieldsMatch === 'exact' && names.some((name, index) => header[index] !== name)) {
    throw new HeaderError('The header row has the schema\'s columns in another order. Put them in order, or declare "fieldsMatch": "equal" in the schema.');
  }
  return names.map((name) => header.indexOf(name));
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `“${shorten(name)}”`).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function delimiterHint(table: TableDraft, header: readonly string[]): string {
  const [only] = header;
  if (header.length !== 1 || only === undefined || table.columns.length === 1) return '';
  const found = [';', '\t', '|', ','].find((candidate) => candidate !== table.dialect.delimiter && only.includes(candidate));
  return found === undefined ? '' : ` The file seems to be separated by ${JSON.stringify(found)}: declare "dialect": { "delimiter": ${JSON.stringify(found)} }.`;
}
