/** A provider's structures as a remote table. */
import type { Column } from '../../catalog/model.js';
import { CellMistake, cellOf } from '../remote/cell.js';
import { lookupInBatches, type Batch } from '../remote/lookupInBatches.js';
import { SourceError, type LookupAnswer, type RemoteCall, type RemoteCapabilities, type RemoteFilter, type RemoteRow, type RemoteTable, type SearchAnswer, type SearchQuery } from '../remote/remoteSource.js';
import { textLiteral } from './filterTokens.js';
import { invalid, PageWalk, type Provider, type Structure } from './pages.js';
import { writeFilter } from './writeFilter.js';

export interface StructuresOptions {
  /** Ids in one request. */
  readonly batch: number;
  /** The most structures that the provider gives in a page. */
  readonly page: number;
  readonly counts: boolean;
}

/** Characters of a filter once it is encoded; servers refuse addresses of more than about 8,000. */
const longestFilter = 6_000;

export class StructuresTable implements RemoteTable {
  readonly name = 'structures';
  readonly capabilities: RemoteCapabilities;

  constructor(private readonly provider: Provider, private readonly options: StructuresOptions) {
    this.capabilities = Object.freeze({
      key: 'id', batch: options.batch, search: true, counts: options.counts, page: options.page,
      filter: (filter: RemoteFilter) => { const text = writeFilter(filter); return text !== undefined && encodeURIComponent(text).length <= longestFilter / 2; },
      // The specification does not say where unknown values stand in an order, nor by which rules texts are ordered.
      order: () => false,
    });
  }

  lookup(keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer> {
    const tally = { requests: 0 };
    // What cannot be written as a text of the language is nobody's id.
    const possible = keys.filter((key) => textLiteral(key) !== undefined);
    const weight = (key: string): number => encodeURIComponent(` OR id = ${textLiteral(key)!}`).length;
    return lookupInBatches(possible, { batch: this.options.batch, characters: longestFilter, weight }, tally, (batch) => this.batch(batch, columns, call, tally));
  }

  private async batch(keys: readonly string[], columns: readonly Column[], call: RemoteCall, tally: { requests: number }): Promise<Batch> {
    const wanted = new Set(keys);
    const rows = new Map<string, RemoteRow>();
    const walk = new PageWalk(this.provider, call, tally);
    const failed = new Map<string, SourceError>();
    let strangers = false;
    let url: string | undefined = this.address(keys.map((key) => `id = ${textLiteral(key)!}`).join(' OR '), columns, Math.min(keys.length, this.options.page));
    let fetchedAt = new Date();
    let release: string | undefined;
    while (url !== undefined && rows.size + failed.size < wanted.size) {
      const page = await walk.page(url);
      for (const structure of page.structures) {
        if (!wanted.has(structure.id)) strangers = true;
        else this.collect(structure, columns, rows, failed);
      }
      ({ fetchedAt, release, next: url } = page);
    }
    // Somebody else's structures instead of those that were asked for: then “unknown” would be a guess.
    if (strangers) for (const key of keys) if (!rows.has(key)) failed.set(key, invalid(this.provider, 'sent other structures than those that were asked for'));
    return { rows, failed, fetchedAt, release };
  }

  /** A structure that cannot be read is that structure's failure alone. */
  private collect(structure: Structure, columns: readonly Column[], rows: Map<string, RemoteRow>, failed: Map<string, SourceError>): void {
    try {
      rows.set(structure.id, this.row(structure, columns));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      failed.set(structure.id, error);
    }
  }

  /** Pages end where they end at the provider; `next` says which page, and how many of its structures were given already. */
  async search({ filter, order, columns, first, after }: SearchQuery, call: RemoteCall): Promise<SearchAnswer> {
    const tally = { requests: 0 };
    const text = filter === undefined ? undefined : writeFilter(filter);
    if ((filter !== undefined && text === undefined) || order.length > 0) throw new Error('a filter or an order that the capabilities refuse');
    if (text !== undefined && encodeURIComponent(text).length > longestFilter) throw new SourceError('SOURCE_LIMITED', `${this.provider.source} is asked with more conditions than an address has room for: ask with fewer.`, { source: this.provider.source });
    const from = after === undefined ? { url: this.address(text, columns, Math.min(Math.max(first, 1), this.options.page)), skip: 0 } : this.position(after);
    const walk = new PageWalk(this.provider, call, tally);
    const rows: RemoteRow[] = [];
    let url: string | undefined = from.url;
    let { skip } = from;
    for (;;) {
      const page = await walk.page(url);
      const left = page.structures.slice(skip);
      const taken = left.slice(0, first - rows.length);
      rows.push(...taken.map((structure) => this.row(structure, columns)));
      const next: { url: string; skip: number } | undefined = taken.length < left.length ? { url, skip: skip + taken.length } : page.next === undefined ? undefined : { url: page.next, skip: 0 };
      if (next === undefined || rows.length >= first) {
        return {
          rows, ...(page.total === undefined ? {} : { total: page.total }), ...(next === undefined ? {} : { next: JSON.stringify([next.url, next.skip]) }),
          info: { fetchedAt: page.fetchedAt, ...(page.release === undefined ? {} : { release: page.release }), requests: tally.requests },
        };
      }
      ({ url, skip } = next);
    }
  }

  private address(filter: string | undefined, columns: readonly Column[], limit: number): string {
    const fields = columns.map((column) => column.name).filter((name) => name !== 'id');
    const query = new URLSearchParams({ ...(filter === undefined ? {} : { filter }), response_fields: fields.length === 0 ? 'id' : fields.join(','), page_limit: String(limit) });
    return `${this.provider.url}/v1/structures?${query.toString()}`;
  }

  /** A page that we named before. Whatever it says, only the provider's own structures are asked. */
  private position(after: string): { url: string; skip: number } {
    let given: unknown;
    try { given = JSON.parse(after); } catch { given = undefined; }
    const [url, skip] = Array.isArray(given) ? (given as readonly unknown[]) : [];
    const base = new URL(this.provider.url);
    if (typeof url !== 'string' || !Number.isSafeInteger(skip) || (skip as number) < 0 || !URL.canParse(url) || new URL(url).origin !== base.origin) {
      throw new SourceError('SOURCE_INVALID', `${this.provider.source} has no such page.`, { source: this.provider.source });
    }
    return { url, skip: skip as number };
  }

  private row({ id, attributes }: Structure, columns: readonly Column[]): RemoteRow {
    try {
      return Object.freeze(Object.fromEntries(columns.map((column) => [column.name, column.name === 'id' ? id : cellOf(column, attributes[column.name])])));
    } catch (error) {
      if (error instanceof CellMistake) throw invalid(this.provider, error.message);
      throw error;
    }
  }
}
