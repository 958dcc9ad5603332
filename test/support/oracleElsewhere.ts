/** A remote source with two sets of rows: answers for the one or the other, always at one instant, and keeps what it was asked. */
import type { Column, Table } from '../../src/catalog/model.js';
import { FederatedSource } from '../../src/federation/federatedSource.js';
import type { NumberedRow } from '../../src/oracle/change.js';
import type { Elsewhere } from '../../src/oracle/elsewhere.js';
import type { CursorCodec } from '../../src/plan/cursor.js';
import type { Side } from '../../src/sources/postgres/twoCopies.js';
import type { RemoteFilter, RemoteRow, RemoteSource, RemoteTable } from '../../src/sources/remote/remoteSource.js';
import type { Source, SqlHome } from '../../src/sources/source.js';

const info = { fetchedAt: new Date('2026-01-01T00:00:00Z'), requests: 1 };

export class OracleElsewhere implements Elsewhere {
  side: Side = 'a';
  private readonly kept: Record<Side, Map<string, readonly RemoteRow[]>> = { a: new Map(), b: new Map() };
  private calls: unknown[] = [];
  private readonly remote: RemoteSource;

  /** @param texts rows by table, as texts */
  constructor(id: string, private readonly codec: CursorCodec, tables: readonly Table[], private readonly texts: ReadonlyMap<string, readonly NumberedRow[]>) {
    for (const table of tables) this.write(table, 'a', this.rows(table));
    this.remote = { id, tables: new Map(tables.map((table) => [table.name, this.table(table)])), health: () => ({ state: 'UP', breaker: 'CLOSED', requests: 0, failures: 0 }), onHealth: () => () => undefined, close: () => Promise.resolve() };
  }

  source(own: SqlHome): Source {
    return new FederatedSource({ own, homes: { sql: () => undefined, remote: (id) => (id === this.remote.id ? this.remote : undefined) }, codec: this.codec, timeoutMs: 60_000, scanned: 1_000, semiJoinKeys: 8 });
  }

  rows({ name }: Table): readonly NumberedRow[] {
    return this.texts.get(name) ?? [];
  }

  write(table: Table, side: Side, rows: readonly NumberedRow[]): void {
    this.kept[side].set(table.name, rows.map(({ cells }) => Object.fromEntries(table.columns.map((column, place) => [column.name, valueOf(column, cells[place] ?? null)]))));
  }

  asked(): string {
    // How often it is asked to go on follows from what it holds itself.
    const text = JSON.stringify([...new Set(this.calls.map((call) => JSON.stringify(call)))].sort());
    this.calls = [];
    return text;
  }

  private table({ name, remote, columns }: Table): RemoteTable {
    const key = remote!.key!;
    const plain = (filter: RemoteFilter): boolean => (filter.op === 'compare' ? filter.comparison === 'eq' : filter.op === 'in' || filter.op === 'isNull');
    const shown = (row: RemoteRow, wanted: readonly Column[]): RemoteRow => Object.fromEntries(wanted.map((column) => [column.name, row[column.name] ?? null]));
    const all = (): readonly RemoteRow[] => this.kept[this.side].get(name) ?? [];
    return {
      name,
      capabilities: { key, batch: 100, search: remote!.search, counts: true, page: 3, filter: plain, order: (order) => order.every(({ column }) => columns.find((one) => one.name === column.name)?.kind === 'int32') },
      lookup: (keys, wanted) => {
        this.calls.push(['lookup', name, keys, wanted.map((column) => column.name)]);
        return Promise.resolve({ rows: new Map(all().filter((row) => keys.includes(String(row[key]))).map((row) => [String(row[key]), shown(row, wanted)])), failed: new Map(), info });
      },
      search: ({ filter, order, columns: wanted, first, after }) => {
        // How many are asked for, and from where on, follows from what came before.
        this.calls.push(['search', name, textOf(filter), order.map(({ column, direction }) => [column.name, direction]), wanted.map((column) => column.name)]);
        const matching = all().filter((row) => !filter || matches(filter, row));
        const [by] = order;
        const sorted = by ? [...matching].sort((x, y) => (Number(x[by.column.name] ?? 0) - Number(y[by.column.name] ?? 0)) * (by.direction === 'ASC' ? 1 : -1)) : matching;
        const start = Number(after ?? 0);
        const size = Math.min(first, 3);
        return Promise.resolve({ rows: sorted.slice(start, start + size).map((row) => shown(row, wanted)), total: sorted.length, ...(start + size < sorted.length ? { next: String(start + size) } : {}), info });
      },
    };
  }
}

function valueOf({ kind }: Column, text: string | null): unknown {
  if (text === null) return null;
  return kind === 'int32' || kind === 'float' ? Number(text) : kind === 'boolean' ? text === 't' || text === 'true' : text;
}

function matches(filter: RemoteFilter, row: RemoteRow): boolean {
  switch (filter.op) {
    case 'and': return filter.of.every((part) => matches(part, row));
    case 'or': return filter.of.some((part) => matches(part, row));
    case 'not': return !matches(filter.of, row);
    case 'compare': return row[filter.column.name] === filter.value;
    case 'in': return filter.values.includes(row[filter.column.name]);
    case 'isNull': return ((row[filter.column.name] ?? null) === null) === filter.value;
    default: throw new Error(`${filter.op} was not among the capabilities`);
  }
}

function textOf(filter: RemoteFilter | undefined): unknown {
  return JSON.parse(JSON.stringify(filter ?? null, (key, value: unknown) => (key === 'column' ? (value as Column).name : value)));
}
