/**
 * The job that writes rows of a dataset into a file for whoever asked. It asks page by page in the asker's name, so each page is judged anew;
 * what may be read must stay the same from the first page to the last. The file counts only once its note is committed under the job's fence.
 */
import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import type { Pool } from 'pg';
import yazl from 'yazl';
import { DureError, type ErrorCode } from '../../errors.js';
import { exportDescriptor, fileOf, type ExportContents, type ExportedTable, type WrittenTable } from '../../publish/exportDescriptor.js';
import { head, line, type ExportFormat, type LineFormat } from '../../publish/exportFormat.js';
import { refuseFrozen } from '../../publish/frozen.js';
import type { BlobStore } from '../../storage/blobs.js';
import type { ExportBounds } from '../../storage/exportStore.js';
import type { Job, JobContext, JobKind } from '../job.js';
import { pause } from '../pause.js';

export interface ExportTableInput {
  readonly table: string;
  /** By name or field; all that the asker may read where absent. */
  readonly columns?: readonly string[];
  /** As a query's `where`. */
  readonly where?: unknown;
}

export interface ExportInput {
  /** `organization/dataset`. */
  readonly dataset: string;
  /** MAJOR.MINOR */
  readonly version: string;
  /** All that the asker may take away where absent. */
  readonly tables?: readonly ExportTableInput[];
  readonly format: ExportFormat;
  readonly forSpreadsheets: boolean;
  readonly reason: string;
  readonly purpose?: string;
  readonly destination?: string;
}

export interface ExportView extends ExportContents {
  /** Another where what the asker may read is another. */
  readonly state: string;
  /** By table: the columns, and what narrows the asker at them. */
  readonly bounds: ExportBounds;
}

export interface ExportPage {
  /** Each the JSON texts of its cells. */
  readonly rows: readonly (readonly string[])[];
  readonly next: string | null;
  readonly total: number | null;
}

/** The dataset as the job's asker may take it away. */
export interface ExportedDataset {
  /** @throws DureError NOT_FOUND, BAD_USER_INPUT, FORBIDDEN, PURPOSE_REQUIRED */
  view(input: ExportInput, job: Pick<Job, 'id' | 'identity'>): ExportView;
  /** @throws DureError what a question would be refused with */
  page(input: ExportInput, view: ExportView, table: ExportedTable, after: string | null, size: number, job: Pick<Job, 'id' | 'identity'>, signal: AbortSignal): Promise<ExportPage>;
}

export interface ExportLimits {
  readonly rows: number;
  /** Of a file, compressed or not. */
  readonly bytes: number;
  /** How long it can be fetched. */
  readonly hours: number;
}

export interface ExportOptions {
  readonly blobs: BlobStore;
  readonly exported: ExportedDataset;
  readonly limits: ExportLimits;
  readonly pageRows: number;
  /** The first pause where the server is too busy, in milliseconds; doubled for each further one in a row. */
  readonly backoffMs?: number;
}

export function createExportKind(options: ExportOptions): JobKind {
  return { name: 'EXPORT', run: (context) => run(context, options), cleanUp: (job, pool) => cleanUp(job, pool, options.blobs) };
}

const busy: ReadonlySet<ErrorCode> = new Set(['OVERLOADED', 'TIMEOUT']);
const tries = 6;

interface NoteRow { readonly blob: string | null; readonly bytes: string; readonly rows: string; readonly sha256: string; readonly completed_at: Date | null; readonly expires_at: Date; readonly removed_at: Date | null }

async function run(context: JobContext, options: ExportOptions): Promise<unknown> {
  const { job } = context;
  const input = job.input as unknown as ExportInput;
  const done = await noteOf(context.pool, job.id);
  // A worker that died between the commit and the end of its job has written the file already.
  if (done?.completed_at && !done.removed_at && done.blob !== null) return resultOf(job, input, done);
  await cleanUp(job, context.pool, options.blobs);
  const view = options.exported.view(input, job);
  await begin(context, view);
  const writing = new Writing(context, options, input, view);
  const blob = blobOf(job.id, job.fence);
  const { bytes, sha256 } = await options.blobs.put(blob, writing.zip(), options.limits.bytes).catch((error: unknown) => { throw tooLarge(error, options.limits); });
  writing.same();
  const note = await context.transaction(async (client): Promise<NoteRow | undefined> => {
    await refuseFrozen(client, view.dataset.id);
    const { rows } = await client.query<NoteRow>(
      `update dure.export set blob = $2, bytes = $3, rows = $4, sha256 = $5, rules_revision = $6, bounds = $7, completed_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(hours => $8)
       where job_id = $1 and removed_at is null returning blob, bytes, rows, sha256, completed_at, expires_at, removed_at`,
      [job.id, blob, bytes, writing.rows, sha256, view.dataset.rulesRevision, JSON.stringify(view.bounds), options.limits.hours]);
    return rows[0];
  });
  if (!note) throw new DureError('CONFLICT', `A person was erased from ${input.dataset} while the file was written. Export again: the new file is without them.`, { reason: 'ERASURE', dataset: input.dataset });
  return resultOf(job, input, note);
}

async function noteOf(pool: Pick<Pool, 'query'>, id: string): Promise<NoteRow | undefined> {
  const { rows } = await pool.query<NoteRow>('select blob, bytes, rows, sha256, completed_at, expires_at, removed_at from dure.export where job_id = $1', [id]);
  return rows[0];
}

function resultOf({ id }: Job, { dataset, version }: ExportInput, note: NoteRow): unknown {
  return { export: id, path: `/exports/${id}`, dataset, version, rows: Number(note.rows), bytes: Number(note.bytes), sha256: note.sha256, expiresAt: note.expires_at.toISOString() };
}

/** From here on who erases a person from the dataset knows of the file that is being written. */
async function begin(context: JobContext, { dataset, version }: ExportView): Promise<void> {
  const { id, identity } = context.job;
  await context.transaction((client) => client.query(
    `insert into dure.export (job_id, dataset_id, version_id, subject, issuer) values ($1, $2, $3, $4, $5)
     on conflict (job_id) do update set dataset_id = $2, version_id = $3, started_at = clock_timestamp(), completed_at = null, expires_at = null, removed_at = null, removed_why = null`,
    [id, dataset.id, version.id, identity.subject, identity.issuer ?? null]));
}

function blobOf(id: string, fence: number): string {
  return `exports/${id}-${fence}`;
}

/** Whatever attempts before this one left; the file that counts stays, unless the job was canceled. */
async function cleanUp(job: Job, pool: Pool, blobs: BlobStore): Promise<void> {
  const { rows: [now] } = await pool.query<{ state: string }>('select state from dure.job where id = $1', [job.id]);
  const canceled = now?.state === 'CANCELING' || now?.state === 'CANCELED';
  if (canceled) await pool.query(`update dure.export set removed_at = clock_timestamp(), removed_why = 'CANCELED' where job_id = $1 and removed_at is null`, [job.id]);
  const note = await noteOf(pool, job.id);
  for (let fence = 1; fence <= job.fence; fence += 1) {
    const blob = blobOf(job.id, fence);
    await blobs.sweep?.(blob);
    if (note?.blob !== blob || note.removed_at) await blobs.delete(blob);
  }
  if (note?.removed_at && note.blob !== null) await pool.query('update dure.export set blob = null where job_id = $1', [job.id]);
}

function tooLarge(error: unknown, { bytes }: ExportLimits): unknown {
  return error instanceof DureError && error.code === 'UPLOAD_REJECTED' ? new DureError('LIMIT_EXCEEDED', `The file is larger than ${bytes.toLocaleString('en-US')} bytes. Export fewer tables or columns, or narrow the rows by where.`, { limit: bytes, unit: 'bytes' }) : error;
}

/** One file while it is written: tables one after the other, then what is said of them. */
class Writing {
  rows = 0;
  private bytes = 0;
  private size: number;
  private readonly written: WrittenTable[] = [];
  private readonly lines: LineFormat;

  constructor(private readonly context: JobContext, private readonly options: ExportOptions, private readonly input: ExportInput, private readonly view: ExportView) {
    this.size = options.pageRows;
    this.lines = { format: input.format, forSpreadsheets: input.forSpreadsheets && input.format === 'CSV' };
  }

  zip(): Readable {
    const zip = new yazl.ZipFile();
    const output = new PassThrough();
    const fail = (error: Error): void => { output.destroy(error); };
    const add = (name: string, parts: () => AsyncIterable<Buffer>): void => {
      const forceZip64Format = this.options.limits.bytes >= 2 ** 32;
      zip.addReadStreamLazy(name, { forceZip64Format }, (give) => give(null, Readable.from(parts(), { objectMode: false }).on('error', fail)));
    };
    for (const table of this.view.tables) add(fileOf(table, this.lines), () => this.table(table));
    add('datapackage.json', () => this.descriptor());
    zip.on('error', fail);
    zip.outputStream.on('error', fail).pipe(output);
    zip.end();
    return output;
  }

  /** @throws DureError CONFLICT where what may be read is not what was read */
  same(): void {
    const { exported } = this.options;
    if (exported.view(this.input, this.context.job).state !== this.view.state) {
      throw new DureError('CONFLICT', `What you may read of ${this.input.dataset} changed while the file was written. Nothing of it was kept: export again, under what holds now.`, { reason: 'RULES_CHANGED', dataset: this.input.dataset });
    }
  }

  private async *table(exported: ExportedTable): AsyncGenerator<Buffer> {
    const { context, lines, input } = this;
    const { name } = exported.table;
    const hash = createHash('sha256');
    const before = { rows: this.rows, bytes: this.bytes };
    let total: number | null = null;
    let after: string | null = null;
    await context.event({ phase: 'write', message: `Writing ${name} of ${input.dataset} ${input.version}`, done: 0, unit: 'rows' });
    const give = (text: string): Buffer => {
      const buffer = Buffer.from(text, 'utf8');
      hash.update(buffer);
      this.bytes += buffer.length;
      if (this.bytes > this.options.limits.bytes) throw new DureError('LIMIT_EXCEEDED', `The rows are longer than ${this.options.limits.bytes.toLocaleString('en-US')} bytes. Export fewer tables or columns, or narrow the rows by where.`, { limit: this.options.limits.bytes, unit: 'bytes' });
      return buffer;
    };
    yield give(head(exported.columns, lines));
    do {
      const page: ExportPage = await this.page(exported, after);
      this.rows += page.rows.length;
      total ??= page.total;
      if (this.rows > this.options.limits.rows || before.rows + (total ?? 0) > this.options.limits.rows) throw this.tooMany();
      if (page.next !== null && page.next === after) throw new Error('a page leads back to itself');
      after = page.next;
      context.progress({ phase: 'write', done: this.rows - before.rows, ...(total === null ? {} : { total }), unit: 'rows', message: `Writing ${name} of ${input.dataset} ${input.version}` });
      if (page.rows.length > 0) yield give(page.rows.map((cells) => line(exported.columns, cells, lines)).join(''));
    } while (after !== null);
    this.written.push({ rows: this.rows - before.rows, bytes: this.bytes - before.bytes, sha256: hash.digest('hex') });
  }

  private tooMany(): DureError {
    const { rows } = this.options.limits;
    return new DureError('LIMIT_EXCEEDED', `This is more than the ${rows.toLocaleString('en-US')} rows that one export may have. Export fewer tables, or narrow the rows by where.`, { limit: rows, unit: 'rows' });
  }

  /** Judged before by what holds now, and after by the same: what was read between is what the file says. */
  private async page(exported: ExportedTable, after: string | null): Promise<ExportPage> {
    const { context, options } = this;
    for (let attempt = 1; ; attempt += 1) {
      context.signal.throwIfAborted();
      this.same();
      try {
        const page = await options.exported.page(this.input, this.view, exported, after, this.size, context.job, context.signal);
        this.same();
        return page;
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof DureError)) throw error;
        // One page is longer than an answer may be, or costs more.
        if (error.code === 'LIMIT_EXCEEDED' && error.details.rule === undefined && this.size > 1) {
          this.size = Math.max(1, Math.floor(this.size / 4));
          continue;
        }
        if (!busy.has(error.code) || attempt >= tries) throw error;
        await pause((options.backoffMs ?? 500) * 2 ** (attempt - 1), context.signal);
      }
    }
  }

  private async *descriptor(): AsyncGenerator<Buffer> {
    const { view, written, lines, input, context } = this;
    yield Buffer.from(`${JSON.stringify(exportDescriptor(view, written, lines, { id: context.job.id, at: new Date(), reason: input.reason, ...(input.purpose === undefined ? {} : { purpose: input.purpose }) }), null, 2)}\n`, 'utf8');
  }
}
