import type { PoolClient } from 'pg';
import { DureError } from '../../errors.js';
import { refuseErased, type ErasedScope } from '../../publish/refuseErased.js';
import { personCommitment } from '../../storage/commitment.js';
import type { JobContext } from '../job.js';
import type { PublishOptions } from './publish.js';

/**
 * Looks for erased persons before the publishing transaction; what it returns looks once more in it for who was erased meanwhile. A package
 * that holds an erased person is not kept.
 * @throws DureError FORBIDDEN
 */
export async function refusingErased(context: JobContext, { keys, uploads }: PublishOptions, { organizationId, name, ...rows }: Pick<ErasedScope, 'organizationId' | 'tables' | 'segments'> & { readonly name: string }): Promise<(client: PoolClient, datasetId: string) => Promise<void>> {
  const commitment = keys && ((domain: string, key: string, keyId: string) => personCommitment(keys, organizationId, domain, key, keyId));
  const checked = new Set<string>();
  const refuse = async (db: Pick<PoolClient, 'query'>, datasetId: string | undefined): Promise<void> => {
    try {
      await refuseErased(db, { ...rows, organizationId, datasetId, commitment }, checked);
    } catch (error) {
      const { upload } = context.job.input;
      if (typeof upload === 'string' && error instanceof DureError && error.details.reason === 'ERASED_PERSON') await uploads.delete(upload);
      throw error;
    }
  };
  const { rows: [dataset] } = await context.pool.query<{ id: string }>('select id from dure.dataset where organization_id = $1 and name = $2', [organizationId, name]);
  await refuse(context.pool, dataset?.id);
  return refuse;
}
