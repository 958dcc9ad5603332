/** Finds datasets in memory among those that the caller may see. Nothing else is looked at, so nothing else can show. */
import { createHash } from 'node:crypto';
import { DureError } from '../errors.js';
import { datasetPath, type Dataset, type Visibility } from './model.js';
import { fold, rank, searchText, searchWords } from './searchText.js';

/** Each filter is a list of alternatives; all filters must hold. */
export interface DatasetFilter {
  readonly license?: readonly string[];
  readonly domain?: readonly string[];
  readonly namespace?: readonly string[];
  readonly organization?: readonly string[];
  readonly visibility?: readonly Visibility[];
}

export const datasetOrders = ['relevance', 'title', 'path', 'createdAt', 'updatedAt'] as const;
export interface DatasetOrder { readonly by: (typeof datasetOrders)[number]; readonly descending: boolean }

export interface DatasetSearch {
  readonly search?: string;
  readonly where?: DatasetFilter;
  readonly orderBy?: readonly DatasetOrder[];
  readonly first: number;
  readonly after?: string;
}

export interface DatasetPage {
  readonly items: readonly { readonly dataset: Dataset; readonly cursor: string }[];
  readonly totalCount: number;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

type Key = readonly (string | number)[];
const longestSearch = 1_000;

/** `visible` is what the caller may see (policy/visible.ts). */
export function searchDatasets(visible: readonly Dataset[], request: DatasetSearch): DatasetPage {
  if ((request.search?.length ?? 0) > longestSearch) throw new DureError('BAD_USER_INPUT', `\`search\` has more than ${longestSearch} characters: search with fewer words.`);
  const words = searchWords(request.search ?? '');
  const orders: readonly DatasetOrder[] = request.orderBy?.length ? request.orderBy : words.length > 0 ? [{ by: 'relevance', descending: true }] : [];
  const matches = filterFor(request.where ?? {});
  const found: { dataset: Dataset; key: Key }[] = [];
  for (const dataset of visible) {
    if (!matches(dataset)) continue;
    const relevance = rank(searchText(dataset), words);
    if (relevance !== undefined) found.push({ dataset, key: sortKey(dataset, relevance, orders) });
  }
  const compare = comparer(orders);
  found.sort((a, b) => compare(a.key, b.key));
  const question = digest([words, request.where ?? {}, orders]);
  const start = request.after === undefined ? 0 : firstAfter(found, readCursor(request.after, question, orders.length), compare);
  const page = found.slice(start, start + request.first);
  return {
    items: page.map(({ dataset, key }) => ({ dataset, cursor: Buffer.from(JSON.stringify([question, ...key])).toString('base64url') })),
    totalCount: found.length,
    hasNextPage: start + page.length < found.length,
    hasPreviousPage: start > 0,
  };
}

function filterFor(where: DatasetFilter): (dataset: Dataset) => boolean {
  const license = folds(where.license);
  const domain = folds(where.domain);
  const namespace = folds(where.namespace);
  return (dataset) => {
    const { metadata, tables } = dataset.versions[0]!;
    if (where.organization && !where.organization.includes(dataset.organization.slug)) return false;
    if (where.visibility && !where.visibility.includes(dataset.visibility)) return false;
    if (license && !metadata.licenses.some(({ name }) => name !== undefined && license.has(fold(name)))) return false;
    if (domain && (metadata.domain === undefined || !domain.has(fold(metadata.domain)))) return false;
    return !namespace || tables.some((table) => table.columns.some((column) => column.namespace !== undefined && namespace.has(fold(column.namespace))));
  };
}

function folds(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values && new Set(values.map(fold));
}

/** The path comes last in every key: unique, so that the order is total and stays the same from page to page. */
function sortKey(dataset: Dataset, relevance: number, orders: readonly DatasetOrder[]): Key {
  const values = { relevance: () => relevance, title: () => searchText(dataset).title, path: () => datasetPath(dataset), createdAt: () => dataset.createdAt.getTime(), updatedAt: () => dataset.versions[0]!.createdAt.getTime() };
  return [...orders.map(({ by }) => values[by]()), datasetPath(dataset)];
}

function comparer(orders: readonly DatasetOrder[]): (a: Key, b: Key) => number {
  return (a, b) => {
    for (let i = 0; i < a.length; i += 1) {
      if (a[i] === b[i]) continue;
      return (a[i]! < b[i]! ? -1 : 1) * (orders[i]?.descending ? -1 : 1);
    }
    return 0;
  };
}

/** By key and not by position: a dataset that came or went between two pages shifts nothing. */
function firstAfter(found: readonly { key: Key }[], cursor: Key, compare: (a: Key, b: Key) => number): number {
  const index = found.findIndex(({ key }) => compare(key, cursor) > 0);
  return index < 0 ? found.length : index;
}

function readCursor(cursor: string, question: string, orders: number): Key {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  if (!Array.isArray(parts) || parts.length !== orders + 2 || !parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
    throw new DureError('BAD_USER_INPUT', '`after` is not a cursor of `datasets`: pass an `endCursor` that this field gave.');
  }
  if (parts[0] !== question) throw new DureError('BAD_USER_INPUT', '`after` belongs to another question: keep `search`, `where` and `orderBy` the same from page to page.');
  return parts.slice(1) as Key;
}

function digest(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 8);
}
