/** A `where` argument as a Predicate. */
import { DureError } from '../errors.js';
import type { Input } from './inputs.js';
import type { Link, TableAt } from './link.js';
import type { LinkIndex } from './linkIndex.js';
import type { DependOn } from './planPage.js';
import { planOperator } from './planOperator.js';
import { all, everything, nothing, type Predicate } from './predicate.js';

const quantifiers: ReadonlySet<string> = new Set(['some', 'none', 'every']);

export interface WhereScope {
  readonly links: LinkIndex;
  readonly dependOn: DependOn;
}

/** @throws DureError BAD_USER_INPUT */
export function planWhere(at: TableAt, input: Input | undefined, scope: WhereScope): Predicate {
  if (!input || input.kind === 'null') return everything;
  if (input.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'where must be an object.');
  const parts: Predicate[] = [];
  for (const [name, value] of input.fields) {
    if (name === 'and' || name === 'or') {
      const of = value.kind === 'list' ? value.items.map((item) => planWhere(at, item, scope)) : [];
      parts.push(name === 'and' ? all(of) : of.length === 0 ? nothing : { op: 'or', of });
    } else if (name === 'not') {
      parts.push({ op: 'not', of: planWhere(at, value, scope) });
    } else {
      parts.push(planEntry(at, name, value, scope));
    }
  }
  return all(parts);
}

function planEntry(at: TableAt, name: string, value: Input, scope: WhereScope): Predicate {
  if (value.kind === 'null') throw new DureError('BAD_USER_INPUT', `where.${name} is null: leave it out, or use ${name}: { isNull: true }.`);
  if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `where.${name} must be an object.`);
  const column = at.table.columns.find((c) => c.field === name);
  if (column) return all([...value.fields].map(([operator, operand]) => planOperator(column, operator, operand, scope.dependOn)));
  const mentions = scope.links.from(at).find((l) => l.field === name);
  if (mentions) {
    return all([...value.fields].map(([field, filter]) => {
      const link = mentions.links.find((l) => l.name === field);
      if (!link) throw new DureError('BAD_USER_INPUT', `where.${name}.${field} is unknown.`);
      return planQuantified(link, `${name}.${field}`, filter, scope);
    }));
  }
  const link = scope.links.link(at, name);
  if (!link) throw new DureError('BAD_USER_INPUT', `This version of ${at.table.name} has no column ${name} to filter by.`);
  if (link.single) return { op: 'related', link, quantifier: 'some', where: planWhere(link.target, value, scope) };
  return planQuantified(link, name, value, scope);
}

function planQuantified(link: Link, name: string, value: Input, scope: WhereScope): Predicate {
  if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `where.${name} must be an object of some, none or every.`);
  return all([...value.fields].map(([quantifier, where]): Predicate => {
    if (!quantifiers.has(quantifier)) throw new DureError('BAD_USER_INPUT', `where.${name}.${quantifier} is unknown.`);
    return { op: 'related', link, quantifier: quantifier as 'some', where: planWhere(link.target, where, scope) };
  }));
}
