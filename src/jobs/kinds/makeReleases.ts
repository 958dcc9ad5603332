/** Makes the releases that a dataset's rules ask for: of all versions, what is not there yet, the oldest first. */
import { versionName, type TableDefinition } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import { isMakeable } from '../../policy/checkReleases.js';
import { releaseDigest } from '../../policy/release.js';
import type { Release, RuleDocument } from '../../policy/rule.js';
import { refuseFrozen } from '../../publish/frozen.js';
import { releaseCells, tellsOfFew, type ReleaseCell } from '../../publish/releases.js';
import type { JobContext, JobKind } from '../job.js';

export function createMakeReleasesKind(): JobKind {
  return {
    name: 'MAKE_RELEASES',
    outlastsAsker: true,
    run: async (context) => makeReleases(context, String(context.job.input.dataset)),
    // A release is written in one statement: an attempt leaves nothing behind.
    cleanUp: async () => undefined,
  };
}

interface VersionTable { readonly id: string; readonly major: number; readonly minor: number; readonly tables: readonly TableDefinition[] }

async function segmentsOf(client: Pick<JobContext['pool'], 'query'>, versionId: string, table: string, hold = ''): Promise<readonly string[]> {
  const { rows } = await client.query<{ physical: string }>(`select physical from dure.version_segment where version_id = $1 and table_name = $2 order by ordinal${hold}`, [versionId, table]);
  return rows.map(({ physical }) => physical);
}

export async function makeReleases(context: JobContext, datasetId: string): Promise<{ readonly releases: readonly { readonly release: string; readonly version: string; readonly state: string }[] }> {
  const { rows: [dataset] } = await context.pool.query<{ document: RuleDocument | null }>('select r.document from dure.dataset d left join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision where d.id = $1', [datasetId]);
  if (!dataset) throw new DureError('NOT_FOUND', 'There is no such dataset.');
  await refuseFrozen(context.pool, datasetId);
  const made: { release: string; version: string; state: string }[] = [];
  const wanted = dataset.document?.releases ?? [];
  if (wanted.length === 0) return { releases: made };
  const { rows: versions } = await context.pool.query<VersionTable>(
    'select v.id, v.major, v.minor, v.tables from dure.version v where v.dataset_id = $1 order by v.major, v.minor', [datasetId],
  );
  for (const release of wanted) {
    for (const version of versions) {
      if (release.majors !== undefined && !release.majors.includes(version.major)) continue;
      const state = await makeOne(context, datasetId, release, version);
      if (state) made.push({ release: release.id, version: versionName(version), state });
    }
  }
  return { releases: made };
}

/** Undefined where it is there already, or the version has no such table. */
async function makeOne(context: JobContext, datasetId: string, release: Release, version: VersionTable): Promise<string | undefined> {
  for (;;) {
    const made = await attempt(context, datasetId, release, version);
    if (made !== 'SEGMENTS_CHANGED') return made;
    // Rows were erased meanwhile: what was reckoned is of rows that are gone.
    context.signal.throwIfAborted();
  }
}

async function attempt(context: JobContext, datasetId: string, release: Release, version: VersionTable): Promise<string | undefined> {
  const table = version.tables.find(({ name }) => name === release.table);
  const segments = await segmentsOf(context.pool, version.id, release.table);
  if (!table || segments.length === 0) return undefined;
  const definition = releaseDigest(release);
  const key = [version.id, table.name, definition];
  const { rowCount } = await context.pool.query('select 1 from dure.release where version_id = $1 and table_name = $2 and definition = $3', key);
  if (rowCount) return undefined;
  await context.event({ phase: 'release', message: `Release ${release.id} of version ${versionName(version)}` });
  const cells = isMakeable(release, table) ? await releaseCells(context.pool, context.signal, release, table, segments) : undefined;
  return context.transaction(async (client) => {
    await refuseFrozen(client, datasetId);
    // One at a time, so that none is compared before another that it would tell of few with is there.
    await client.query(`select pg_advisory_xact_lock(hashtextextended('dure release ' || $1, 0))`, [datasetId]);
    // Held until this commits, so that whoever erases rows finds the release to withdraw.
    const now = await segmentsOf(client, version.id, table.name, ' for share');
    if (now.join() !== segments.join()) return 'SEGMENTS_CHANGED';
    // Also with those that are withheld by now: somebody may have kept what they told.
    const { rows: others } = await client.query<{ cells: readonly ReleaseCell[] }>(
      `select r.cells from dure.release r join dure.version v on v.id = r.version_id where v.dataset_id = $1 and r.table_name = $2 and r.definition = $3 and v.id <> $4`, [datasetId, table.name, definition, version.id],
    );
    const state = cells === undefined ? 'NOT_MADE' : others.some((other) => tellsOfFew(other.cells, cells, release.minimumCell)) ? 'WITHHELD' : 'READY';
    await client.query('insert into dure.release (version_id, table_name, definition, state, cells) values ($1, $2, $3, $4, $5) on conflict do nothing', [...key, state, JSON.stringify(state === 'READY' ? cells : [])]);
    return state;
  });
}
