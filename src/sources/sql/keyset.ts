/** Order and keyset conditions. Nulls come last in both directions; the row number settles ties, so every order is total. */
import type { CursorUse, OrderTerm } from '../../plan/plan.js';
import { sqlType } from './codec.js';
import type { StatementWriter } from './statement.js';

export type Side = 'after' | 'before';

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
export function keysetSql(terms: readonly OrderExpression[], cursor: CursorUse, side: Side, inclusive: boolean, writer: StatementWriter): string {
  return anyOf(keysetLegs(terms, cursor, side, inclusive, writer));
}

export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 1 ? conditions[0]! : `(${conditions.map((condition) => `(${condition})`).join(' or ')})`;
}

/**
 * The same as conditions of which no two hold for one row, each one range of an index that has the rows in this order: values beyond the
 * cursor's are compared as rows, missing ones are asked for by themselves. One condition of them all is no range, and would be tested
 * row by row from the beginning.
 */
export function keysetLegs(terms: readonly OrderExpression[], cursor: CursorUse, side: Side, inclusive: boolean, writer: StatementWriter): readonly string[] {
  // A parameter that no text names would be an error, so each is made when it is first named.
  const made = new Map<number, string>();
  const value = (index: number): string => {
    if (!made.has(index)) made.set(index, writer.parameter((bindings) => cursor.read(bindings)[index] ?? null, terms[index]!.type));
    return made.get(index)!;
  };
  const equal = (index: number): string => `${compared(terms[index]!)} = ${value(index)}`;
  const equals = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => equal(from + n));
  const legs: string[] = [];
  const add = (prefix: readonly string[], condition: string): number => legs.push([...prefix, condition].join(' and '));

  let index = 0;
  let prefix: readonly string[] = [];
  while (index < terms.length) {
    const term = terms[index]!;
    if (cursor.nulls[index]) {
      if (side === 'before') add(prefix, `${term.sql} is not null`);
      prefix = [...prefix, `${term.sql} is null`];
      index += 1;
      continue;
    }
    const end = writer.dialect.comparesRows ? endOfRun(terms, cursor, index) : index + 1;
    const last = end === terms.length;
    const operator = `${(side === 'after') !== term.descending ? '>' : '<'}${inclusive && last ? '=' : ''}`;
    const run = terms.slice(index, end);
    add(prefix, run.length === 1 ? `${compared(term)} ${operator} ${value(index)}` : `(${run.map(compared).join(', ')}) ${operator} (${run.map((_, n) => value(index + n)).join(', ')})`);
    if (side === 'after') run.forEach((one, n) => { if (one.nullable) add([...prefix, ...equals(index, index + n)], `${one.sql} is null`); });
    if (last) return legs;
    prefix = [...prefix, ...equals(index, end)];
    index = end;
  }
  if (inclusive) legs.push(prefix.join(' and '));
  return legs;
}

/** Neighbours of one direction whose values are known can be compared as a row. */
function endOfRun(terms: readonly OrderExpression[], cursor: CursorUse, from: number): number {
  let end = from + 1;
  while (end < terms.length && terms[end]!.descending === terms[from]!.descending && !cursor.nulls[end]) end += 1;
  return end;
}

function compared(term: OrderExpression): string {
  return term.compared ?? term.sql;
}
