/** The audit in the database, read in pages. */
import type { Pool } from 'pg';
import type { AuditArchive, Destruction, PublicKeyRecord, StoredEntry, StoredRoot, WrittenChange } from './archive.js';
import type { Head } from './chain.js';
import type { PendingChange } from './pending.js';

const blocksOfPage = 200;

interface BlockRow {
  readonly chain: string;
  readonly first: string;
  readonly at: Date;
  readonly kinds: readonly string[];
  readonly datasets: readonly string[];
  readonly actors: readonly string[];
  readonly bodies: readonly string[];
  readonly previous: string;
  readonly hashes: readonly string[];
  readonly signature: string | null;
}

const blockColumns = 'chain_id as chain, first_seq as first, at, kinds, datasets, actors, bodies, previous, hashes, signature';

export class DatabaseArchive implements AuditArchive {
  constructor(private readonly pool: Pool) {}

  async keys(): Promise<readonly PublicKeyRecord[]> {
    return (await this.pool.query<PublicKeyRecord>('select id, public_key as "publicKey" from dure_audit.signing_key order by first_used_at')).rows;
  }

  /** Also those whose registration is gone. */
  async chains(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `with recursive present as (
         (select chain_id from dure_audit.block order by chain_id limit 1)
         union all select (select e.chain_id from dure_audit.block e where e.chain_id > p.chain_id order by e.chain_id limit 1) from present p where p.chain_id is not null
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
    const { rows } = await this.pool.query<{ body: string }>(`select body from dure_audit.entry where kind = 'CHAIN_STARTED' and kinds @> '{CHAIN_STARTED}'`);
    return rows.flatMap(({ body }): readonly Head[] => {
      try {
        return (JSON.parse(body) as { details?: { heads?: readonly Head[] } }).details?.heads ?? [];
      } catch {
        return []; // Its own chain tells that it was changed.
      }
    });
  }

  async *entries(chain: string, after = 0, upTo = Number.MAX_SAFE_INTEGER): AsyncIterable<StoredEntry> {
    for (let last = 0; ;) {
      const { rows } = await this.pool.query<BlockRow>(`select ${blockColumns} from dure_audit.block where chain_id = $1 and first_seq > $2 and last_seq > $3 and first_seq <= $4 order by first_seq limit ${blocksOfPage}`, [chain, last, after, upTo]);
      for (const block of rows) for (const entry of entriesOf(block)) if (entry.seq > after && entry.seq <= upTo) yield entry;
      if (rows.length < blocksOfPage) return;
      last = Number(rows.at(-1)!.first);
    }
  }

  /** In order of time. `to` is exclusive. */
  async *between(from: Date, to: Date, dataset?: string): AsyncIterable<StoredEntry> {
    for (let last: readonly [Date, string, string] | undefined; ;) {
      const { rows } = await this.pool.query<BlockRow>(
        `select ${blockColumns} from dure_audit.block where at >= $1 and at < $2 and ($3::text is null or datasets @> array[$3]) and ($4::timestamptz is null or (at, chain_id, first_seq) > ($4, $5::uuid, $6::bigint))
         order by at, chain_id, first_seq limit ${blocksOfPage}`, [from, to, dataset ?? null, ...(last ?? [null, null, null])],
      );
      for (const block of rows) for (const entry of entriesOf(block)) if (dataset === undefined || entry.columns?.dataset === dataset) yield entry;
      if (rows.length < blocksOfPage) return;
      const end = rows.at(-1)!;
      last = [end.at, end.chain, end.first];
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

/** Whoever changes the database may also change how many there are of each: what is not there is empty. */
function entriesOf({ chain, first, at, kinds, datasets, actors, bodies, previous, hashes, signature }: BlockRow): readonly StoredEntry[] {
  return bodies.map((body, place) => ({
    chain, seq: Number(first) + place, body, previous: place === 0 ? previous : hashes[place - 1] ?? '', hash: hashes[place] ?? '',
    ...(signature !== null && place === bodies.length - 1 && { signature }),
    columns: { at: at.toISOString(), kind: kinds[place] ?? '', ...(datasets[place] && { dataset: datasets[place] }), actor: actors[place] ?? '' },
  }));
}
