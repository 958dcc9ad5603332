/** Conditions as a source's own parameters and query terms. */
import type { Column } from '../../catalog/model.js';
import type { RemoteFilter } from '../remote/remoteSource.js';
import { readInstant, writeInstant } from './dateText.js';
import type { FilterOp } from './directives.js';
import type { FilterSpec, TableSpec } from './spec.js';

export interface Pushed {
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly query?: string;
  readonly exact: boolean;
  /** Nothing can satisfy it, so that nothing needs to be asked. */
  readonly nothing?: true;
}

/** Longer conditions are checked here instead. */
const longestCondition = 2000;

/** Undefined where the source cannot be asked this. */
export function pushDown(table: TableSpec, filter: RemoteFilter): Pushed | undefined {
  const pushed = push(table, filter);
  if (!pushed) return undefined;
  const length = encodeURIComponent(pushed.query ?? '').length + pushed.params.reduce((sum, [name, value]) => sum + name.length + encodeURIComponent(value).length + 2, 0);
  return length > longestCondition ? undefined : pushed;
}

function push(table: TableSpec, filter: RemoteFilter): Pushed | undefined {
  switch (filter.op) {
    case 'and': case 'or': return combine(table, filter.op, filter.of);
    case 'not': return undefined; // a source's “not” also means rows where the value is missing
    case 'compare': return term(table, filter.column, filter.comparison, filter.value);
    case 'in': return term(table, filter.column, 'in', filter.values);
    case 'isNull': return term(table, filter.column, filter.value ? 'isNull' : 'isNotNull', undefined);
    case 'match': return filter.match === 'startsWith' || filter.match === 'endsWith' || filter.match === 'contains' ? term(table, filter.column, filter.match, filter.value) : undefined;
    case 'list': return undefined;
  }
}

function combine(table: TableSpec, op: 'and' | 'or', parts: readonly RemoteFilter[]): Pushed | undefined {
  const pushed = parts.map((part) => push(table, part));
  if (pushed.length === 0 || !pushed.every((part) => part !== undefined)) return undefined;
  const exact = pushed.every((part) => part.exact);
  if (pushed.some((part) => part.nothing)) return op === 'and' ? { params: [], exact: true, nothing: true } : undefined;
  const query = table.search?.query;
  if (pushed.every((part) => part.params.length === 0) && query) return { params: [], query: `(${pushed.map((part) => part.query).join(query[op])})`, exact };
  const params = pushed.flatMap((part) => part.params);
  if (op === 'or' || pushed.some((part) => part.query !== undefined) || new Set(params.map(([name]) => name)).size < params.length) return undefined;
  return { params, exact };
}

function term(table: TableSpec, column: Column, op: FilterOp, value: unknown): Pushed | undefined {
  const spec = table.columns.get(column.name);
  const filter = spec?.filters.find((candidate) => candidate.op === op);
  if (!spec || !filter) return undefined;
  const reach = spec.latest && op !== 'in' ? withinReach(op, value, spec.latest()) : { value };
  if (reach === 'nothing') return { params: [], exact: true, nothing: true };
  const values = op === 'in' ? (value as readonly unknown[]) : [reach.value];
  if (values.length === 0) return undefined;
  const texts = values.map((one) => (one === undefined ? '' : valueText(spec.column, filter, one)));
  if (!texts.every((text) => text !== undefined)) return undefined;
  if (filter.query !== undefined) {
    const terms = texts.map((text, index) => fill(filter.query!, column, filter, text, values[index]));
    if (!terms.every((one) => one !== undefined)) return undefined;
    return { params: [], query: terms.length === 1 ? terms[0] : `(${terms.join(filter.separator)})`, exact: filter.exact };
  }
  // A value with the separator in it would be read as two, wherever the parameter takes several.
  const several = spec.filters.some((other) => other.op === 'in' && other.params?.some((name) => filter.params!.includes(name)));
  if ((op === 'in' || several) && texts.some((text) => text.includes(filter.separator))) return undefined;
  const filled = texts.map((text, index) => fill(filter.value, column, filter, text, values[index]));
  if (!filled.every((one) => one !== undefined)) return undefined;
  return { params: filter.params!.map((name) => [name, filled.join(filter.separator)] as const), exact: filter.exact };
}

/** A condition on a day, without the days that there cannot be yet. */
function withinReach(op: FilterOp, value: unknown, latest: string): { readonly value: unknown } | 'nothing' {
  const day = typeof value === 'string' ? value : '';
  if ((op === 'eq' || op === 'gte') && day > latest) return 'nothing';
  if (op === 'gt' && day >= latest) return 'nothing';
  if (op === 'lte' && day > latest) return { value: latest };
  if (op === 'lt' && day > latest) return { value: dayAfter(latest) };
  return { value };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

function valueText(column: Column, filter: FilterSpec, value: unknown): string | undefined {
  if (value === null || typeof value === 'object') return undefined;
  const text = String(value as string | number | boolean | bigint);
  if (/\p{Cc}/u.test(text)) return undefined;
  switch (column.kind) {
    case 'int32': case 'int64': return /^-?\d+$/.test(text) ? text : undefined;
    case 'float': case 'decimal': return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? text : undefined;
    case 'boolean': return text === 'true' || text === 'false' ? text : undefined;
    case 'date': case 'datetime': return instantText(text, column, filter.format);
    default: return text;
  }
}

function instantText(text: string, column: Column, format: string | undefined): string | undefined {
  const instant = readInstant(text, undefined);
  if (!instant) return undefined;
  return format !== undefined ? writeInstant(instant, format) : column.kind === 'date' ? instant.toISOString().slice(0, 10) : instant.toISOString();
}

function fill(template: string, column: Column, filter: FilterSpec, text: string, value: unknown): string | undefined {
  let known = true;
  const filled = template.replace(/\{(value|quoted|next|previous)\}/g, (_, name: string) => {
    if (name === 'value') return text;
    if (name === 'quoted') {
      // How a quotation mark is written within quotes differs between query languages: such a text is checked here instead.
      known &&= !/["\\]/.test(text);
      return `"${text}"`;
    }
    const neighbour = beside(column, filter, text, value, name === 'next' ? 1 : -1);
    known &&= neighbour !== undefined;
    return neighbour ?? '';
  });
  return known ? filled : undefined;
}

/** The whole number or day after or before. */
function beside(column: Column, filter: FilterSpec, text: string, value: unknown, step: 1 | -1): string | undefined {
  if (column.kind !== 'date') return (BigInt(text) + BigInt(step)).toString();
  const day = readInstant(String(value as string), undefined);
  return day && writeInstant(new Date(day.getTime() + step * 86_400_000), filter.format ?? '%Y-%m-%d');
}
