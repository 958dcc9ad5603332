/** Incidents, by which datasets are frozen. They are part of the catalog: beginning or ending one makes a new revision, which every process follows. */
import type { DataSource, EntityManager } from 'typeorm';
import { DureError } from '../errors.js';
import type { Within } from '../transaction.js';
import { announceRevision, nextRevision } from './catalogRevision.js';

export interface Incident {
  readonly id: string;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly endedAt?: Date;
  readonly endedBy?: string;
  readonly endReason?: string;
}

export interface IncidentActor {
  readonly subject: string;
  readonly issuer?: string;
}

interface Row { readonly id: string; readonly reason: string; readonly created_by: string; readonly created_at: Date; readonly ended_at: Date | null; readonly ended_by: string | null; readonly end_reason: string | null }
const columns = 'id, reason, created_by, created_at, ended_at, ended_by, end_reason';

export class IncidentStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DureError CONFLICT where the dataset is frozen already */
  async declare(dataset: string, reason: string, by: IncidentActor, within: Within<Incident>): Promise<{ readonly incident: Incident; readonly revision: bigint }> {
    return this.change(dataset, within, async (manager) => {
      const rows = await manager.query<Row[]>(
        `insert into dure.incident (dataset_id, reason, created_by, created_issuer) values ($1, $2, $3, $4) on conflict (dataset_id) where ended_at is null do nothing returning ${columns}`,
        [dataset, reason, by.subject, by.issuer ?? null],
      );
      if (!rows[0]) throw new DureError('CONFLICT', 'The dataset is frozen already.');
      return rows[0];
    });
  }

  /** @throws DureError NOT_FOUND where the dataset is not frozen; FORBIDDEN for whoever froze it */
  async end(dataset: string, reason: string, by: IncidentActor, within: Within<Incident>): Promise<{ readonly incident: Incident; readonly revision: bigint }> {
    return this.change(dataset, within, async (manager) => {
      const [standing] = await manager.query<Row[]>(`select ${columns} from dure.incident where dataset_id = $1 and ended_at is null for update`, [dataset]);
      refuseEnding(standing, by);
      const [rows] = await manager.query<[Row[], number]>(
        `update dure.incident set ended_at = clock_timestamp(), ended_by = $2, ended_issuer = $3, end_reason = $4 where id = $1 returning ${columns}`,
        [standing!.id, by.subject, by.issuer ?? null, reason],
      );
      return rows[0]!;
    });
  }

  /** Newest first. */
  async of(dataset: string): Promise<readonly Incident[]> {
    return (await this.dataSource.query<Row[]>(`select ${columns} from dure.incident where dataset_id = $1 order by created_at desc, id limit 200`, [dataset])).map(toIncident);
  }

  private async change(dataset: string, within: Within<Incident>, work: (manager: EntityManager) => Promise<Row>): Promise<{ readonly incident: Incident; readonly revision: bigint }> {
    const { incident, revision } = await this.dataSource.transaction(async (manager) => {
      const revision = await nextRevision(manager);
      const incident = toIncident(await work(manager));
      await manager.query('update dure.dataset set revision = $2 where id = $1', [dataset, revision]);
      await within(manager, incident);
      return { incident, revision };
    });
    await announceRevision(this.dataSource, revision);
    return { incident, revision: BigInt(revision) };
  }
}

/** A subject of another issuer may be the same person, so it is the subject alone that counts. */
function refuseEnding(standing: Row | undefined, by: IncidentActor): void {
  if (!standing) throw new DureError('NOT_FOUND', 'The dataset is not frozen.');
  if (standing.created_by === by.subject) throw new DureError('FORBIDDEN', 'You froze this dataset, so another person must let it go: a steward of its organization or an administrator.', { reason: 'TWO_PERSONS' });
}

function toIncident(row: Row): Incident {
  return {
    id: row.id, reason: row.reason, createdBy: row.created_by, createdAt: row.created_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at, endedBy: row.ended_by!, endReason: row.end_reason! }),
  };
}
