/**
 * The job that mirrors a selection of an external source into a dataset: pages are fetched and kept, each with where to go on, then loaded and
 * published like any package. It asks in its asker's name, so rules leave out what the asker may not read.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Pool } from 'pg';
import { DureError, type ErrorCode } from '../../errors.js';
import { parseDescriptor } from '../../publish/descriptor.js';
import { packageLimits } from '../../publish/limits.js';
import { csvRow, forbidsDerivatives, mirrorDescriptor, mirrorDraft, RowsDigest, type MirroredTable } from '../../publish/mirror.js';
import { publishedBy } from '../../publish/publishVersion.js';
import { MistakeList } from '../../publish/report.js';
import { dropLoading } from '../../publish/segments.js';
import type { Job, JobContext, JobKind } from '../job.js';
import { MirrorPages, type StoredPage } from '../mirrorPages.js';
import { pause } from '../pause.js';
import { makeReleases } from './makeReleases.js';
import type { PublishOptions } from './publish.js';
import { authorizePublisher, finish, publishTables } from './publishTables.js';

export interface SyncInput {
  /** `organization/dataset` of the source. */
  readonly source: string;
  readonly table: string;
  /** As a query's `where`. */
  readonly where?: unknown;
  /** By their names; all that the asker may read where absent. */
  readonly columns?: readonly string[];
  readonly organization: string;
  readonly dataset: string;
  readonly purpose?: string;
  readonly allowMajor: boolean;
  readonly note?: string;
}

export interface MirrorPage {
  /** Each the JSON text of the columns' values. */
  readonly rows: readonly string[];
  readonly next: string | null;
  readonly total: number | null;
  readonly release: string | null;
  readonly fetchedAt: string | null;
}

/** The source as the job's asker sees it. */
export interface MirroredSource {
  /** @throws DureError NOT_FOUND, BAD_USER_INPUT, FORBIDDEN */
  describe(input: SyncInput, job: Pick<Job, 'id' | 'identity'>): MirroredTable;
  /** @throws DureError; SOURCE_… where another try may help */
  page(input: SyncInput, table: MirroredTable, after: string | null, job: Pick<Job, 'id' | 'identity'>, signal: AbortSignal): Promise<MirrorPage>;
}

export interface SyncOptions extends PublishOptions {
  readonly mirrored: MirroredSource;
  /** The pause after a source's first failure, in milliseconds; doubled for each further one in a row, up to a minute. */
  readonly backoffMs?: number;
  /** Failures in a row after which the job gives up. What was fetched stays. */
  readonly tries?: number;
}

export function createSyncKind(options: SyncOptions): JobKind {
  return {
    name: 'SYNC',
    run: (context) => run(context, options),
    cleanUp: (job, pool) => cleanUp(job, pool, options),
  };
}

const passing: ReadonlySet<ErrorCode> = new Set(['SOURCE_DOWN', 'SOURCE_TIMEOUT', 'SOURCE_LIMITED', 'SOURCE_INVALID', 'TIMEOUT', 'OVERLOADED', 'DATABASE_UNAVAILABLE']);
/** A source that changes again and again while it is read is not worth more. */
const mostBeginnings = 5;

async function run(context: JobContext, options: SyncOptions): Promise<unknown> {
  const input = context.job.input as unknown as SyncInput;
  const organization = await authorizePublisher(context, input.organization);
  const pages = new MirrorPages(context.pool, options.blobs, selectionOf(input, context.job));
  const done = await publishedBy(context.pool, context.job.id);
  if (done) {
    await makeReleases(context, done.datasetId);
    await pages.clear();
    return finish(context, options, done, done.path, [...done.rows].map(([name, rows]) => ({ name, rows })));
  }
  await watchSource(context, input.source);
  await dropLoading(context.pool, context.job.id);
  await MirrorPages.sweep(context.pool, options.blobs);
  const { table, fetched } = await fetchAll(context, input, pages, options);
  const { facts, same } = await compare(context, input, organization.id, table, fetched, pages);
  if (same !== undefined) {
    await pages.clear();
    await context.event({ phase: 'publish', message: `Nothing has changed since version ${same}` });
    return { dataset: `${organization.slug}/${input.dataset}`, version: same, rows: facts.rows, unchanged: true, ...(facts.release === undefined ? {} : { release: facts.release }) };
  }
  const mistakes = new MistakeList(packageLimits.mistakes);
  const descriptor = parseDescriptor(mirrorDescriptor(input.dataset, table, facts), mistakes);
  mistakes.throwIfAny();
  const result = await publishTables(context, options, {
    organization, descriptor: descriptor!, drafts: [mirrorDraft(table)], open: () => Promise.resolve(Readable.from(fileOf(table, fetched, pages))), note: input.note, allowMajor: input.allowMajor,
  });
  await pages.clear();
  return { ...(result as object), ...(facts.release === undefined ? {} : { release: facts.release }) };
}

/** What is frozen while it is copied is not copied. */
async function watchSource(context: JobContext, source: string): Promise<void> {
  const { rows } = await context.pool.query<{ id: string }>(`select d.id from dure.dataset d join dure.organization o on o.id = d.organization_id where o.slug || '/' || d.name = $1 or d.source->>'id' = $1`, [source]);
  for (const { id } of rows) context.touches(id);
}

/** What was fetched for the same selection by the same asker is gone on with, also by another job. */
function selectionOf({ source, table, where, columns, organization, dataset, purpose }: SyncInput, { identity }: Pick<Job, 'identity'>): string {
  const { expiresAt: _expiresAt, ...asker } = identity as unknown as Readonly<Record<string, unknown>>;
  return createHash('sha256').update(JSON.stringify([source, table, where ?? null, columns ?? null, organization, dataset, purpose ?? null, asker])).digest('hex');
}

async function fetchAll(context: JobContext, input: SyncInput, pages: MirrorPages, options: SyncOptions): Promise<{ table: MirroredTable; fetched: readonly StoredPage[] }> {
  const table = describe(input, context, options);
  let fetched = [...(await pages.list())];
  let beginnings = 0;
  const anew = async (why: string): Promise<void> => {
    beginnings += 1;
    if (beginnings > mostBeginnings) throw new DureError('SOURCE_INVALID', `${input.source} changed ${beginnings} times while it was read. Ask again when it has settled.`, { source: input.source });
    await pages.clear();
    fetched = [];
    await context.event({ phase: 'fetch', message: `${why}: begun anew`, done: 0, unit: 'rows' });
  };
  if (fetched.some((page) => page.state !== table.state)) await anew('What may be read has changed since the first pages');
  const count = (): number => fetched.reduce((sum, page) => sum + page.rows, 0);
  const total = (): { total?: number } => (fetched[0]?.total == null ? {} : { total: fetched[0].total });
  await context.event({ phase: 'fetch', message: fetched.length > 0 ? `Going on after ${count().toLocaleString('en-US')} rows of ${input.source}` : `Fetching ${table.table.name} of ${input.source}`, done: count(), ...total(), unit: 'rows' });
  while (fetched.at(-1)?.next !== null) {
    context.signal.throwIfAborted();
    const after = fetched.at(-1)?.next ?? null;
    const page = await patiently(context, options, count, () => options.mirrored.page(input, table, after, context.job, context.signal));
    if (fetched.length > 0 && page.release !== fetched[0]!.release) {
      await anew(`${input.source} went from ${fetched[0]!.release ?? 'an unnamed release'} to ${page.release ?? 'another one'}`);
      continue;
    }
    // What may be read is judged for each page by the source; what was read before under other rules does not stay.
    if (describe(input, context, options).state !== table.state) throw new DureError('CONFLICT', 'What may be read of the source changed while it was read. Ask again.', { source: input.source });
    if (page.next !== null && fetched.some(({ next }) => next === page.next)) throw new DureError('SOURCE_INVALID', `${input.source} leads back to a page that was read already.`, { source: input.source });
    fetched.push(await pages.add(context, { number: fetched.length, next: page.next, total: page.total, release: page.release, fetchedAt: page.fetchedAt, state: table.state }, page.rows));
    context.progress({ phase: 'fetch', done: count(), ...total(), unit: 'rows', message: `Fetching ${table.table.name} of ${input.source}` });
  }
  return { table, fetched };
}

function describe(input: SyncInput, { job }: JobContext, { mirrored }: SyncOptions): MirroredTable {
  const table = mirrored.describe(input, job);
  const refused = forbidsDerivatives(table.metadata.licenses);
  if (refused) throw new DureError('FORBIDDEN', `${input.source} may not be mirrored: its licence (${refused.name ?? refused.title ?? refused.path}) allows nothing derived from it.`, { source: input.source });
  return table;
}

async function patiently<T>(context: JobContext, { backoffMs = 1_000, tries = 8 }: SyncOptions, done: () => number, work: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof DureError) || !passing.has(error.code)) throw error;
      if (failures === tries) throw new DureError(error.code, `${error.message} It was tried ${tries} times. What was fetched is kept for a day: ask again for the same, and it goes on from there.`, { ...error.details, fetched: done() });
      const asked = Number(error.details['retryAfter'] ?? 0) * 1_000;
      const wait = Math.min(Math.max(backoffMs * 2 ** (failures - 1), asked), 60_000) * (0.75 + Math.random() / 2);
      await context.event({ phase: 'fetch', message: `${error.code}: ${error.message} Tried again in ${Math.ceil(wait / 1_000)} s`, done: done(), unit: 'rows' });
      await pause(wait, context.signal);
      context.signal.throwIfAborted();
    }
  }
}

async function compare(context: JobContext, input: SyncInput, organizationId: string, table: MirroredTable, fetched: readonly StoredPage[], pages: MirrorPages): Promise<{ facts: { source: string; version: string; release?: string; fetchedAt?: string; where?: unknown; digest: string; rows: number }; same: string | undefined }> {
  const digest = new RowsDigest();
  for await (const row of rowsOf(fetched, pages)) digest.add(row);
  const { licenses, citation, title } = table.metadata;
  const text = digest.text([table.table.name, table.columns.map(({ name, field, kind, item, values, unit, namespace }) => [name, field, kind, item, values, unit, namespace]), table.primaryKey, licenses, citation, title]);
  const { rows: [present] } = await context.pool.query<{ name: string }>(
    `select v.major || '.' || v.minor as name from dure.dataset d join dure.version v on v.id = d.current_version_id where d.organization_id = $1 and d.name = $2 and v.descriptor->'sync'->>'digest' = $3`, [organizationId, input.dataset, text]);
  const [first] = fetched;
  const oldest = fetched.flatMap(({ fetchedAt }) => fetchedAt ?? []).sort()[0];
  return {
    same: present?.name,
    facts: { source: input.source, version: table.version, digest: text, rows: digest.rows, ...(first?.release == null ? {} : { release: first.release }), ...(oldest === undefined ? {} : { fetchedAt: oldest }), ...(input.where === undefined ? {} : { where: input.where }) },
  };
}

async function* rowsOf(fetched: readonly StoredPage[], pages: MirrorPages): AsyncGenerator<string> {
  for (const page of fetched) {
    const rows = await pages.read(page);
    if (!rows) {
      await pages.clear();
      throw new Error(`page ${page.number} of a mirror is not as it was stored`);
    }
    yield* rows;
  }
}

async function* fileOf(table: MirroredTable, fetched: readonly StoredPage[], pages: MirrorPages): AsyncGenerator<Buffer> {
  yield Buffer.from(csvRow(table.columns.map(({ name }) => name)), 'utf8');
  for await (const row of rowsOf(fetched, pages)) yield Buffer.from(csvRow((JSON.parse(row) as unknown[]).map((value) => JSON.stringify(value))), 'utf8');
}

/** What was fetched stays for the next attempt, except of a job that somebody cancelled. */
async function cleanUp(job: Job, pool: Pool, { blobs }: SyncOptions): Promise<void> {
  await dropLoading(pool, job.id);
  const { rows: [now] } = await pool.query<{ state: string }>('select state from dure.job where id = $1', [job.id]);
  if (now?.state === 'CANCELING' || now?.state === 'CANCELED') await new MirrorPages(pool, blobs, selectionOf(job.input as unknown as SyncInput, job)).clear();
}
