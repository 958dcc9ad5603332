/** Opens what was uploaded as a package. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../storage/blobs.js';
import type { Upload } from '../storage/uploadStore.js';
import { openCsvPackage } from './csvPackage.js';
import type { PackageLimits } from './limits.js';
import type { PackageFiles } from './packageFiles.js';
import { openTarPackage } from './tarPackage.js';
import { openZipPackage } from './zipPackage.js';

/** @throws DureError INVALID_PACKAGE, UPLOAD_REJECTED, NOT_FOUND */
export async function openUpload(upload: Upload, blobs: BlobStore, limits: PackageLimits, signal: AbortSignal): Promise<PackageFiles> {
  switch (upload.contentType) {
    case 'application/gzip': return openTarPackage(await blobs.get(upload.blob), limits, signal);
    case 'text/csv': return openCsvPackage(() => blobs.get(upload.blob), upload.filename, limits, signal);
    case 'application/zip': return blobs.localPath ? openLocalZip(upload, blobs, limits) : openCopiedZip(upload, blobs, limits, signal);
  }
}

async function openLocalZip(upload: Upload, blobs: BlobStore, limits: PackageLimits): Promise<PackageFiles> {
  (await blobs.get(upload.blob)).destroy(); // tells clearly where the file is gone
  return openZipPackage(blobs.localPath!(upload.blob), limits);
}

/** A zip file's index stands at its end, so one that lies elsewhere is copied first. */
async function openCopiedZip(upload: Upload, blobs: BlobStore, limits: PackageLimits, signal: AbortSignal): Promise<PackageFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'dure-zip-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const path = join(directory, 'package.zip');
    await pipeline(await blobs.get(upload.blob), createWriteStream(path, { mode: 0o600 }), { signal });
    const files = await openZipPackage(path, limits);
    return { ...files, close: async () => { await files.close(); await remove(); } };
  } catch (error) {
    await remove();
    throw error;
  }
}

