/** A remote source whose rows are in memory, with switchable abilities and failures; counts what it is asked. */
import type { Column } from '../../src/catalog/model.js';
import { SourceError, type LookupAnswer, type RemoteCall, type RemoteCapabilities, type RemoteFilter, type RemoteRow, type RemoteSource, type RemoteTable, type SearchAnswer, type SearchQuery, type SourceErrorCode } from '../../src/sources/remote/remoteSource.js';

export interface MemoryTable {
  readonly key: string;
  readonly rows: readonly RemoteRow[];
  readonly capabilities?: Partial<RemoteCapabilities>;
}

export class MemorySource implements RemoteSource {
  readonly asked: { readonly table: string; readonly keys?: readonly string[]; readonly filter?: RemoteFilter; readonly columns: readonly string[] }[] = [];
  /** Fails every request, or those for these keys. */
  failure: { readonly code: SourceErrorCode; readonly keys?: readonly string[] } | undefined;
  readonly tables: ReadonlyMap<string, RemoteTable>;

  constructor(readonly id: string, tables: Readonly<Record<string, MemoryTable>>) {
    this.tables = new Map(Object.entries(tables).map(([name, table]) => [name, this.table(name, table)]));
  }

  health(): ReturnType<RemoteSource['health']> { return { state: 'UP', breaker: 'CLOSED', requests: this.asked.length, failures: 0 }; }
  onHealth(): () => void { return () => undefined; }
  close(): Promise<void> { return Promise.resolve(); }

  private table(name: string, { key, rows, capabilities }: MemoryTable): RemoteTable {
    const able: RemoteCapabilities = { key, batch: 100, search: true, filter: () => true, order: () => false, counts: true, page: 3, ...capabilities };
    const names = (columns: readonly Column[]): readonly string[] => columns.map((column) => column.name);
    const shown = (row: RemoteRow, columns: readonly string[]): RemoteRow => Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
    return {
      name, capabilities: able,
      lookup: (keys, columns, call): Promise<LookupAnswer> => {
        this.asked.push({ table: name, keys, columns: names(columns) });
        this.check(call);
        const failed = new Map(keys.filter((k) => this.failure?.keys?.includes(k)).map((k) => [k, this.error()]));
        const found = new Map(rows.filter((row) => keys.includes(String(row[key])) && !failed.has(String(row[key]))).map((row) => [String(row[key]), shown(row, names(columns))]));
        return Promise.resolve({ rows: found, failed, info: { fetchedAt: new Date(), release: 'r1', requests: 1 } });
      },
      search: ({ filter, columns, first, after }: SearchQuery, call): Promise<SearchAnswer> => {
        this.asked.push({ table: name, filter, columns: names(columns) });
        this.check(call);
        const matching = rows.filter((row) => !filter || matches(filter, row));
        const start = Number(after ?? 0);
        const size = Math.min(first, able.page);
        return Promise.resolve({ rows: matching.slice(start, start + size).map((row) => shown(row, names(columns))), total: matching.length, ...(start + size < matching.length ? { next: String(start + size) } : {}), info: { fetchedAt: new Date(), release: 'r1', requests: 1 } });
      },
    };
  }

  private check(call: RemoteCall): void {
    if (call.deadline < performance.now()) throw new SourceError('SOURCE_TIMEOUT', `${this.id} did not answer in time.`, { source: this.id });
    if (this.failure && !this.failure.keys) throw this.error();
  }

  private error(): SourceError {
    return new SourceError(this.failure!.code, `${this.id} did not answer.`, { source: this.id });
  }
}

function matches(filter: RemoteFilter, row: RemoteRow): boolean {
  switch (filter.op) {
    case 'and': return filter.of.every((part) => matches(part, row));
    case 'or': return filter.of.some((part) => matches(part, row));
    case 'not': return !matches(filter.of, row);
    case 'compare': return filter.comparison === 'eq' ? row[filter.column.name] === filter.value : (row[filter.column.name] as number) > (filter.value as number);
    case 'in': return filter.values.includes(row[filter.column.name]);
    case 'isNull': return (row[filter.column.name] === null) === filter.value;
    // A source that does not look at the case of letters.
    case 'match': return String(row[filter.column.name]).toLowerCase().includes(filter.value.toLowerCase());
    default: throw new Error(`no ${filter.op} here`);
  }
}
