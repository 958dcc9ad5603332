/** The step that makes loaded segments a version: one short transaction under the job's fence. */
import type { PoolClient } from 'pg';
import type { TableDefinition, VersionMetadata } from '../catalog/model.js';
import { DureError } from '../errors.js';
import type { RuleDocument } from '../policy/rule.js';
import { incompatibilities } from '../catalog/compare.js';
import type { FirstAccess } from './metadata.js';
import { refuseFrozen } from './frozen.js';
import { refuseTypeCollision } from './typeCollision.js';

export interface NewVersion {
  readonly jobId: string;
  readonly organization: { readonly id: string; readonly slug: string };
  readonly name: string;
  readonly by?: string;
  readonly note?: string;
  readonly allowMajor: boolean;
  readonly metadata: VersionMetadata;
  readonly descriptor: unknown;
  readonly access: FirstAccess;
  readonly rules: RuleDocument;
  /** Names the tables as the present version's names demand. */
  tables(present: readonly TableDefinition[] | undefined): readonly TableDefinition[];
  /** By table name; every one of them is this job's, LOADING. */
  readonly segments: ReadonlyMap<string, { readonly physical: string; readonly rows: number }>;
}

export interface PublishedVersion {
  readonly datasetId: string;
  readonly major: number;
  readonly minor: number;
  readonly revision: bigint;
}

export interface PresentVersion {
  readonly id: string;
  readonly major: number;
  readonly minor: number;
  readonly tables: readonly TableDefinition[];
}

/** @throws DureError CONFLICT when columns changed incompatibly and a major version was not asked for. */
export async function publishVersion(client: PoolClient, version: NewVersion): Promise<PublishedVersion> {
  // First of all, so that publications follow each other and the revision comes in the order of commit.
  const { rows: [state] } = await client.query<{ revision: string }>('update dure.catalog_state set revision = revision + 1 returning revision');
  const revision = state!.revision;
  const dataset = (await findDataset(client, version.organization.id, version.name)) ?? (await createDataset(client, version, revision));
  await refuseFrozen(client, dataset);
  const present = await presentVersion(client, dataset);
  const tables = version.tables(present?.tables);
  const number = nextNumber(present, tables, version.allowMajor);
  if (number.minor === 0) await refuseTypeCollision(client, version.organization.slug, version.name, tables);
  const { rows: [made] } = await client.query<{ id: string }>(
    `insert into dure.version (dataset_id, major, minor, created_by, note, metadata, tables, descriptor) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`,
    [dataset, number.major, number.minor, version.by ?? null, version.note ?? null, JSON.stringify(version.metadata), JSON.stringify(tables), JSON.stringify(version.descriptor)],
  );
  await takeSegments(client, made!.id, version, tables);
  await client.query('update dure.dataset set current_version_id = $2, revision = $3 where id = $1', [dataset, made!.id, revision]);
  await client.query('update dure.job set dataset_id = $2, organization_id = $3 where id = $1', [version.jobId, dataset, version.organization.id]);
  return { datasetId: dataset, ...number, revision: BigInt(revision) };
}

async function findDataset(client: PoolClient, organizationId: string, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>('select id from dure.dataset where organization_id = $1 and name = $2 for update', [organizationId, name]);
  return rows[0]?.id;
}

async function createDataset(client: PoolClient, version: NewVersion, revision: string): Promise<string> {
  const { visibility, listed, embargoUntil } = version.access;
  const { rows } = await client.query<{ id: string }>(
    `insert into dure.dataset (organization_id, name, visibility, listed, embargo_until, rules_revision, created_by, revision) values ($1, $2, $3, $4, $5, 1, $6, $7) returning id`,
    [version.organization.id, version.name, visibility, listed, embargoUntil ?? null, version.by ?? null, revision],
  );
  await client.query('insert into dure.rule_document (dataset_id, revision, document, note, created_by) values ($1, 1, $2, $3, $4)', [
    rows[0]!.id, JSON.stringify(version.rules), 'from the first publication', version.by ?? null,
  ]);
  return rows[0]!.id;
}

export async function presentVersion(client: Pick<PoolClient, 'query'>, datasetId: string): Promise<PresentVersion | undefined> {
  const { rows } = await client.query<PresentVersion>('select v.id, v.major, v.minor, v.tables from dure.dataset d join dure.version v on v.id = d.current_version_id where d.id = $1', [datasetId]);
  return rows[0];
}

function nextNumber(present: PresentVersion | undefined, tables: readonly TableDefinition[], allowMajor: boolean): { major: number; minor: number } {
  if (!present) return { major: 1, minor: 0 };
  const differences = incompatibilities(present.tables, tables);
  if (differences.length === 0) return { major: present.major, minor: present.minor + 1 };
  if (allowMajor) return { major: present.major + 1, minor: 0 };
  throw new DureError(
    'CONFLICT',
    `Nothing was published. The columns are not compatible with version ${present.major}.${present.minor}: ${differences.slice(0, 5).join('; ')}${differences.length > 5 ? `; and ${differences.length - 5} more` : ''}. Keep them, or publish a new major version (allowMajor: true, --major).`,
    { present: `${present.major}.${present.minor}`, differences: differences.slice(0, 100) },
  );
}

async function takeSegments(client: PoolClient, versionId: string, version: NewVersion, tables: readonly TableDefinition[]): Promise<void> {
  for (const table of tables) {
    const segment = version.segments.get(table.name)!;
    const { rowCount } = await client.query(`update dure.segment set state = 'LIVE', rows = $3 where physical = $1 and job_id = $2 and state = 'LOADING'`, [segment.physical, version.jobId, segment.rows]);
    if (rowCount !== 1) throw new Error(`Segment ${segment.physical} is no longer this job's.`);
    await client.query('insert into dure.version_segment (version_id, table_name, ordinal, physical) values ($1, $2, 0, $3)', [versionId, table.name, segment.physical]);
  }
}

/** What an earlier attempt of the job has published already, if its worker died after the commit. */
export async function publishedBy(client: Pick<PoolClient, 'query'>, jobId: string): Promise<(PublishedVersion & { readonly rows: ReadonlyMap<string, number>; readonly path: string }) | undefined> {
  const { rows } = await client.query<{ dataset_id: string; path: string; major: number; minor: number; revision: string; table_name: string; rows: string }>(
    `select v.dataset_id, o.slug || '/' || d.name as path, v.major, v.minor, d.revision, s.table_name, g.rows
       from dure.segment g join dure.version_segment s using (physical) join dure.version v on v.id = s.version_id
       join dure.dataset d on d.id = v.dataset_id join dure.organization o on o.id = d.organization_id
      where g.job_id = $1 and g.state = 'LIVE' order by v.created_at, s.table_name`,
    [jobId],
  );
  const [first] = rows;
  if (!first) return undefined;
  const own = rows.filter((row) => row.major === first.major && row.minor === first.minor);
  return { datasetId: first.dataset_id, path: first.path, major: first.major, minor: first.minor, revision: BigInt(first.revision), rows: new Map(own.map((row) => [row.table_name, Number(row.rows)])) };
}
