import type { PoolClient } from 'pg';
import { DureError } from '../errors.js';

/**
 * Read within a transaction that holds the catalog's lock it is certain: whoever freezes a dataset takes the same lock.
 * @throws DureError FORBIDDEN while an incident stands
 */
export async function refuseFrozen(client: Pick<PoolClient, 'query'>, datasetId: string): Promise<void> {
  const { rows } = await client.query<{ path: string }>(
    `select o.slug || '/' || d.name as path from dure.incident i join dure.dataset d on d.id = i.dataset_id join dure.organization o on o.id = d.organization_id where i.dataset_id = $1 and i.ended_at is null`, [datasetId],
  );
  if (rows[0]) throw new DureError('FORBIDDEN', `${rows[0].path} is frozen because of an incident: no job touches it until that is resolved.`, { reason: 'FROZEN' });
}
