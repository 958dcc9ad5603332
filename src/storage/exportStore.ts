/** Files that persons have exported: found, listed and removed. They are written by jobs. */
import type { DataSource } from 'typeorm';
import { DureError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { BlobStore } from './blobs.js';

/** Why a file is there no more. */
export type ExportRemoval = 'EXPIRED' | 'ERASURE' | 'RULES' | 'DELETED' | 'CANCELED';

/** By table: columns that the file has, and what narrowed its reader at them (policy/bounds.ts). */
export type ExportBounds = Readonly<Record<string, { readonly columns: readonly string[]; readonly bounds: readonly string[] }>>;

export interface ExportRecord {
  /** The job's. */
  readonly id: string;
  readonly datasetId: string;
  readonly versionId: string;
  readonly rulesRevision: number;
  readonly subject: string;
  readonly issuer?: string;
  /** Who asked, as asserted then. */
  readonly identity: Identity;
  /** What the job was asked for. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly startedAt: Date;
  /** Set once the job has completed. */
  readonly file?: { readonly blob: string; readonly bytes: number; readonly rows: number; readonly sha256: string; readonly completedAt: Date; readonly expiresAt: Date };
  readonly bounds: ExportBounds;
  readonly removed?: { readonly at: Date; readonly why: ExportRemoval };
  /** The database's clock when this was read. */
  readonly now: Date;
}

interface Row {
  job_id: string; dataset_id: string; version_id: string; rules_revision: number | null; subject: string; issuer: string | null; identity: Identity; input: Record<string, unknown>; state: string; started_at: Date;
  blob: string | null; bytes: string | null; rows: string | null; sha256: string | null; bounds: ExportBounds | null; completed_at: Date | null; expires_at: Date | null; removed_at: Date | null; removed_why: ExportRemoval | null; now: Date;
}

const select = `select e.*, j.identity, j.input, j.state, clock_timestamp() as now from dure.export e join dure.job j on j.id = e.job_id`;
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class ExportStore {
  constructor(private readonly dataSource: DataSource, private readonly blobs: BlobStore) {}

  async get(id: string): Promise<ExportRecord | undefined> {
    if (!idPattern.test(id)) return undefined;
    const [row] = await this.dataSource.query<Row[]>(`${select} where e.job_id = $1`, [id]);
    return row && toRecord(row);
  }

  /** Of one person, newest first; with `tokenId` only those that this API token asked for. */
  async of(subject: string, issuer: string | undefined, tokenId: string | undefined, first: number): Promise<readonly ExportRecord[]> {
    const rows = await this.dataSource.query<Row[]>(
      `${select} where e.subject = $1 and e.issuer is not distinct from $2 and ($3::text is null or j.identity->>'tokenId' = $3) order by e.started_at desc, e.job_id limit $4`, [subject, issuer ?? null, tokenId ?? null, first]);
    return rows.map(toRecord);
  }

  /** Files of the person that lie there now, and jobs that are writing more or wait to. */
  async countOf(subject: string, issuer: string | undefined): Promise<number> {
    const [{ count }] = await this.dataSource.query<[{ count: number }]>(
      `select ((select count(*) from dure.export where subject = $1 and issuer is not distinct from $2 and blob is not null)
             + (select count(*) from dure.job where kind = 'EXPORT' and created_by = $1 and created_issuer is not distinct from $2 and finished_at is null))::int as count`, [subject, issuer ?? null]);
    return count;
  }

  /** @throws DureError NOT_FOUND */
  open(blob: string, range?: { readonly start: number; readonly end: number }): ReturnType<BlobStore['get']> {
    return this.blobs.get(blob, range).catch((error: unknown) => {
      if (error instanceof DureError && error.code === 'NOT_FOUND') throw new DureError('NOT_FOUND', 'The file is not there any more. Export again.');
      throw error;
    });
  }

  async remove(id: string, why: ExportRemoval): Promise<void> {
    await this.dataSource.query('update dure.export set removed_at = clock_timestamp(), removed_why = $2 where job_id = $1 and removed_at is null', [id, why]);
    await this.clear('job_id = $1', [id]);
  }

  /** Deletes the files of a dataset that were noted as removed. */
  async clearOfDataset(datasetId: string): Promise<void> {
    while (await this.clear('dataset_id = $1', [datasetId]) > 0);
  }

  /** Removes what has expired, and files that a process left behind while it removed them. Returns how many. */
  async sweep(): Promise<number> {
    await this.dataSource.query(`update dure.export set removed_at = clock_timestamp(), removed_why = 'EXPIRED' where expires_at <= clock_timestamp() and removed_at is null`);
    return this.clear('true', []);
  }

  /** First the file, then the note of it: whatever happens in between, it is looked for again. */
  private async clear(which: string, values: readonly unknown[]): Promise<number> {
    const rows = await this.dataSource.query<{ job_id: string; blob: string }[]>(`select job_id, blob from dure.export where removed_at is not null and blob is not null and ${which} limit 1000`, [...values]);
    for (const { job_id: id, blob } of rows) {
      await this.blobs.delete(blob);
      await this.dataSource.query('update dure.export set blob = null where job_id = $1 and blob = $2', [id, blob]);
    }
    return rows.length;
  }
}

function toRecord(row: Row): ExportRecord {
  const complete = row.state === 'COMPLETE' && row.blob !== null && row.removed_at === null;
  return {
    id: row.job_id, datasetId: row.dataset_id, versionId: row.version_id, rulesRevision: row.rules_revision ?? 0, subject: row.subject, ...(row.issuer === null ? {} : { issuer: row.issuer }),
    identity: row.identity, input: row.input, startedAt: row.started_at, bounds: row.bounds ?? {}, now: row.now,
    ...(complete ? { file: { blob: row.blob!, bytes: Number(row.bytes), rows: Number(row.rows), sha256: row.sha256!, completedAt: row.completed_at!, expiresAt: row.expires_at! } } : {}),
    ...(row.removed_at === null ? {} : { removed: { at: row.removed_at, why: row.removed_why! } }),
  };
}
