/** Collections over a fixture's snapshot. */
import { randomUUID } from 'node:crypto';
import { readPin } from '../../src/catalog/collection.js';
import type { CatalogSnapshot, Collection } from '../../src/catalog/model.js';

/** Each with its pins as `{ 'org/name': '1' }`; kept by the organization of the first. */
export function withCollections(snapshot: CatalogSnapshot, collections: Readonly<Record<string, Readonly<Record<string, string>>>>): CatalogSnapshot {
  const at = new Date('2026-07-01T00:00:00Z');
  const made = Object.entries(collections).map(([name, pins]): Collection => ({
    id: randomUUID(), name, organization: Object.keys(pins)[0]!.split('/')[0]!, createdAt: at, updatedAt: at,
    pins: Object.entries(pins).map(([path, version]) => readPin(snapshot.byPath.get(path)!, version)),
  }));
  return { ...snapshot, collections: new Map(made.map((collection) => [collection.name, collection])) };
}
