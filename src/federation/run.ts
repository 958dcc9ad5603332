/** One run of a plan over several sources: what it runs under, and what is told of it at the end. */
import { datasetPath, licenseText, versionName, type Dataset } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { TableAt } from '../plan/link.js';
import type { Bindings } from '../plan/predicate.js';
import type { DatabaseTurn } from '../sources/source.js';
import { SourceError, type RemoteAnswerInfo, type RemoteCall, type SourceErrorCode, type TreatedColumn } from '../sources/remote/remoteSource.js';

/** What an answer owes to one external dataset, as `extensions.provenance` tells it. */
export interface SourceProvenance {
  readonly source: string;
  /** OK: all that was asked came. PARTIAL: some is missing. FAILED: nothing came. */
  status: 'OK' | 'PARTIAL' | 'FAILED';
  readonly dataset: string;
  readonly version: string;
  release?: string;
  /** The oldest of the answers that were used. */
  fetchedAt?: string;
  /** Seconds since then; 0 where it was fetched for this answer. */
  age?: number;
  /** Kept records stand in although their time is over, because the source failed so. */
  staleBecause?: SourceErrorCode;
  /** Values that were not of their column's kind, and are shown as null. */
  unreadable?: number;
  /** Columns that the source does not give as they are, by its own rules. */
  treated?: readonly TreatedColumn[];
  requests: number;
  license?: string;
  citation?: string;
  /** Columns whose conditions the source checked, and those that were checked here. */
  pushedDown?: readonly string[];
  postFiltered?: readonly string[];
  /** True if not all that matches was looked through. */
  truncated?: boolean;
  /** Of a condition on the source's rows: how many identifiers satisfied it, and whether these are all. */
  semiJoin?: { readonly keys: number; readonly complete: boolean };
}

export class FederatedRun {
  readonly errors: { readonly path: readonly string[]; readonly error: unknown }[] = [];
  private readonly told = new Map<Dataset, SourceProvenance>();
  private answered = new Set<Dataset>();
  readonly deadline: number;

  constructor(readonly bindings: Bindings, readonly signal: AbortSignal, timeoutMs: number, readonly turn: DatabaseTurn, private readonly token?: (source: string) => Promise<string | undefined>) {
    this.deadline = performance.now() + timeoutMs;
  }

  call(at: TableAt): RemoteCall {
    const { source } = at.dataset;
    const { token } = this;
    return { signal: this.signal, deadline: this.deadline, requestId: this.bindings.requestId ?? '', ...(token && source?.kind === 'dure' ? { onBehalfOf: () => token(source.id) } : {}) };
  }

  provenance(): readonly SourceProvenance[] {
    return [...this.told.values()];
  }

  /** The entry of a dataset, made when something is first told of it. */
  entry({ dataset, version }: TableAt): SourceProvenance {
    let entry = this.told.get(dataset);
    if (!entry) {
      const { citation } = version.metadata;
      const license = licenseText(version.metadata);
      entry = { source: dataset.source?.id ?? 'dure', status: 'OK', dataset: datasetPath(dataset), version: versionName(version), requests: 0, ...(license === '' ? {} : { license }), ...(citation === undefined ? {} : { citation }) };
      this.told.set(dataset, entry);
    }
    return entry;
  }

  /** @param usable false where nothing of what was asked came */
  answeredBy(at: TableAt, info: RemoteAnswerInfo, usable = true): void {
    const entry = this.entry(at);
    entry.requests += info.requests;
    if (!usable) return;
    this.answered.add(at.dataset);
    if (entry.status === 'FAILED') entry.status = 'PARTIAL';
    entry.release ??= info.release;
    const fetchedAt = info.fetchedAt.toISOString();
    if (entry.fetchedAt === undefined || fetchedAt < entry.fetchedAt) {
      entry.fetchedAt = fetchedAt;
      entry.age = Math.round((info.age ?? 0) / 1000);
    }
    if (info.staleBecause !== undefined) entry.staleBecause = info.staleBecause;
    if (info.treated !== undefined) entry.treated = [...new Map([...(entry.treated ?? []), ...info.treated].map((one) => [one.column, one])).values()];
    if (info.unreadable !== undefined) entry.unreadable = (entry.unreadable ?? 0) + info.unreadable;
  }

  /** Part of what a source should have given is missing. */
  failed(at: TableAt, path: readonly string[], error: unknown, missing?: number): void {
    const entry = this.entry(at);
    entry.status = this.answered.has(at.dataset) ? 'PARTIAL' : 'FAILED';
    this.errors.push({ path, error: error instanceof SourceError ? publicError(at, error, missing) : error });
  }

  unknown(at: TableAt, path: readonly string[], ids: readonly string[]): void {
    const shown = ids.slice(0, 10).join(', ');
    const more = ids.length > 10 ? ` and ${ids.length - 10} more` : '';
    this.errors.push({ path, error: new DureError('UNKNOWN_ID', `${at.dataset.source!.id} does not know ${shown}${more}.`, { source: at.dataset.source!.id, ids: ids.slice(0, 10) }) });
  }

  complain(path: readonly string[], error: unknown): void {
    this.errors.push({ path, error });
  }
}

function publicError(at: TableAt, error: SourceError, missing: number | undefined): DureError {
  const { retryAfterMs } = error.details;
  return new DureError(error.code, `${error.message}${missing === undefined ? '' : ` ${missing} ${missing === 1 ? 'record is' : 'records are'} missing.`}`, {
    source: at.dataset.source!.id, ...(retryAfterMs === undefined ? {} : { retryAfter: Math.ceil(retryAfterMs / 1000) }),
  });
}
