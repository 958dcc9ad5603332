/** The audit in the database, read in pages. */
import type { Pool } from 'pg';
import type { AuditArchive, Destruction, PublicKeyRecord, StoredEntry, StoredRoot, WrittenChange } from './archive.js';
import type { Head } from './chain.js';
import type { PendingChange } from './pending.js';

const pageSize = 2_000;

interface EntryRow {
  readonly chain: string;
  readonly seq: string;
  readonly at: Date;
  readonly kind: string;
  readonly dataset: string | null;
  readonly actor: string;
  readonly body: string;
  readonly previous: string;
  readonly hash: string;
  readonly signature: string | null;
}

const entryColumns = 'chain_id as chain, seq, at, kind, dataset_id as dataset, actor, body, previous, hash, signature';

export class DatabaseArchive implements AuditArchive {
  constructor(private readonly pool: Pool) {}

  async keys(): Promise<readonly PublicKeyRecord[]> {
    return (await this.pool.query<PublicKeyRecord>('select id, public_key as "publicKey" from dure_audit.signing_key order by first_used_at')).rows;
  }

  /** Also those whose registration is gone. */
  async chains(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `with recursive present as (
         (select chain_id from dure_audit.entry order by chain_id limit 1)
         union all select (select e.chain_id from dure_audit.entry e where e.chain_id > p.chain_id order by e.chain_id limit 1) from present p where p.chain_id is not null
       ) select id from dure_audit.chain union select chain_id from present where chain_id is not null`,
    );
    return rows.map(({ id }) => id);
  }

  async roots(): Promise<readonly StoredRoot[]> {
    return (await this.pool.query<StoredRoot>('select number, body, hash, signature from dure_audit.root order by number')).rows;
  }

  async destructions(): Promise<readonly Destruction[]> {
    const { rows } = await this.pool.query<{ chain: string; month: string; first: string; last: string; at: Date }>('select chain_id as chain, month, first_seq as first, last_seq as last, destroyed_at as at from dure_audit.destruction');
    return rows.map((row) => ({ ...row, first: Number(row.first), last: Number(row.last), at: row.at.toISOString() }));
  }

  async witnesses(): Promise<readonly Head[]> {
    const { rows } = await this.pool.query<{ body: string }>(`select body from dure_audit.entry where kind = 'CHAIN_STARTED'`);
    return rows.flatMap(({ body }): readonly Head[] => {
      try {
        return (JSON.parse(body) as { details?: { heads?: readonly Head[] } }).details?.heads ?? [];
      } catch {
        return []; // Its own chain tells that it was changed.
      }
    });
  }

  async *entries(chain: string, after = 0, upTo?: number): AsyncIterable<StoredEntry> {
    for (let seq = after; ;) {
      const { rows } = await this.pool.query<EntryRow>(`select ${entryColumns} from dure_audit.entry where chain_id = $1 and seq > $2 and ($3::bigint is null or seq <= $3) order by seq limit ${pageSize}`, [chain, seq, upTo ?? null]);
      yield* rows.map(toEntry);
      if (rows.length < pageSize) return;
      seq = Number(rows.at(-1)!.seq);
    }
  }

  /** In order of time. `to` is exclusive. */
  async *between(from: Date, to: Date, dataset?: string): AsyncIterable<StoredEntry> {
    for (let last: readonly [Date, string, string] | undefined; ;) {
      const { rows } = await this.pool.query<EntryRow>(
        `select ${entryColumns} from dure_audit.entry where at >= $1 and at < $2 and ($3::uuid is null or dataset_id = $3) and ($4::timestamptz is null or (at, chain_id, seq) > ($4, $5::uuid, $6::bigint))
         order by at, chain_id, seq limit ${pageSize}`, [from, to, dataset ?? null, ...(last ?? [null, null, null])],
      );
      yield* rows.map(toEntry);
      if (rows.length < pageSize) return;
      const end = rows.at(-1)!;
      last = [end.at, end.chain, end.seq];
    }
  }

  async writtenChanges(): Promise<readonly WrittenChange[]> {
    const { rows } = await this.pool.query<{ id: string; age: number }>('select id, extract(epoch from clock_timestamp() - created_at)::float8 * 1000 as age from dure_audit.pending order by created_at');
    return rows.map(({ id, age }) => ({ id, ageMs: age }));
  }

  async pending(ids: readonly string[]): Promise<readonly PendingChange[]> {
    return (await this.pool.query<PendingChange>('select id, writer, body, signature from dure_audit.pending where id = any($1::uuid[]) order by created_at', [ids])).rows;
  }

  async document(digest: string): Promise<string | undefined> {
    return (await this.pool.query<{ text: string }>('select text from dure_audit.document where digest = $1', [digest])).rows[0]?.text;
  }
}

function toEntry({ chain, seq, at, kind, dataset, actor, body, previous, hash, signature }: EntryRow): StoredEntry {
  return { chain, seq: Number(seq), body, previous, hash, ...(signature !== null && { signature }), columns: { at: at.toISOString(), kind, ...(dataset !== null && { dataset }), actor } };
}
