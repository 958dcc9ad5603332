/** A statement being written: text with numbered parameters, and what each parameter reads when the statement runs. */
import type { Bindings } from '../../plan/predicate.js';

export type ReadParameter = (bindings: Bindings) => unknown;

export class StatementWriter {
  readonly parameters: ReadParameter[] = [];
  private aliases = 0;

  /** A parameter of a PostgreSQL type. Values never become text of the statement. */
  parameter(read: ReadParameter, type: string): string {
    this.parameters.push(read);
    return `$${this.parameters.length}::${type}`;
  }

  alias(): string {
    this.aliases += 1;
    return `t${this.aliases}`;
  }
}

/** Text of our own as an SQL literal (response keys, type names, id prefixes): never a user's value. */
export function literal(text: string): string {
  if (text.includes('\0')) throw new Error('NUL in a literal');
  return text.includes('\\') ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `json_object` keeps the order of its keys and takes any number of them; `json_build_object` stops at fifty. */
export function objectSql(entries: readonly (readonly [string, string])[]): string {
  return `json_object(${entries.map(([key, sql]) => `${literal(key)}: ${sql}`).join(', ')} returning json)`;
}
