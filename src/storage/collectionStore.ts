/** Collections: each change takes the catalog's next revision, so that every process follows. */
import type { DataSource, EntityManager } from 'typeorm';
import type { Pin } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { Within } from '../transaction.js';
import { announceRevision, nextRevision } from './catalogRevision.js';

export interface NewCollection {
  readonly name: string;
  /** Id of the organization that keeps it. */
  readonly organization: string;
  readonly title?: string;
  readonly description?: string;
  readonly pins: readonly Pin[];
  /** Subject of who makes it. */
  readonly by?: string;
}

/** What is absent stays; null takes it away. */
export interface CollectionChange {
  readonly title?: string | null;
  readonly description?: string | null;
  readonly pins?: readonly Pin[];
}

export class CollectionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DureError CONFLICT for a name that is taken. */
  async create({ name, organization, title, description, pins, by }: NewCollection, within: Within<void>): Promise<void> {
    await this.change(within, async (manager, revision) => {
      // The lock of the catalog's revision is held, so nobody takes the name in between.
      const taken = await manager.query<unknown[]>('select 1 from dure.collection where name = $1 and not deleted', [name]);
      if (taken.length > 0) throw new DureError('CONFLICT', `The name "${name}" is taken by another collection: choose another.`, { name });
      const [row] = await manager.query<{ id: string }[]>(
        'insert into dure.collection (name, organization_id, title, description, created_by, revision) values ($1, $2, $3, $4, $5, $6) returning id',
        [name, organization, title ?? null, description ?? null, by ?? null, revision],
      );
      await pin(manager, row!.id, pins);
    });
  }

  /** @throws DureError NOT_FOUND where it is gone. */
  async update(id: string, { title, description, pins }: CollectionChange, within: Within<void>): Promise<void> {
    await this.change(within, async (manager, revision) => {
      const [, count] = await manager.query<[unknown, number]>(
        `update dure.collection set title = case when $2 then $3 else title end, description = case when $4 then $5 else description end, updated_at = now(), revision = $6
         where id = $1 and not deleted`,
        [id, title !== undefined, title ?? null, description !== undefined, description ?? null, revision],
      );
      if (count === 0) throw gone();
      if (!pins) return;
      await manager.query('delete from dure.collection_dataset where collection_id = $1', [id]);
      await pin(manager, id, pins);
    });
  }

  /** @throws DureError NOT_FOUND where it is gone already. */
  async delete(id: string, within: Within<void>): Promise<void> {
    await this.change(within, async (manager, revision) => {
      const [, count] = await manager.query<[unknown, number]>('update dure.collection set deleted = true, updated_at = now(), revision = $2 where id = $1 and not deleted', [id, revision]);
      if (count === 0) throw gone();
    });
  }

  private async change(within: Within<void>, work: (manager: EntityManager, revision: string) => Promise<void>): Promise<void> {
    const revision = await this.dataSource.transaction(async (manager) => {
      const next = await nextRevision(manager);
      await work(manager, next);
      await within(manager, undefined);
      return next;
    });
    await announceRevision(this.dataSource, revision);
  }
}

async function pin(manager: EntityManager, collection: string, pins: readonly Pin[]): Promise<void> {
  await manager.query(
    `insert into dure.collection_dataset (collection_id, ordinal, dataset_id, major, minor)
     select $1, p.ordinal, p.dataset, p.major, p.minor from unnest($2::uuid[], $3::int[], $4::int[]) with ordinality p(dataset, major, minor, ordinal)`,
    [collection, pins.map((p) => p.dataset), pins.map((p) => p.major), pins.map((p) => p.minor ?? null)],
  );
}

function gone(): DureError {
  return new DureError('NOT_FOUND', 'The collection is gone: somebody deleted it meanwhile.');
}
