import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Catalog } from '../../src/catalog/catalog.js';
import { readPin, restrict } from '../../src/catalog/collection.js';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import { CatalogStore } from '../../src/storage/catalogStore.js';
import { CollectionStore } from '../../src/storage/collectionStore.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { unrecorded } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { publish } from './seed.js';

let db: TestDatabase;
let dataSource: DataSource;
let collections: CollectionStore;
let catalog: Catalog;
let other: Catalog;
let crystals: string;
let spectra: string;

beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url).initialize();
  collections = new CollectionStore(dataSource);
  crystals = await publish(db.pool, { organization: 'lab', name: 'crystals' });
  await publish(db.pool, { organization: 'lab', name: 'crystals', version: [1, 1] });
  spectra = await publish(db.pool, { organization: 'lab', name: 'spectra' });
  const open = (): Promise<Catalog> => Catalog.open({ store: new CatalogStore(dataSource), pollMilliseconds: 60_000 });
  catalog = await open();
  other = await open();
});
afterAll(async () => {
  await catalog.close();
  await other.close();
  await dataSource.destroy();
  await db.drop();
});

const lab = (): string => catalog.snapshot.organizations.get('lab')!.id;
const versions = (snapshot: CatalogSnapshot, path: string): string[] => snapshot.byPath.get(path)!.versions.map(({ major, minor }) => `${major}.${minor}`);

test('is made, changed and deleted by revisions that every process follows', async () => {
  const before = catalog.snapshot.revision;
  await collections.create({ name: 'front', organization: lab(), title: 'Front', pins: [{ dataset: spectra, major: 1 }, { dataset: crystals, major: 1, minor: 0 }], by: 'ada' }, unrecorded);
  const made = (await catalog.refresh()).collections.get('front')!;
  expect(catalog.snapshot.revision).toBe(before + 1n);
  expect(made).toMatchObject({ organization: 'lab', title: 'Front', pins: [{ dataset: spectra, major: 1 }, { dataset: crystals, major: 1, minor: 0 }] });
  expect(made.pins[0]).not.toHaveProperty('minor');
  expect(Object.isFrozen(made) && Object.isFrozen(made.pins[0])).toBe(true);
  expect((await other.refresh()).collections.get('front')).toEqual(made);

  await collections.update(made.id, { title: null, description: 'For one page.', pins: [{ dataset: crystals, major: 1 }] }, unrecorded);
  expect((await other.refresh()).collections.get('front')).toMatchObject({ description: 'For one page.', pins: [{ dataset: crystals, major: 1 }] });
  expect(other.snapshot.collections.get('front')).not.toHaveProperty('title');

  await collections.delete(made.id, unrecorded);
  expect((await other.refresh()).collections.has('front')).toBe(false);
  await expect(collections.update(made.id, { title: 'Late' }, unrecorded)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(collections.delete(made.id, unrecorded)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a name is one collection\'s; given up, another may take it, and a process that read neither change has the last', async () => {
  await collections.create({ name: 'once', organization: lab(), pins: [{ dataset: spectra, major: 1 }] }, unrecorded);
  await catalog.refresh();
  await expect(collections.create({ name: 'once', organization: lab(), pins: [{ dataset: spectra, major: 1 }] }, unrecorded)).rejects.toMatchObject({ code: 'CONFLICT' });
  const first = catalog.snapshot.collections.get('once')!;
  await collections.delete(first.id, unrecorded);
  await collections.create({ name: 'once', organization: lab(), title: 'Second', pins: [{ dataset: crystals, major: 1 }] }, unrecorded);
  const second = (await catalog.refresh()).collections.get('once')!;
  expect(second.id).not.toBe(first.id);
  expect(second.title).toBe('Second');
  const fresh = await Catalog.open({ store: new CatalogStore(dataSource), pollMilliseconds: 60_000 });
  expect(fresh.snapshot.collections.get('once')).toEqual(second);
  await fresh.close();
  const results = await Promise.allSettled([1, 2, 3].map(() => collections.create({ name: 'race', organization: lab(), pins: [{ dataset: crystals, major: 1 }] }, unrecorded)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a pin lets through its major\'s versions, or one version; a new major changes neither', async () => {
  const dataset = catalog.snapshot.byPath.get('lab/crystals')!;
  expect(readPin(dataset, undefined)).toEqual({ dataset: crystals, major: 1 });
  expect(readPin(dataset, '1.0')).toEqual({ dataset: crystals, major: 1, minor: 0 });
  for (const text of ['2', '1.7', '', 'newest', '1.0.0', '-1', ' 1', '9'.repeat(50)]) expect(() => readPin(dataset, text)).toThrow(/has no version .*pin a major \(1\).*\(1\.1, 1\.0\)/);

  await collections.create({ name: 'major', organization: lab(), pins: [{ dataset: crystals, major: 1 }] }, unrecorded);
  await collections.create({ name: 'exact', organization: lab(), pins: [{ dataset: crystals, major: 1, minor: 0 }] }, unrecorded);
  await publish(db.pool, { organization: 'lab', name: 'crystals', version: [1, 2] });
  await publish(db.pool, { organization: 'lab', name: 'crystals', version: [2, 0] });
  const snapshot = await catalog.refresh();
  expect(versions(restrict(snapshot, snapshot.collections.get('major')!), 'lab/crystals')).toEqual(['1.2', '1.1', '1.0']);
  expect(versions(restrict(snapshot, snapshot.collections.get('exact')!), 'lab/crystals')).toEqual(['1.0']);
  expect([...restrict(snapshot, snapshot.collections.get('exact')!).byPath.keys()]).toEqual(['lab/crystals']);
});
