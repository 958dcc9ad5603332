/** What exists for a caller: every LISTED dataset, and the UNLISTED ones that the caller may read. */
import type { CatalogSnapshot, Dataset } from '../catalog/model.js';
import type { Identity } from '../identity/identity.js';
import { asking } from './asking.js';
import { decideDataset } from './decide.js';
import type { Grant } from './grant.js';

/** Existence does not depend on how or for what somebody asks: purpose and channel close rows, and hide nothing. */
export function isVisible(dataset: Dataset, identity: Identity, now = Date.now(), grants?: readonly Grant[]): boolean {
  if (dataset.listed) return true;
  const decision = decideDataset(dataset, asking(identity, { grants }), now);
  return decision.admitted && (decision.embargoUntil === undefined || decision.embargoUntil.getTime() <= now);
}

export function visibleDatasets(snapshot: CatalogSnapshot, identity: Identity, grants?: readonly Grant[], now = Date.now()): readonly Dataset[] {
  return [...snapshot.datasets.values()].filter((dataset) => isVisible(dataset, identity, now, grants));
}

/** The visible set as a value: the UNLISTED datasets that this caller sees, and until when that holds (an embargo may end). */
export interface VisibleSet {
  readonly key: string;
  readonly unlisted: ReadonlySet<string>;
  readonly validUntil: number;
}

/** @param now the database's clock, as far as it is known */
export function visibleSet(snapshot: CatalogSnapshot, identity: Identity, grants?: readonly Grant[], now = Date.now()): VisibleSet {
  const unlisted: string[] = [];
  let validUntil = Number.POSITIVE_INFINITY;
  for (const dataset of unlistedOf(snapshot)) {
    const embargo = dataset.embargoUntil?.getTime();
    if (embargo !== undefined && embargo > now) validUntil = Math.min(validUntil, embargo);
    for (const instant of instants(dataset, grants ?? [])) if (instant > now) validUntil = Math.min(validUntil, instant);
    if (isVisible(dataset, identity, now, grants)) unlisted.push(dataset.id);
  }
  return { key: `${snapshot.revision}:${unlisted.sort().join(',')}`, unlisted: new Set(unlisted), validUntil };
}

function instants(dataset: Dataset, grants: readonly Grant[]): readonly number[] {
  return [...(dataset.overrides ?? []), ...grants].flatMap(({ from, until }) => [from, until]).flatMap((instant) => (instant ? [instant.getTime()] : []));
}

const unlistedCache = new WeakMap<CatalogSnapshot, readonly Dataset[]>();
function unlistedOf(snapshot: CatalogSnapshot): readonly Dataset[] {
  let found = unlistedCache.get(snapshot);
  if (!found) unlistedCache.set(snapshot, (found = [...snapshot.datasets.values()].filter((dataset) => !dataset.listed)));
  return found;
}
