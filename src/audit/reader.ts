/** Looking into the audit: pages of entries, newest first, and when it was last reviewed. Who may look is for the caller to judge. */
import type { Pool } from 'pg';
import { DureError } from '../errors.js';
import type { AuditEvent, ChangeEvent } from './event.js';

export type RecordedEvent = AuditEvent & { readonly at: string; readonly seq: number };

export interface ReadEntry {
  readonly chain: string;
  readonly hash: string;
  readonly event: RecordedEvent;
  /** Pass it as `after` for what is older. */
  readonly cursor: string;
}

export interface EntryQuery {
  readonly dataset?: string;
  /** As actorKey makes it. */
  readonly actor?: string;
  readonly subject?: string;
  readonly tokenId?: string;
  readonly kinds?: readonly string[];
  readonly decisions?: readonly string[];
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  readonly first: number;
  readonly after?: string;
}

export interface EntryPage { readonly entries: readonly ReadEntry[]; readonly hasNextPage: boolean }

export interface AuditReview {
  readonly at: string;
  readonly by: string;
  readonly from: string;
  readonly to: string;
  readonly finding: string;
  readonly dataset?: string;
}

export interface ReviewDue {
  readonly last?: AuditReview;
  /** When the next review must be there; one cycle after the last, or after the first entry. Absent while there is nothing to review. */
  readonly dueAt?: Date;
  readonly overdue: boolean;
}

interface Row { readonly chain: string; readonly seq: string; readonly at: Date; readonly hash: string; readonly body: string }

export class AuditReader {
  constructor(private readonly pool: Pool, private readonly reviewMonths: number) {}

  /** @throws DureError BAD_USER_INPUT for a cursor that is none */
  async entries(query: EntryQuery): Promise<EntryPage> {
    const after = query.after === undefined ? undefined : readCursor(query.after);
    const conditions: string[] = [];
    const values: unknown[] = [];
    const where = (condition: (...places: string[]) => string, ...given: unknown[]): void => {
      if (given[0] === undefined) return;
      conditions.push(condition(...given.map((value) => `$${values.push(value)}`)));
    };
    // What an index finds are blocks; which of their entries are meant is told by the second half.
    where((p) => `datasets @> array[${p}::text] and dataset_id = ${p}::uuid`, query.dataset);
    where((p) => `actors @> array[${p}::text] and actor = ${p}`, query.actor);
    where((p) => `body::jsonb->'actor'->>'subject' = ${p}`, query.subject);
    where((p) => `body::jsonb->'actor'->>'tokenId' = ${p}`, query.tokenId);
    where((p) => `kinds && ${p}::text[] and kind = any(${p}::text[])`, query.kinds);
    where((p) => `body::jsonb->>'decision' = any(${p}::text[])`, query.decisions);
    where((p) => `at >= ${p}::timestamptz`, query.from);
    where((p) => `at < ${p}::timestamptz`, query.to);
    if (after) where((at, chain, seq) => `(at, chain_id, seq) < (${at}::timestamptz, ${chain}::uuid, ${seq}::bigint)`, ...after);
    const { rows } = await this.pool.query<Row>(
      `select chain_id as chain, seq, at, hash, body from dure_audit.entry where ${conditions.join(' and ') || 'true'} order by at desc, chain_id desc, seq desc limit ${query.first + 1}`, values,
    );
    return { entries: rows.slice(0, query.first).map(toEntry), hasNextPage: rows.length > query.first };
  }

  /** The texts of operations, by digest. */
  async documents(digests: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (digests.length === 0) return new Map();
    const { rows } = await this.pool.query<{ digest: string; text: string }>('select digest, text from dure_audit.document where digest = any($1)', [digests]);
    return new Map(rows.map((row) => [row.digest, row.text]));
  }

  /** Of one dataset, or of the whole audit where none is named. */
  async reviewDue(dataset?: string): Promise<ReviewDue> {
    const { rows: [row] } = await this.pool.query<{ review: string | null; reviewed: Date | null; first: Date | null; now: Date; due: Date | null }>(
      `with facts as (
         select (select body from dure_audit.entry where kinds @> '{AUDIT_REVIEWED}' and kind = 'AUDIT_REVIEWED' and dataset_id is not distinct from $1::uuid order by at desc limit 1) as review,
           (select at from dure_audit.entry where $1::uuid is null or (datasets @> array[$1::text] and dataset_id = $1::uuid) order by at limit 1) as first
       ) select review, first, now() as now, coalesce((review::jsonb->>'at')::timestamptz, first) + make_interval(months => $2) as due from facts`, [dataset ?? null, this.reviewMonths],
    );
    const last = row!.review === null ? undefined : reviewOf(JSON.parse(row!.review) as ChangeEvent & { at: string });
    return { ...(last && { last }), ...(row!.due && { dueAt: row!.due }), overdue: row!.due !== null && row!.due < row!.now };
  }
}

function reviewOf({ at, actor, details, dataset }: ChangeEvent & { readonly at: string }): AuditReview {
  const { from, to, finding } = details as { readonly from: string; readonly to: string; readonly finding: string };
  return { at, by: actor.name ?? actor.subject ?? actor.kind, from, to, finding, dataset: dataset?.path };
}

function toEntry({ chain, seq, at, hash, body }: Row): ReadEntry {
  return { chain, hash, event: JSON.parse(body) as RecordedEvent, cursor: Buffer.from(`${at.toISOString()} ${chain} ${seq}`).toString('base64url') };
}

function readCursor(text: string): [string, string, string] {
  const parts = /^(\d{4}-\d{2}-\d{2}T[\d:.]{8,12}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\d{1,18})$/.exec(Buffer.from(text, 'base64url').toString('utf8'));
  if (!parts || Number.isNaN(Date.parse(parts[1]!))) throw new DureError('BAD_USER_INPUT', 'The cursor "after" is none of an earlier page. Use the end cursor of a page, or none to begin.');
  return [parts[1]!, parts[2]!, parts[3]!];
}
