/** From described tables to a version: load and check, publish, wait until every server answers from it. */
import type { Readable } from 'node:stream';
import { versionName, type TableDefinition } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import { hasRole, hasScope } from '../../identity/identity.js';
import { cellIndexes } from '../../policy/cellIndexes.js';
import { asksForHashes, withHashKeys } from '../../policy/hashKeys.js';
import { lostRules, parseRules } from '../../policy/parseRules.js';
import type { RuleDocument } from '../../policy/rule.js';
import { tellDangling } from '../../publish/danglingKeys.js';
import type { PackageDescriptor } from '../../publish/descriptor.js';
import { refuseFrozen } from '../../publish/frozen.js';
import { packageLimits, type PackageLimits } from '../../publish/limits.js';
import { loadTable } from '../../publish/loadTable.js';
import { loaderSession } from '../../publish/loaderConnection.js';
import { firstAccess, metadataOf } from '../../publish/metadata.js';
import { nameTables } from '../../publish/nameTables.js';
import { presentVersion, publishVersion, type PublishedVersion } from '../../publish/publishVersion.js';
import { invalidPackage, MistakeList } from '../../publish/report.js';
import { registerSegments } from '../../publish/segments.js';
import { loadHashes, takeHashes, wantedHashes, type HashesOf } from '../../publish/hashes.js';
import type { TableDraft } from '../../publish/tableDraft.js';
import { catalogChannel } from '../../storage/catalogRevision.js';
import type { JobContext } from '../job.js';
import { hashValue } from './hashColumns.js';
import { makeReleases } from './makeReleases.js';
import { prepareColumns } from './prepareColumns.js';
import type { PublishOptions } from './publish.js';
import { refusingErased } from './refusingErased.js';

export interface TablesToPublish {
  readonly organization: { readonly id: string; readonly slug: string };
  readonly descriptor: PackageDescriptor;
  readonly drafts: readonly TableDraft[];
  readonly open: (path: string) => Promise<Readable>;
  readonly note?: string;
  readonly allowMajor: boolean;
  readonly mistakes?: MistakeList;
}

/** Loads, checks and publishes what a descriptor describes, wherever its rows come from. Returns the job's result. */
export async function publishTables(context: JobContext, options: PublishOptions, { organization, descriptor, drafts, open, note, allowMajor, mistakes: given }: TablesToPublish): Promise<unknown> {
  const limits = options.limits ?? packageLimits;
  const mistakes = given ?? new MistakeList(limits.mistakes);
  const present = await presentTables(context, organization.id, descriptor.name);
  const tables = nameTables(drafts, present);
  const rules = pinned(rulesOf(descriptor, tables), options);
  const inForce = await rulesInForce(context, organization.id, descriptor.name) ?? rules;
  const segments = await load(context, open, drafts, tables, inForce, limits, mistakes);
  const hashes = await hashSegments(context, options, { organization: organization.slug, name: descriptor.name }, inForce, tables, segments);
  const refuseErased = await refusingErased(context, options, { organizationId: organization.id, name: descriptor.name, tables, segments });
  await context.event({ phase: 'publish', message: 'Publishing the version' });
  const published = await context.transaction(async (client) => {
    const version = await publishVersion(client, {
      jobId: context.job.id, organization, name: descriptor.name, by: context.job.createdBy, note, allowMajor,
      metadata: metadataOf(descriptor), descriptor, access: firstAccess(descriptor), rules,
      tables: (now) => nameTables(drafts, now), segments,
    });
    await refuseErased(client, version.datasetId);
    await refuseLostRules(client, version.datasetId, version.major, tables);
    await takeHashes(client, context.job.id, hashes);
    return version;
  });
  // The rules may have changed while the rows were loaded.
  await prepareColumns(context, published.datasetId, options);
  await makeReleases(context, published.datasetId);
  return finish(context, options, published, `${organization.slug}/${descriptor.name}`, tables.map((table) => ({ name: table.name, rows: segments.get(table.name)!.rows })));
}

interface Loaded { readonly physical: string; readonly rows: number }

/** Judged again when the job runs, by what the asker's token said when it was made. */
export async function authorizePublisher({ job, pool }: JobContext, organization: string): Promise<{ id: string; slug: string }> {
  if (!hasScope(job.identity, 'publish') || !hasRole(job.identity, organization, 'publisher')) {
    throw new DureError('FORBIDDEN', `Publishing for ${organization} needs the role publisher there.`);
  }
  if (job.identity.expiresAt !== undefined && job.identity.expiresAt <= Date.now()) throw new DureError('UNAUTHENTICATED', 'The token under which this job was asked for has expired. Ask again with a new one.');
  if (job.identity.tokenId !== undefined) {
    const { rowCount } = await pool.query('select 1 from dure.api_token where id = $1 and revoked_at is null', [job.identity.tokenId]);
    if (rowCount === 0) throw new DureError('UNAUTHENTICATED', 'The API token under which this job was asked for was revoked.');
  }
  const { rows } = await pool.query<{ id: string; slug: string }>('select id, slug from dure.organization where slug = $1', [organization]);
  if (!rows[0]) throw new DureError('NOT_FOUND', `There is no organization ${JSON.stringify(organization)}.`);
  return rows[0];
}

async function presentTables(context: JobContext, organizationId: string, name: string): Promise<readonly TableDefinition[] | undefined> {
  const { pool } = context;
  const { rows } = await pool.query<{ id: string }>('select id from dure.dataset where organization_id = $1 and name = $2', [organizationId, name]);
  if (rows[0]) {
    context.touches(rows[0].id);
    await refuseFrozen(pool, rows[0].id);
  }
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

async function load(context: JobContext, open: (path: string) => Promise<Readable>, drafts: readonly TableDraft[], tables: readonly TableDefinition[], rules: RuleDocument, limits: PackageLimits, mistakes: MistakeList): Promise<ReadonlyMap<string, Loaded>> {
  const physical = await context.transaction((client) => registerSegments(client, context.job.id, tables.length));
  const loaded = new Map<string, Loaded>();
  let before = 0;
  for (const [index, table] of tables.entries()) {
    const draft = drafts[index]!;
    await context.event({ phase: 'load', message: `Checking and loading ${table.name}`, done: before, unit: 'rows' });
    const rows = await loadTable(await open(draft.file), draft, table, {
      pool: context.pool, jobId: context.job.id, physical: physical[index]!, cellIndexes: cellIndexes(rules, table), limits, mistakes, firstRow: 1, signal: context.signal,
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

export async function finish(context: JobContext, options: PublishOptions, published: PublishedVersion, path: string, tables: readonly { name: string; rows: number }[]): Promise<unknown> {
  options.notifier.hint(catalogChannel, published.revision.toString());
  await context.event({ phase: 'settle', message: 'Waiting until every server answers from it' });
  await options.waitUntilReached(published.revision, context.signal).catch((error: unknown) => {
    // The version is published; a server that is slow to move must not turn that into a failure.
    if (context.signal.aborted) return;
    if (!(error instanceof DureError)) throw error;
  });
  return { dataset: path, datasetId: published.datasetId, version: versionName(published), rows: tables.reduce((sum, table) => sum + table.rows, 0), tables };
}

