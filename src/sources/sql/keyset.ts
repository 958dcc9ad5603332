/** Order and keyset conditions. Nulls come last in both directions; the row number settles ties, so every order is total. */
import type { CursorUse, OrderTerm } from '../../plan/plan.js';
import { sqlType } from './codec.js';
import type { StatementWriter } from './statement.js';

export interface OrderExpression {
  readonly sql: string;
  /** As it is compared with a parameter, where that differs. */
  readonly compared?: string;
  readonly type: string;
  readonly descending: boolean;
  readonly nullable: boolean;
}

export function orderExpressions(order: readonly OrderTerm[], column: (term: OrderTerm) => { sql: string; nullable: boolean }, rowNumber: string): readonly OrderExpression[] {
  const terms = order.map((term): OrderExpression => {
    const { sql, nullable } = column(term);
    return { sql, type: sqlType(term.column.kind), descending: term.direction === 'DESC', nullable };
  });
  return [...terms, { sql: rowNumber, type: 'int8', descending: terms.at(-1)?.descending ?? false, nullable: false }];
}

/** The text of ORDER BY; reversed for pages that are read from their end. */
export function orderSql(terms: readonly OrderExpression[], reversed: boolean): string {
  return terms.map((term) => {
    const direction = term.descending !== reversed ? 'desc' : 'asc';
    return `${term.sql} ${direction}${term.nullable ? ` nulls ${reversed ? 'first' : 'last'}` : ''}`;
  }).join(', ');
}

/** Holds for the rows after (or before) the cursor; with `inclusive` also for the cursor's own row. */
export function keysetSql(terms: readonly OrderExpression[], cursor: CursorUse, side: 'after' | 'before', inclusive: boolean, writer: StatementWriter): string {
  // A parameter that no text names would be an error, so each is made when it is first named.
  const made = new Map<number, string>();
  const value = (index: number): string => {
    if (!made.has(index)) made.set(index, writer.parameter((bindings) => cursor.read(bindings)[index] ?? null, terms[index]!.type));
    return made.get(index)!;
  };
  const isNull = (index: number): boolean => cursor.nulls[index] ?? false;
  const equals = (term: OrderExpression, index: number): string => (isNull(index) ? `${term.sql} is null` : `${compared(term)} = ${value(index)}`);
  const uniform = writer.dialect.comparesRows && terms.every((term) => term.descending === terms[0]!.descending && !term.nullable);
  if (uniform) {
    const greater = (side === 'after') !== terms[0]!.descending;
    return `(${terms.map(compared).join(', ')}) ${greater ? '>' : '<'}${inclusive ? '=' : ''} (${terms.map((_, index) => value(index)).join(', ')})`;
  }
  const beyond = side === 'after' ? after : before;
  const alternatives = terms.map((term, index) => [...terms.slice(0, index).map(equals), beyond(term, () => value(index), isNull(index))].join(' and '));
  if (inclusive) alternatives.push(terms.map(equals).join(' and '));
  return `(${alternatives.map((a) => `(${a})`).join(' or ')})`;
}

function compared(term: OrderExpression): string {
  return term.compared ?? term.sql;
}

function after(term: OrderExpression, value: () => string, isNull: boolean): string {
  if (isNull) return 'false';
  const beyond = `${compared(term)} ${term.descending ? '<' : '>'} ${value()}`;
  return term.nullable ? `(${beyond} or ${term.sql} is null)` : beyond;
}

function before(term: OrderExpression, value: () => string, isNull: boolean): string {
  if (isNull) return `${term.sql} is not null`;
  return `${compared(term)} ${term.descending ? '>' : '<'} ${value()}`;
}
