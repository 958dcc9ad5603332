import type { Catalog } from '../../catalog/catalog.js';
import { type DatasetChange, changesTo } from '../../catalog/changes.js';

/** Changes as they come. For a slow reader only the last of each kind and dataset is kept, so that what waits is bounded by the catalog. */
export async function* datasetChanges(catalog: Catalog, signal: AbortSignal): AsyncGenerator<DatasetChange, void> {
  const waiting = new Map<string, DatasetChange>();
  let wake = (): void => undefined;
  const stop = catalog.onChange((next, previous) => {
    for (const change of changesTo(next, previous)) waiting.set(`${change.kind} ${change.dataset.id}`, change);
    wake();
  });
  const aborted = (): void => wake();
  signal.addEventListener('abort', aborted);
  try {
    while (!signal.aborted) {
      const [first] = waiting;
      if (first) {
        waiting.delete(first[0]);
        yield first[1];
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    stop();
    signal.removeEventListener('abort', aborted);
  }
}
