/** Ends the keeping of segments whose years are over. The signed root that lists them stays, so the rest still verifies. */
import type { Pool } from 'pg';
import { destroyableFrom, type Destruction, type Root, type Segment, type StoredRoot } from './archive.js';

/**
 * Segments that may be destroyed by the database's clock. A dataset whose class was raised since holds back every segment with entries of it.
 */
export async function segmentsDue(pool: Pool, roots: readonly StoredRoot[], destructions: readonly Destruction[]): Promise<Segment[]> {
  const { rows: [clock] } = await pool.query<{ now: Date }>('select now()');
  const gone = new Set(destructions.map(({ chain, first }) => `${chain} ${first}`));
  const due: Segment[] = [];
  for (const segment of roots.flatMap(({ body }) => (JSON.parse(body) as Root).segments)) {
    if (gone.has(`${segment.chain} ${segment.first}`) || destroyableFrom(segment) > clock!.now) continue;
    const { rows: [longest] } = await pool.query<{ years: 1 | 2 | 3 | null }>(
      'select max(d.audit_retention_years) as years from dure.dataset d where exists (select 1 from dure_audit.block b where b.chain_id = $1 and b.first_seq >= $2 and b.last_seq <= $3 and b.datasets @> array[d.id::text])',
      [segment.chain, segment.first, segment.last],
    );
    const retentionYears = Math.max(segment.retentionYears, longest?.years ?? 1) as 1 | 2 | 3;
    if (destroyableFrom({ month: segment.month, retentionYears }) <= clock!.now) due.push(segment);
  }
  return due;
}

/** For the owner of the tables alone. One transaction a segment. @returns how many entries are gone */
export async function destroySegment(pool: Pool, { chain, month, first, last }: Segment): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('dure.audit_destroy', 'on', true)`);
    await client.query('insert into dure_audit.destruction (chain_id, month, first_seq, last_seq) values ($1, $2, $3, $4)', [chain, month, first, last]);
    const { rows } = await client.query<{ document: string | null }>(`with gone as (delete from dure_audit.block where chain_id = $1 and first_seq >= $2 and last_seq <= $3 returning bodies) select body::jsonb->'operation'->>'document' as document from gone, unnest(bodies) body`, [chain, first, last]);
    const documents = [...new Set(rows.flatMap(({ document }) => document ?? []))];
    // A document may name persons in its filters: it goes with the last entry that was asked by it.
    await client.query(
      `delete from dure_audit.document where digest = any($1) and digest not in (select body::jsonb->'operation'->>'document' from dure_audit.entry where kind = 'ACCESS' and body::jsonb->'operation'->>'document' = any($1))`, [documents],
    );
    await client.query('commit');
    return rows.length;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
