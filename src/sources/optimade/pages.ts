/** Pages of /v1/structures: asked for, checked for their shape, and followed by the links that the provider gives. */
import { SourceError, type RemoteCall } from '../remote/remoteSource.js';
import type { SourceClient } from '../remote/client/sourceClient.js';
import type { Tally } from '../remote/client/options.js';

export interface Structure {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface StructurePage {
  readonly structures: readonly Structure[];
  /** How many the filter lets through, where the provider counts. */
  readonly total?: number;
  readonly release?: string;
  readonly fetchedAt: Date;
  readonly next?: string;
}

export interface Provider {
  readonly source: string;
  /** Address without the version and without a slash at its end. */
  readonly url: string;
  readonly client: SourceClient;
}

/** @throws SourceError */
export async function structurePage(provider: Provider, url: string, call: RemoteCall, tally: Tally): Promise<StructurePage> {
  const answer = await provider.client.request({ url, label: 'structures' }, call, tally);
  const body = record(answer.body);
  const data = body?.['data'];
  if (!Array.isArray(data)) throw invalid(provider, 'sent an answer without structures');
  const meta = record(body?.['meta']);
  const total = meta?.['data_returned'];
  const release = record(meta?.['database'])?.['version'];
  return {
    structures: data.map((entry) => structure(provider, entry)),
    ...(Number.isSafeInteger(total) ? { total: total as number } : {}),
    ...(typeof release === 'string' ? { release } : {}),
    fetchedAt: answer.fetchedAt,
    next: nextOf(provider, record(body?.['links'])?.['next'], answer.url),
  };
}

function structure(provider: Provider, entry: unknown): Structure {
  const id = record(entry)?.['id'];
  const attributes = record(record(entry)?.['attributes']) ?? {};
  // Ids are texts; a few providers send numbers.
  if (typeof id !== 'string' && typeof id !== 'number') throw invalid(provider, 'sent a structure without an id');
  return { id: String(id), attributes };
}

/** Links stay on the provider's host: what is asked there, and with which headers, is not handed to another. */
function nextOf(provider: Provider, link: unknown, from: string): string | undefined {
  const href = typeof link === 'object' && link !== null ? record(link)?.['href'] : link;
  if (href === null || href === undefined || href === '') return undefined;
  if (typeof href !== 'string' || !URL.canParse(href, from)) throw invalid(provider, 'sent a link to its next page that is no address');
  const url = new URL(href, from);
  const base = new URL(provider.url);
  if (url.host !== base.host) throw invalid(provider, 'sent a link to its next page that leads to another host');
  // Behind a proxy a provider may not know that it is spoken to by https.
  url.protocol = base.protocol;
  url.hash = '';
  return url.href;
}

/** Follows pages until there is no next one; one that was seen before ends it with an error. */
export class PageWalk {
  private readonly seen = new Set<string>();

  constructor(private readonly provider: Provider, private readonly call: RemoteCall, private readonly tally: Tally) {}

  /** @throws SourceError */
  async page(url: string): Promise<StructurePage> {
    this.seen.add(url);
    const page = await structurePage(this.provider, url, this.call, this.tally);
    if (page.next !== undefined && this.seen.has(page.next)) throw invalid(this.provider, 'sent pages that lead in a circle');
    return page;
  }
}

export function invalid(provider: Pick<Provider, 'source'>, what: string): SourceError {
  return new SourceError('SOURCE_INVALID', `${provider.source} ${what}.`, { source: provider.source });
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}
