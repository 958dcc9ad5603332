/** A `where` argument as a Predicate. */
import type { Column } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { Input } from './inputs.js';
import type { Link, TableAt } from './link.js';
import type { LinkIndex } from './linkIndex.js';
import { all, everything, nothing, structuredTests, type Bindings, type Comparison, type Predicate, type StructuredTest, type TextMatch } from './predicate.js';

const comparisons: ReadonlySet<string> = new Set<Comparison>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']);
const matches: ReadonlySet<string> = new Set<TextMatch>(['like', 'ilike', 'startsWith', 'contains']);
const structured: ReadonlySet<string> = new Set(structuredTests);
const quantifiers: ReadonlySet<string> = new Set(['some', 'none', 'every']);

/** @throws DureError BAD_USER_INPUT */
export function planWhere(at: TableAt, input: Input | undefined, links: LinkIndex): Predicate {
  if (!input || input.kind === 'null') return everything;
  if (input.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'where must be an object.');
  const parts: Predicate[] = [];
  for (const [name, value] of input.fields) {
    if (name === 'and' || name === 'or') {
      const of = value.kind === 'list' ? value.items.map((item) => planWhere(at, item, links)) : [];
      parts.push(name === 'and' ? all(of) : of.length === 0 ? nothing : { op: 'or', of });
    } else if (name === 'not') {
      parts.push({ op: 'not', of: planWhere(at, value, links) });
    } else {
      parts.push(planEntry(at, name, value, links));
    }
  }
  return all(parts);
}

function planEntry(at: TableAt, name: string, value: Input, links: LinkIndex): Predicate {
  if (value.kind === 'null') throw new DureError('BAD_USER_INPUT', `where.${name} is null: leave it out, or use ${name}: { isNull: true }.`);
  if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `where.${name} must be an object.`);
  const column = at.table.columns.find((c) => c.field === name);
  if (column) return all([...value.fields].map(([operator, operand]) => planOperator(column, operator, operand)));
  const mentions = links.from(at).find((l) => l.field === name);
  if (mentions) {
    return all([...value.fields].map(([field, filter]) => {
      const link = mentions.links.find((l) => l.name === field);
      if (!link) throw new DureError('BAD_USER_INPUT', `where.${name}.${field} is unknown.`);
      return planQuantified(link, `${name}.${field}`, filter, links);
    }));
  }
  const link = links.link(at, name);
  if (!link) throw new DureError('BAD_USER_INPUT', `This version of ${at.table.name} has no column ${name} to filter by.`);
  if (link.single) return { op: 'related', link, quantifier: 'some', where: planWhere(link.target, value, links) };
  return planQuantified(link, name, value, links);
}

function planQuantified(link: Link, name: string, value: Input, links: LinkIndex): Predicate {
  if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `where.${name} must be an object of some, none or every.`);
  return all([...value.fields].map(([quantifier, where]): Predicate => {
    if (!quantifiers.has(quantifier)) throw new DureError('BAD_USER_INPUT', `where.${name}.${quantifier} is unknown.`);
    return { op: 'related', link, quantifier: quantifier as 'some', where: planWhere(link.target, where, links) };
  }));
}

function planOperator(column: Column, operator: string, operand: Input): Predicate {
  if (operand.kind === 'null') throw new DureError('BAD_USER_INPUT', `where.${column.field}.${operator} is null: nothing compares with null; use isNull.`);
  if (operand.kind === 'object' && (operator === 'near' || operator === 'inBox')) return { op: 'structured', column, test: operator, value: { read: readObject(operand) } };
  if (operand.kind !== 'leaf') throw new DureError('BAD_USER_INPUT', `where.${column.field}.${operator} must be a value.`);
  const value = { read: operand.read };
  // Booleans stand in the shape of variables, so this one may stand in the plan.
  if (operator === 'isNull') return { op: 'isNull', column, value: operand.value === true };
  if (operator === 'in') return { op: 'in', column, values: value };
  if (operator === 'notIn') return { op: 'not', of: { op: 'in', column, values: value } };
  if (structured.has(operator)) return { op: 'structured', column, test: operator as StructuredTest, value };
  if (comparisons.has(operator)) return { op: 'compare', column, comparison: operator as Comparison, value };
  if (matches.has(operator)) return { op: 'match', column, match: operator as TextMatch, value };
  throw new DureError('BAD_USER_INPUT', `where.${column.field}.${operator} is unknown.`);
}

/** An argument of several parts, read as an object again when the statement runs. */
function readObject(input: Extract<Input, { kind: 'object' }>): (bindings: Bindings) => unknown {
  const parts = [...input.fields].map(([name, part]) => [name, part.kind === 'leaf' ? part.read : () => null] as const);
  return (bindings) => Object.fromEntries(parts.map(([name, read]) => [name, read(bindings)]));
}
