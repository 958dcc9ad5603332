import { createWriteStream, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import yazl from 'yazl';
import { DureError } from '../../errors.js';
import { filesUnder } from './folder.js';

export async function zipFolder(folder: string, target: string): Promise<void> {
  const zip = new yazl.ZipFile();
  for (const name of filesUnder(folder)) zip.addFile(join(folder, name), name);
  zip.end();
  await pipeline(zip.outputStream as NodeJS.ReadableStream, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
}

/** The folder of a bundle, unpacked for the while where it is a zip. @throws DureError NOT_FOUND, BAD_USER_INPUT */
export async function withFolder<T>(path: string, work: (folder: string) => Promise<T>): Promise<T> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new DureError('NOT_FOUND', `There is no bundle ${path}.`);
  if (found.isDirectory()) return work(path);
  const folder = mkdtempSync(join(tmpdir(), 'dure-bundle-'));
  try {
    await unpack(path, folder);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpack(path: string, folder: string): Promise<void> {
  const open = promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open);
  // yauzl refuses names that lead out of the folder.
  const zip = await open(path, { lazyEntries: true, autoClose: true }).catch((cause: unknown) => { throw new DureError('BAD_USER_INPUT', `${path} is no zip file.`, {}, { cause }); });
  const read = promisify(zip.openReadStream.bind(zip)) as (entry: yauzl.Entry) => Promise<NodeJS.ReadableStream>;
  await new Promise<void>((done, failed) => {
    zip.on('error', failed).on('end', () => done()).on('entry', (entry: yauzl.Entry) => {
      void (async () => {
        const target = join(folder, entry.fileName);
        if (!entry.fileName.endsWith('/')) {
          mkdirSync(dirname(target), { recursive: true });
          await pipeline(await read(entry), createWriteStream(target));
        }
        zip.readEntry();
      })().catch(failed);
    });
    zip.readEntry();
  });
}
