/**
 * Removes one person's rows from every version of a dataset. What carries them is written anew without them, put in its place in one
 * transaction, and then dropped; then the uploads and reports that held them. A worker that dies leaves either the former state or the new one.
 */
import { actorOf, auditedDataset, type Audit } from '../../audit/event.js';
import { DureError } from '../../errors.js';
import { hasRole, hasScope } from '../../identity/identity.js';
import { unseal, type SealedText } from '../../identity/sealedText.js';
import type { SecretKeys } from '../../identity/secretKeys.js';
import { cellIndexes } from '../../policy/cellIndexes.js';
import type { RuleDocument } from '../../policy/rule.js';
import { findPerson, versionsOf, type Found } from '../../publish/findPerson.js';
import { refuseFrozen } from '../../publish/frozen.js';
import { replaceSegments, type Replacement } from '../../publish/replaceSegments.js';
import { dropErased, dropLoading, registerSegments } from '../../publish/segments.js';
import { copyHashesWithoutPerson, copyWithoutPerson } from '../../publish/withoutPerson.js';
import { catalogChannel } from '../../storage/catalogRevision.js';
import type { ExportStore } from '../../storage/exportStore.js';
import type { UploadStore } from '../../storage/uploadStore.js';
import type { JobContext, JobKind } from '../job.js';
import type { Notifier } from '../notifier.js';
import { forgetUploads } from './forgetUploads.js';
import { prepareColumns, rulesInForce } from './prepareColumns.js';

export interface EraseOptions {
  readonly keys: SecretKeys;
  readonly uploads: UploadStore;
  readonly exports: Pick<ExportStore, 'clearOfDataset'>;
  readonly notifier: Pick<Notifier, 'hint'>;
  readonly audit: Audit;
  readonly waitUntilReached: (revision: bigint, signal: AbortSignal) => Promise<void>;
}

interface ErasureRow {
  readonly id: string;
  readonly dataset_id: string;
  readonly organization_id: string;
  readonly slug: string;
  readonly name: string;
  readonly domain: string;
  readonly sealed: SealedText | null;
  readonly basis: string;
  readonly reason: string;
  readonly recorded_at: Date | null;
  readonly revision: string;
}

export function createErasePersonKind(options: EraseOptions): JobKind {
  return {
    name: 'ERASE_PERSON',
    // What was begun ends, whatever becomes of whoever began it.
    outlastsAsker: true,
    run: (context) => run(context, options),
    cleanUp: async (job, pool) => {
      await dropLoading(pool, job.id);
      await dropErased(pool, job.id);
    },
  };
}

async function run(context: JobContext, options: EraseOptions): Promise<unknown> {
  const id = String(context.job.input.erasure);
  let erasure = await erasureOf(context, id);
  authorizeSteward(context, erasure);
  await dropLoading(context.pool, context.job.id);
  if (erasure.sealed) {
    await refuseFrozen(context.pool, erasure.dataset_id);
    await replace(context, erasure, keyOf(erasure, options), options);
    erasure = await erasureOf(context, id);
  }
  await context.event({ phase: 'settle', message: 'Waiting until every server answers without the rows' });
  await options.waitUntilReached(BigInt(erasure.revision), context.signal).catch((error: unknown) => {
    if (context.signal.aborted || !(error instanceof DureError)) throw error;
  });
  await context.event({ phase: 'drop', message: 'Removing what held the rows' });
  await dropErased(context.pool, context.job.id);
  await forgetExports(context, id, erasure.dataset_id, options);
  await forgetUploads(context, options.uploads, { organizationId: erasure.organization_id, datasetId: erasure.dataset_id });
  const counts = await countsOf(context, id);
  if (!erasure.recorded_at) {
    await options.audit.record({
      kind: 'ERASED', actor: actorOf(context.job.identity), channel: 'job', dataset: auditedDataset({ id: erasure.dataset_id, organization: { slug: erasure.slug } as never, name: erasure.name }),
      details: { erasure: id, job: context.job.id, reason: erasure.reason, basis: erasure.basis, ...counts },
    });
    await context.transaction((client) => client.query('update dure.erasure set recorded_at = clock_timestamp() where id = $1 and recorded_at is null', [id]));
  }
  await prepareColumns(context, erasure.dataset_id, options);
  return { erasure: id, dataset: `${erasure.slug}/${erasure.name}`, ...counts };
}

/**
 * All files of the dataset: which of them hold the person cannot be told without opening them. Those that are being written now are noted too, so
 * their jobs end without a file. Who begins one from here on reads segments that never held the person: the others are dropped.
 */
async function forgetExports(context: JobContext, erasureId: string, datasetId: string, { exports }: EraseOptions): Promise<void> {
  await context.event({ phase: 'exports', message: 'Deleting files that were exported from the dataset' });
  await context.transaction((client) => client.query(
    `with gone as (update dure.export set removed_at = clock_timestamp(), removed_why = 'ERASURE' where dataset_id = $2 and removed_at is null returning 1)
     update dure.erasure set exports = exports + (select count(*) from gone) where id = $1`, [erasureId, datasetId]));
  await exports.clearOfDataset(datasetId);
}

/** Judged again when the job runs. */
function authorizeSteward({ job: { identity } }: JobContext, { slug }: ErasureRow): void {
  if (!hasScope(identity, 'rules') || !hasRole(identity, slug, 'steward')) throw new DureError('FORBIDDEN', `Erasing a person needs the role steward in ${slug}.`);
}

async function erasureOf({ pool }: JobContext, id: string): Promise<ErasureRow> {
  const { rows } = await pool.query<ErasureRow>(
    `select e.id, e.dataset_id, e.organization_id, o.slug, d.name, e.domain, e.sealed, e.basis, e.reason, e.recorded_at, d.revision
     from dure.erasure e join dure.dataset d on d.id = e.dataset_id join dure.organization o on o.id = e.organization_id where e.id = $1`, [id],
  );
  if (!rows[0]) throw new DureError('NOT_FOUND', 'There is no such erasure.');
  return rows[0];
}

function keyOf({ id, sealed }: ErasureRow, { keys }: EraseOptions): string {
  const key = unseal(sealed!, `erasure ${id}`, keys.forPurpose('erasures'));
  if (key === undefined) throw new DureError('CONFLICT', 'The key that this erasure was asked for with was encrypted by a secret key that is no longer in DURE_SECRET_KEYS. Put it back, or ask anew.');
  return key;
}

const rounds = 5;

async function replace(context: JobContext, erasure: ErasureRow, key: string, options: EraseOptions): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    // Whoever publishes from now on sees the erasure; whoever published before has committed when this lock is had.
    await context.transaction((client) => client.query('select 1 from dure.catalog_state for update'));
    await context.event({ phase: 'find', message: 'Looking for the rows in every version' });
    const versions = await versionsOf(context.pool, erasure.dataset_id);
    const found = await findPerson(context.pool, versions, erasure.domain, key);
    const replacements = await copies(context, found, (await rulesInForce(context.pool, erasure.dataset_id)).document);
    const revision = await context.transaction((client) => replaceSegments(client, { jobId: context.job.id, erasureId: erasure.id, datasetId: erasure.dataset_id, versions, found, replacements }));
    if (revision !== undefined) return options.notifier.hint(catalogChannel, revision.toString());
    await dropLoading(context.pool, context.job.id);
  }
  throw new Error('The dataset changed each time that a person was to be erased from it.');
}

async function copies(context: JobContext, found: Found, rules: RuleDocument): Promise<readonly Replacement[]> {
  const job = { id: context.job.id, signal: context.signal };
  const made: Replacement[] = [];
  for (const [from, part] of found) {
    await context.event({ phase: 'write', message: `Writing ${part.table.name} anew without them`, done: made.length, total: found.size, unit: 'segments' });
    const { rows: derived } = await context.pool.query<{ physical: string; column_name: string }>('select physical, column_name from dure.derived_segment where segment = $1 order by physical', [from]);
    const [to, ...rest] = await context.transaction((client) => registerSegments(client, job.id, derived.length + 1));
    const rows = await copyWithoutPerson(context.pool, job, from, to!, part, cellIndexes(rules, part.table));
    const hashes: Replacement['hashes'][number][] = [];
    for (const [index, { physical, column_name: name }] of derived.entries()) {
      const column = part.table.columns.find((candidate) => candidate.name === name);
      const gone = new Set([...part.rows, ...(column ? part.cells.get(column.physical) ?? [] : [])]);
      hashes.push({ from: physical, to: rest[index]!, rows: await copyHashesWithoutPerson(context.pool, job, physical, rest[index]!, [...gone]) });
    }
    made.push({ from, to: to!, rows, hashes });
  }
  return made;
}

async function countsOf({ pool }: JobContext, id: string): Promise<{ readonly rows: number; readonly cells: number; readonly versions: number; readonly exports: number }> {
  const { rows } = await pool.query<{ rows: number; cells: number; versions: number; exports: number }>('select coalesce(sum(rows), 0)::int as rows, coalesce(sum(cells), 0)::int as cells, count(distinct version_id)::int as versions, (select exports from dure.erasure where id = $1) as exports from dure.erasure_version where erasure_id = $1', [id]);
  return rows[0]!;
}
