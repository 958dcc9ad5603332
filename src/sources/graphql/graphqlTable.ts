/** Rows of a GraphQL source by key: one field of its Query takes a list of keys and gives records, with those that it does not know absent or null. */
import type { Column } from '../../catalog/model.js';
import { readCell, readRow, type Counter } from '../http/readRows.js';
import { lookupInBatches, type Batch } from '../remote/lookupInBatches.js';
import type { LookupAnswer, RemoteCall, RemoteCapabilities, RemoteRow, RemoteTable, SearchAnswer, SourceError } from '../remote/remoteSource.js';
import { ask, invalid, type GraphqlAnswer, type GraphqlEndpoint } from './endpoint.js';
import { selectionOf } from './selection.js';
import type { GraphqlTableSpec } from './spec.js';

export class GraphqlTable implements RemoteTable {
  readonly name: string;
  readonly capabilities: RemoteCapabilities;

  constructor(private readonly endpoint: GraphqlEndpoint, private readonly spec: GraphqlTableSpec) {
    this.name = spec.definition.name;
    this.capabilities = Object.freeze({ key: spec.key.column.name, batch: spec.root.batch, search: false, filter: () => false, order: () => false, counts: false, page: spec.root.batch });
  }

  async lookup(keys: readonly string[], columns: readonly Column[], call: RemoteCall): Promise<LookupAnswer> {
    // Several ways to write a key may be one key of the source.
    const asked = new Map<string, string[]>();
    for (const key of new Set(keys)) {
      const own = this.settled(key);
      if (this.spec.isKey(own)) asked.set(own, [...(asked.get(own) ?? []), key]);
    }
    const tally = { requests: 0 };
    const counter: Counter = { unreadable: 0 };
    const { rows, failed, info } = await lookupInBatches([...asked.keys()], { batch: this.spec.root.batch }, tally, (batch) => this.batch(batch, columns, call, tally, counter));
    const asAsked = <T>(found: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...found].flatMap(([own, value]) => asked.get(own)!.map((key) => [key, value] as const)));
    return { rows: asAsked(rows), failed: asAsked(failed), info: { ...info, ...(counter.unreadable > 0 ? { unreadable: counter.unreadable } : {}) } };
  }

  search(): Promise<SearchAnswer> {
    return Promise.reject(new Error(`${this.name} has no search`));
  }

  private async batch(keys: readonly string[], columns: readonly Column[], call: RemoteCall, tally: { requests: number }, counter: Counter): Promise<Batch> {
    const { root, key } = this.spec;
    const wanted = columns.flatMap(({ name }) => this.spec.columns.get(name) ?? []);
    const query = `query ($keys: ${root.type}) { rows: ${root.field}(${root.argument}: $keys) ${selectionOf([key, ...wanted].map(({ path }) => path.text))} }`;
    const answer = await ask(this.endpoint, { query, variables: { keys }, label: `${this.name} lookup` }, call, tally);
    const records = answer.data?.['rows'];
    if (!Array.isArray(records)) throw invalid(this.endpoint, answer.problems.length > 0 ? 'answered the question with errors' : 'sent an answer without rows');
    const { touched, general } = whatFailed(answer, records);
    const rows = new Map<string, RemoteRow>();
    const failed = new Map<string, SourceError>();
    const open = new Set(keys);
    let strangers = false;
    records.forEach((one: unknown, index) => {
      if (one === null) return;
      const found = readCell(one, key, counter);
      const own = found === null ? undefined : this.settled(String(found as string | number));
      // Of several records of one key the first counts.
      if (own === undefined || !open.delete(own)) strangers ||= own === undefined || !keys.includes(own);
      else if (touched.has(index)) failed.set(own, invalid(this.endpoint, 'could not give all of this record'));
      else rows.set(own, readRow(one, wanted, counter));
    });
    // A key without a record is unknown only if the source did all that it was asked for, and for these keys.
    if (general || strangers) for (const missing of open) failed.set(missing, invalid(this.endpoint, general ? 'answered a part of the question with errors' : 'sent other records than those that were asked for'));
    return { rows, failed, fetchedAt: answer.fetchedAt };
  }

  /** The key as the source writes it. */
  private settled(key: string): string {
    const { prefix, case: letters } = this.spec.root;
    const text = key.trim();
    const short = prefix !== undefined && text.toLowerCase().startsWith(prefix.toLowerCase()) ? text.slice(prefix.length) : text;
    return letters === 'UPPER' ? short.toUpperCase() : letters === 'LOWER' ? short.toLowerCase() : short;
  }
}

/** Which records have an error in them, and whether there is one that belongs to no record. */
function whatFailed({ problems }: GraphqlAnswer, records: readonly unknown[]): { readonly touched: ReadonlySet<number>; readonly general: boolean } {
  const touched = new Set<number>();
  let general = false;
  for (const { path } of problems) {
    const index = path?.[0] === 'rows' ? path[1] : undefined;
    if (typeof index === 'number' && records[index] !== null && records[index] !== undefined) touched.add(index);
    else general = true;
  }
  return { touched, general };
}
