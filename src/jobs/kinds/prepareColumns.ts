/**
 * Prepares what a dataset's rules show of columns: pseudonyms, and indexes over cells that are read rounded, in bins, by period or masked;
 * for all versions, what is not there yet. Columns are withheld until their pseudonyms are there; without an index answers only take longer.
 */
import type { Pool } from 'pg';
import type { TableDefinition } from '../../catalog/model.js';
import type { SecretKeys } from '../../identity/secretKeys.js';
import { cellIndexes, type CellIndex } from '../../policy/cellIndexes.js';
import { emptyRules, type RuleDocument } from '../../policy/rule.js';
import { cellIndexChanges, dropCellIndexes, makeCellIndexes } from '../../publish/cellIndexes.js';
import { dropLoading } from '../../publish/segments.js';
import type { JobContext, JobKind } from '../job.js';
import type { Notifier } from '../notifier.js';
import { hashMissing } from './hashColumns.js';

export interface PrepareOptions {
  /** Without them nothing is hashed. */
  readonly keys?: SecretKeys;
  readonly notifier: Pick<Notifier, 'hint'>;
}

export interface Prepared {
  /** Columns that were hashed, and the hashes. */
  readonly columns: number;
  readonly rows: number;
  /** Indexes that were made. */
  readonly indexes: number;
}

export function createPrepareColumnsKind(options: PrepareOptions): JobKind {
  return {
    name: 'PREPARE_COLUMNS',
    outlastsAsker: true,
    run: async (context) => {
      await dropLoading(context.pool, context.job.id);
      return prepareColumns(context, String(context.job.input.dataset), options);
    },
    cleanUp: (job, pool) => dropLoading(pool, job.id),
  };
}

export async function prepareColumns(context: JobContext, datasetId: string, { keys, notifier }: PrepareOptions): Promise<Prepared> {
  const total = { columns: 0, rows: 0, indexes: 0 };
  for (;;) {
    const { revision, document } = await rulesInForce(context.pool, datasetId);
    if (keys) {
      const { columns, rows } = await hashMissing(context, datasetId, { keys, notifier });
      total.columns += columns;
      total.rows += rows;
    }
    total.indexes += await indexCells(context, datasetId, document);
    // Whoever changed the rules meanwhile may have been served by a job that has ended: what it made was not to be dropped.
    if ((await rulesInForce(context.pool, datasetId)).revision === revision) return total;
  }
}

export async function rulesInForce(pool: Pick<Pool, 'query'>, datasetId: string): Promise<{ readonly revision?: number; readonly document: RuleDocument }> {
  const { rows } = await pool.query<{ revision: number; document: RuleDocument }>('select r.revision, r.document from dure.dataset d join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision where d.id = $1', [datasetId]);
  return rows[0] ?? { document: emptyRules };
}

async function indexCells(context: JobContext, datasetId: string, document: RuleDocument): Promise<number> {
  const job = { id: context.job.id, signal: context.signal };
  const changes = await cellIndexChanges(context.pool, await wantedIndexes(context, datasetId, document));
  let made = 0;
  for (const [done, { segment, make, drop }] of changes.entries()) {
    await context.event({ phase: 'index', message: 'Making the indexes that the rules ask for', done, total: changes.length, unit: 'segments' });
    await dropCellIndexes(context.pool, job, drop);
    if (make.length > 0 && await makeCellIndexes(context.pool, job, segment, make)) made += make.length;
  }
  return made;
}

/** By segment, of all versions: a segment may belong to several. */
async function wantedIndexes({ pool }: JobContext, datasetId: string, document: RuleDocument): Promise<ReadonlyMap<string, readonly CellIndex[]>> {
  const { rows } = await pool.query<{ major: number; table: TableDefinition; physical: string }>(
    `select v.major, t.value as table, s.physical from dure.version v join dure.version_segment s on s.version_id = v.id join jsonb_array_elements(v.tables) t on t.value->>'name' = s.table_name
      where v.dataset_id = $1 order by v.major desc, v.minor desc, s.table_name, s.ordinal`, [datasetId],
  );
  const wanted = new Map<string, Map<string, CellIndex>>();
  for (const { major, table, physical } of rows) {
    const indexes = wanted.get(physical) ?? new Map<string, CellIndex>();
    wanted.set(physical, indexes);
    for (const index of cellIndexes(document, table, major)) indexes.set(index.digest, index);
  }
  return new Map([...wanted].map(([physical, indexes]) => [physical, [...indexes.values()]]));
}
