/**
 * A filter in the OPTIMADE language. Only what means exactly the same is written; for the rest the answer is undefined, and the filter
 * stays with whoever asked.
 *
 * Providers differ in what NOT makes of a comparison with an unknown value, so NOT is carried down to the comparisons, which no provider
 * lets match an unknown value, and where a comparison has no opposite the property is required to be known.
 */
import type { Column } from '../../catalog/model.js';
import type { Comparison } from '../../plan/predicate.js';
import type { RemoteFilter } from '../remote/remoteSource.js';
import { isPropertyName, textLiteral } from './filterTokens.js';

/** Undefined where it cannot be said. */
export function writeFilter(filter: RemoteFilter): string | undefined {
  return write(filter, false)?.text;
}

/** `binding` is how tight the outermost operator binds: 1 OR, 2 AND, 3 a comparison. */
interface Written { readonly text: string; readonly binding: 1 | 2 | 3 }

const single = (text: string): Written => ({ text, binding: 3 });
const opposite: Readonly<Record<Comparison, Comparison>> = { eq: 'ne', ne: 'eq', lt: 'gte', gte: 'lt', gt: 'lte', lte: 'gt' };
const operators: Readonly<Record<Comparison, string>> = { eq: '=', ne: '!=', lt: '<', lte: '<=', gt: '>', gte: '>=' };

function write(filter: RemoteFilter, negated: boolean): Written | undefined {
  switch (filter.op) {
    case 'not': return write(filter.of, !negated);
    case 'and': case 'or': return join((filter.op === 'and') === negated ? 'OR' : 'AND', filter.of.map((part) => write(part, negated)));
    case 'isNull': return isPropertyName(filter.column.name) ? single(`${filter.column.name} IS ${filter.value === negated ? 'KNOWN' : 'UNKNOWN'}`) : undefined;
    case 'compare': return comparison(filter.column, negated ? opposite[filter.comparison] : filter.comparison, filter.value);
    case 'in': return join(negated ? 'AND' : 'OR', filter.values.map((value) => comparison(filter.column, negated ? 'ne' : 'eq', value)));
    case 'match': return match(filter, negated);
    case 'list': return list(filter, negated);
  }
}

function join(word: 'AND' | 'OR', parts: readonly (Written | undefined)[]): Written | undefined {
  if (parts.length === 0 || parts.some((part) => part === undefined)) return undefined;
  if (parts.length === 1) return parts[0];
  const binding = word === 'OR' ? 1 : 2;
  return { binding, text: parts.map((part) => (part!.binding > binding ? part!.text : `(${part!.text})`)).join(` ${word} `) };
}

function comparison(column: Column, how: Comparison, value: unknown): Written | undefined {
  if (!isPropertyName(column.name) || column.kind === 'list') return undefined;
  // In which order texts stand is the provider's own affair.
  const equality = how === 'eq' || how === 'ne';
  if (!equality && !ordered.has(column.kind)) return undefined;
  const literal = literalOf(column.kind, value);
  return literal === undefined ? undefined : single(`${column.name} ${operators[how]} ${literal}`);
}

const ordered: ReadonlySet<Column['kind']> = new Set(['int32', 'int64', 'decimal', 'float', 'datetime']);

function literalOf(kind: Column['kind'], value: unknown): string | undefined {
  switch (kind) {
    case 'text': case 'enum': return typeof value === 'string' ? textLiteral(value) : undefined;
    case 'int32': case 'int64': case 'decimal': case 'float': {
      const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
      return typeof text === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? text : undefined;
    }
    case 'boolean': return typeof value === 'boolean' ? String(value).toUpperCase() : undefined;
    case 'datetime': {
      const at = value instanceof Date ? value : new Date(typeof value === 'string' ? value : Number.NaN);
      return Number.isNaN(at.getTime()) ? undefined : `"${at.toISOString().replace('.000Z', 'Z')}"`;
    }
    default: return undefined;
  }
}

function match({ column, match: how, value }: Extract<RemoteFilter, { op: 'match' }>, negated: boolean): Written | undefined {
  const literal = textLiteral(value);
  // Everything that is known contains the empty text; some providers think otherwise.
  if (literal === undefined || value === '' || !isPropertyName(column.name) || (column.kind !== 'text' && column.kind !== 'enum')) return undefined;
  const word = how === 'startsWith' ? 'STARTS WITH' : how === 'endsWith' ? 'ENDS WITH' : how === 'contains' ? 'CONTAINS' : undefined;
  return word === undefined ? undefined : maybeNot(column, `${column.name} ${word} ${literal}`, negated);
}

function list({ column, test, values }: Extract<RemoteFilter, { op: 'list' }>, negated: boolean): Written | undefined {
  if (!isPropertyName(column.name) || column.kind !== 'list' || column.item === undefined) return undefined;
  const literals = values.map((value) => literalOf(column.item!, value));
  if (literals.length === 0 || literals.some((literal) => literal === undefined)) return undefined;
  return maybeNot(column, `${column.name} HAS ${test === 'containsAll' ? 'ALL' : 'ANY'} ${literals.join(', ')}`, negated);
}

function maybeNot(column: Column, text: string, negated: boolean): Written {
  return negated ? { text: `NOT (${text}) AND ${column.name} IS KNOWN`, binding: 2 } : single(text);
}
