/** Where a search goes on: in the source's own terms, checked before it is followed. */
import type { SourceAnswer } from '../remote/client/options.js';
import { SourceError } from '../remote/remoteSource.js';
import { DureError } from '../../errors.js';
import type { SearchSpec } from './spec.js';

export interface PageToken {
  /** An address, an offset or a number; absent for the first page. */
  readonly page?: string;
  /** Rows of a page, where pages are numbered and have to stay of one size. */
  readonly size?: number;
  /** Rows of the page that were given already. */
  readonly skip: number;
}

export function tokenText(token: PageToken): string {
  return JSON.stringify([token.page ?? null, token.size ?? null, token.skip]);
}

/** @throws DureError BAD_USER_INPUT where it is none of ours, or leads elsewhere */
export function readToken(text: string, source: string, base: string): PageToken {
  const refuse = (): DureError => new DureError('BAD_USER_INPUT', `This is no place in a search of ${source}: give back what the page before said, or begin anew.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse();
  }
  if (!Array.isArray(value) || value.length !== 3) throw refuse();
  const [page, size, skip] = value as unknown[];
  if ((page !== null && typeof page !== 'string') || (size !== null && !isCount(size)) || !isCount(skip)) throw refuse();
  if (page !== null && !/^\d+$/.test(page) && !sameOrigin(page, base)) throw refuse();
  return { page: page ?? undefined, size: (size as number | null) ?? undefined, skip: skip as number };
}

interface Page {
  readonly answer: SourceAnswer;
  readonly token: PageToken;
  readonly size: number;
  readonly count: number;
  readonly total: number | undefined;
  readonly source: string;
  readonly base: string;
  /** Parameters that carry a secret: they are put in anew for each request, and do not travel in tokens. */
  readonly secretNames: ReadonlySet<string>;
}

/** @throws SourceError SOURCE_INVALID where the next page is at another host */
export function nextPage({ page }: SearchSpec, given: Page): PageToken | undefined {
  const { answer, token, size, count, total } = given;
  switch (page.next) {
    case 'NONE': return undefined;
    case 'LINK': return nextAddress(linkNext(answer.headers['link']), given);
    case 'BODY': return nextAddress(page.field!.first(answer.body), given);
    case 'OFFSET': {
      const next = Number(token.page ?? 0) + count;
      return count > 0 && (total === undefined ? count >= size : next < total) ? { page: String(next), skip: 0 } : undefined;
    }
    case 'NUMBER': {
      const number = Number(token.page ?? page.first);
      const more = total === undefined ? count >= size : (number - page.first + 1) * size < total;
      return count > 0 && more ? { page: String(number + 1), size, skip: 0 } : undefined;
    }
  }
}

function nextAddress(found: unknown, { answer, source, base, secretNames }: Page): PageToken | undefined {
  if (typeof found !== 'string' || found === '') return undefined;
  if (!URL.canParse(found, answer.url) || !sameOrigin(new URL(found, answer.url).href, base)) throw new SourceError('SOURCE_INVALID', `${source} says that its next page is at another host.`, { source });
  const url = new URL(found, answer.url);
  for (const name of secretNames) url.searchParams.delete(name);
  return { page: url.href, skip: 0 };
}

function sameOrigin(url: string, base: string): boolean {
  return URL.canParse(url) && new URL(url).origin === new URL(base).origin;
}

/** The target with rel="next" (RFC 8288). */
function linkNext(header: string | undefined): string | undefined {
  for (const [, target, parameters] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]+))*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s;,]|$))/i.test(parameters ?? '')) return target;
  }
  return undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
