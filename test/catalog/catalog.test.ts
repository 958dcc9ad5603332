import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Catalog } from '../../src/catalog/catalog.js';
import type { CatalogSnapshot } from '../../src/catalog/model.js';
import { CatalogStore } from '../../src/storage/catalogStore.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { catalogEntities } from '../../src/storage/entities/catalog.js';
import { OrganizationStore } from '../../src/storage/organizationStore.js';
import { RuleStore } from '../../src/storage/ruleStore.js';
import { unrecorded } from '../../src/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { column, publish, table } from './seed.js';

let db: TestDatabase;
let dataSource: DataSource;
let store: CatalogStore;
beforeAll(async () => {
  db = await createTestDatabase();
  dataSource = await createDataSource(db.url, [...catalogEntities]).initialize();
  store = new CatalogStore(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await db.drop();
});

async function withCatalog(work: (catalog: Catalog) => Promise<void>, pollMilliseconds = 60_000): Promise<void> {
  const catalog = await Catalog.open({ store, pollMilliseconds });
  try {
    await work(catalog);
  } finally {
    await catalog.close();
  }
}

describe('the catalog', () => {
  test('loads organizations, datasets, versions newest first, tables with their segments', async () => {
    await publish(db.pool, { organization: 'kist', name: 'superconductivity', tables: [table('materials', [column('formula'), column('tc', { kind: 'float', unit: 'K' })])], rows: 7 });
    await publish(db.pool, { organization: 'kist', name: 'superconductivity', version: [1, 10], metadata: { title: 'Superconductors', titleKo: '초전도체' } });
    await publish(db.pool, { organization: 'kist', name: 'superconductivity', version: [1, 9] });
    await withCatalog(async ({ snapshot }) => {
      const dataset = snapshot.byPath.get('kist/superconductivity')!;
      expect(snapshot.datasets.get(dataset.id)).toBe(dataset);
      expect(dataset.versions.map(({ major, minor }) => `${major}.${minor}`)).toEqual(['1.10', '1.9', '1.0']);
      expect(dataset.versions[0]!.metadata.titleKo).toBe('초전도체');
      const materials = dataset.versions[2]!.tables[0]!;
      expect(materials).toMatchObject({ name: 'materials', rows: 7, segments: [{ rows: 7 }] });
      expect(materials.segments[0]!.physical).toMatch(/^s\d+$/);
      expect(dataset.versions[0]!.createdAt).toBeInstanceOf(Date);
      expect(dataset.organization).toBe(snapshot.organizations.get('kist'));
      expect(Object.isFrozen(dataset) && Object.isFrozen(materials.columns[0])).toBe(true);
    });
  });

  test('has no dataset that has no version yet', async () => {
    await publish(db.pool, { organization: 'kist', name: 'to-come', unpublished: true });
    await withCatalog(async (catalog) => {
      expect(catalog.snapshot.byPath.has('kist/to-come')).toBe(false);
      await publish(db.pool, { organization: 'kist', name: 'to-come' });
      expect((await catalog.refresh()).byPath.has('kist/to-come')).toBe(true);
    });
  });

  test('reads only what changed, shares the rest, leaves the former snapshot as it was', async () => {
    await publish(db.pool, { organization: 'snu', name: 'quiet' });
    await publish(db.pool, { organization: 'snu', name: 'busy' });
    await withCatalog(async (catalog) => {
      const before = catalog.snapshot;
      await publish(db.pool, { organization: 'snu', name: 'busy', version: [1, 1] });
      const changes = await store.changesSince(before.revision);
      expect(changes.datasets.map(({ name }) => name)).toEqual(['busy']);
      expect(changes.organizations).toEqual([]);
      const after = await catalog.refresh();
      expect(after).not.toBe(before);
      expect(after.byPath.get('snu/quiet')).toBe(before.byPath.get('snu/quiet'));
      expect(after.byPath.get('snu/busy')!.versions[1]).toBe(before.byPath.get('snu/busy')!.versions[0]);
      expect(before.byPath.get('snu/busy')!.versions).toHaveLength(1);
      expect(await catalog.refresh()).toBe(after);
    });
  });

  test('gives every dataset of a renamed organization its new value', async () => {
    await publish(db.pool, { organization: 'renamed', name: 'one' });
    await withCatalog(async (catalog) => {
      await db.pool.query('with s as (update dure.catalog_state set revision = revision + 1 returning revision) update dure.organization set title = $1, revision = (select revision from s) where slug = $2', ['New name', 'renamed']);
      const snapshot = await catalog.refresh();
      expect(snapshot.byPath.get('renamed/one')!.organization.title).toBe('New name');
      expect(snapshot.datasets.get(snapshot.byPath.get('renamed/one')!.id)!.organization).toBe(snapshot.organizations.get('renamed'));
    });
  });

  test('never misses a publication, however many publish at once', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `concurrent-${i}`);
    await withCatalog(async (catalog) => {
      const told: string[] = [];
      catalog.onChange((next, previous) => {
        for (const dataset of next.datasets.values()) if (!previous.datasets.has(dataset.id)) told.push(dataset.name);
      });
      let publishing = true;
      const reader = (async () => {
        while (publishing) await catalog.refresh();
      })();
      await Promise.all(names.map((name) => publish(db.pool, { organization: 'many', name })));
      publishing = false;
      await reader;
      await catalog.refresh();
      expect(told.sort()).toEqual([...names].sort());
    });
  });

  test('a refresh that is asked for during another sees what was committed before it was asked for', async () => {
    await withCatalog(async (catalog) => {
      const first = catalog.refresh();
      await publish(db.pool, { organization: 'late', name: 'arrival' });
      const [second, third] = [catalog.refresh(), catalog.refresh()];
      await first;
      expect((await second).byPath.has('late/arrival')).toBe(true);
      expect(await third).toBe(await second);
    });
  });

  test('follows hints, and polls where none come', async () => {
    let hint = (): void => undefined;
    const catalog = await Catalog.open({ store, pollMilliseconds: 60_000, onHint: (listener) => { hint = listener; return () => { hint = () => undefined; }; } });
    try {
      const changed = nextChange(catalog);
      await publish(db.pool, { organization: 'hinted', name: 'one' });
      hint();
      expect((await changed).byPath.has('hinted/one')).toBe(true);
    } finally {
      await catalog.close();
    }
    await withCatalog(async (polling) => {
      const changed = nextChange(polling);
      await publish(db.pool, { organization: 'hinted', name: 'two' });
      expect((await changed).byPath.has('hinted/two')).toBe(true);
    }, 20);
  });

  test('one listener that throws keeps nobody else from hearing', async () => {
    const errors: unknown[] = [];
    const catalog = await Catalog.open({ store, pollMilliseconds: 60_000, onError: (error) => errors.push(error) });
    try {
      catalog.onChange(() => { throw new Error('mine'); });
      const changed = nextChange(catalog);
      await publish(db.pool, { organization: 'loud', name: 'one' });
      await catalog.refresh();
      await changed;
      expect(errors).toEqual([new Error('mine')]);
    } finally {
      await catalog.close();
    }
  });
});

describe('organizations', () => {
  test('are made with the next revision, and then the catalog has them', async () => {
    const organizations = new OrganizationStore(dataSource);
    await withCatalog(async (catalog) => {
      const made = await organizations.create({ slug: 'kaist-chem', title: 'KAIST Chemistry', titleKo: '카이스트 화학', by: 'admin' }, unrecorded);
      expect(made).toMatchObject({ slug: 'kaist-chem', field: 'kaistChem', titleKo: '카이스트 화학' });
      expect((await catalog.refresh()).organizations.get('kaist-chem')).toEqual(made);
    });
  });

  test('refuse a slug that is taken, also by another spelling of its field, reserved or illegal', async () => {
    const organizations = new OrganizationStore(dataSource);
    await organizations.create({ slug: 'lab-1', title: 'Lab' }, unrecorded);
    await expect(organizations.create({ slug: 'lab-1', title: 'Lab' }, unrecorded)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(organizations.create({ slug: 'lab1', title: 'Lab' }, unrecorded)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(organizations.create({ slug: 'datasets', title: 'Lab' }, unrecorded)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    for (const slug of ['', 'Lab', '1lab', 'a--b', 'lab-', '한국', 'x'.repeat(64), 'a_b', "a'b"]) {
      await expect(organizations.create({ slug, title: 'Lab' }, unrecorded)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  test('of the same slug at the same time: one is made', async () => {
    const organizations = new OrganizationStore(dataSource);
    const results = await Promise.allSettled([1, 2, 3].map(() => organizations.create({ slug: 'race', title: 'Race' }, unrecorded)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('rules', () => {
  const rules = (id: string) => ({ rules: [{ id, effect: 'deny' as const, to: { everyone: true as const } }] });

  test('are set, listed and rolled back as new revisions, which the catalog follows', async () => {
    const store_ = new RuleStore(dataSource);
    const dataset = await publish(db.pool, { organization: 'ruled', name: 'one' });
    await withCatalog(async (catalog) => {
      expect(catalog.snapshot.datasets.get(dataset)!.rules).toEqual({ rules: [] });
      const first = await store_.set({ dataset, document: rules('first'), note: 'begin', by: 'kim', expectedRevision: 0 }, unrecorded);
      expect(first).toMatchObject({ revision: 1, document: rules('first'), note: 'begin', createdBy: 'kim' });
      expect(first.createdAt).toBeInstanceOf(Date);
      await store_.set({ dataset, document: rules('second') }, unrecorded);
      expect((await catalog.refresh()).datasets.get(dataset)).toMatchObject({ rulesRevision: 2, rules: rules('second') });
      const back = await store_.rollback({ dataset, revision: 1, by: 'lee' }, unrecorded);
      expect(back).toMatchObject({ revision: 3, document: rules('first') });
      expect((await catalog.refresh()).datasets.get(dataset)).toMatchObject({ rulesRevision: 3, rules: rules('first') });
      expect((await store_.rollback({ dataset, revision: 0 }, unrecorded)).document).toEqual({ rules: [] });
      expect((await store_.list(dataset)).map(({ revision }) => revision)).toEqual([4, 3, 2, 1]);
      expect(await store_.get(dataset, 2)).toMatchObject({ document: rules('second') });
      expect(await store_.get(dataset, 9)).toBeUndefined();
    });
  });

  test('are refused where somebody else was faster, for an unknown revision and an unknown dataset', async () => {
    const store_ = new RuleStore(dataSource);
    const dataset = await publish(db.pool, { organization: 'ruled', name: 'two' });
    await store_.set({ dataset, document: rules('a') }, unrecorded);
    await expect(store_.set({ dataset, document: rules('b'), expectedRevision: 0 }, unrecorded)).rejects.toMatchObject({ code: 'CONFLICT', details: { revision: 1 } });
    await expect(store_.rollback({ dataset, revision: 7 }, unrecorded)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store_.set({ dataset: '00000000-0000-0000-0000-000000000000', document: rules('b') }, unrecorded)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store_.list(dataset)).toHaveLength(1);
  });

  test('set at once by several from the same revision: one wins', async () => {
    const store_ = new RuleStore(dataSource);
    const dataset = await publish(db.pool, { organization: 'ruled', name: 'three' });
    const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => store_.set({ dataset, document: rules(id), expectedRevision: 0 }, unrecorded)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('visibility, listing and embargo change one by one', async () => {
    const store_ = new RuleStore(dataSource);
    const dataset = await publish(db.pool, { organization: 'ruled', name: 'four' });
    await withCatalog(async (catalog) => {
      const until = new Date('2099-01-01T00:00:00Z');
      await store_.setAccess(dataset, { visibility: 'RESTRICTED', embargoUntil: until }, unrecorded);
      expect((await catalog.refresh()).datasets.get(dataset)).toMatchObject({ visibility: 'RESTRICTED', listed: true, embargoUntil: until });
      await store_.setAccess(dataset, { listed: false, embargoUntil: null }, unrecorded);
      const now = (await catalog.refresh()).datasets.get(dataset)!;
      expect(now).toMatchObject({ visibility: 'RESTRICTED', listed: false });
      expect(now.embargoUntil).toBeUndefined();
    });
  });
});

function nextChange(catalog: Catalog): Promise<CatalogSnapshot> {
  return new Promise((resolve) => {
    const stop = catalog.onChange((next) => {
      stop();
      resolve(next);
    });
  });
}
