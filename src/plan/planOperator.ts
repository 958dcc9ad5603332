/** One operator on one column as a Predicate. */
import type { Column } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { datePartsOf, type DatePart } from './dateParts.js';
import type { Input } from './inputs.js';
import type { DependOn } from './planPage.js';
import { all, structuredTests, type Bindings, type Comparison, type JsonPathTest, type Predicate, type StructuredTest, type TextMatch } from './predicate.js';
import { refuseSearch, searchMistake } from './searchTerms.js';

const comparisons: ReadonlySet<string> = new Set<Comparison>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']);
const matches: ReadonlySet<string> = new Set<TextMatch>(['like', 'ilike', 'startsWith', 'endsWith', 'contains']);
const structured: ReadonlySet<string> = new Set(structuredTests);

type Leaf = Extract<Input, { kind: 'leaf' }>;

/** @throws DureError BAD_USER_INPUT */
export function planOperator(column: Column, operator: string, operand: Input, dependOn: DependOn): Predicate {
  const place = `where.${column.field}.${operator}`;
  if (operand.kind === 'null') throw new DureError('BAD_USER_INPUT', `${place} is null: nothing compares with null; use isNull.`);
  if (operand.kind === 'object' && (operator === 'near' || operator === 'inBox')) return { op: 'structured', column, test: operator, value: { read: readObject(operand) } };
  if (operand.kind === 'object' && datePartsOf(column.kind).includes(operator as DatePart)) return planPart(column, operator as DatePart, operand);
  if (operand.kind === 'list' && operator === 'at') return all(operand.items.map((item) => planPath(column, item)));
  const value = leafOf(operand, place);
  // Booleans stand in the shape of variables, so this one may stand in the plan.
  if (operator === 'isNull') return { op: 'isNull', column, value: value.value === true };
  if (operator === 'in') return { op: 'in', column, values: value };
  if (operator === 'notIn') return { op: 'not', of: { op: 'in', column, values: value } };
  if (operator === 'matches') return planSearch(column, value, dependOn);
  if (structured.has(operator)) return { op: 'structured', column, test: operator as StructuredTest, value };
  if (comparisons.has(operator)) return { op: 'compare', column, comparison: operator as Comparison, value };
  if (matches.has(operator)) return { op: 'match', column, match: operator as TextMatch, value };
  throw new DureError('BAD_USER_INPUT', `${place} is unknown.`);
}

function leafOf(operand: Input | undefined, place: string): Leaf {
  if (operand?.kind === 'leaf') return operand;
  throw new DureError('BAD_USER_INPUT', operand?.kind === 'null' ? `${place} is null: nothing compares with null; use isNull.` : `${place} must be a value.`);
}

/** The length of a search is judged before anything runs: one that is cut off would find something else. */
function planSearch(column: Column, value: Leaf, dependOn: DependOn): Predicate {
  const mistakeOf = (text: unknown): string => searchMistake(String(text)) ?? '';
  const mistake = value.constant ? mistakeOf(value.value) : dependOn((bindings) => mistakeOf(value.read(bindings)));
  if (mistake !== '') refuseSearch(column.field, mistake);
  return { op: 'search', column, value };
}

function planPart(column: Column, part: DatePart, input: Extract<Input, { kind: 'object' }>): Predicate {
  return all([...input.fields].map(([operator, operand]): Predicate => {
    const value = leafOf(operand, `where.${column.field}.${part}.${operator}`);
    // A part is missing where the whole is.
    if (operator === 'isNull') return { op: 'isNull', column, value: value.value === true };
    if (operator === 'in') return { op: 'datePart', column, part, comparison: 'in', value };
    if (operator === 'notIn') return { op: 'not', of: { op: 'datePart', column, part, comparison: 'in', value } };
    return { op: 'datePart', column, part, comparison: operator as Comparison, value };
  }));
}

/** All tests of one path in JSON. */
function planPath(column: Column, input: Input): Predicate {
  const place = `where.${column.field}.at`;
  if (input.kind !== 'object') throw new DureError('BAD_USER_INPUT', `${place} is null.`);
  const path = leafOf(input.fields.get('path'), `${place}.path`);
  const tests = [...input.fields].filter(([operator]) => operator !== 'path');
  if (tests.length === 0) throw new DureError('BAD_USER_INPUT', `${place} tests nothing: give eq, lt, contains, isNull… beside path.`);
  return all(tests.map(([operator, operand]): Predicate => {
    const value = leafOf(operand, `${place}.${operator}`);
    const test = (of: JsonPathTest): Predicate => ({ op: 'jsonPath', column, path, test: of });
    if (operator === 'isNull') return test({ kind: 'isNull', value: value.value === true });
    if (operator === 'in') return test({ kind: 'in', values: value });
    if (operator === 'notIn') return { op: 'not', of: test({ kind: 'in', values: value }) };
    if (matches.has(operator)) return test({ kind: 'match', match: operator as TextMatch, value });
    return test({ kind: 'compare', comparison: operator as Comparison, value });
  }));
}

/** An argument of several parts, read as an object again when the statement runs. */
function readObject(input: Extract<Input, { kind: 'object' }>): (bindings: Bindings) => unknown {
  const parts = [...input.fields].map(([name, part]) => [name, part.kind === 'leaf' ? part.read : () => null] as const);
  return (bindings) => Object.fromEntries(parts.map(([name, read]) => [name, read(bindings)]));
}
