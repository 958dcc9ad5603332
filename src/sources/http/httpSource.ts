/** A source that a file of directives describes, as a RemoteSource. */
import { SourceClient } from '../remote/client/sourceClient.js';
import type { ClientLimits, ClientOptions } from '../remote/client/options.js';
import type { RemoteCapabilities, RemoteSource, RemoteTable } from '../remote/remoteSource.js';
import { judgeOf } from './judge.js';
import { lookupRows, type Asking } from './lookup.js';
import { pushDown } from './pushDown.js';
import { lacking, searchRows } from './search.js';
import type { HttpSourceSpec, TableSpec } from './spec.js';

export interface HttpSourceOptions extends Omit<ClientOptions, 'source' | 'limits'> {
  /** In the place of the file's own address. */
  readonly url?: string;
  /** In the place of the file's own limits. */
  readonly limits?: Partial<ClientLimits>;
}

export function createHttpSource(spec: HttpSourceSpec, options: HttpSourceOptions): RemoteSource {
  const { url = spec.url, limits, ...rest } = options;
  const { maxUrlLength: _, ...declared } = spec.limits;
  const client = new SourceClient({ ...rest, source: spec.definition.id, limits: { ...declared, ...limits } });
  const asking: Asking = { spec, url: url.replace(/\/$/, ''), client, judge: judgeOf(spec, client.limits.maxDepth) };
  return {
    id: spec.definition.id,
    tables: new Map(spec.tables.map((table) => [table.definition.name, remoteTable(asking, table)])),
    health: () => client.health(),
    onHealth: (listener) => client.onHealth(listener),
    close: () => client.close(),
  };
}

function remoteTable(asking: Asking, table: TableSpec): RemoteTable {
  const { lookup, search } = table;
  const { name } = table.definition;
  return {
    name,
    capabilities: capabilitiesOf(table),
    lookup: async (keys, columns, call) => {
      if (!lookup) throw new Error(`${name} has no lookup`);
      return lookupRows(asking, table, lookup, keys, columns, call);
    },
    search: async (query, call) => {
      if (!search) throw new Error(`${name} has no search`);
      return searchRows(asking, table, search, query, call);
    },
  };
}

function capabilitiesOf(table: TableSpec): RemoteCapabilities {
  const { lookup, search, key, columns } = table;
  return Object.freeze({
    key: lookup && key?.column.name,
    batch: lookup?.batch ?? 1,
    search: search !== undefined,
    filter: (filter) => pushDown(table, filter)?.exact === true,
    narrows: (filter) => pushDown(table, filter)?.exact === false,
    lacking: (filter) => lacking(table, filter),
    // The place of missing values is the source's own, so only a column that always has one can be ordered by.
    order: (order) => order.length === 0 || (order.length === 1 && search?.order !== undefined && order.every(({ column }) => columns.get(column.name)?.order !== undefined && column.required)),
    counts: search?.total !== undefined,
    page: search?.page.max ?? 0,
  } satisfies RemoteCapabilities);
}
