/** Requests for access as rows. Each step is one transaction that locks the request, lets access/steps.ts decide, and numbers its event. */
import type { DataSource, EntityManager } from 'typeorm';
import { closesAt, earliest, type AccessRequest, type AccessRequestEvent, type Person, type RequestState, type Wanted } from '../access/request.js';
import type { Held, Outcome } from '../access/steps.js';
import { DureError } from '../errors.js';
import type { Within } from '../transaction.js';
import { requestColumns, requestEventColumns, toRequest, toRequestEvent, type RequestEventRow, type RequestRow } from './requestRows.js';
import { announceStanding, nextStanding } from './standingRevision.js';

export interface NewRequest {
  readonly datasetId: string;
  readonly by: Person;
  readonly organizations: readonly string[];
  readonly wanted: Wanted;
  readonly draft: boolean;
}

/** Whose requests may be seen: one's own, and those for datasets that one watches over. */
export interface RequestVisibility {
  readonly person?: { readonly subject: string; readonly issuer?: string };
  readonly datasetIds: readonly string[];
}

export interface RequestFilter {
  readonly visibleTo: RequestVisibility;
  readonly states?: readonly RequestState[];
  readonly datasetIds?: readonly string[];
  readonly mine?: boolean;
}

export interface Stepped { readonly request: AccessRequest; readonly event: AccessRequestEvent }

export class RequestStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The database's clock. */
  async now(): Promise<Date> {
    const [row] = await this.dataSource.query<[{ now: Date }]>('select clock_timestamp() as now');
    return row.now;
  }

  /** @throws DureError CONFLICT naming the person's open request for the dataset */
  async create({ datasetId, by, organizations, wanted, draft }: NewRequest, within: Within<Stepped>): Promise<Stepped> {
    return this.changed(within, async (manager) => {
      const revision = await nextStanding(manager);
      const rows = await manager.query<RequestRow[]>(
        `insert into dure.access_request (dataset_id, subject, issuer, name, organizations, state, wanted, closes, last_seq, submitted_at, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 1, case when $6 = 'SUBMITTED' then clock_timestamp() end, $9) on conflict do nothing returning ${requestColumns}`,
        [datasetId, by.subject, by.issuer ?? null, by.name ?? null, organizations, draft ? 'DRAFT' : 'SUBMITTED', JSON.stringify(wanted), closesAt(wanted) ?? null, revision],
      );
      if (!rows[0]) {
        const [open] = await manager.query<{ id: string; state: string }[]>(`select id, state from dure.access_request where dataset_id = $1 and subject = $2 and coalesce(issuer, '') = $3 and state in ('DRAFT', 'SUBMITTED')`, [datasetId, by.subject, by.issuer ?? '']);
        throw new DureError('CONFLICT', `You have an open request for this dataset: ${open?.id} (${open?.state}). Withdraw it before you ask anew.`, { request: open?.id, state: open?.state });
      }
      const request = toRequest(rows[0]);
      return { request, event: await appendEvent(manager, request, by, { state: request.state, kind: draft ? 'DRAFTED' : 'SUBMITTED' }) };
    });
  }

  /** @throws DureError NOT_FOUND, and whatever `decide` throws: nothing is changed then */
  async step(id: string, by: Person, decide: (held: Held) => Outcome, within: Within<Stepped>): Promise<Stepped> {
    return this.changed(within, async (manager) => {
      const [row] = await manager.query<RequestRow[]>(`select ${requestColumns} from dure.access_request where id = $1 for update`, [id]);
      if (!row) throw new DureError('NOT_FOUND', 'There is no such request.');
      const [clock] = await manager.query<[{ now: Date }]>('select clock_timestamp() as now');
      const votes = await manager.query<{ subject: string; issuer: string | null }[]>(`select actor_subject as subject, actor_issuer as issuer from dure.access_request_event where request_id = $1 and kind in ('VOTED', 'APPROVED')`, [id]);
      const outcome = decide({ request: toRequest(row), votes: votes.map(({ subject, issuer }) => ({ subject, ...(issuer === null ? {} : { issuer }) })), now: clock.now });
      const request = await writeOutcome(manager, id, outcome, await nextStanding(manager));
      return { request, event: await appendEvent(manager, request, by, outcome) };
    });
  }

  /** Closes those of which nothing is left by the database's clock, a few at a time. */
  async closeDue(within: Within<Stepped>): Promise<number> {
    const [due] = await this.dataSource.query<unknown[]>(`select 1 from dure.access_request where state in ('SUBMITTED', 'APPROVED') and closes <= clock_timestamp() limit 1`);
    if (!due) return 0;
    const count = await this.dataSource.transaction(async (manager) => {
      const rows = await manager.query<RequestRow[]>(`select ${requestColumns} from dure.access_request where state in ('SUBMITTED', 'APPROVED') and closes <= clock_timestamp() order by closes limit 50 for update skip locked`);
      for (const row of rows) {
        const before = toRequest(row);
        const { irb } = before.wanted;
        const closed = earliest([before.ends, closesAt(before.wanted)])!;
        const byEthics = irb !== undefined && irb.expiresAt.getTime() === closed.getTime();
        const outcome: Outcome = {
          state: 'EXPIRED', kind: 'EXPIRED', text: byEthics ? `The ethics approval ${irb.number} ended.` : 'The period ended.',
          details: { from: before.state, closed: closed.toISOString(), cause: byEthics ? 'IRB' : 'PERIOD' },
        };
        const request = await writeOutcome(manager, before.id, outcome, undefined);
        await within(manager, { request, event: await appendEvent(manager, request, undefined, outcome) });
      }
      // Last, since whoever revokes anything waits for this lock.
      if (rows.length > 0) await manager.query('update dure.access_request set revision = $2 where id = any($1::uuid[])', [rows.map(({ id }) => id), await nextStanding(manager)]);
      return rows.length;
    });
    await announceStanding(this.dataSource);
    return count;
  }

  async get(id: string): Promise<AccessRequest | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly AccessRequest[]> {
    if (ids.length === 0) return [];
    return (await this.dataSource.query<RequestRow[]>(`select ${requestColumns} from dure.access_request where id = any($1::uuid[])`, [ids])).map(toRequest);
  }

  /** Newest first, after the request of that id. */
  async list({ visibleTo, states, datasetIds, mine }: RequestFilter, first: number, after?: string): Promise<readonly AccessRequest[]> {
    const { person } = visibleTo;
    const rows = await this.dataSource.query<RequestRow[]>(
      `select ${requestColumns} from dure.access_request
       where ((subject = $1 and coalesce(issuer, $2) is not distinct from coalesce($2, issuer)) or (not $3 and state <> 'DRAFT' and dataset_id = any($4::uuid[])))
         and ($5::text[] is null or state = any($5)) and ($6::uuid[] is null or dataset_id = any($6))
         and ($7::uuid is null or (created_at, id) < (select created_at, id from dure.access_request where id = $7))
       order by created_at desc, id desc limit $8`,
      [person?.subject ?? null, person?.issuer ?? null, mine === true, visibleTo.datasetIds, states ?? null, datasetIds ?? null, after ?? null, first],
    );
    return rows.map(toRequest);
  }

  /** In order, after the event of that number. */
  async events(id: string, after = 0, limit = 1_000): Promise<readonly AccessRequestEvent[]> {
    return (await this.dataSource.query<RequestEventRow[]>(`select ${requestEventColumns} from dure.access_request_event where request_id = $1 and seq > $2 order by seq limit $3`, [id, after, limit])).map(toRequestEvent);
  }

  private async changed(within: Within<Stepped>, work: (manager: EntityManager) => Promise<Stepped>): Promise<Stepped> {
    const result = await this.dataSource.transaction(async (manager) => {
      const made = await work(manager);
      await within(manager, made);
      return made;
    });
    await announceStanding(this.dataSource);
    return result;
  }
}

async function writeOutcome(manager: EntityManager, id: string, { state, wanted, approved, conditions, begins, ends }: Outcome, revision: string | undefined): Promise<AccessRequest> {
  const [rows] = await manager.query<[RequestRow[], number]>(
    `update dure.access_request set
       state = $2::text, wanted = coalesce($3::jsonb, wanted), closes = case when $3::jsonb is not null then $4::timestamptz when $8::timestamptz is not null then least(closes, $8) else closes end,
       approvals = approvals + $5::int, conditions = coalesce($6::text[], conditions), begins = coalesce($7::timestamptz, begins), ends = coalesce($8::timestamptz, ends), last_seq = last_seq + 1, revision = coalesce($9::bigint, revision),
       submitted_at = case when $2 = 'SUBMITTED' then coalesce(submitted_at, clock_timestamp()) else submitted_at end,
       decided_at = case when $2 in ('APPROVED', 'REJECTED') then coalesce(decided_at, clock_timestamp()) else decided_at end,
       ended_at = case when $2 in ('REVOKED', 'EXPIRED', 'WITHDRAWN') then coalesce(ended_at, clock_timestamp()) else ended_at end
     where id = $1 returning ${requestColumns}`,
    [id, state, wanted ? JSON.stringify(wanted) : null, (wanted && closesAt(wanted)) ?? null, approved ? 1 : 0, conditions ?? null, begins ?? null, ends ?? null, revision ?? null],
  );
  return toRequest(rows[0]!);
}

async function appendEvent(manager: EntityManager, { id, lastSeq, state }: AccessRequest, by: Person | undefined, { kind, text, internal = false, details }: Outcome): Promise<AccessRequestEvent> {
  const rows = await manager.query<RequestEventRow[]>(
    `insert into dure.access_request_event (request_id, seq, at, kind, state, actor_subject, actor_issuer, actor_name, internal, text, details)
     values ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8, $9, $10) returning ${requestEventColumns}`,
    [id, lastSeq, kind, state, by?.subject ?? null, by?.issuer ?? null, by?.name ?? null, internal, text ?? null, details ? JSON.stringify(details) : null],
  );
  return toRequestEvent(rows[0]!);
}
