/** Seals the months that are over: each chain's entries of a month become a segment, and a signed root lists them. */
import type { Pool } from 'pg';
import { DureError } from '../errors.js';
import { canonicalJson } from '../canonicalJson.js';
import { rootMessage, type Root, type Segment, type StoredRoot } from './archive.js';
import { digest, genesis } from './chain.js';
import type { RetentionYears } from './event.js';
import type { SigningKey } from './signingKey.js';

/** An entry takes its instant before it is committed: a month is sealed only when it has been over for this long. What comes later still goes in the next root. */
const graceMs = 3_600_000;

/** @returns the new root; undefined where nothing is to be sealed. @throws DureError CONFLICT where entries are missing */
export async function sealMonths(pool: Pool, key: SigningKey, roots: readonly StoredRoot[], now: Date): Promise<{ readonly stored: StoredRoot; readonly root: Root } | undefined> {
  const month = new Date(now.getTime() - graceMs);
  const before = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1));
  const segments = await openSegments(pool, lastSealed(roots), before);
  if (segments.length === 0) return undefined;
  const former = roots.at(-1);
  const root: Root = { number: (former?.number ?? 0) + 1, at: now.toISOString(), previous: former?.hash ?? genesis, segments };
  const body = canonicalJson(root);
  const hash = digest(body);
  const stored: StoredRoot = { number: root.number, body, hash, signature: key.sign(rootMessage({ number: root.number, hash })) };
  await pool.query('insert into dure_audit.signing_key (id, public_key) values ($1, $2) on conflict do nothing', [key.id, key.publicKey]);
  await pool.query('insert into dure_audit.root (number, body, hash, signature) values ($1, $2, $3, $4)', [stored.number, body, hash, stored.signature]).catch((cause: { code?: string }) => {
    if (cause.code === '23505') throw new DureError('CONFLICT', 'Another process has sealed the audit at the same time. Nothing more is to be done.', {}, { cause });
    throw cause;
  });
  return { stored, root };
}

function lastSealed(roots: readonly StoredRoot[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { chain, last: seq } of roots.flatMap(({ body }) => (JSON.parse(body) as Root).segments)) last.set(chain, Math.max(seq, last.get(chain) ?? 0));
  return last;
}

async function openSegments(pool: Pool, sealed: ReadonlyMap<string, number>, before: Date): Promise<Segment[]> {
  const { rows } = await pool.query<{ chain: string; month: string; years: RetentionYears; first: string; last: string; count: string; previous: string; hash: string }>(
    `select g.*, c.retention_years as years, f.previous, l.hashes[cardinality(l.hashes)] as hash from (
       select b.chain_id as chain, to_char(b.at at time zone 'UTC', 'YYYY-MM') as month, min(b.first_seq) as first, max(b.last_seq) as last, sum(cardinality(b.bodies)) as count
       from dure_audit.block b left join unnest($1::uuid[], $2::bigint[]) s(chain_id, seq) on s.chain_id = b.chain_id
       where b.at < $3 and b.first_seq > coalesce(s.seq, 0) group by 1, 2
     ) g join dure_audit.chain c on c.id = g.chain
     join dure_audit.block f on f.chain_id = g.chain and f.first_seq = g.first join dure_audit.block l on l.chain_id = g.chain and l.last_seq = g.last order by g.chain, g.first`,
    [[...sealed.keys()], [...sealed.values()], before],
  );
  return rows.map(({ chain, month, years, first, last, count, previous, hash }) => {
    if (Number(last) - Number(first) + 1 !== Number(count)) throw new DureError('CONFLICT', `Entries of chain ${chain} are missing in ${month}: nothing was sealed. Run "dure audit verify".`);
    return { chain, month, retentionYears: years, first: Number(first), last: Number(last), previous, hash };
  });
}
