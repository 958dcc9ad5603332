/** Revisions of the catalog: whoever changes it takes the next one under the lock of `dure.catalog_state`. */
import type { DataSource, EntityManager } from 'typeorm';

/** The channel on which a new revision is hinted; the row in `dure.catalog_state` is the truth. */
export const catalogChannel = 'dure_catalog';

/**
 * Takes the next revision. The row's lock is held until the transaction ends, so revisions come in the order of commit
 * and a reader that has seen one has seen all before it. Take it late: writers wait for each other here.
 */
export async function nextRevision(manager: EntityManager): Promise<string> {
  const [rows] = await manager.query<[{ revision: string }[], number]>('update dure.catalog_state set revision = revision + 1 returning revision');
  return rows[0]!.revision;
}

/** In a statement of its own: NOTIFY takes a lock of the whole instance at commit. A hint that is lost is made up for by polling. */
export async function announceRevision(dataSource: DataSource, revision: string): Promise<void> {
  await dataSource.query('select pg_notify($1, $2)', [catalogChannel, revision]);
}
