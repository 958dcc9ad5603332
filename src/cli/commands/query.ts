import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

export interface QueryOptions {
  readonly variables?: string;
  readonly operation?: string;
}

/** Prints the whole answer as JSON, errors included. */
export async function query(remote: Remote, terminal: Terminal, file: string, options: QueryOptions): Promise<void> {
  const document = file === '-' ? await text(terminal.input) : readDocument(file);
  const answer = await remote.ask(document, readVariables(options.variables), options.operation);
  terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
  if (answer.errors && answer.errors.length > 0) throw new CommandFailure(`The answer has ${answer.errors.length} error(s).`);
}

function readDocument(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${(error as Error).message}`, 2);
  }
}

function readVariables(given: string | undefined): Record<string, unknown> {
  if (given === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(given.startsWith('@') ? readDocument(given.slice(1)) : given);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
  }
  throw new CommandFailure('--variables takes a JSON object, or @FILE with one.', 2);
}
