import type { Predicate } from '../../plan/predicate.js';
import { searchTerms } from '../../plan/searchTerms.js';
import { encode } from './codec.js';
import type { StatementWriter } from './statement.js';

/** The terms reach the database as `+text` (must be in) and `-text` (must not), with `*` behind where the last word is only begun. */
export function searchSql({ column, value }: Extract<Predicate, { op: 'search' }>, sql: string, writer: StatementWriter): string {
  return writer.dialect.search(column, sql, writer.parameter((b) => terms(value.read(b)), 'text[]'));
}

function terms(value: unknown): string[] | null {
  const text = encode('text', value);
  return text === null ? null : searchTerms(text.toWellFormed()).map((term) => `${term.excluded ? '-' : '+'}${term.text}${term.prefix ? '*' : ''}`);
}
