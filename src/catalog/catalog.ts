/** The catalog of this process: always one whole, consistent state; follows the database by hints, and by polling where a hint is lost. */
import { SingleFlight } from '../singleFlight.js';
import type { CatalogChanges, CatalogStore } from '../storage/catalogStore.js';
import { assembleCollection, assembleDataset, assembleOrganization } from './assemble.js';
import { datasetPath, type CatalogSnapshot, type Dataset, type Organization } from './model.js';

export type CatalogListener = (next: CatalogSnapshot, previous: CatalogSnapshot) => void;

export interface CatalogOptions {
  readonly store: CatalogStore;
  /** Registers for hints that the catalog may have changed (NOTIFY); returns how to stop. */
  readonly onHint?: (listener: () => void) => () => void;
  readonly pollMilliseconds?: number;
  /** Told when a background refresh failed (the catalog stays at its last state and tries again) or a listener threw. */
  readonly onError?: (error: unknown) => void;
}

const emptySnapshot: CatalogSnapshot = Object.freeze({ revision: 0n, organizations: new Map(), datasets: new Map(), byPath: new Map(), collections: new Map() });

export class Catalog {
  private current: CatalogSnapshot = emptySnapshot;
  private readonly listeners = new Set<CatalogListener>();
  private readonly reading = new SingleFlight(() => this.read());
  private timer?: NodeJS.Timeout;
  private unsubscribe?: () => void;
  private closed = false;

  private constructor(private readonly options: CatalogOptions) {}

  /** Loads everything, then follows. Registers for hints first, so that no change falls between. */
  static async open(options: CatalogOptions): Promise<Catalog> {
    const catalog = new Catalog(options);
    catalog.unsubscribe = options.onHint?.(() => catalog.follow());
    try {
      await catalog.refresh();
    } catch (error) {
      await catalog.close();
      throw error;
    }
    catalog.timer = setInterval(() => catalog.follow(), options.pollMilliseconds ?? 2_000);
    catalog.timer.unref();
    return catalog;
  }

  get snapshot(): CatalogSnapshot {
    return this.current;
  }

  /**
   * Reads what changed and moves. What was committed before the call is in the answer: a call during a running read
   * therefore waits for one more, which all such callers share.
   */
  refresh(): Promise<CatalogSnapshot> {
    return this.reading.run();
  }

  /** Called after `snapshot` has moved. What a listener throws is reported and keeps nobody else from hearing. */
  onChange(listener: CatalogListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.unsubscribe?.();
    this.listeners.clear();
    await this.reading.idle();
  }

  private follow(): void {
    if (this.closed) return;
    this.refresh().catch((error: unknown) => this.options.onError?.(error));
  }

  private async read(): Promise<CatalogSnapshot> {
    if (this.closed) return this.current;
    const previous = this.current;
    const changes = await this.options.store.changesSince(previous.revision);
    if (changes.head === previous.revision) return previous;
    const next = applyChanges(previous, changes);
    this.current = next;
    for (const listener of this.listeners) this.tell(listener, next, previous);
    return next;
  }

  private tell(listener: CatalogListener, next: CatalogSnapshot, previous: CatalogSnapshot): void {
    try {
      listener(next, previous);
    } catch (error) {
      this.options.onError?.(error);
    }
  }
}

/** The next state: new maps, but every organization, dataset and version that did not change is the same value as before. */
export function applyChanges(previous: CatalogSnapshot, changes: CatalogChanges): CatalogSnapshot {
  const organizations = new Map(previous.organizations);
  const byId = new Map<string, Organization>();
  for (const organization of organizations.values()) byId.set(organization.id, organization);
  const renewed = new Set<string>();
  for (const record of changes.organizations) {
    const organization = assembleOrganization(record);
    if (byId.has(record.id)) renewed.add(record.id);
    organizations.set(organization.slug, organization);
    byId.set(organization.id, organization);
  }
  const datasets = new Map(previous.datasets);
  const byPath = new Map(previous.byPath);
  const put = (dataset: Dataset): void => {
    datasets.set(dataset.id, dataset);
    byPath.set(datasetPath(dataset), dataset);
  };
  if (renewed.size > 0) {
    for (const dataset of previous.datasets.values()) {
      if (renewed.has(dataset.organization.id)) put(Object.freeze({ ...dataset, organization: byId.get(dataset.organization.id)! }));
    }
  }
  for (const record of changes.datasets) {
    const former = previous.datasets.get(record.id);
    const dataset = assembleDataset(record, byId.get(record.organizationId)!, former);
    if (dataset) put(dataset);
    else if (former) {
      datasets.delete(former.id);
      byPath.delete(datasetPath(former));
    }
  }
  return Object.freeze({ revision: changes.head, organizations, datasets, byPath, collections: applyCollections(previous, changes) });
}

/** In the order of revisions: a name may have been given up and taken again. */
function applyCollections(previous: CatalogSnapshot, changes: CatalogChanges): CatalogSnapshot['collections'] {
  if (changes.collections.length === 0) return previous.collections;
  const collections = new Map(previous.collections);
  for (const record of changes.collections) {
    if (!record.deleted) collections.set(record.name, assembleCollection(record));
    else if (collections.get(record.name)?.id === record.id) collections.delete(record.name);
  }
  return collections;
}
