/** The schemas of collections: as still as their own datasets, whatever else is published. */
import type { GraphQLSchema } from 'graphql';
import { datasetsOf, restrict } from '../../catalog/collection.js';
import type { CatalogSnapshot, Collection, Dataset } from '../../catalog/model.js';
import type { GrantSource } from '../../policy/grant.js';
import type { Identity } from '../../identity/identity.js';
import { Lru } from '../../lru.js';
import type { Edition } from '../dynamic/edition.js';
import type { DatasetAt } from '../dynamic/typeRegistry.js';
import { VisibleSchemas, type SchemaOfSet } from '../visibleSchemas.js';
import { collectionBase, sharedObjects } from './base.js';
import { federation } from './federation.js';

interface Kept {
  readonly collection: Collection;
  readonly datasets: readonly Dataset[];
  readonly schemas: VisibleSchemas;
}

const collectionsKept = 200;

export class CollectionSchemas {
  private readonly kept = new Lru<string, Kept>(collectionsKept);
  private readonly base: GraphQLSchema;
  private readonly shared: ReadonlySet<string>;

  constructor(whole: GraphQLSchema, private readonly snapshot: () => CatalogSnapshot, private readonly aboutValue: (at: DatasetAt) => unknown, private readonly grants: GrantSource, private readonly now: () => number) {
    this.base = collectionBase(whole);
    this.shared = sharedObjects(this.base);
  }

  /** Undefined where there is none, and where the caller sees none of its datasets: nobody can tell the one from the other. */
  for(name: string, identity: Identity): SchemaOfSet | undefined {
    const snapshot = this.snapshot();
    const collection = snapshot.collections.get(name);
    if (!collection) return undefined;
    const schema = this.schemasOf(snapshot, collection).for(identity);
    return schema.datasets.size === 0 ? undefined : schema;
  }

  /** Made anew only where the collection or one of its datasets has become another value. */
  private schemasOf(snapshot: CatalogSnapshot, collection: Collection): VisibleSchemas {
    const datasets = datasetsOf(snapshot, collection);
    const known = this.kept.get(collection.name);
    if (known?.collection === collection && known.datasets.length === datasets.length && known.datasets.every((dataset, index) => dataset === datasets[index])) return known.schemas;
    const restricted = restrict(snapshot, collection);
    const schemas = new VisibleSchemas(this.base, () => restricted, this.aboutValue, this.grants, this.now, editionOf(collection, this.shared), `c/${collection.name}@`);
    this.kept.set(collection.name, { collection, datasets, schemas });
    return schemas;
  }
}

function editionOf({ title, description, name }: Collection, shared: ReadonlySet<string>): Edition {
  return {
    description: [title ?? name, description].filter((text) => text !== undefined).join('\n\n'),
    node: { description: 'The row with this global id. Null where there is none in this collection that you may see.', resolve: () => null },
    further: (registry, datasets) => federation(registry, datasets, shared),
    small: true,
  };
}
