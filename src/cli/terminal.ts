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
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
  };
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
