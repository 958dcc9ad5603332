/** A table whose answers are kept: look-ups record by record, searches page by page. */
import type { Column } from '../../../catalog/model.js';
import { SourceError, type LookupAnswer, type RemoteAnswerInfo, type RemoteCall, type RemoteFilter, type RemoteRow, type RemoteTable, type SearchAnswer, type SearchQuery, type SourceErrorCode } from '../remoteSource.js';
import { sizeOf, type ByteLru } from './byteLru.js';
import { Flight } from './flight.js';
import { useOf, type CacheSettings } from './settings.js';

/** What the source said of one key, or of one search. */
export type Kept =
  | { readonly kind: 'record'; readonly row: RemoteRow | null; readonly columns: Columns; readonly fetchedAt: Date; readonly release?: string }
  | { readonly kind: 'page'; readonly answer: SearchAnswer; readonly fetchedAt: Date };

type Record = Extract<Kept, { kind: 'record' }>;

/** By name. */
type Columns = ReadonlyMap<string, Column>;

interface KeyFlight { readonly flight: Flight<LookupAnswer>; readonly columns: Columns }

export interface CacheContext {
  readonly source: string;
  readonly settings: CacheSettings;
  readonly kept: ByteLru<Kept>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How long a question may take that is asked in the background. */
const refreshMs = 30_000;

export class CachedTable implements RemoteTable {
  readonly name: string;
  readonly capabilities: RemoteTable['capabilities'];
  /** By scope and key. */
  private readonly keyFlights = new Map<string, Map<string, KeyFlight>>();
  private readonly pageFlights = new Map<string, Flight<SearchAnswer>>();

  constructor(private readonly table: RemoteTable, private readonly context: CacheContext) {
    this.name = table.name;
    this.capabilities = table.capabilities;
  }

  async lookup(keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer> {
    const scope = this.scopeOf(call);
    if (scope === undefined) return this.table.lookup(keys, columns, call);
    const wanted = new Map(columns.map((column) => [column.name, column]));
    const gathered = new Gathered(this.context.now());
    const missing: string[] = [];
    const stale: string[] = [];
    const fallback = new Map<string, Record>();
    if (this.context.kept.size === 0) missing.push(...new Set(keys));
    else for (const key of new Set(keys)) {
      const kept = this.recordOf(scope, key, wanted);
      const use = kept ? useOf(this.context.now() - kept.fetchedAt.getTime(), kept.row !== null, this.context.settings) : 'none';
      if (kept && (use === 'fresh' || use === 'refresh')) gathered.keep(key, kept);
      if (use === 'refresh') stale.push(key);
      if (kept && use === 'fallback') fallback.set(key, kept);
      if (use === 'fallback' || use === 'none') missing.push(key);
    }
    if (stale.length > 0) this.refresh(scope, stale, wanted, call);
    if (missing.length > 0) await this.fetch(scope, missing, wanted, call, gathered);
    for (const [key, kept] of fallback) gathered.standIn(key, kept);
    return gathered.answer();
  }

  async search(query: SearchQuery, call: RemoteCall): Promise<SearchAnswer> {
    const scope = this.scopeOf(call);
    if (scope === undefined) return this.table.search(query, call);
    const { settings, kept, now, source } = this.context;
    const key = `page ${scope} ${this.name} ${queryKey(query)}`;
    const entry = kept.get(key);
    const page = entry?.kind === 'page' ? entry : undefined;
    const use = page ? useOf(now() - page.fetchedAt.getTime(), true, settings) : 'none';
    const ask = (deadline: number): { readonly flight: Flight<SearchAnswer>; readonly own: boolean } => this.pageFlight(key, query, { ...call, deadline });
    if (page && (use === 'fresh' || use === 'refresh')) {
      if (use === 'refresh' && !this.pageFlights.has(key)) void ask(performance.now() + refreshMs).flight.wait(background(call), source).catch(() => undefined);
      return agedPage(page, now());
    }
    try {
      const { flight, own } = ask(call.deadline);
      const answer = await flight.wait(call, source);
      return own ? answer : { ...answer, info: { ...answer.info, requests: 0 } };
    } catch (error) {
      if (page && use === 'fallback' && error instanceof SourceError) return agedPage(page, now(), error.code);
      throw error;
    }
  }

  /** Undefined where an answer may not be kept: it is for one caller, and nothing tells which. */
  private scopeOf(call: RemoteCall): string | undefined {
    return call.onBehalfOf === undefined ? '' : call.rights;
  }

  private recordOf(scope: string, key: string, wanted: Columns): Record | undefined {
    const kept = this.context.kept.get(recordKey(this.name, scope, key));
    return kept?.kind === 'record' && within(wanted, kept.columns) ? kept : undefined;
  }

  /** Asks for what is missing; keys that others ask for at this moment are waited for. */
  private async fetch(scope: string, keys: readonly string[], wanted: Columns, call: RemoteCall, gathered: Gathered): Promise<void> {
    const joined = new Map<Flight<LookupAnswer>, string[]>();
    const own: string[] = [];
    const flights = this.context.settings.singleFlight ? this.keyFlights.get(scope) : undefined;
    for (const key of keys) {
      const under = flights?.get(key);
      if (under?.flight.alive && within(wanted, under.columns)) joined.set(under.flight, [...(joined.get(under.flight) ?? []), key]);
      else own.push(key);
    }
    const again: string[] = [];
    await Promise.all([
      ...(own.length > 0 ? [this.await(this.start(scope, own, wanted, call), own, call, gathered, true)] : []),
      ...[...joined].map(async ([flight, some]) => {
        await this.await(flight, some, call, gathered, false);
        // Whoever asked first may have had less time than this caller has.
        if (flight.deadline < call.deadline) again.push(...some.filter((key) => gathered.failed.get(key)?.code === 'SOURCE_TIMEOUT'));
      }),
    ]);
    if (again.length === 0 || performance.now() >= call.deadline) return;
    for (const key of again) gathered.failed.delete(key);
    await this.await(this.start(scope, again, wanted, call), again, call, gathered, true);
  }

  private start(scope: string, keys: readonly string[], wanted: Columns, call: RemoteCall): Flight<LookupAnswer> {
    const columns = this.widened(scope, keys, wanted);
    const flight = new Flight(call.deadline, async (signal): Promise<LookupAnswer> => {
      try {
        const answer = await this.table.lookup(keys, [...columns.values()], { ...call, signal });
        this.keep(scope, keys, columns, answer);
        return answer;
      } finally {
        for (const key of keys) if (flights.get(key)?.flight === flight) flights.delete(key);
        if (flights.size === 0 && this.keyFlights.get(scope) === flights) this.keyFlights.delete(scope);
      }
    });
    const flights = this.keyFlights.get(scope) ?? new Map<string, KeyFlight>();
    this.keyFlights.set(scope, flights);
    const under: KeyFlight = { flight, columns };
    for (const key of keys) flights.set(key, under);
    return flight;
  }

  /** With the columns that were asked for before, so that two questions for different columns do not take turns in forgetting each other's. */
  private widened(scope: string, keys: readonly string[], wanted: Columns): Columns {
    if (this.context.kept.size === 0) return wanted;
    const columns = new Map(wanted);
    for (const key of keys) {
      const kept = this.context.kept.get(recordKey(this.name, scope, key));
      if (kept?.kind === 'record') for (const [name, column] of kept.columns) columns.set(name, column);
    }
    return columns;
  }

  private async await(flight: Flight<LookupAnswer>, keys: readonly string[], call: RemoteCall, gathered: Gathered, own: boolean): Promise<void> {
    try {
      gathered.add(keys, await flight.wait(call, this.context.source), own);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      for (const key of keys) gathered.failed.set(key, error);
    }
  }

  private keep(scope: string, keys: readonly string[], columns: Columns, { rows, failed, info }: LookupAnswer): void {
    if (this.context.settings.maxBytes === 0) return;
    for (const key of keys) {
      if (failed.has(key)) continue;
      const row = rows.get(key) ?? null;
      this.context.kept.set(recordKey(this.name, scope, key), { kind: 'record', row, columns, fetchedAt: info.fetchedAt, release: info.release }, 200 + key.length * 4 + sizeOf(row));
    }
  }

  private refresh(scope: string, keys: readonly string[], columns: Columns, call: RemoteCall): void {
    const flights = this.keyFlights.get(scope);
    const idle = keys.filter((key) => flights?.get(key)?.flight.alive !== true);
    if (idle.length === 0) return;
    void this.start(scope, idle, columns, { ...call, deadline: performance.now() + refreshMs }).wait(background(call), this.context.source).catch(() => undefined);
  }

  private pageFlight(key: string, query: SearchQuery, call: RemoteCall): { readonly flight: Flight<SearchAnswer>; readonly own: boolean } {
    const under = this.context.settings.singleFlight ? this.pageFlights.get(key) : undefined;
    if (under?.alive && under.deadline >= call.deadline) return { flight: under, own: false };
    const flight = new Flight(call.deadline, async (signal): Promise<SearchAnswer> => {
      try {
        const answer = await this.table.search(query, { ...call, signal });
        if (this.context.settings.maxBytes > 0) this.context.kept.set(key, { kind: 'page', answer, fetchedAt: answer.info.fetchedAt }, 200 + key.length * 2 + sizeOf(answer.rows));
        return answer;
      } finally {
        if (this.pageFlights.get(key) === flight) this.pageFlights.delete(key);
      }
    });
    this.pageFlights.set(key, flight);
    return { flight, own: true };
  }
}

/** An answer that is put together of kept and fetched records. */
class Gathered {
  readonly rows = new Map<string, RemoteRow>();
  readonly failed = new Map<string, SourceError>();
  private readonly kept = new Map<string, Date>();
  private oldest: Date | undefined;
  private release: string | undefined;
  private requests = 0;
  private unreadable = 0;
  private staleBecause: SourceErrorCode | undefined;

  constructor(private readonly now: number) {}

  keep(key: string, { row, fetchedAt, release }: Record): void {
    if (row) this.rows.set(key, row);
    this.kept.set(key, fetchedAt);
    this.came(fetchedAt, release);
  }

  add(keys: readonly string[], { rows, failed, info }: LookupAnswer, own: boolean): void {
    for (const key of keys) {
      const row = rows.get(key);
      if (row) this.rows.set(key, row);
      const error = failed.get(key);
      if (error) this.failed.set(key, error);
    }
    if (own) this.requests += info.requests;
    this.unreadable += info.unreadable ?? 0;
    this.came(info.fetchedAt, info.release);
  }

  /** In the place of what failed. */
  standIn(key: string, record: Record): void {
    const error = this.failed.get(key);
    if (!error) return;
    this.failed.delete(key);
    this.staleBecause = error.code;
    this.keep(key, record);
  }

  answer(): LookupAnswer {
    const info: RemoteAnswerInfo = {
      fetchedAt: this.oldest ?? new Date(this.now), release: this.release, requests: this.requests,
      ...(this.unreadable > 0 && { unreadable: this.unreadable }),
      ...(this.kept.size > 0 && { age: Math.max(0, this.now - this.oldest!.getTime()), kept: this.kept }),
      ...(this.staleBecause !== undefined && { staleBecause: this.staleBecause }),
    };
    return { rows: this.rows, failed: this.failed, info };
  }

  private came(at: Date, release: string | undefined): void {
    if (this.oldest === undefined || at < this.oldest) {
      this.oldest = at;
      this.release = release ?? this.release;
    } else this.release ??= release;
  }
}

function agedPage({ answer, fetchedAt }: Extract<Kept, { kind: 'page' }>, now: number, staleBecause?: SourceErrorCode): SearchAnswer {
  return { ...answer, info: { ...answer.info, fetchedAt, requests: 0, age: Math.max(0, now - fetchedAt.getTime()), ...(staleBecause !== undefined && { staleBecause }) } };
}

function within(some: Columns, all: Columns): boolean {
  return [...some.keys()].every((name) => all.has(name));
}

function recordKey(table: string, scope: string, key: string): string {
  return `record ${scope} ${table} ${key}`;
}

/** A call that nobody can end: what it asks for is for the next ones. */
function background(call: RemoteCall): RemoteCall {
  return { ...call, signal: new AbortController().signal, deadline: Infinity };
}

function queryKey({ filter, order, columns, first, after }: SearchQuery): string {
  return JSON.stringify([filter && filterKey(filter), order.map(({ column, direction }) => [column.name, direction]), columns.map(({ name }) => name), first, after ?? null]);
}

function filterKey(filter: RemoteFilter): unknown {
  switch (filter.op) {
    case 'and': case 'or': return [filter.op, ...filter.of.map(filterKey)];
    case 'not': return ['not', filterKey(filter.of)];
    default: return { ...filter, column: filter.column.name };
  }
}
