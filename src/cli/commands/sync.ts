import { randomUUID } from 'node:crypto';
import { CommandFailure } from '../failure.js';
import { onlyOrganization } from '../onlyOrganization.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';
import { followJob } from './jobs.js';

export interface SyncOptions {
  readonly organization?: string;
  readonly where?: string;
  readonly columns?: string;
  readonly allowMajor?: boolean;
  readonly note?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const document = 'mutation Sync($input: SyncSourceInput!) { syncSource(input: $input) { job { id state } } }';

export async function sync(remote: Remote, terminal: Terminal, source: string, table: string, dataset: string, options: SyncOptions): Promise<void> {
  const organization = options.organization ?? await onlyOrganization(remote);
  const { syncSource: { job } } = await remote.data<{ syncSource: { job: { id: string; state: string } } }>(document, {
    input: {
      source, table, dataset, organization, allowMajor: options.allowMajor ?? false, note: options.note, idempotencyKey: randomUUID(),
      ...(options.where === undefined ? {} : { where: parsed(options.where) }), ...(options.columns === undefined ? {} : { columns: options.columns.split(',').map((name) => name.trim()) }),
    },
  });
  if (options.detach) return terminal.out(options.json ? `${JSON.stringify({ job })}\n` : `${job.id}\n`);
  if (!options.json) terminal.note(`job ${job.id}\n`);
  const outcome = await followJob(remote, options.json ? { ...terminal, interactive: false, note: () => undefined } : terminal, job.id);
  const { dataset: path, version, rows, unchanged } = (outcome.result ?? {}) as { readonly dataset?: string; readonly version?: string; readonly rows?: number; readonly unchanged?: boolean };
  terminal.out(options.json ? `${JSON.stringify({ job: outcome })}\n` : `${unchanged ? 'unchanged' : 'mirrored'} ${path} ${version} (${(rows ?? 0).toLocaleString('en-US')} rows)\n`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`--where is no JSON: ${(error as Error).message}`, 2);
  }
}
