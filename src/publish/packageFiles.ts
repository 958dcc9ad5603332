import type { Readable } from 'node:stream';
import { DureError } from '../errors.js';
import { invalidPackage } from './report.js';
import type { PackageLimits } from './limits.js';

/** The files of a data package, wherever they lie. Paths are relative to the descriptor. */
export interface PackageFiles {
  /** The descriptor as JSON; its content is not checked yet. */
  readonly descriptor: unknown;
  has(path: string): boolean;
  open(path: string): Promise<Readable>;
  /** Removes temporary files and closes handles. */
  close(): Promise<void>;
}

export const descriptorName = 'datapackage.json';

/** The path of an archive's entry in its plain form. @throws DureError UPLOAD_REJECTED for one that leads out of the package. */
export function safePath(name: string): string {
  const path = name.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const parts = path.split('/');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || parts.includes('..') || /\p{Cc}/u.test(path)) {
    throw new DureError('UPLOAD_REJECTED', `The archive has an entry with the path ${JSON.stringify(name.slice(0, 200))}. Paths must stay inside the package: no leading slash, no drive, no “..”. Nothing was unpacked.`, { entry: name.slice(0, 200) });
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/** An archive may hold the package at its root or in one folder. Returns the folder (with a slash) or ''. */
export function packageRoot(paths: Iterable<string>): string {
  const roots = [...paths].filter((path) => path === descriptorName || (path.endsWith(`/${descriptorName}`) && path.split('/').length === 2 && !path.startsWith('__MACOSX/')));
  if (roots.includes(descriptorName)) return '';
  if (roots.length === 1) return roots[0]!.slice(0, -descriptorName.length);
  if (roots.length === 0) throw invalidPackage('descriptor', `There is no ${descriptorName} in the archive. Put it at the root, or all files in one folder.`);
  throw invalidPackage('descriptor', `There are ${roots.length} files ${descriptorName} in the archive. Publish each package on its own.`);
}

export async function readDescriptor(stream: Readable, limits: PackageLimits): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.descriptorBytes) throw invalidPackage('descriptor', `The descriptor is larger than ${limits.descriptorBytes} bytes.`, { file: descriptorName });
    chunks.push(chunk);
  }
  return parseDescriptorText(Buffer.concat(chunks));
}

function parseDescriptorText(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte-order mark
  } catch {
    throw invalidPackage('encoding', 'The descriptor is not UTF-8. Save it as UTF-8.', { file: descriptorName });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalidPackage('descriptor', `The descriptor is not JSON: ${(error as Error).message.slice(0, 200)}`, { file: descriptorName });
  }
}

/** What comes out of an archive is counted while it comes: the sizes that an archive claims may be lies. */
export class InflationMeter {
  private bytes = 0;
  constructor(private readonly limits: PackageLimits, private readonly compressed: () => number) {}

  /** @throws DureError UPLOAD_REJECTED */
  add(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.limits.bytes) {
      throw new DureError('UPLOAD_REJECTED', `The package unpacks to more than ${this.limits.bytes} bytes. Split the dataset.`, { limit: this.limits.bytes });
    }
    if (this.bytes > this.limits.ratioFrom && this.bytes > this.limits.ratio * this.compressed()) {
      throw new DureError('UPLOAD_REJECTED', `The archive unpacks to more than ${this.limits.ratio} times its size, as zip bombs do. Reading was stopped; send the files with less compression if they are honest.`, { ratio: this.limits.ratio });
    }
  }
}
