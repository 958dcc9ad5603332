/** The job that turns an uploaded package into a version: read, load and check, publish, wait until every server answers from it. */
import { DureError } from '../../errors.js';
import type { SecretKeys } from '../../identity/secretKeys.js';
import { checkKeys } from '../../publish/checkKeys.js';
import { parseDescriptor, type PackageDescriptor } from '../../publish/descriptor.js';
import { packageLimits, type PackageLimits } from '../../publish/limits.js';
import { openUpload } from '../../publish/openUpload.js';
import type { PackageFiles } from '../../publish/packageFiles.js';
import { publishedBy } from '../../publish/publishVersion.js';
import { MistakeList } from '../../publish/report.js';
import { dropLoading } from '../../publish/segments.js';
import { draftTables, type TableDraft } from '../../publish/tableDraft.js';
import type { BlobStore } from '../../storage/blobs.js';
import type { UploadStore } from '../../storage/uploadStore.js';
import type { JobContext, JobKind } from '../job.js';
import type { Notifier } from '../notifier.js';
import { makeReleases } from './makeReleases.js';
import { prepareColumns } from './prepareColumns.js';
import { authorizePublisher, finish, publishTables } from './publishTables.js';

export interface PublishInput {
  readonly organization: string;
  readonly upload: string;
  readonly mode: 'REPLACE';
  readonly allowMajor: boolean;
  readonly note?: string;
}

export interface PublishOptions {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly notifier: Pick<Notifier, 'hint'>;
  /** Resolves when every live server answers from this revision of the catalog. */
  readonly waitUntilReached: (revision: bigint, signal: AbortSignal) => Promise<void>;
  readonly limits?: PackageLimits;
  /** Keys of pseudonyms; without them hashed columns stay withheld. */
  readonly keys?: SecretKeys;
}

export function createPublishKind(options: PublishOptions): JobKind {
  return {
    name: 'PUBLISH',
    run: (context) => run(context, options),
    cleanUp: (job, pool) => dropLoading(pool, job.id),
  };
}

async function run(context: JobContext, options: PublishOptions): Promise<unknown> {
  const input = context.job.input as unknown as PublishInput;
  const organization = await authorizePublisher(context, input.organization);
  // A worker that died between the commit and the end of its job has published already: the next attempt only tells so.
  const done = await publishedBy(context.pool, context.job.id);
  if (done) {
    await prepareColumns(context, done.datasetId, options);
    await makeReleases(context, done.datasetId);
    return finish(context, options, done, done.path, [...done.rows].map(([name, rows]) => ({ name, rows })));
  }
  await dropLoading(context.pool, context.job.id);

  await context.event({ phase: 'read', message: 'Reading the package' });
  const upload = await options.uploads.get(input.upload);
  if (!upload) throw new DureError('NOT_FOUND', 'The upload is not there any more. Send the package again.');
  const limits = options.limits ?? packageLimits;
  const files = await openUpload(upload, options.blobs, limits, context.signal);
  try {
    const mistakes = new MistakeList(limits.mistakes);
    const { descriptor, drafts } = readPackage(files, limits, mistakes);
    return await publishTables(context, options, { organization, descriptor, drafts, open: (path) => files.open(path), note: input.note, allowMajor: input.allowMajor, mistakes });
  } finally {
    await files.close();
  }
}

function readPackage(files: PackageFiles, limits: PackageLimits, mistakes: MistakeList): { descriptor: PackageDescriptor; drafts: readonly TableDraft[] } {
  const descriptor = parseDescriptor(files.descriptor, mistakes);
  mistakes.throwIfAny();
  const drafts = draftTables(descriptor!, (path) => files.has(path), limits, mistakes);
  mistakes.throwIfAny();
  checkKeys(drafts, mistakes);
  mistakes.throwIfAny();
  return { descriptor: descriptor!, drafts };
}
