/** A folder's data package as a zip stream: the descriptor and the files that its resources name, nothing else of the folder. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import yazl from 'yazl';
import { DureError } from '../errors.js';
import { descriptorName } from './packageFiles.js';

/** @throws DureError INVALID_PACKAGE where there is no descriptor that can be read; what is wrong in it is told by the publication */
export function packDirectory(directory: string): Readable {
  const descriptor = join(directory, descriptorName);
  const zip = new yazl.ZipFile();
  zip.addFile(descriptor, descriptorName);
  for (const path of resourcePaths(descriptor)) {
    const file = join(directory, path);
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) zip.addFile(file, path);
  }
  const output = new PassThrough();
  zip.on('error', (error: Error) => output.destroy(error));
  zip.outputStream.on('error', (error: Error) => output.destroy(error)).pipe(output);
  zip.end();
  return output;
}

function resourcePaths(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DureError('INVALID_PACKAGE', `There is no ${descriptorName} in the folder. \`dure init FILE.csv\` proposes one.`, {}, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new DureError('INVALID_PACKAGE', `${descriptorName} is not JSON: ${(error as Error).message}`, {}, { cause: error });
  }
  const resources = (value as { resources?: unknown } | null)?.resources;
  const paths = (Array.isArray(resources) ? resources : []).map((resource: { path?: unknown } | null) => resource?.path);
  // Paths that lead elsewhere are not followed; the publication tells them.
  return [...new Set(paths.filter((path): path is string => typeof path === 'string' && path !== descriptorName && !path.startsWith('/') && !/^[a-z][a-z0-9+.-]*:/i.test(path) && !path.split(/[\\/]/).includes('..')))];
}
