/** The job that turns an uploaded package into a version: read, load and check, publish, wait until every server answers from it. */
import { versionName, type TableDefinition } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import { hasRole, hasScope } from '../../identity/identity.js';
import type { SecretKeys } from '../../identity/secretKeys.js';
import { asksForHashes, withHashKeys } from '../../policy/hashKeys.js';
import { lostRules, parseRules } from '../../policy/parseRules.js';
import type { RuleDocument } from '../../policy/rule.js';
import { checkKeys } from '../../publish/checkKeys.js';
import { tellDangling } from '../../publish/danglingKeys.js';
import { parseDescriptor, type PackageDescriptor } from '../../publish/descriptor.js';
import { refuseFrozen } from '../../publish/frozen.js';
import { packageLimits, type PackageLimits } from '../../publish/limits.js';
import { loadTable } from '../../publish/loadTable.js';
import { loaderSession } from '../../publish/loaderConnection.js';
import { firstAccess, metadataOf } from '../../publish/metadata.js';
import { nameTables } from '../../publish/nameTables.js';
import { openUpload } from '../../publish/openUpload.js';
import type { PackageFiles } from '../../publish/packageFiles.js';
import { presentVersion, publishedBy, publishVersion, type PublishedVersion } from '../../publish/publishVersion.js';
import { invalidPackage, MistakeList } from '../../publish/report.js';
import { dropLoading, registerSegments } from '../../publish/segments.js';
import { loadHashes, takeHashes, wantedHashes, type HashesOf } from '../../publish/hashes.js';
import { draftTables, type TableDraft } from '../../publish/tableDraft.js';
import { catalogChannel } from '../../storage/catalogRevision.js';
import type { BlobStore } from '../../storage/blobs.js';
import type { UploadStore } from '../../storage/uploadStore.js';
import type { JobContext, JobKind } from '../job.js';
import type { Notifier } from '../notifier.js';
import { hashMissing, hashValue } from './hashColumns.js';
import { makeReleases } from './makeReleases.js';

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

interface Loaded { readonly physical: string; readonly rows: number }

async function run(context: JobContext, options: PublishOptions): Promise<unknown> {
  const input = context.job.input as unknown as PublishInput;
  const organization = await authorizePublisher(context, input);
  // A worker that died between the commit and the end of its job has published already: the next attempt only tells so.
  const done = await publishedBy(context.pool, context.job.id);
  if (done) {
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
    const present = await presentTables(context, organization.id, descriptor.name);
    const tables = nameTables(drafts, present);
    const rules = pinned(rulesOf(descriptor, tables), options);
    const segments = await load(context, files, drafts, tables, limits, mistakes);
    const hashes = await hashSegments(context, options, { organization: organization.slug, name: descriptor.name }, await rulesInForce(context, organization.id, descriptor.name) ?? rules, tables, segments);
    await context.event({ phase: 'publish', message: 'Publishing the version' });
    const published = await context.transaction(async (client) => {
      const version = await publishVersion(client, {
        jobId: context.job.id, organization, name: descriptor.name, by: context.job.createdBy, note: input.note, allowMajor: input.allowMajor,
        metadata: metadataOf(descriptor), descriptor, access: firstAccess(descriptor), rules,
        tables: (now) => nameTables(drafts, now), segments,
      });
      await refuseLostRules(client, version.datasetId, version.major, tables);
      await takeHashes(client, context.job.id, hashes);
      return version;
    });
    // The rules may have changed while the rows were loaded.
    if (options.keys) await hashMissing(context, published.datasetId, { keys: options.keys, notifier: options.notifier });
    await makeReleases(context, published.datasetId);
    return await finish(context, options, published, `${organization.slug}/${descriptor.name}`, tables.map((table) => ({ name: table.name, rows: segments.get(table.name)!.rows })));
  } finally {
    await files.close();
  }
}

/** Judged again when the job runs, by what the asker's token said when it was made. */
async function authorizePublisher({ job, pool }: JobContext, input: PublishInput): Promise<{ id: string; slug: string }> {
  if (!hasScope(job.identity, 'publish') || !hasRole(job.identity, input.organization, 'publisher')) {
    throw new DureError('FORBIDDEN', `Publishing for ${input.organization} needs the role publisher there.`);
  }
  if (job.identity.expiresAt !== undefined && job.identity.expiresAt <= Date.now()) throw new DureError('UNAUTHENTICATED', 'The token under which this job was asked for has expired. Ask again with a new one.');
  if (job.identity.tokenId !== undefined) {
    const { rowCount } = await pool.query('select 1 from dure.api_token where id = $1 and revoked_at is null', [job.identity.tokenId]);
    if (rowCount === 0) throw new DureError('UNAUTHENTICATED', 'The API token under which this job was asked for was revoked.');
  }
  const { rows } = await pool.query<{ id: string; slug: string }>('select id, slug from dure.organization where slug = $1', [input.organization]);
  if (!rows[0]) throw new DureError('NOT_FOUND', `There is no organization ${JSON.stringify(input.organization)}.`);
  return rows[0];
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

async function presentTables({ pool }: JobContext, organizationId: string, name: string): Promise<readonly TableDefinition[] | undefined> {
  const { rows } = await pool.query<{ id: string }>('select id from dure.dataset where organization_id = $1 and name = $2', [organizationId, name]);
  if (rows[0]) await refuseFrozen(pool, rows[0].id);
  return rows[0] && (await presentVersion(pool as never, rows[0].id))?.tables;
}

function rulesOf(descriptor: PackageDescriptor, tables: readonly TableDefinition[]): RuleDocument {
  try {
    return parseRules(descriptor['dure:rules'] ?? { rules: [] }, tables);
  } catch (error) {
    if (!(error instanceof DureError)) throw error;
    throw invalidPackage('rules', `"dure:rules": ${error.message}`, { file: 'datapackage.json', path: '$["dure:rules"]' });
  }
}

function pinned(rules: RuleDocument, { keys }: PublishOptions): RuleDocument {
  return keys ? withHashKeys(rules, keys) : rules;
}

async function rulesInForce({ pool }: JobContext, organizationId: string, name: string): Promise<RuleDocument | undefined> {
  const { rows } = await pool.query<{ document: RuleDocument }>('select r.document from dure.dataset d join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision where d.organization_id = $1 and d.name = $2', [organizationId, name]);
  return rows[0]?.document;
}

/** The pseudonyms that the rules show, so that the version is whole when it appears. */
async function hashSegments(context: JobContext, { keys }: PublishOptions, path: { readonly organization: string; readonly name: string }, rules: RuleDocument, tables: readonly TableDefinition[], segments: ReadonlyMap<string, Loaded>): Promise<readonly HashesOf[]> {
  if (!keys || !asksForHashes(rules)) return [];
  const hash = hashValue(keys, path.organization, path.name);
  const made: HashesOf[] = [];
  // Rules that are for other majors may ask for more than is used: what they name is there in any case.
  const wanted = new Map([...new Set(rules.rules.flatMap((rule) => rule.majors ?? [1]))].flatMap((major) => wantedHashes(rules, major, tables)).map((want) => [JSON.stringify(want), want]));
  for (const want of wanted.values()) {
    const segment = segments.get(want.table);
    if (!segment) continue;
    await context.event({ phase: 'hash', message: `Pseudonyms of ${want.table}.${want.column}` });
    const [hashes] = await context.transaction((client) => registerSegments(client, context.job.id, 1));
    const rows = await loadHashes(context.pool, { id: context.job.id, signal: context.signal }, { segment: segment.physical, column: want.physical }, hashes!, hash(want.scope, want.key));
    made.push({ ...want, segment: segment.physical, hashes: hashes!, rows });
  }
  return made;
}

/** The rules in force must still find every table and column that they name: one that bound nothing would silently open what it closed. */
async function refuseLostRules(client: { query: JobContext['pool']['query'] }, datasetId: string, major: number, tables: readonly TableDefinition[]): Promise<void> {
  const { rows } = await client.query<{ document: RuleDocument }>('select r.document from dure.dataset d join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision where d.id = $1', [datasetId]);
  const mistakes = rows[0] ? lostRules(rows[0].document, { major, tables }) : [];
  if (mistakes.length === 0) return;
  const [first] = mistakes;
  throw new DureError('CONFLICT', `Nothing was published. The rules of the dataset name tables or columns that this version does not have (or has with another type), and would no longer hold: ${first!.path}: ${first!.message}. Do not drop such a rule, which would open older versions: say by "majors" which versions it is for, and add one with "majors": [${major}] for what replaces them.`, { mistakes });
}

async function load(context: JobContext, files: PackageFiles, drafts: readonly TableDraft[], tables: readonly TableDefinition[], limits: PackageLimits, mistakes: MistakeList): Promise<ReadonlyMap<string, Loaded>> {
  const physical = await context.transaction((client) => registerSegments(client, context.job.id, tables.length));
  const loaded = new Map<string, Loaded>();
  let before = 0;
  for (const [index, table] of tables.entries()) {
    const draft = drafts[index]!;
    await context.event({ phase: 'load', message: `Checking and loading ${table.name}`, done: before, unit: 'rows' });
    const rows = await loadTable(await files.open(draft.file), draft, table, {
      pool: context.pool, jobId: context.job.id, physical: physical[index]!, limits, mistakes, firstRow: 1, signal: context.signal,
      progress: (count) => context.progress({ phase: 'load', done: before + count, unit: 'rows', message: `Checking and loading ${table.name}` }),
      indexing: () => context.event({ phase: 'index', message: `Making the indexes of ${table.name}`, unit: 'rows' }),
    });
    if (rows === undefined) continue;
    before += rows;
    loaded.set(table.name, { physical: physical[index]!, rows });
  }
  await checkForeignKeys(context, drafts, tables, loaded, mistakes);
  if (mistakes.total > 0) await context.event({ phase: 'check', message: `${mistakes.total.toLocaleString('en-US')} mistakes; nothing is published`, details: mistakes.report });
  mistakes.throwIfAny();
  return loaded;
}

/** Only between tables that are loaded whole: mistakes that follow from others are noise. */
async function checkForeignKeys(context: JobContext, drafts: readonly TableDraft[], tables: readonly TableDefinition[], loaded: ReadonlyMap<string, Loaded>, mistakes: MistakeList): Promise<void> {
  if (!tables.some((table) => table.foreignKeys.length > 0)) return;
  await context.event({ phase: 'check', message: 'Checking foreign keys' });
  const at = (name: string): { table: TableDefinition; physical: string; file: string } | undefined => {
    const index = tables.findIndex((table) => table.name === name);
    const segment = loaded.get(name);
    return segment && { table: tables[index]!, physical: segment.physical, file: drafts[index]!.file };
  };
  await loaderSession(context.pool, context.signal, async (client) => {
    for (const table of tables) {
      for (const key of table.foreignKeys) {
        const child = at(table.name);
        const parent = at(key.table === '' ? table.name : key.table);
        if (child && parent) await tellDangling(client, child, key, parent, mistakes);
      }
    }
  });
}

async function finish(context: JobContext, options: PublishOptions, published: PublishedVersion, path: string, tables: readonly { name: string; rows: number }[]): Promise<unknown> {
  options.notifier.hint(catalogChannel, published.revision.toString());
  await context.event({ phase: 'settle', message: 'Waiting until every server answers from it' });
  await options.waitUntilReached(published.revision, context.signal).catch((error: unknown) => {
    // The version is published; a server that is slow to move must not turn that into a failure.
    if (context.signal.aborted) return;
    if (!(error instanceof DureError)) throw error;
  });
  return { dataset: path, datasetId: published.datasetId, version: versionName(published), rows: tables.reduce((sum, table) => sum + table.rows, 0), tables };
}

