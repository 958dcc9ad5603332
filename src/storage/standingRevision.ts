/** Revisions of who may still ask: whoever changes requests, suspensions or tokens takes the next one under the lock of `dure.standing_state`. */
import type { DataSource, EntityManager } from 'typeorm';

/** The channel on which a new revision is hinted; the row in `dure.standing_state` is the truth. */
export const standingChannel = 'dure_standing';

/** Held until the transaction ends. A row that exists is locked before it, one that is new is made after it: so two writers never wait for each other in a ring. */
export async function nextStanding(manager: EntityManager): Promise<string> {
  const [rows] = await manager.query<[{ revision: string }[], number]>('update dure.standing_state set revision = revision + 1 returning revision');
  return rows[0]!.revision;
}

/** In a statement of its own, as NOTIFY takes a lock of the whole instance at commit. A hint that is lost is made up for by polling. */
export async function announceStanding(dataSource: DataSource): Promise<void> {
  await dataSource.query(`select pg_notify($1, '')`, [standingChannel]);
}
