import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Readable } from 'node:stream';
import { packDirectory } from '../../publish/packDirectory.js';
import { CommandFailure } from '../failure.js';
import { onlyOrganization } from '../onlyOrganization.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';
import { followJob } from './jobs.js';

export interface PublishOptions {
  readonly organization?: string;
  readonly allowMajor?: boolean;
  readonly note?: string;
  readonly json?: boolean;
  /** Do not wait for the job. */
  readonly detach?: boolean;
}

const contentTypes: Readonly<Record<string, string>> = { '.zip': 'application/zip', '.tgz': 'application/gzip', '.gz': 'application/gzip', '.csv': 'text/csv' };
const publishDocument = 'mutation Publish($input: PublishDatasetInput!) { publishDataset(input: $input) { job { id state } } }';

export async function publish(remote: Remote, terminal: Terminal, path: string, options: PublishOptions): Promise<void> {
  const source = packageAt(path);
  const organization = options.organization ?? await onlyOrganization(remote);
  const upload = await remote.upload(source.stream, source.contentType, source.filename);
  if (!options.json) terminal.note(`uploaded ${upload.bytes.toLocaleString('en-US')} bytes\n`);
  const { publishDataset: { job } } = await remote.data<{ publishDataset: { job: { id: string; state: string } } }>(publishDocument, {
    input: { organization, upload: upload.id, allowMajor: options.allowMajor ?? false, note: options.note, idempotencyKey: randomUUID() },
  });
  if (options.detach) return terminal.out(options.json ? `${JSON.stringify({ job })}\n` : `${job.id}\n`);
  if (!options.json) terminal.note(`job ${job.id}\n`);
  const outcome = await followJob(remote, options.json ? { ...terminal, interactive: false, note: () => undefined } : terminal, job.id);
  terminal.out(options.json ? `${JSON.stringify({ job: outcome })}\n` : `${summary(outcome.result)}\n`);
}

interface Source { readonly stream: Readable; readonly contentType: string; readonly filename: string }

function packageAt(path: string): Source {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CommandFailure(`There is no file or folder ${path}.`, 2);
  if (found.isDirectory()) return { stream: packDirectory(path), contentType: 'application/zip', filename: `${basename(path)}.zip` };
  const contentType = contentTypes[extname(path).toLowerCase()];
  if (!contentType) throw new CommandFailure(`${path} is neither a folder nor a .zip, .tar.gz, .tgz or .csv file.`, 2);
  return { stream: createReadStream(path), contentType, filename: basename(path) };
}

function summary(result: unknown): string {
  const { path, dataset, version, rows } = (result ?? {}) as Record<string, unknown>;
  const name = path ?? dataset;
  return ['published', name, version, typeof rows === 'number' ? `(${rows.toLocaleString('en-US')} rows)` : undefined].filter((part) => part !== undefined && part !== null).map(String).join(' ');
}
