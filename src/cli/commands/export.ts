import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';
import { followJob } from './jobs.js';

export interface ExportOptions {
  readonly reason: string;
  readonly table?: readonly string[];
  readonly columns?: string;
  readonly where?: string;
  readonly datasetVersion?: string;
  readonly format: string;
  readonly spreadsheet?: boolean;
  readonly purpose?: string;
  readonly out?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

interface Result { readonly path: string; readonly dataset: string; readonly version: string; readonly rows: number; readonly bytes: number; readonly sha256: string; readonly expiresAt: string }

const document = 'mutation Export($input: ExportDatasetInput!) { exportDataset(input: $input) { job { id state } } }';

export async function exportDataset(remote: Remote, terminal: Terminal, dataset: string, options: ExportOptions): Promise<void> {
  const format = options.format.toUpperCase();
  if (format !== 'CSV' && format !== 'NDJSON') throw new CommandFailure('--format is csv or ndjson.', 2);
  const tables = tablesOf(options);
  if (options.out !== undefined) refuseExisting(options.out);
  const { exportDataset: { job } } = await remote.data<{ exportDataset: { job: { id: string; state: string } } }>(document, {
    input: { dataset, format, reason: options.reason, forSpreadsheets: options.spreadsheet ?? false, idempotencyKey: randomUUID(), ...(options.datasetVersion === undefined ? {} : { version: options.datasetVersion }), ...(tables ? { tables } : {}) },
  });
  if (options.detach) return terminal.out(options.json ? `${JSON.stringify({ job })}\n` : `${job.id}\n`);
  if (!options.json) terminal.note(`job ${job.id}\n`);
  const outcome = await followJob(remote, options.json ? { ...terminal, interactive: false, note: () => undefined } : terminal, job.id);
  const result = outcome.result as Result;
  const file = options.out ?? `${result.dataset.replace('/', '-')}-${result.version}.zip`;
  refuseExisting(file, result);
  const partial = `${file}.${process.pid}.part`;
  try {
    const { bytes, sha256 } = await remote.download(result.path, partial);
    if (sha256 !== result.sha256) throw new CommandFailure(`What came (${bytes} bytes) is not the file that was written: its SHA-256 is another. Fetch it again from ${result.path}.`);
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
  terminal.out(options.json ? `${JSON.stringify({ job: outcome, file })}\n` : `exported ${result.dataset} ${result.version} (${result.rows.toLocaleString('en-US')} rows) to ${file}\n`);
}

function refuseExisting(file: string, result?: Result): void {
  if (existsSync(file)) throw new CommandFailure(`${file} is there already: name another file by --out.${result ? ` The export can be fetched at ${result.path} until ${result.expiresAt}.` : ''}`, 2);
}

function tablesOf({ table, columns, where }: ExportOptions): readonly object[] | undefined {
  if ((columns !== undefined || where !== undefined) && table?.length !== 1) throw new CommandFailure('--columns and --where are for one table: name it by --table.', 2);
  return table?.map((name) => ({ table: name, ...(columns === undefined ? {} : { columns: columns.split(',').map((one) => one.trim()) }), ...(where === undefined ? {} : { where: parsed(where) }) }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`--where is no JSON: ${(error as Error).message}`, 2);
  }
}
