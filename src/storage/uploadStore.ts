import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { DataSource } from 'typeorm';
import { DureError } from '../errors.js';
import type { BlobStore } from './blobs.js';

export const uploadContentTypes = ['application/zip', 'application/gzip', 'text/csv'] as const;
export type UploadContentType = (typeof uploadContentTypes)[number];

export interface Upload {
  readonly id: string;
  /** Its key in the blob store. */
  readonly blob: string;
  readonly contentType: UploadContentType;
  readonly filename?: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: Date;
  /** Subject of who uploaded. */
  readonly createdBy: string;
  /** Who asserted that subject. */
  readonly createdIssuer?: string;
}

export interface NewUpload {
  readonly stream: Readable;
  readonly contentType: string;
  readonly filename?: string;
  readonly createdBy: string;
  /** Who asserted that subject. */
  readonly createdIssuer?: string;
  readonly maxBytes: number;
}

interface UploadRecord {
  readonly id: string; readonly blob: string; readonly content_type: string; readonly filename: string | null;
  readonly bytes: string; readonly sha256: string; readonly created_at: Date; readonly created_by: string; readonly created_issuer: string | null;
}

const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Uploads are kept as they came; a publish job reads them. */
export class UploadStore {
  constructor(private readonly dataSource: DataSource, private readonly blobs: BlobStore) {}

  /** @throws DureError UPLOAD_REJECTED for another content type, an empty body, or more than `maxBytes`. */
  async create(upload: NewUpload): Promise<Upload> {
    const contentType = knownContentType(upload.contentType);
    const id = randomUUID();
    const blob = `uploads/${id}`;
    const { bytes, sha256 } = await this.blobs.put(blob, upload.stream, upload.maxBytes);
    try {
      if (bytes === 0) throw new DureError('UPLOAD_REJECTED', 'The upload is empty. Send the package as the request body.');
      const [record] = await this.dataSource.query<UploadRecord[]>(
        'insert into dure.upload (id, blob, content_type, filename, bytes, sha256, created_by, created_issuer) values ($1, $2, $3, $4, $5, $6, $7, $8) returning *',
        [id, blob, contentType, cleanFilename(upload.filename) ?? null, bytes, sha256, upload.createdBy, upload.createdIssuer ?? null],
      );
      return toUpload(record!);
    } catch (error) {
      await this.blobs.delete(blob);
      throw error;
    }
  }

  async get(id: string): Promise<Upload | undefined> {
    if (!idPattern.test(id)) return undefined;
    const [record] = await this.dataSource.query<UploadRecord[]>('select * from dure.upload where id = $1', [id]);
    return record && toUpload(record);
  }

  async delete(id: string): Promise<void> {
    if (!idPattern.test(id)) return;
    const [records] = await this.dataSource.query<[{ blob: string }[], number]>('delete from dure.upload where id = $1 returning blob', [id]);
    for (const { blob } of records) await this.blobs.delete(blob);
  }

  /** Deletes uploads older than `ageMs` that no unfinished job needs; returns how many. */
  async deleteOld(ageMs: number): Promise<number> {
    const [records] = await this.dataSource.query<[{ blob: string }[], number]>(
      `delete from dure.upload u
        where u.created_at < now() - make_interval(secs => $1)
          and not exists (select 1 from dure.job j where j.input->>'upload' = u.id::text and j.finished_at is null)
        returning u.blob`,
      [ageMs / 1000],
    );
    for (const { blob } of records) await this.blobs.delete(blob);
    return records.length;
  }
}

function knownContentType(value: string): UploadContentType {
  const type = value.split(';', 1)[0]!.trim().toLowerCase();
  const known = uploadContentTypes.find((candidate) => candidate === type) ?? aliases[type];
  if (known) return known;
  throw new DureError('UPLOAD_REJECTED', `A data package comes as ${uploadContentTypes.join(', ')}, not as ${type === '' ? 'nothing declared' : type.slice(0, 100)}. Set the content-type header.`);
}

const aliases: Readonly<Record<string, UploadContentType>> = { 'application/x-zip-compressed': 'application/zip', 'application/x-gzip': 'application/gzip' };

/** Only a name to show and to call a lone CSV by: never a path. */
function cleanFilename(name: string | undefined): string | undefined {
  const base = name?.split(/[\\/]/).pop()?.replace(/\p{Cc}/gu, '').slice(0, 255);
  return base === '' ? undefined : base;
}

function toUpload(record: UploadRecord): Upload {
  return Object.freeze({
    id: record.id, blob: record.blob, contentType: record.content_type as UploadContentType, ...(record.filename !== null && { filename: record.filename }),
    bytes: Number(record.bytes), sha256: record.sha256, createdAt: record.created_at, createdBy: record.created_by, ...(record.created_issuer !== null && { createdIssuer: record.created_issuer }),
  });
}
