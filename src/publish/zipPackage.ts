import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { DureError } from '../errors.js';
import type { PackageLimits } from './limits.js';
import { descriptorName, InflationMeter, packageRoot, readDescriptor, safePath, type PackageFiles } from './packageFiles.js';
import { invalidPackage } from './report.js';

/** Opens a zip file in place: entries are read when they are asked for. */
export async function openZipPackage(path: string, limits: PackageLimits): Promise<PackageFiles> {
  const { size } = await stat(path);
  const zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: true, validateEntrySizes: true }).catch(unreadable);
  try {
    const entries = await readEntries(zip, limits);
    const root = packageRoot(entries.keys());
    const meter = new InflationMeter(limits, () => size);
    const open = async (name: string): Promise<Readable> => {
      const entry = entries.get(root + name);
      if (!entry) throw invalidPackage('file', `There is no file “${name}” in the archive.`, { file: name });
      return checked(await zip.openReadStreamPromise(entry).catch(unreadable), entry, name, meter);
    };
    const descriptor = await readDescriptor(await open(descriptorName), limits);
    return { descriptor, has: (name) => entries.has(root + name), open, close: async () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readEntries(zip: yauzl.ZipFile, limits: PackageLimits): Promise<ReadonlyMap<string, yauzl.Entry>> {
  if (zip.entryCount > limits.entries) throw tooMany(limits);
  const entries = new Map<string, yauzl.Entry>();
  try {
    let count = 0;
    for await (const entry of zip.eachEntry()) {
      count += 1;
      if (count > limits.entries) throw tooMany(limits);
      const path = safePath(entry.fileName);
      refuseSpecial(entry);
      if (entry.fileName.endsWith('/')) continue;
      if (entries.has(path)) throw new DureError('UPLOAD_REJECTED', `The archive has two entries “${path}”. Which one is meant cannot be known.`, { entry: path });
      entries.set(path, entry);
    }
  } catch (error) {
    throw error instanceof DureError ? error : unreadable(error);
  }
  return entries;
}

const fileTypeMask = 0o170000;
const fileTypes: Readonly<Record<number, string>> = { 0o120000: 'a symbolic link', 0o020000: 'a device', 0o060000: 'a device', 0o010000: 'a pipe', 0o140000: 'a socket' };

function refuseSpecial(entry: yauzl.Entry): void {
  // The upper half of the attributes is a Unix mode; archivers write it whatever host they name.
  const special = fileTypes[(entry.externalFileAttributes >>> 16) & fileTypeMask];
  if (special) throw new DureError('UPLOAD_REJECTED', `The archive's entry “${entry.fileName}” is ${special}. Only plain files are read.`, { entry: entry.fileName });
  if (entry.isEncrypted()) throw new DureError('UPLOAD_REJECTED', `The archive's entry “${entry.fileName}” is encrypted. Send it without a password.`, { entry: entry.fileName });
  if (!entry.canDecodeFileData()) throw new DureError('UPLOAD_REJECTED', `The archive's entry “${entry.fileName}” is compressed by a method that is not supported (${entry.compressionMethod}). Use deflate.`, { entry: entry.fileName });
}

/** The entry's bytes, counted and compared with its checksum. */
function checked(source: Readable, entry: yauzl.Entry, name: string, meter: InflationMeter): Readable {
  let checksum = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        meter.add(chunk.length);
        checksum = crc32(chunk, checksum);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      done(checksum === entry.crc32 ? null : invalidPackage('archive', 'The file is damaged: its checksum is wrong. Make the archive again.', { file: name }));
    },
  });
  source.on('error', (error) => check.destroy(error instanceof DureError ? error : damaged(error, name)));
  pipeline(source, check, () => {}); // an error reaches whoever reads `check`
  return check;
}

function damaged(error: Error, name: string): DureError {
  return new DureError('INVALID_PACKAGE', `Nothing was published. The archive's file “${name}” cannot be unpacked: it is damaged or longer than it claims.`, { total: 1, counts: { archive: 1 }, mistakes: [{ file: name, rule: 'archive', message: 'cannot be unpacked' }] }, { cause: error });
}

function tooMany(limits: PackageLimits): DureError {
  return new DureError('UPLOAD_REJECTED', `The archive has more than ${limits.entries} entries. Send only the descriptor and the files that it names.`, { limit: limits.entries });
}

function unreadable(error: unknown): never {
  const message = error instanceof Error ? error.message : '';
  if (/relative path|absolute path|invalid characters/.test(message)) {
    throw new DureError('UPLOAD_REJECTED', 'The archive has an entry whose path leads out of the package. Nothing was unpacked.', {}, { cause: error });
  }
  throw new DureError('INVALID_PACKAGE', 'Nothing was published. The upload is not a zip archive, or it is cut off or damaged.', { total: 1, counts: { archive: 1 }, mistakes: [{ rule: 'archive', message: 'not a readable zip archive' }] }, { cause: error });
}
