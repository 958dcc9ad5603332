/** Pages of a search. What the source cannot be asked together is checked here, row by row. */
import { DureError } from '../../errors.js';
import type { Tally } from '../remote/client/options.js';
import { evaluateFilter } from '../remote/evaluateFilter.js';
import { SourceError, type RemoteCall, type RemoteFilter, type RemoteRow, type SearchAnswer, type SearchQuery } from '../remote/remoteSource.js';
import { address, pairs, selection } from './address.js';
import { columnsOf, credentialsOf, type Asking } from './lookup.js';
import { nextPage, readToken, tokenText, type PageToken } from './paging.js';
import { readPlace } from './places.js';
import { pushDown } from './pushDown.js';
import { holdForm, readRow, recordsAt, type Counter } from './readRows.js';
import type { SearchSpec, TableSpec } from './spec.js';

/** A source whose pages never end is left after so many. */
const mostPages = 1000;

export async function searchRows(asking: Asking, table: TableSpec, search: SearchSpec, query: SearchQuery, call: RemoteCall): Promise<SearchAnswer> {
  const { spec, client, judge } = asking;
  const source = spec.definition.id;
  const { params, local, nothing } = conditions(table, search, query.filter);
  if (nothing) return { rows: [], total: 0, info: { fetchedAt: new Date(), requests: 0 } };
  const lacking = lackingParameters(table, search, params);
  if (lacking !== undefined) throw new DureError('BAD_USER_INPUT', lacking);

  const columns = [...new Set([...query.columns, ...local.flatMap(columnsIn)])];
  const wanted = columnsOf(table, columns);
  const fields = selection(table, columns);
  const fixed = [...pairs(table.params), ...pairs(search.params), ...params, ...fields.params, ...orderParams(table, search, query)];
  const path = search.path.replaceAll('{fields}', fields.text);
  const first = (size: number, at: string | undefined): string => address(asking.url, path, [...fixed, ...(search.page.size === undefined ? [] : [[search.page.size, String(size)] as const]), ...(at === undefined ? [] : [[search.page.at!, at] as const])]);

  const tally: Tally = { requests: 0 };
  const counter: Counter = { unreadable: 0 };
  const rows: RemoteRow[] = [];
  const seen = new Set<string>();
  let token: PageToken | undefined = query.after === undefined ? { skip: 0 } : readToken(query.after, source, asking.url);
  let fetchedAt = new Date();
  let release: string | undefined;
  let total: number | undefined;
  for (let pages = 0; token !== undefined && rows.length < query.first; pages += 1) {
    const size: number = token.size ?? Math.min(search.page.max, query.first - rows.length + token.skip);
    const url = search.page.next === 'OFFSET' || search.page.next === 'NUMBER' ? first(size, token.page ?? String(search.page.next === 'OFFSET' ? 0 : search.page.first)) : (token.page ?? first(size, undefined));
    if (pages >= mostPages) throw repeats(source);
    seen.add(url);
    const answer = await client.request({ url, label: `${table.definition.name} search`, credentials: credentialsOf(spec), judge }, call, tally);
    if (answer.fetchedAt < fetchedAt) fetchedAt = answer.fetchedAt;
    release ??= spec.release && readPlace(spec.release, answer.headers, answer.body);
    const records = answer.body === undefined ? [] : recordsAt(answer.body, search.rows, source);
    holdForm(records, wanted.filter(({ column }) => column.required), source);
    total ??= answer.body === undefined ? 0 : countOf(search.total && readPlace(search.total, answer.headers, answer.body));
    let index: number = token.skip;
    for (; index < records.length && rows.length < query.first; index += 1) {
      const row = readRow(records[index], wanted, counter);
      if (local.every((filter) => evaluateFilter(filter, row) === true)) rows.push(row);
    }
    const next: PageToken | undefined = index < records.length
      ? { page: token.page, size: search.page.size === undefined ? undefined : size, skip: index }
      : nextPage(search, { answer, token, size, count: records.length, total, source, base: asking.url, secretNames: new Set(spec.credentials.filter((one) => one.in === 'QUERY').map(({ name }) => name)) });
    // Told also where this page was the last that was asked for: whoever goes on from there would go round for ever.
    if (next?.page !== undefined && index >= records.length && seen.has(next.page)) throw repeats(source);
    token = next;
  }
  return {
    rows, total: local.length > 0 ? undefined : total, next: token && tokenText(token),
    info: { fetchedAt, release, requests: tally.requests, ...(counter.unreadable > 0 && { unreadable: counter.unreadable }) },
  };
}

function repeats(source: string): SourceError {
  return new SourceError('SOURCE_INVALID', `${source} repeats its pages: the next page is one that was read already.`, { source });
}

interface Conditions {
  readonly params: readonly (readonly [string, string])[];
  /** What is checked here: two conditions that need the same parameter cannot both be asked. */
  readonly local: readonly RemoteFilter[];
  /** True where nothing can satisfy them. */
  readonly nothing: boolean;
}

function conditions(table: TableSpec, search: SearchSpec, filter: RemoteFilter | undefined): Conditions {
  const params = new Map<string, string>();
  const terms: string[] = [];
  const local: RemoteFilter[] = [];
  let nothing = false;
  for (const part of partsOf(filter)) {
    const pushed = pushDown(table, part);
    nothing ||= pushed?.nothing === true;
    const clash = pushed?.params.some(([name, value]) => params.has(name) && params.get(name) !== value) ?? false;
    if (!pushed || clash) {
      local.push(part);
      continue;
    }
    for (const [name, value] of pushed.params) params.set(name, value);
    if (pushed.query !== undefined) terms.push(pushed.query);
  }
  const { query } = search;
  const joined = query ? [[query.name, terms.length === 0 ? query.all : terms.map((term) => (terms.length > 1 ? `(${term})` : term)).join(query.and)] as const] : [];
  return { params: [...params, ...joined], local, nothing };
}

export function partsOf(filter: RemoteFilter | undefined): readonly RemoteFilter[] {
  if (filter === undefined) return [];
  return filter.op === 'and' ? filter.of.flatMap(partsOf) : [filter];
}

/** What conditions are missing, in words; undefined where nothing is. */
export function lacking(table: TableSpec, filter: RemoteFilter | undefined): string | undefined {
  if (!table.search) return undefined;
  const { params, nothing } = conditions(table, table.search, filter);
  return nothing ? undefined : lackingParameters(table, table.search, params);
}

function lackingParameters(table: TableSpec, search: SearchSpec, params: readonly (readonly [string, string])[]): string | undefined {
  const missing = search.required.filter((name) => !params.some(([given]) => given === name));
  if (missing.length === 0) return undefined;
  const ways = missing.map((parameter) => {
    const columns = [...table.columns.values()].flatMap(({ column, filters }) => {
      const ops = filters.filter(({ params: names }) => names?.includes(parameter)).map(({ op }) => op);
      return ops.length === 0 ? [] : [`${column.field} (${[...new Set(ops)].join(', ')})`];
    });
    return columns.join(' or ');
  });
  return `${table.definition.field} can only be searched with conditions on ${[...new Set(ways)].join(' and on ')}.`;
}

function orderParams(table: TableSpec, search: SearchSpec, { order }: SearchQuery): readonly (readonly [string, string])[] {
  const first = order[0];
  const name = first && table.columns.get(first.column.name)?.order;
  if (!first || name === undefined || !search.order) return [];
  return [[search.order.name, (first.direction === 'ASC' ? search.order.ascending : search.order.descending).replaceAll('{name}', name)]];
}

function columnsIn(filter: RemoteFilter): SearchQuery['columns'] {
  switch (filter.op) {
    case 'and': case 'or': return filter.of.flatMap(columnsIn);
    case 'not': return columnsIn(filter.of);
    default: return [filter.column];
  }
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
