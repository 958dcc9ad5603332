/** Puts datasets into the catalog as a publish job does: one transaction, stamped with the next revision. */
import type { Pool } from 'pg';
import type { Column, TableDefinition, VersionMetadata, Visibility } from '../../src/catalog/model.js';
import type { RuleDocument } from '../../src/policy/rule.js';

export interface Seed {
  readonly organization: string;
  readonly name: string;
  readonly version?: readonly [number, number];
  readonly metadata?: Partial<VersionMetadata>;
  readonly tables?: readonly TableDefinition[];
  /** Rows of each table; one segment each. */
  readonly rows?: number;
  readonly visibility?: Visibility;
  readonly listed?: boolean;
  readonly embargoUntil?: Date;
  readonly rules?: RuleDocument;
  /** Registered only: no version yet. */
  readonly unpublished?: boolean;
}

export function column(name: string, more: Partial<Column> = {}): Column {
  return { name, field: name, physical: 'c1', kind: 'text', facet: false, personKey: false, required: false, unique: false, ...more };
}

export function table(name: string, columns: readonly Column[] = [column('id')]): TableDefinition {
  return { name, field: name, columns, primaryKey: [], uniqueKeys: [], foreignKeys: [] };
}

/** Returns the id of the dataset. */
export async function publish(pool: Pool, seed: Seed): Promise<string> {
  const { organization, name, version: [major, minor] = [1, 0], tables = [table('things')], rows = 3, rules } = seed;
  const metadata: VersionMetadata = { title: name, keywords: [], licenses: [{ name: 'CC-BY-4.0' }], contributors: [], sources: [], ...seed.metadata };
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows: [state] } = await client.query<{ revision: string }>('update dure.catalog_state set revision = revision + 1 returning revision');
    const revision = state!.revision;
    await client.query('insert into dure.organization (slug, title, revision) values ($1, $1, $2) on conflict (slug) do nothing', [organization, revision]);
    const { rows: [dataset] } = await client.query<{ id: string }>(
      `insert into dure.dataset (organization_id, name, visibility, listed, embargo_until, revision)
       values ((select id from dure.organization where slug = $1), $2, $3, $4, $5, $6)
       on conflict (organization_id, name) do update set revision = excluded.revision returning id`,
      [organization, name, seed.visibility ?? 'PUBLIC', seed.listed ?? true, seed.embargoUntil ?? null, revision],
    );
    const id = dataset!.id;
    if (rules) {
      await client.query('insert into dure.rule_document (dataset_id, revision, document) values ($1, 1, $2)', [id, JSON.stringify(rules)]);
      await client.query('update dure.dataset set rules_revision = 1 where id = $1', [id]);
    }
    if (!seed.unpublished) {
      const { rows: [made] } = await client.query<{ id: string }>(
        'insert into dure.version (dataset_id, major, minor, metadata, tables, descriptor) values ($1, $2, $3, $4, $5, $6) returning id',
        [id, major, minor, JSON.stringify(metadata), JSON.stringify(tables), '{}'],
      );
      for (const { name: tableName } of tables) {
        await client.query(
          `with s as (insert into dure.segment (physical, state, rows) values ('s' || nextval('dure.segment_number'), 'LIVE', $3) returning physical)
           insert into dure.version_segment (version_id, table_name, ordinal, physical) select $1, $2, 0, physical from s`,
          [made!.id, tableName, rows],
        );
      }
      await client.query('update dure.dataset set current_version_id = $2 where id = $1', [id, made!.id]);
    }
    await client.query('commit');
    return id;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
