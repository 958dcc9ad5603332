/**
 * The dynamic schema answered by plain graphql-js over rows in memory: a second meaning of filters, orders, pages and links, written
 * without plans or SQL, for tests that compare the two. It knows no rules and no versions; what it does not know it says.
 */
import { execute, parse, type ExecutionResult, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { CatalogSnapshot, Column, Dataset, Table } from '../../src/catalog/model.js';
import { bindingOf } from '../../src/plan/binding.js';
import { foreignKeyLinks, type TableAt } from '../../src/plan/link.js';

type Value = string | number | boolean | null;
type Row = Readonly<Record<string, Value>>;
type Where = Readonly<Record<string, unknown>>;
interface Connection { readonly at: TableAt; readonly all: readonly Row[]; readonly page: readonly Row[]; readonly before: boolean; readonly after: boolean }

export class Unknown extends Error {}

export class PlainLane {
  /** What the last operation asked and this lane does not know. */
  unknown: string | undefined;

  /** Rows by table, in the order of the file; values as the schema shows them. */
  constructor(private readonly snapshot: CatalogSnapshot, private readonly rows: ReadonlyMap<Table, readonly Row[]>, private readonly defaultPage: number) {}

  async ask(schema: GraphQLSchema, query: string): Promise<ExecutionResult> {
    this.unknown = undefined;
    return execute({ schema, document: parse(query), rootValue: {}, fieldResolver: this.resolve });
  }

  private readonly resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
    try {
      return this.value(source, args, context, info);
    } catch (error) {
      if (error instanceof Unknown) this.unknown ??= error.message;
      throw error;
    }
  };

  private readonly value: GraphQLFieldResolver<unknown, unknown> = (source, args, _context, info) => {
    const field = info.parentType.getFields()[info.fieldName]!;
    const binding = bindingOf(field);
    switch (binding?.kind) {
      case 'table': {
        const { dataset } = source as { dataset: Dataset };
        const version = dataset.versions[0]!;
        const table = version.tables.find((t) => t.field === binding.field)!;
        const at: TableAt = { dataset, version, table };
        return this.connection(at, this.rows.get(table)!, args);
      }
      case 'column': {
        const { at, row } = source as { at: TableAt; row: Row };
        return row[at.table.columns.find((c) => c.field === binding.field)!.name] ?? null;
      }
      case 'rowId': throw new Unknown('ids');
      case 'link': {
        const { at, row } = source as { at: TableAt; row: Row };
        const link = foreignKeyLinks(at).find((l) => l.name === binding.name)!;
        const related = this.related(at, row, link.name);
        return link.single ? (related[0] ? { at: link.target, row: related[0] } : null) : this.connection(link.target, related, args);
      }
      default: return this.ofConnection(source as Connection, info.fieldName, info.parentType.name);
    }
  };

  private ofConnection(source: Connection, name: string, parent: string): unknown {
    const { at, all, page } = source;
    switch (name) {
      case 'nodes': return page.map((row) => ({ at, row }));
      case 'edges': return page.map((row) => ({ node: { at, row }, cursor: 'a cursor' }));
      case 'node': return (source as unknown as { node: unknown }).node;
      case 'cursor': case 'startCursor': case 'endCursor': throw new Unknown('cursors');
      case 'totalCount': return all.length;
      // The static part resolves the fields of PageInfo itself.
      case 'pageInfo': return { hasNextPage: source.after, hasPreviousPage: source.before };
      case 'aggregate': return source;
      case 'count': if (parent.endsWith('Aggregate') && all) return all.length; throw new Unknown(name);
      default: throw new Unknown(`${parent}.${name}`);
    }
  }

  private connection(at: TableAt, rows: readonly Row[], { where, orderBy, first, last }: { where?: Where; orderBy?: readonly Readonly<Record<string, 'ASC' | 'DESC'>>[]; first?: number; last?: number }): Connection {
    const all = rows.filter((row) => !where || this.holds(at, row, where) === true);
    const ordered = [...all.entries()].toSorted(([i, a], [j, b]) => {
      for (const term of orderBy ?? []) {
        for (const [field, direction] of Object.entries(term)) {
          const column = at.table.columns.find((c) => c.field === field)!;
          const [x, y] = [a[column.name] ?? null, b[column.name] ?? null];
          if (x === null || y === null) {
            if (x !== y) return x === null ? 1 : -1;
            continue;
          }
          const difference = compare(column, x, y);
          if (difference !== 0) return direction === 'DESC' ? -difference : difference;
        }
      }
      // Ties keep the order of the file, in the direction of the last term.
      return Object.values(orderBy?.at(-1) ?? {})[0] === 'DESC' ? j - i : i - j;
    }).map(([, row]) => row);
    const size = first ?? last ?? this.defaultPage;
    const start = last === undefined ? 0 : Math.max(0, ordered.length - size);
    const page = ordered.slice(start, last === undefined ? size : undefined);
    return { at, all, page, before: last !== undefined && start > 0, after: last === undefined && ordered.length > size };
  }

  private related(at: TableAt, row: Row, name: string): readonly Row[] {
    const link = foreignKeyLinks(at).find((l) => l.name === name)!;
    return this.rows.get(link.target.table)!.filter((far) => link.on.every((pair) => {
      const [here, there] = [row[pair.here.name] ?? null, far[pair.there.name] ?? null];
      return here !== null && there !== null && compare(pair.here, here, there) === 0;
    }));
  }

  /** Null where it is not known, as in SQL. */
  private holds(at: TableAt, row: Row, where: Where): boolean | null {
    return every(Object.entries(where).map(([name, given]): boolean | null => {
      if (name === 'and') return every((given as readonly Where[]).map((part) => this.holds(at, row, part)));
      if (name === 'or') return not(every((given as readonly Where[]).map((part) => not(this.holds(at, row, part)))));
      if (name === 'not') return not(this.holds(at, row, given as Where));
      const column = at.table.columns.find((c) => c.field === name);
      if (column) return every(Object.entries(given as Where).map(([operator, operand]) => test(column, row[column.name] ?? null, operator, operand)));
      const link = foreignKeyLinks(at).find((l) => l.name === name);
      if (!link) throw new Unknown(name);
      const rows = this.related(at, row, name);
      if (link.single) return rows.some((far) => this.holds(link.target, far, given as Where) === true);
      return every(Object.entries(given as Readonly<Record<string, Where>>).map(([quantifier, part]) => {
        const found = rows.map((far) => this.holds(link.target, far, part) === true);
        return quantifier === 'some' ? found.some(Boolean) : quantifier === 'none' ? !found.some(Boolean) : found.every(Boolean);
      }));
    }));
  }
}

function every(parts: readonly (boolean | null)[]): boolean | null {
  return parts.includes(false) ? false : parts.includes(null) ? null : true;
}

function not(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

function compare(column: Pick<Column, 'kind'>, a: Value, b: unknown): number {
  switch (column.kind) {
    case 'int32': case 'float': case 'boolean': return Number(a) - Number(b);
    case 'int64': { const [x, y] = [BigInt(String(a)), BigInt(String(b))]; return x < y ? -1 : x > y ? 1 : 0; }
    case 'text': case 'date': return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
    default: throw new Unknown(column.kind);
  }
}

function test(column: Column, value: Value, operator: string, operand: unknown): boolean | null {
  if (operator === 'isNull') return (value === null) === operand;
  // Nothing is in an empty list, not even what is not known.
  if ((operator === 'in' || operator === 'notIn') && (operand as readonly unknown[]).length === 0) return operator === 'notIn';
  if (value === null) return null;
  switch (operator) {
    case 'eq': return compare(column, value, operand) === 0;
    case 'ne': return compare(column, value, operand) !== 0;
    case 'lt': return compare(column, value, operand) < 0;
    case 'lte': return compare(column, value, operand) <= 0;
    case 'gt': return compare(column, value, operand) > 0;
    case 'gte': return compare(column, value, operand) >= 0;
    case 'in': case 'notIn': {
      const found = (operand as readonly unknown[]).map((item) => compare(column, value, item) === 0).some(Boolean);
      return operator === 'in' ? found : !found;
    }
    case 'startsWith': return String(value).startsWith(String(operand));
    case 'endsWith': return String(value).endsWith(String(operand));
    case 'contains': return String(value).includes(String(operand));
    default: throw new Unknown(operator);
  }
}
