/**
 * What a mirror has fetched so far: each page a blob, and a row that says where to go on. The row is written under the job's fence after its
 * blob stands, so a worker that lost its lease adds nothing; the blob's digest tells one that was written over.
 */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { BlobStore } from '../storage/blobs.js';
import type { JobContext } from './job.js';

export interface StoredPage {
  readonly number: number;
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
  readonly rows: number;
  readonly total: number | null;
  readonly release: string | null;
  readonly fetchedAt: string | null;
  readonly state: string;
  readonly sha256: string;
}

/** Pages that nobody went on with for so long are fetched anew. */
const keptHours = 24;

export class MirrorPages {
  constructor(private readonly pool: Pool, private readonly blobs: BlobStore, private readonly selection: string) {}

  /** In order, without a gap. */
  async list(): Promise<readonly StoredPage[]> {
    const { rows } = await this.pool.query<StoredPage & { at: Date }>(
      `select number, next, rows, total::int8::float8 as total, release, fetched_at as "fetchedAt", state, sha256 from dure.sync_page where selection = $1 order by number`, [this.selection]);
    return rows.every((page, index) => page.number === index) ? rows : [];
  }

  /** @param rows each the JSON text of its values */
  async add(context: JobContext, page: Omit<StoredPage, 'sha256' | 'rows'>, rows: readonly string[]): Promise<StoredPage> {
    const body = rows.map((row) => `${row}\n`).join('');
    const { sha256 } = await this.blobs.put(this.blob(page.number), Readable.from([Buffer.from(body, 'utf8')]));
    const stored: StoredPage = { ...page, rows: rows.length, sha256 };
    await context.transaction((client) => client.query(
      'insert into dure.sync_page (selection, number, next, rows, total, release, fetched_at, state, sha256, job_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
      [this.selection, page.number, page.next, stored.rows, page.total, page.release, page.fetchedAt, page.state, sha256, context.job.id],
    ));
    return stored;
  }

  /** The rows of a page; undefined where the blob is not what was stored. */
  async read({ number, sha256 }: StoredPage): Promise<readonly string[] | undefined> {
    try {
      const body = await text(await this.blobs.get(this.blob(number)));
      return createHash('sha256').update(body).digest('hex') === sha256 ? body.split('\n').slice(0, -1) : undefined;
    } catch {
      return undefined;
    }
  }

  async clear(): Promise<void> {
    const { rows } = await this.pool.query<{ number: number }>('delete from dure.sync_page where selection = $1 returning number', [this.selection]);
    // One more may have been written by a worker that died before its row.
    for (let number = 0; number <= rows.length; number += 1) await this.blobs.delete(this.blob(number));
  }

  /** Removes what was left behind long ago by whomever. */
  static async sweep(pool: Pool, blobs: BlobStore): Promise<void> {
    const { rows } = await pool.query<{ selection: string }>(`select selection from dure.sync_page group by selection having max(at) < now() - make_interval(hours => ${keptHours})`);
    for (const { selection } of rows) await new MirrorPages(pool, blobs, selection).clear();
  }

  private blob(number: number): string {
    return `sync/${this.selection}/${number}`;
  }
}
