/** What is wrong with a source file: each mistake with its place and what to do. */
import { getLocation, type ASTNode, type Source } from 'graphql';
import { DureError } from '../../errors.js';

export interface SdlMistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export class Mistakes {
  private readonly found: SdlMistake[] = [];

  constructor(private readonly source: Source) {}

  get count(): number {
    return this.found.length;
  }

  /** @param message what is wrong, and what to do */
  at(node: ASTNode | undefined, message: string): void {
    this.atPosition(node?.loc?.start ?? 0, message);
  }

  atPosition(position: number, message: string): void {
    const { line, column } = getLocation(this.source, position);
    if (!this.found.some((one) => one.line === line && one.column === column && one.message === message)) this.found.push({ file: this.source.name, line, column, message });
  }

  /** @throws DureError BAD_USER_INPUT with all of them, in the order of the file; details.mistakes has them as data */
  throwIfAny(): void {
    if (this.found.length === 0) return;
    const mistakes = this.found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = mistakes.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    throw new DureError('BAD_USER_INPUT', `The source file has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${lines.join('\n')}`, { mistakes });
  }
}

/** `did you mean …` for a name that is nearly another. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = known.map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) })).filter(({ distance: d, candidate }) => d <= Math.max(1, Math.floor(candidate.length / 3))).toSorted((a, b) => a.distance - b.distance)[0];
  return near ? ` Did you mean ${near.candidate}?` : '';
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
