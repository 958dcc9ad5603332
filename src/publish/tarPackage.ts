import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import { DureError } from '../errors.js';
import type { PackageLimits } from './limits.js';
import { descriptorName, InflationMeter, packageRoot, readDescriptor, safePath, type PackageFiles } from './packageFiles.js';
import { invalidPackage } from './report.js';

/** Unpacks a compressed tar into numbered temporary files: no name of the archive ever becomes a path. */
export async function openTarPackage(archive: Readable, limits: PackageLimits, signal: AbortSignal): Promise<PackageFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'dure-package-'));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const files = await unpack(archive, directory, limits, signal);
    const root = packageRoot(files.keys());
    const open = async (name: string): Promise<Readable> => {
      const file = files.get(root + name);
      if (file === undefined) throw invalidPackage('file', `There is no file “${name}” in the archive.`, { file: name });
      return createReadStream(file, { highWaterMark: 256 * 1024 });
    };
    return { descriptor: await readDescriptor(await open(descriptorName), limits), has: (name) => files.has(root + name), open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function unpack(archive: Readable, directory: string, limits: PackageLimits, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  let compressed = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      compressed += chunk.length;
      done(null, chunk);
    },
  });
  const meter = new InflationMeter(limits, () => compressed);
  const inflated = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        meter.add(chunk.length);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const extract = tar.extract();
  const files = new Map<string, string>();
  let entries = 0;
  const reading = (async () => {
    for await (const entry of extract) {
      entries += 1;
      if (entries > limits.entries) throw new DureError('UPLOAD_REJECTED', `The archive has more than ${limits.entries} entries. Send only the descriptor and the files that it names.`, { limit: limits.entries });
      const { name, type } = entry.header;
      const path = safePath(name);
      if (type !== 'file' && type !== 'directory' && type !== 'contiguous-file') {
        throw new DureError('UPLOAD_REJECTED', `The archive's entry “${path}” is no plain file (${String(type)}). Links and devices are not unpacked.`, { entry: path });
      }
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      if (files.has(path)) throw new DureError('UPLOAD_REJECTED', `The archive has two entries “${path}”. Which one is meant cannot be known.`, { entry: path });
      const file = join(directory, String(entries));
      await pipeline(entry, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal });
      files.set(path, file);
    }
  })();
  const feeding = pipeline(archive, count, createGunzip(), inflated, extract, { signal });
  const outcomes = await Promise.allSettled([reading, feeding]);
  // Whoever failed first on purpose says why; the other only saw its stream end.
  const errors = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason as unknown);
  signal.throwIfAborted();
  const told = errors.find((error) => error instanceof DureError);
  if (told) throw told;
  if (errors.length > 0) throw new DureError('INVALID_PACKAGE', 'Nothing was published. The upload is not a gzip-compressed tar archive, or it is cut off or damaged.', { total: 1, counts: { archive: 1 }, mistakes: [{ rule: 'archive', message: 'not a readable tar archive' }] }, { cause: errors[0] });
  return files;
}
