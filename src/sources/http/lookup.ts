/** Rows by key: batches within the source's bounds, joined by the key in the answer. */
import type { Column } from '../../catalog/model.js';
import type { SourceRequest, Tally } from '../remote/client/options.js';
import type { SourceClient } from '../remote/client/sourceClient.js';
import { SourceError, type LookupAnswer, type RemoteCall, type RemoteRow } from '../remote/remoteSource.js';
import { address, pairs, selection } from './address.js';
import { readPlace } from './places.js';
import { holdForm, readCell, readRow, recordsAt, type Counter } from './readRows.js';
import type { ColumnSpec, HttpSourceSpec, LookupSpec, TableSpec } from './spec.js';

export interface Asking {
  readonly spec: HttpSourceSpec;
  readonly url: string;
  readonly client: SourceClient;
  readonly judge: SourceRequest['judge'];
}

export async function lookupRows(asking: Asking, table: TableSpec, lookup: LookupSpec, keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer> {
  // Several keys as they were asked may be one key of the source.
  const asked = new Map<string, string[]>();
  for (const key of new Set(keys)) {
    const own = settled(key, lookup);
    if (!lookup.isKey(own)) continue;
    const others = asked.get(own);
    if (others) others.push(key);
    else asked.set(own, [key]);
  }
  const wanted = columnsOf(table, columns);
  const tally: Tally = { requests: 0 };
  const counter: Counter = { unreadable: 0 };
  const rows = new Map<string, RemoteRow>();
  const failed = new Map<string, SourceError>();
  let fetchedAt = new Date();
  let release: string | undefined;
  const requests = batches([...asked.keys()], lookup, (batch) => lookupRequest(asking, table, lookup, batch, columns), asking.spec.limits.maxUrlLength);
  await Promise.all(requests.map(async ({ batch, request }) => {
    try {
      const answer = await asking.client.request(request, call, tally);
      if (answer.fetchedAt < fetchedAt) fetchedAt = answer.fetchedAt;
      release ??= asking.spec.release && readPlace(asking.spec.release, answer.headers, answer.body);
      if (answer.body === undefined) return;
      const open = new Set(batch);
      const records = recordsAt(answer.body, lookup.rows, asking.spec.definition.id);
      holdForm(records, [table.key!], asking.spec.definition.id);
      for (const record of records) {
        const key = readCell(record, table.key!, counter);
        const own = key === null ? undefined : settled(String(key as string | number), lookup);
        // Of several rows of one key the first counts; rows of keys that were not asked for are somebody else's.
        if (own === undefined || !open.delete(own)) continue;
        const row = readRow(record, wanted, counter);
        for (const one of asked.get(own)!) rows.set(one, row);
      }
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      for (const own of batch) for (const key of asked.get(own)!) failed.set(key, error);
    }
  }));
  return { rows, failed, info: { fetchedAt, release, requests: tally.requests, ...(counter.unreadable > 0 && { unreadable: counter.unreadable }) } };
}

/** The key as the source writes it. */
function settled(key: string, lookup: LookupSpec): string {
  const text = key.trim();
  return lookup.case === 'UPPER' ? text.toUpperCase() : lookup.case === 'LOWER' ? text.toLowerCase() : text;
}

export function columnsOf(table: TableSpec, columns: readonly Column[]): readonly ColumnSpec[] {
  return columns.flatMap(({ name }) => table.columns.get(name) ?? []);
}

interface Batch { readonly batch: readonly string[]; readonly request: SourceRequest }

/** Texts that stand in an address as they are (RFC 3986, 2.3). */
const unreserved = /^[\w.~-]*$/;

/** As many keys as are allowed, and as the address has room for. */
function batches(keys: readonly string[], lookup: LookupSpec, make: (batch: readonly string[]) => SourceRequest, maxUrlLength: number): readonly Batch[] {
  if (keys.length === 0) return [];
  const inUrl = lookup.keys.in !== 'FORM';
  const room = inUrl ? maxUrlLength - make(['']).url.length : Infinity;
  const made: Batch[] = [];
  let batch: string[] = [];
  let length = 0;
  const close = (): void => {
    if (batch.length > 0) made.push({ batch, request: make(batch) });
    batch = [];
    length = 0;
  };
  for (const key of keys) {
    const size = (unreserved.test(key) ? key : encodeURIComponent(key)).length + 3;
    if (batch.length >= lookup.batch || (batch.length > 0 && length + size > room)) close();
    batch.push(key);
    length += size;
  }
  close();
  return made;
}

function lookupRequest({ spec, url, judge }: Asking, table: TableSpec, lookup: LookupSpec, batch: readonly string[], columns: readonly Column[]): SourceRequest {
  const fields = selection(table, columns);
  const joined = batch.join(lookup.keys.separator);
  const path = lookup.path.replaceAll('{key}', encodeURIComponent(batch[0]!)).replaceAll('{fields}', fields.text);
  const params = [...pairs(table.params), ...pairs(lookup.params), ...(lookup.keys.in === 'QUERY' ? [[lookup.keys.name!, joined] as const] : []), ...fields.params];
  return {
    url: address(url, path, params), method: lookup.method, label: `${table.definition.name} lookup`, repeatable: true, credentials: credentialsOf(spec), judge,
    ...(lookup.keys.in === 'FORM' && { body: `${encodeURIComponent(lookup.keys.name!)}=${encodeURIComponent(joined).replaceAll('%2C', ',')}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  };
}

export function credentialsOf(spec: HttpSourceSpec): SourceRequest['credentials'] {
  return spec.credentials.map((one) => ({ ...one, in: one.in === 'QUERY' ? 'query' as const : 'header' as const }));
}
