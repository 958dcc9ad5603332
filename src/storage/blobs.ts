import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DureError } from '../errors.js';

export interface BlobWritten {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Files by key, whole or not at all. An object store fits behind it as well as a folder: workers and servers may run on different machines. */
export interface BlobStore {
  /** Stores the stream under a key; nothing is left when it fails. @throws DureError UPLOAD_REJECTED past `limit` bytes. */
  put(key: string, stream: Readable, limit?: number): Promise<BlobWritten>;
  /** The whole blob, or the bytes from `start` to `end`, both included. @throws DureError NOT_FOUND */
  get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Deleting what is not there is fine. */
  delete(key: string): Promise<void>;
  /** Removes what a writer that was killed left under a key that nobody writes any more. */
  sweep?(key: string): Promise<void>;
  /** Where the blob lies as a file of this machine, if it does: random access then needs no copy. */
  localPath?(key: string): string;
}

const keyPattern = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;

export class FileBlobStore implements BlobStore {
  constructor(private readonly directory: string) {}

  async put(key: string, stream: Readable, limit = Number.POSITIVE_INFINITY): Promise<BlobWritten> {
    const path = this.localPath(key);
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.${randomUUID()}.part`;
    const meter = new Meter(limit);
    try {
      await pipeline(stream, meter, createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }));
      await rename(partial, path);
      await syncDirectory(dirname(path)); // the rename itself must survive a power cut
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return meter.written();
  }

  async get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    try {
      const handle = await open(this.localPath(key), 'r');
      return createReadStream('', { fd: handle, highWaterMark: 256 * 1024, ...range });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new DureError('NOT_FOUND', 'The stored file is not there any more. Upload it again.');
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.localPath(key), { force: true });
  }

  async sweep(key: string): Promise<void> {
    const path = this.localPath(key);
    const names = await readdir(dirname(path)).catch(() => []);
    for (const name of names) if (name.startsWith(`${basename(path)}.`) && name.endsWith('.part')) await rm(join(dirname(path), name), { force: true });
  }

  localPath(key: string): string {
    if (!keyPattern.test(key)) throw new Error(`Not a blob key: ${JSON.stringify(key)}`);
    return join(this.directory, ...key.split('/'));
  }
}

/** Counts, hashes and stops a stream that grows past the limit, while it flows. */
class Meter extends Transform {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  constructor(private readonly limit: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null, chunk?: Buffer) => void): void {
    this.bytes += chunk.length;
    if (this.bytes > this.limit) {
      done(new DureError('UPLOAD_REJECTED', `The upload is larger than the limit of ${this.limit} bytes. Split the dataset, or ask the administrator to raise the limit.`, { limit: this.limit }));
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }

  written(): BlobWritten {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
