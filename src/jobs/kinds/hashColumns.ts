/** Computes the pseudonyms that a dataset's rules show: for all versions, what is not there yet. Until then the columns are withheld. */
import type { TableDefinition } from '../../catalog/model.js';
import { DureError } from '../../errors.js';
import type { SecretKeys } from '../../identity/secretKeys.js';
import type { RuleDocument } from '../../policy/rule.js';
import { loadHashes, takeHashes, wantedHashes, type HashValue, type WantedHash } from '../../publish/hashes.js';
import { refuseFrozen } from '../../publish/frozen.js';
import { registerSegments } from '../../publish/segments.js';
import { catalogChannel } from '../../storage/catalogRevision.js';
import type { JobContext } from '../job.js';
import type { Notifier } from '../notifier.js';

export interface HashOptions {
  readonly keys: SecretKeys;
  readonly notifier: Pick<Notifier, 'hint'>;
}

/** A key of its own for each dataset or organization (HKDF of the ring's): equal values are equal within it, and nobody can join across. */
export function hashValue(keys: SecretKeys, organization: string, dataset: string): HashValue {
  return (scope, key) => {
    if (!keys.ids.includes(key)) throw new DureError('BAD_USER_INPUT', `The secret key ${key}, which a hash names, is not in DURE_SECRET_KEYS. Put it back, or let the rule name another.`, { key });
    const purpose = scope === 'dataset' ? `column hash of dataset ${organization}/${dataset}` : `column hash of organization ${organization}`;
    return (value) => keys.mac(purpose, value, key);
  };
}

interface Missing extends WantedHash { readonly segment: string }

export async function hashMissing(context: JobContext, datasetId: string, { keys, notifier }: HashOptions): Promise<{ readonly columns: number; readonly rows: number }> {
  const { rows: [dataset] } = await context.pool.query<{ organization: string; name: string; document: RuleDocument | null }>(
    'select o.slug as organization, d.name, r.document from dure.dataset d join dure.organization o on o.id = d.organization_id left join dure.rule_document r on r.dataset_id = d.id and r.revision = d.rules_revision where d.id = $1', [datasetId],
  );
  if (!dataset) throw new DureError('NOT_FOUND', 'There is no such dataset.');
  await refuseFrozen(context.pool, datasetId);
  const missing = dataset.document ? await missingHashes(context, datasetId, dataset.document) : [];
  const hash = hashValue(keys, dataset.organization, dataset.name);
  let total = 0;
  for (const [index, wanted] of missing.entries()) {
    await context.event({ phase: 'hash', message: `Pseudonyms of ${wanted.table}.${wanted.column}`, done: index, total: missing.length, unit: 'columns' });
    const [hashes] = await context.transaction((client) => registerSegments(client, context.job.id, 1));
    const rows = await loadHashes(context.pool, { id: context.job.id, signal: context.signal }, { segment: wanted.segment, column: wanted.physical }, hashes!, hash(wanted.scope, wanted.key));
    const revision = await context.transaction(async (client) => {
      const { rows: [state] } = await client.query<{ revision: string }>('update dure.catalog_state set revision = revision + 1 returning revision');
      await refuseFrozen(client, datasetId);
      await takeHashes(client, context.job.id, [{ ...wanted, hashes: hashes!, rows }]);
      await client.query('update dure.dataset set revision = $2 where id = $1', [datasetId, state!.revision]);
      return state!.revision;
    });
    notifier.hint(catalogChannel, revision);
    total += rows;
  }
  return { columns: missing.length, rows: total };
}

async function missingHashes({ pool }: JobContext, datasetId: string, document: RuleDocument): Promise<readonly Missing[]> {
  const { rows } = await pool.query<{ major: number; tables: readonly TableDefinition[]; table_name: string; physical: string; derived: readonly { column: string; scope: string; key: string }[] | null }>(
    `select v.major, v.tables, s.table_name, s.physical,
       (select json_agg(json_build_object('column', x.column_name, 'scope', x.scope, 'key', x.key_id)) from dure.derived_segment x where x.segment = s.physical) as derived
     from dure.version v join dure.version_segment s on s.version_id = v.id where v.dataset_id = $1 order by v.major desc, v.minor desc, s.table_name, s.ordinal`, [datasetId],
  );
  const missing = new Map<string, Missing>();
  for (const { major, tables, table_name: table, physical, derived } of rows) {
    for (const wanted of wantedHashes(document, major, tables.filter(({ name }) => name === table))) {
      if (derived?.some((known) => known.column === wanted.column && known.scope === wanted.scope && known.key === wanted.key)) continue;
      missing.set(JSON.stringify([physical, wanted.column, wanted.scope, wanted.key]), { ...wanted, segment: physical });
    }
  }
  return [...missing.values()];
}
