import type { Catalog } from '../../catalog/catalog.js';
import { type DatasetChange, changesTo } from '../../catalog/changes.js';
import { latest } from './latest.js';

/** Changes as they come; for a slow reader the last of each kind and dataset. */
export function datasetChanges(catalog: Catalog, signal: AbortSignal): AsyncGenerator<DatasetChange, void> {
  return latest(signal, (change: DatasetChange) => `${change.kind} ${change.dataset.id}`, (put) => catalog.onChange((next, previous) => {
    for (const change of changesTo(next, previous)) put(change);
  }));
}
