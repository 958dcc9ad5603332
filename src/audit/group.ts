/** The statements of the writer: a group of entries is one INSERT. */
import type { Pool } from 'pg';
import type { ChainedEntry, Head } from './chain.js';
import type { RetentionYears } from './event.js';
import type { SigningKey } from './signingKey.js';

export interface GroupedEntry {
  readonly entry: ChainedEntry;
  readonly kind: string;
  readonly dataset: string | undefined;
  readonly actor: string;
}

const insertEntries = `
  insert into dure_audit.entry (chain_id, seq, at, kind, dataset_id, actor, body, previous, hash, signature)
  select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])`;

/** @param again after a lost connection nobody knows whether the group was committed: what is there already stays as it is */
export async function insertGroup(pool: Pool, group: readonly GroupedEntry[], again: boolean): Promise<void> {
  await pool.query({
    name: again ? 'audit group again' : 'audit group', text: again ? `${insertEntries} on conflict do nothing` : insertEntries,
    values: [
      group.map(({ entry }) => entry.chain), group.map(({ entry }) => entry.seq), group.map(({ entry }) => entry.at), group.map(({ kind }) => kind),
      group.map(({ dataset }) => dataset ?? null), group.map(({ actor }) => actor), group.map(({ entry }) => entry.body),
      group.map(({ entry }) => entry.previous), group.map(({ entry }) => entry.hash), group.map(({ entry }) => entry.signature ?? null),
    ],
  });
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
     cross join lateral (select seq, hash from dure_audit.entry where chain_id = c.id order by seq desc limit 1) e`, [most],
  );
  return rows.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }));
}
