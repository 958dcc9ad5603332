/** The statements of the writer: what is written together of a chain is one row (migrations/0016-audit-blocks.ts). */
import type { Pool } from 'pg';
import type { ChainedEntry, Head } from './chain.js';
import type { RetentionYears } from './event.js';
import type { SigningKey } from './signingKey.js';

/** Entries of one chain in a row, all of one instant. */
export interface Block {
  readonly chain: string;
  readonly at: string;
  readonly entries: readonly ChainedEntry[];
  /** One an entry. */
  readonly kinds: readonly string[];
  /** Ids; empty where an entry is of no dataset. */
  readonly datasets: readonly string[];
  readonly actors: readonly string[];
  /** Over the last entry's head. */
  readonly signature: string;
}

const columns = 'chain_id, first_seq, last_seq, at, kinds, datasets, actors, bodies, previous, hashes, signature';
const types = ['uuid', 'bigint', 'bigint', 'timestamptz', 'text[]', 'text[]', 'text[]', 'text', 'text', 'text[]', 'text'];
/** There are as many chains as retention classes. */
const statements = [1, 2, 3].map((rows) => {
  const row = (index: number): string => types.map((type, place) => `$${index * types.length + place + 1}::${type}`).map((value, place) => (place === 7 ? `string_to_array(${value}, e'\\n')` : value)).join(', ');
  return `insert into dure_audit.block (${columns}) values ${Array.from({ length: rows }, (_, index) => `(${row(index)})`).join(', ')}`;
});

/** @param again after a lost connection nobody knows whether the group was committed: what is there already stays as it is */
export async function insertBlocks(pool: Pool, blocks: readonly Block[], again: boolean): Promise<void> {
  const statement = statements[blocks.length - 1]!;
  const values = blocks.flatMap(({ chain, at, entries, kinds, datasets, actors, signature }) => [
    // Neither kinds nor hashes nor ids need quotes in a list, and JSON has no line breaks: what is long is not escaped.
    chain, entries[0]!.seq, entries.at(-1)!.seq, at, `{${kinds.join(',')}}`, `{${datasets.map((id) => id || '""').join(',')}}`, actors,
    entries.map(({ body }) => body).join('\n'), entries[0]!.previous, `{${entries.map(({ hash }) => hash).join(',')}}`, signature,
  ]);
  await pool.query({ name: `audit blocks ${blocks.length}${again ? ' again' : ''}`, text: again ? `${statement} on conflict do nothing` : statement, values });
}

export async function insertDocuments(pool: Pool, documents: ReadonlyMap<string, string>): Promise<void> {
  await pool.query('insert into dure_audit.document (digest, text) select * from unnest($1::text[], $2::text[]) on conflict do nothing', [[...documents.keys()], [...documents.values()]]);
}

export async function registerKey(pool: Pool, key: SigningKey): Promise<void> {
  await pool.query('insert into dure_audit.signing_key (id, public_key) values ($1, $2) on conflict do nothing', [key.id, key.publicKey]);
}

export async function registerChain(pool: Pool, id: string, years: RetentionYears, process: string): Promise<void> {
  await pool.query('insert into dure_audit.chain (id, retention_years, process) values ($1, $2, $3) on conflict do nothing', [id, years, process]);
}

/** Heads of the newest chains: a new chain names them in its first entry, so that cutting the end off one of them is seen there. */
export async function newestHeads(pool: Pool, most = 20): Promise<Head[]> {
  const { rows } = await pool.query<{ chain: string; seq: string; hash: string }>(
    `select c.id as chain, e.seq, e.hash from (select id from dure_audit.chain order by started_at desc limit $1) c
     cross join lateral (select last_seq as seq, hashes[cardinality(hashes)] as hash from dure_audit.block where chain_id = c.id order by first_seq desc limit 1) e`, [most],
  );
  return rows.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }));
}
