/** What exists for a caller: every LISTED dataset, and the UNLISTED ones that the caller may read. */
import type { CatalogSnapshot, Dataset } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import { decideDataset } from './decide.js';

export function isVisible(dataset: Dataset, identity: Identity, now = Date.now()): boolean {
  if (dataset.listed) return true;
  const decision = decideDataset(dataset, identity);
  return decision.readable && (decision.embargoUntil === undefined || decision.embargoUntil.getTime() <= now);
}

export function visibleDatasets(snapshot: CatalogSnapshot, identity: Identity): readonly Dataset[] {
  const now = Date.now();
  return [...snapshot.datasets.values()].filter((dataset) => isVisible(dataset, identity, now));
}

/** The visible set as a value: the UNLISTED datasets that this caller sees, and until when that holds (an embargo may end). */
export interface VisibleSet {
  readonly key: string;
  readonly unlisted: ReadonlySet<string>;
  readonly validUntil: number;
}

export function visibleSet(snapshot: CatalogSnapshot, identity: Identity): VisibleSet {
  const now = Date.now();
  const unlisted: string[] = [];
  let validUntil = Number.POSITIVE_INFINITY;
  for (const dataset of unlistedOf(snapshot)) {
    const embargo = dataset.embargoUntil?.getTime();
    if (embargo !== undefined && embargo > now) validUntil = Math.min(validUntil, embargo);
    if (isVisible(dataset, identity, now)) unlisted.push(dataset.id);
  }
  return { key: `${snapshot.revision}:${unlisted.sort().join(',')}`, unlisted: new Set(unlisted), validUntil };
}

const unlistedCache = new WeakMap<CatalogSnapshot, readonly Dataset[]>();
function unlistedOf(snapshot: CatalogSnapshot): readonly Dataset[] {
  let found = unlistedCache.get(snapshot);
  if (!found) unlistedCache.set(snapshot, (found = [...snapshot.datasets.values()].filter((dataset) => !dataset.listed)));
  return found;
}
