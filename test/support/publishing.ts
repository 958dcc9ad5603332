/** The publish job over a real worker, for tests that publish packages of their own making. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { DataSource } from 'typeorm';
import yazl from 'yazl';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import { makeIdentity } from '../../src/identity/makeIdentity.js';
import type { Job, JobEvent } from '../../src/jobs/job.js';
import { finalStates } from '../../src/jobs/job.js';
import { JobEvents } from '../../src/jobs/jobEvents.js';
import { JobStore } from '../../src/jobs/jobStore.js';
import { createPublishKind } from '../../src/jobs/kinds/publish.js';
import { Listener } from '../../src/jobs/listener.js';
import { Notifier } from '../../src/jobs/notifier.js';
import { Worker } from '../../src/jobs/worker.js';
import type { Mistake, PackageReport } from '../../src/publish/report.js';
import { FileBlobStore } from '../../src/storage/blobs.js';
import { createDataSource } from '../../src/storage/dataSource.js';
import { DatasetRow, OrganizationRow, RuleDocumentRow } from '../../src/storage/entities/catalog.js';
import { OrganizationStore } from '../../src/storage/organizationStore.js';
import { UploadStore } from '../../src/storage/uploadStore.js';
import { unrecorded } from '../../src/transaction.js';
import type { TestDatabase } from './database.js';

export type Files = Readonly<Record<string, string | Buffer | object>>;

export interface Outcome {
  readonly job: Job;
  readonly events: readonly JobEvent[];
  /** What was wrong, where the package was refused with a report. */
  readonly report?: PackageReport;
  readonly mistakes: readonly Mistake[];
  readonly result?: { readonly dataset: string; readonly version: string; readonly rows: number };
}

export interface PublishAs { readonly identity?: Identity; readonly organization?: string; readonly allowMajor?: boolean; readonly contentType?: string; readonly filename?: string }

export class Publishing {
  private constructor(readonly db: TestDatabase, readonly dataSource: DataSource, private readonly folder: string, readonly jobs: JobStore, readonly events: JobEvents, readonly uploads: UploadStore, private readonly parts: { worker: Worker; listener: Listener; notifier: Notifier }) {}

  static async open(db: TestDatabase): Promise<Publishing> {
    // A load that is cancelled ends its connection, perhaps just after it went back to the pool.
    db.pool.on('error', () => undefined);
    const folder = mkdtempSync(join(tmpdir(), 'dure-publishing-'));
    const dataSource = await createDataSource(db.url, [OrganizationRow, DatasetRow, RuleDocumentRow]).initialize();
    const blobs = new FileBlobStore(folder);
    const uploads = new UploadStore(dataSource, blobs);
    const notifier = new Notifier({ pool: db.pool });
    const listener = new Listener({ url: db.url });
    const jobs = new JobStore(db.pool, notifier);
    const events = new JobEvents({ store: jobs, listener });
    const worker = new Worker({ pool: db.pool, listener, notifier, concurrency: 2, kinds: [createPublishKind({ blobs, uploads, notifier, waitUntilReached: () => Promise.resolve() })] });
    await worker.start();
    await new OrganizationStore(dataSource).create({ slug: 'lab', title: 'Lab' }, unrecorded);
    return new Publishing(db, dataSource, folder, jobs, events, uploads, { worker, listener, notifier });
  }

  async close(): Promise<void> {
    await this.parts.worker.stop();
    await this.events.close();
    await this.parts.listener.close();
    await this.parts.notifier.close();
    await this.dataSource.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async begin(content: Buffer | Readable, options: PublishAs = {}): Promise<Job> {
    const upload = await this.uploads.create({ stream: Buffer.isBuffer(content) ? Readable.from([content]) : content, contentType: options.contentType ?? 'application/zip', filename: options.filename, createdBy: 'p', maxBytes: 1e9 });
    return this.jobs.enqueue({ kind: 'PUBLISH', input: { organization: options.organization ?? 'lab', upload: upload.id, mode: 'REPLACE', allowMajor: options.allowMajor ?? false }, identity: options.identity ?? publisher });
  }

  async end(job: Job): Promise<Outcome> {
    const events: JobEvent[] = [];
    for await (const event of this.events.follow(job.id, 0, AbortSignal.timeout(60_000))) events.push(event);
    const ended = (await this.jobs.get(job.id))!;
    if (!finalStates.has(ended.state)) throw new Error(`the job is still ${ended.state}`);
    const report = ended.error?.details as PackageReport | undefined;
    return { job: ended, events, report, mistakes: report?.mistakes ?? [], result: ended.result as Outcome['result'] };
  }

  async publish(files: Files | Buffer | Readable, options: PublishAs = {}): Promise<Outcome> {
    const content = Buffer.isBuffer(files) || files instanceof Readable ? files : await zip(files as Files);
    return this.end(await this.begin(content, options));
  }

  /** What publishing leaves behind, to be compared before and after. */
  async traces(): Promise<unknown> {
    const { rows } = await this.db.pool.query(`select
      (select count(*)::int from dure.dataset) as datasets, (select count(*)::int from dure.version) as versions, (select count(*)::int from dure.segment) as segments,
      (select count(*)::int from pg_tables where schemaname = 'dure_data') as tables, (select revision from dure.catalog_state) as revision`);
    return rows[0];
  }
}

export const publisher = makeIdentity({ ...anonymous, kind: 'person', subject: 'p', memberships: [{ organization: 'lab', role: 'publisher' }], scopes: ['read', 'publish'] });

export async function zip(files: Files): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), name);
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A package of one table `t` in t.csv; `more` is laid over the descriptor, `schema` over the table's schema. */
export function descriptor(fields: readonly object[], more: object = {}, schema: object = {}): object {
  return { name: 'things', title: 'Things', licenses: [{ name: 'CC0-1.0' }], resources: [{ name: 't', path: 't.csv', schema: { fields, ...schema } }], ...more };
}
