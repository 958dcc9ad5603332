/** Who was erased is not published again, unless consent was renewed: keys of persons are compared by their keyed hashes. */
import type { Pool, PoolClient } from 'pg';
import type { TableDefinition } from '../catalog/model.js';
import { DureError } from '../errors.js';
import { personDomain } from './personKeys.js';
import { dataSchema } from './segmentSql.js';

/** The keyed hash of a person's key. @throws DureError where the key of this id is not in the ring */
export type Commitment = (domain: string, key: string, keyId: string) => string;

export interface ErasedScope {
  readonly organizationId: string;
  readonly datasetId?: string;
  readonly tables: readonly TableDefinition[];
  /** By table name. */
  readonly segments: ReadonlyMap<string, { readonly physical: string }>;
  /** Without it nothing can be compared, and so nothing published where somebody was erased. */
  readonly commitment?: Commitment;
}

const batch = 20_000;
const told = 20;

/**
 * @param checked ids of erasures that were compared before; grows
 * @throws DureError FORBIDDEN with the rows' numbers; the keys themselves are not told, since what is told is kept
 */
export async function refuseErased(db: Pick<Pool | PoolClient, 'query'>, scope: ErasedScope, checked: Set<string>): Promise<void> {
  const { rows: erased } = await db.query<{ id: string; domain: string; key_id: string; commitment: string }>(
    `select id, domain, key_id, commitment from dure.erasure where renewed_at is null and (dataset_id = $2 or (scope = 'organization' and organization_id = $1))`, [scope.organizationId, scope.datasetId ?? null],
  );
  const fresh = erased.filter(({ id }) => !checked.has(id));
  for (const table of scope.tables) {
    for (const column of table.columns) {
      const domain = personDomain(column);
      const of = column.personKey ? fresh.filter((erasure) => erasure.domain === domain) : [];
      if (of.length === 0) continue;
      const { commitment } = scope;
      if (!commitment) throw new DureError('INTERNAL', 'Persons were erased here, and this worker has no keys to recognise them by.');
      const commitments = new Set(of.map((erasure) => erasure.commitment));
      const keyIds = [...new Set(of.map((erasure) => erasure.key_id))];
      const found: string[] = [];
      const values = column.kind === 'list' ? `${column.physical}::text[]` : `array[${column.physical}::text]`;
      for (let last = '-9223372036854775808'; found.length < told;) {
        const { rows } = await db.query<{ row: string; keys: readonly (string | null)[] }>(
          `select _rid::text as row, ${values} as keys from ${dataSchema}.${scope.segments.get(table.name)!.physical} where ${column.physical} is not null and _rid > $1 order by _rid limit ${batch}`, [last],
        );
        if (rows.length === 0) break;
        last = rows.at(-1)!.row;
        for (const { row, keys } of rows) if (keys.some((key) => key !== null && keyIds.some((id) => commitments.has(commitment(domain, key, id))))) found.push(row);
      }
      if (found.length > 0) throw refused(table.name, column.name, found.slice(0, told));
    }
  }
  for (const { id } of fresh) checked.add(id);
}

function refused(table: string, column: string, rows: readonly string[]): DureError {
  return new DureError('FORBIDDEN', `Nothing was published, and the upload was deleted: ${table}.${column} holds keys of persons who were erased (rows ${rows.join(', ')}). Remove their rows and send the package again; if a person has consented anew, let a steward record it (renewConsent) first.`, {
    reason: 'ERASED_PERSON', table, column, rows: rows.map(Number),
  });
}
