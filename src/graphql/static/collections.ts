/** Collections as resolvers see them: which the caller may know of, and what a caller's choice comes to. */
import { readPin } from '../../catalog/collection.js';
import type { Collection, Dataset, Pin } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import { hasRole } from '../../identity/identity.js';
import type { RequestContext } from '../context.js';
import type { CollectionDatasetInput } from './collectionInputs.js';
import { notFound } from './ids.js';
import { findDataset, maySeeDataset } from './lookups.js';
import { CollectionType } from './types/collectionType.js';

const mostDatasets = 100;
const namePattern = /^[a-z](?:-?[a-z0-9])*$/;

/** The value of the type `Collection`; undefined where the caller may not know of it: who sees none of its datasets, unless they look after it. */
export function collectionValue(context: RequestContext, collection: Collection): CollectionType | undefined {
  const { snapshot } = context.services.catalog;
  const visible = collection.pins.flatMap((pin): { dataset: Dataset; pin: Pin }[] => {
    const dataset = snapshot.datasets.get(pin.dataset);
    return dataset && maySeeDataset(context, dataset) ? [{ dataset, pin }] : [];
  });
  if (visible.length === 0 && !hasRole(context.identity, collection.organization, 'publisher')) return undefined;
  return new CollectionType(collection, snapshot.organizations.get(collection.organization)!, visible);
}

/** @throws DureError NOT_FOUND, the same whether there is none or the caller may not know of it */
export function requireCollection(context: RequestContext, name: string): Collection {
  const collection = context.services.catalog.snapshot.collections.get(name);
  if (!collection || !collectionValue(context, collection)) throw notFound('collection', name);
  return collection;
}

/** @throws DureError BAD_USER_INPUT */
export function checkCollectionName(name: string): string {
  if (name.length <= 63 && namePattern.test(name)) return name;
  throw new DureError('BAD_USER_INPUT', `"${name.slice(0, 100)}" is no name for a collection: begin with a lower-case letter, go on with a-z, 0-9 and single dashes, 63 characters at most.`, { argument: 'name' });
}

/** @throws DureError BAD_USER_INPUT, NOT_FOUND for a dataset that the caller may not see */
export function readPins(context: RequestContext, datasets: readonly CollectionDatasetInput[]): readonly Pin[] {
  if (datasets.length === 0 || datasets.length > mostDatasets) {
    throw new DureError('BAD_USER_INPUT', `A collection has 1 to ${mostDatasets} datasets; here are ${datasets.length}.`, { argument: 'datasets' });
  }
  const pins = new Map<string, Pin>();
  for (const { dataset: id, version } of datasets) {
    const dataset = findDataset(context, id);
    if (!dataset) throw notFound('dataset', id);
    if (pins.has(dataset.id)) throw new DureError('BAD_USER_INPUT', `${id.slice(0, 200)} is there twice: a collection has each dataset once.`, { argument: 'datasets' });
    pins.set(dataset.id, readPin(dataset, version));
  }
  return [...pins.values()];
}
