/** What a collection's pins come to: the datasets as its schema knows them, each with the versions of its pin only. */
import { DureError } from '../errors.js';
import { datasetPath, versionName, type CatalogSnapshot, type Collection, type Dataset, type Pin } from './model.js';

/** `1` follows the minors of major 1, `1.2` stays at one version. */
export function pinName({ major, minor }: Omit<Pin, 'dataset'>): string {
  return minor === undefined ? String(major) : `${major}.${minor}`;
}

/**
 * The newest major where nothing is said.
 * @throws DureError BAD_USER_INPUT naming what there is
 */
export function readPin(dataset: Dataset, text: string | null | undefined): Pin {
  if (text === null || text === undefined) return { dataset: dataset.id, major: dataset.versions[0]!.major };
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text);
  const pin = match && { dataset: dataset.id, major: Number(match[1]), ...(match[2] !== undefined && { minor: Number(match[2]) }) };
  if (pin && dataset.versions.some(isPinned(pin))) return pin;
  const majors = [...new Set(dataset.versions.map((version) => version.major))].join(', ');
  const versions = dataset.versions.slice(0, 10).map(versionName).join(', ');
  throw new DureError('BAD_USER_INPUT', `${datasetPath(dataset)} has no version ${JSON.stringify(text.slice(0, 40))}: pin a major (${majors}), whose minors are followed, or one version (${versions}).`, { dataset: datasetPath(dataset) });
}

function isPinned(pin: Pin): (version: { readonly major: number; readonly minor: number }) => boolean {
  return ({ major, minor }) => major === pin.major && (pin.minor === undefined || minor === pin.minor);
}

/** The dataset with the versions that the pin lets through; undefined where there is none. */
export function pinned(dataset: Dataset | undefined, pin: Pin): Dataset | undefined {
  const versions = dataset?.versions.filter(isPinned(pin)) ?? [];
  return versions.length === 0 ? undefined : Object.freeze({ ...dataset!, versions: Object.freeze(versions) });
}

/** The datasets that a collection names, as the catalog has them, in the order of its pins. */
export function datasetsOf(snapshot: CatalogSnapshot, collection: Collection): readonly Dataset[] {
  return collection.pins.flatMap((pin) => snapshot.datasets.get(pin.dataset) ?? []);
}

/** The catalog as the collection's schema knows it: nothing else is in it, so nothing else can show. */
export function restrict(snapshot: CatalogSnapshot, collection: Collection): CatalogSnapshot {
  const datasets = collection.pins.flatMap((pin) => pinned(snapshot.datasets.get(pin.dataset), pin) ?? []);
  return Object.freeze({
    revision: snapshot.revision,
    organizations: new Map(datasets.map(({ organization }) => [organization.slug, organization])),
    datasets: new Map(datasets.map((dataset) => [dataset.id, dataset])),
    byPath: new Map(datasets.map((dataset) => [datasetPath(dataset), dataset])),
    collections: new Map(),
  });
}
