/** Where a command reads and writes. Results go to `out`, everything about how it is going to `note`. */
import type { Readable } from 'node:stream';

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  /** Notes may be drawn over (a progress bar). */
  readonly interactive: boolean;
  readonly columns: number;
  out(text: string): void;
  note(text: string): void;
}

export function processTerminal(): Terminal {
  return {
    environment: process.env,
    input: process.stdin,
    interactive: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    out: (text) => void process.stdout.write(process.stdout.isTTY ? shown(text) : text),
    note: (text) => void process.stderr.write(shown(text)),
  };
}

/** Our own: begins a line anew. */
const redraw = '\r\x1b[K';

/** What servers, files and other people wrote may hold sequences that a terminal obeys: they are made visible instead (U+2400 and on). */
export function shown(text: string): string {
  const own = text.startsWith(redraw) ? redraw : '';
  return own + text.slice(own.length)
    // oxlint-disable-next-line no-control-regex
    .replace(/[\x00-\x08\x0b-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** A table of columns as wide as their longest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => width(row[index] ?? '')))) ?? [];
  return rows.map((row) => `${row.map((cell, index) => cell + ' '.repeat(widths[index]! - width(cell))).join('  ').trimEnd()}\n`).join('');
}

/** Cells that a text takes: Korean, Chinese and Japanese letters take two. */
function width(text: string): number {
  let cells = 0;
  for (const letter of text) cells += /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹯＀-｠]/u.test(letter) ? 2 : 1;
  return cells;
}
