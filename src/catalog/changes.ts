/** What happened to datasets from one state of the catalog to the next. */
import type { CatalogSnapshot, Dataset } from './model.js';

export type DatasetChangeKind = 'PUBLISHED' | 'ACCESS_CHANGED';
export interface DatasetChange {
  readonly kind: DatasetChangeKind;
  readonly dataset: Dataset;
}

const known = new WeakMap<CatalogSnapshot, readonly DatasetChange[]>();

/** Worked out once for all who follow. */
export function changesTo(next: CatalogSnapshot, previous: CatalogSnapshot): readonly DatasetChange[] {
  let changes = known.get(next);
  if (!changes) known.set(next, (changes = [...next.datasets.values()].flatMap((dataset) => changesOf(dataset, previous.datasets.get(dataset.id)))));
  return changes;
}

function changesOf(dataset: Dataset, former: Dataset | undefined): DatasetChange[] {
  if (dataset === former) return [];
  if (!former) return [{ kind: 'PUBLISHED', dataset }];
  const published = dataset.versions[0]!.id !== former.versions[0]!.id;
  const access = dataset.rulesRevision !== former.rulesRevision || dataset.visibility !== former.visibility || dataset.listed !== former.listed
    || dataset.embargoUntil?.getTime() !== former.embargoUntil?.getTime()
    || dataset.freeze?.incident !== former.freeze?.incident;
  return [...(published ? [{ kind: 'PUBLISHED' as const, dataset }] : []), ...(access ? [{ kind: 'ACCESS_CHANGED' as const, dataset }] : [])];
}
