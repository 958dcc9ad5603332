/** What access/standing.ts follows, and the suspension of persons. */
import type { DataSource } from 'typeorm';
import { grantOf } from '../access/grantOf.js';
import type { StandingChanges, StandingReader } from '../access/standing.js';
import { DureError } from '../errors.js';
import type { Within } from '../transaction.js';
import { requestColumns, toRequest, type RequestRow } from './requestRows.js';
import { announceStanding, nextStanding } from './standingRevision.js';

export interface SuspensionRecord {
  readonly id: string;
  readonly subject: string;
  readonly issuer?: string;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly liftedAt?: Date;
  readonly liftedBy?: string;
}

interface Row { id: string; subject: string; issuer: string | null; reason: string; created_by: string; created_at: Date; lifted_at: Date | null; lifted_by: string | null }
const columns = 'id, subject, issuer, reason, created_by, created_at, lifted_at, lifted_by';

export class StandingStore implements StandingReader {
  constructor(private readonly dataSource: DataSource) {}

  /** The head is read first: what is read after it may be newer, and is then read once more. */
  async changesSince(revision: bigint | undefined): Promise<StandingChanges> {
    const [state] = await this.dataSource.query<[{ revision: string; now: Date }]>('select revision, clock_timestamp() as now from dure.standing_state');
    const head = BigInt(state.revision);
    if (head === revision) return { head, now: state.now, requests: [], suspensions: [], revokedTokens: [] };
    const after = revision === undefined ? null : revision.toString();
    const [requests, suspensions, tokens] = await Promise.all([
      this.dataSource.query<RequestRow[]>(`select ${requestColumns} from dure.access_request where case when $1::bigint is null then state = 'APPROVED' else revision > $1::bigint end`, [after]),
      this.dataSource.query<Row[]>(`select ${columns} from dure.suspension where case when $1::bigint is null then lifted_at is null else revision > $1::bigint end`, [after]),
      this.dataSource.query<{ id: string }[]>(after === null
        ? 'select id from dure.api_token where revoked_at is not null and (expires_at is null or expires_at > now())'
        : 'select id from dure.api_token where revocation > $1::bigint', after === null ? [] : [after]),
    ]);
    return {
      head, now: state.now, revokedTokens: tokens.map(({ id }) => id),
      requests: requests.map((row) => ({ id: row.id, grant: grantOf(toRequest(row)) })),
      suspensions: suspensions.map(({ id, subject, issuer, lifted_at: lifted }) => ({ id, subject, ...(issuer === null ? {} : { issuer }), lifted: lifted !== null })),
    };
  }

  /** @throws DureError CONFLICT where the person is suspended already */
  async suspend({ subject, issuer, reason, by }: { readonly subject: string; readonly issuer?: string; readonly reason: string; readonly by: string }, within: Within<SuspensionRecord>): Promise<SuspensionRecord> {
    const suspension = await this.dataSource.transaction(async (manager) => {
      const revision = await nextStanding(manager);
      const rows = await manager.query<Row[]>(
        `insert into dure.suspension (subject, issuer, reason, created_by, revision) values ($1, $2, $3, $4, $5) on conflict do nothing returning ${columns}`, [subject, issuer ?? null, reason, by, revision],
      );
      if (!rows[0]) throw new DureError('CONFLICT', 'This person is suspended already.');
      const made = toRecord(rows[0]);
      await within(manager, made);
      return made;
    });
    await announceStanding(this.dataSource);
    return suspension;
  }

  /** @throws DureError NOT_FOUND */
  async restore(id: string, by: string, within: Within<SuspensionRecord>): Promise<SuspensionRecord> {
    const suspension = await this.dataSource.transaction(async (manager) => {
      const revision = await nextStanding(manager);
      const [rows] = await manager.query<[Row[], number]>(`update dure.suspension set lifted_at = clock_timestamp(), lifted_by = $2, revision = $3 where id = $1 and lifted_at is null returning ${columns}`, [id, by, revision]);
      if (!rows[0]) throw new DureError('NOT_FOUND', 'There is no suspension of this id that still holds.');
      const lifted = toRecord(rows[0]);
      await within(manager, lifted);
      return lifted;
    });
    await announceStanding(this.dataSource);
    return suspension;
  }

  /** Those that hold, newest first. */
  async suspensions(): Promise<readonly SuspensionRecord[]> {
    return (await this.dataSource.query<Row[]>(`select ${columns} from dure.suspension where lifted_at is null order by created_at desc, id`)).map(toRecord);
  }
}

function toRecord(row: Row): SuspensionRecord {
  return {
    id: row.id, subject: row.subject, ...(row.issuer === null ? {} : { issuer: row.issuer }), reason: row.reason, createdBy: row.created_by, createdAt: row.created_at,
    ...(row.lifted_at === null ? {} : { liftedAt: row.lifted_at }), ...(row.lifted_by === null ? {} : { liftedBy: row.lifted_by }),
  };
}
