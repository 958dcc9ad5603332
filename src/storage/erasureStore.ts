/** Erasures as the server asks for them and tells of them. The rows themselves are removed by a job. */
import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { DureError } from '../errors.js';
import { seal } from '../identity/sealedText.js';
import type { SecretKeys } from '../identity/secretKeys.js';
import type { Within } from '../transaction.js';
import { personCommitment } from './commitment.js';

export interface ErasureRequest {
  readonly organizationId: string;
  readonly datasetId: string;
  readonly scope: 'dataset' | 'organization';
  readonly domain: string;
  readonly key: string;
  readonly reason: string;
  readonly basis: string;
  readonly by: { readonly subject: string; readonly issuer?: string };
}

export interface Erasure {
  readonly id: string;
  readonly datasetId: string;
  readonly scope: 'dataset' | 'organization';
  readonly domain: string;
  readonly keyId: string;
  readonly commitment: string;
  readonly reason: string;
  readonly basis: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly completedAt?: Date;
  readonly renewedAt?: Date;
  readonly renewedBy?: string;
  readonly renewReason?: string;
  /** Files of exports that were removed. */
  readonly exports: number;
  readonly tables: readonly { readonly version: string; readonly table: string; readonly rows: number; readonly cells: number }[];
}

interface Row {
  id: string; dataset_id: string; scope: 'dataset' | 'organization'; domain: string; key_id: string; commitment: string; reason: string; basis: string; requested_by: string; requested_at: Date;
  completed_at: Date | null; renewed_at: Date | null; renewed_by: string | null; renew_reason: string | null; exports: number; tables: Erasure['tables'] | null;
}

const select = `select e.*, (
    select json_agg(json_build_object('version', v.major || '.' || v.minor, 'table', x.table_name, 'rows', x.rows, 'cells', x.cells) order by v.major, v.minor, x.table_name)
    from dure.erasure_version x join dure.version v on v.id = x.version_id where x.erasure_id = e.id
  ) as tables from dure.erasure e`;

export class ErasureStore {
  constructor(private readonly dataSource: DataSource, private readonly keys: SecretKeys) {}

  /** From here on the person is not published any more; the key is kept, encrypted, until the job has removed the rows. */
  async request({ organizationId, datasetId, scope, domain, key, reason, basis, by }: ErasureRequest, within: Within<Erasure>): Promise<Erasure> {
    const keyId = this.keys.newestId;
    const id = randomUUID();
    return this.dataSource.transaction(async (manager) => {
      await manager.query(
        `insert into dure.erasure (id, organization_id, dataset_id, scope, domain, key_id, commitment, sealed, reason, basis, requested_by, requested_issuer) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [id, organizationId, datasetId, scope, domain, keyId, personCommitment(this.keys, organizationId, domain, key, keyId), JSON.stringify(seal(key, `erasure ${id}`, this.keys.forPurpose('erasures'))), reason, basis, by.subject, by.issuer ?? null],
      );
      const erasure = (await byIds(manager, [id]))[0]!;
      await within(manager, erasure);
      return erasure;
    });
  }

  /** Newest first. */
  async ofDataset(datasetId: string): Promise<readonly Erasure[]> {
    return (await this.dataSource.query<Row[]>(`${select} where e.dataset_id = $1 order by e.requested_at desc, e.id limit 1000`, [datasetId])).map(toErasure);
  }

  /** The proof: the erasures of this person, newest first. */
  async ofPerson(organizationId: string, datasetId: string, domain: string, key: string): Promise<readonly Erasure[]> {
    const ids = await this.matching(organizationId, domain, key);
    const rows = await this.dataSource.query<Row[]>(`${select} where e.id = any($1) and (e.dataset_id = $2 or e.scope = 'organization') order by e.requested_at desc, e.id`, [ids, datasetId]);
    return rows.map(toErasure);
  }

  /** @throws DureError NOT_FOUND where this person was not erased, or has consented anew already */
  async renew(organizationId: string, datasetId: string, domain: string, key: string, reason: string, by: string, within: Within<readonly Erasure[]>): Promise<readonly Erasure[]> {
    const ids = await this.matching(organizationId, domain, key);
    return this.dataSource.transaction(async (manager) => {
      const [rows] = await manager.query<[{ id: string }[], number]>(
        `update dure.erasure set renewed_at = clock_timestamp(), renewed_by = $3, renew_reason = $4 where id = any($1) and renewed_at is null and (dataset_id = $2 or scope = 'organization') returning id`, [ids, datasetId, by, reason],
      );
      if (rows.length === 0) throw new DureError('NOT_FOUND', 'This person was not erased here, or has consented anew already.');
      const renewed = await byIds(manager, rows.map(({ id }) => id));
      await within(manager, renewed);
      return renewed;
    });
  }

  private async matching(organizationId: string, domain: string, key: string): Promise<readonly string[]> {
    const kept = await this.dataSource.query<{ key_id: string }[]>('select distinct key_id from dure.erasure where organization_id = $1 and domain = $2', [organizationId, domain]);
    const commitments = kept.filter(({ key_id }) => this.keys.ids.includes(key_id)).map(({ key_id }) => personCommitment(this.keys, organizationId, domain, key, key_id));
    const rows = await this.dataSource.query<{ id: string }[]>('select id from dure.erasure where organization_id = $1 and domain = $2 and commitment = any($3)', [organizationId, domain, commitments]);
    return rows.map(({ id }) => id);
  }
}

async function byIds(manager: EntityManager, ids: readonly string[]): Promise<readonly Erasure[]> {
  return (await manager.query<Row[]>(`${select} where e.id = any($1) order by e.requested_at desc, e.id`, [ids])).map(toErasure);
}

function toErasure(row: Row): Erasure {
  return {
    id: row.id, datasetId: row.dataset_id, scope: row.scope, domain: row.domain, keyId: row.key_id, commitment: row.commitment, reason: row.reason, basis: row.basis, requestedBy: row.requested_by, requestedAt: row.requested_at,
    ...(row.completed_at === null ? {} : { completedAt: row.completed_at }), tables: row.tables ?? [], exports: row.exports,
    ...(row.renewed_at === null ? {} : { renewedAt: row.renewed_at, renewedBy: row.renewed_by!, renewReason: row.renew_reason! }),
  };
}
