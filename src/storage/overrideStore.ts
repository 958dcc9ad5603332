/** Emergency overrides of datasets' rules. They are part of the catalog: beginning or ending one makes a new revision, which every process follows. */
import type { DataSource, EntityManager } from 'typeorm';
import { DureError } from '../errors.js';
import type { Override } from '../policy/override.js';
import type { Within } from '../transaction.js';
import { announceRevision, nextRevision } from './catalogRevision.js';

export interface NewOverride {
  /** Id of the dataset. */
  readonly dataset: string;
  readonly subject: string;
  readonly issuer: string;
  readonly reason: string;
  readonly by: string;
  readonly minutes: number;
}

interface Row { readonly id: string; readonly subject: string; readonly issuer: string; readonly reason: string; readonly by: string; readonly from: Date; readonly until: Date }

const columns = 'id, subject, issuer, reason, created_by as "by", begins as "from", ends as "until"';

export class OverrideStore {
  constructor(private readonly dataSource: DataSource) {}

  async begin({ dataset, subject, issuer, reason, by, minutes }: NewOverride, within: Within<Override>): Promise<Override> {
    return this.change(dataset, within, async (manager) => {
      const rows = await manager.query<Row[]>(
        `insert into dure.access_override (dataset_id, subject, issuer, reason, created_by, begins, ends) values ($1, $2, $3, $4, $5, statement_timestamp(), statement_timestamp() + make_interval(mins => $6)) returning ${columns}`,
        [dataset, subject, issuer, reason, by, minutes],
      );
      return rows[0]!;
    });
  }

  /** Ends one before its time. @throws DureError NOT_FOUND if none of this id holds */
  async end(dataset: string, id: string, by: string, within: Within<Override>): Promise<Override> {
    return this.change(dataset, within, async (manager) => {
      const [rows] = await manager.query<[Row[], number]>(
        `update dure.access_override set ended_at = statement_timestamp(), ended_by = $3 where dataset_id = $1 and id = $2 and ended_at is null and ends > statement_timestamp() returning ${columns}`,
        [dataset, id, by],
      );
      if (!rows[0]) throw new DureError('NOT_FOUND', 'The dataset has no emergency override of this id that still holds.');
      return rows[0];
    });
  }

  private async change(dataset: string, within: Within<Override>, work: (manager: EntityManager) => Promise<Override>): Promise<Override> {
    const { result, revision } = await this.dataSource.transaction(async (manager) => {
      const revision = await nextRevision(manager);
      const result = await work(manager);
      await manager.query('update dure.dataset set revision = $2 where id = $1', [dataset, revision]);
      await within(manager, result);
      return { result, revision };
    });
    await announceRevision(this.dataSource, revision);
    return result;
  }
}
