/**
 * The rows of one person in all versions of a dataset: those with the person's key, and those that hang on them by foreign keys. A row
 * that is another person's stays; only what it says of this person is emptied, unless it cannot be.
 */
import type { Pool } from 'pg';
import type { Column, TableDefinition } from '../catalog/model.js';
import { mayBeEmpty, personColumns, type PersonColumns } from './personKeys.js';
import { dataSchema, physicalNames } from './segmentSql.js';

export interface VersionTables {
  readonly id: string;
  readonly tables: readonly TableDefinition[];
  /** By table name, in order. */
  readonly segments: ReadonlyMap<string, readonly string[]>;
}

export interface PersonInSegment {
  readonly table: TableDefinition;
  /** Row numbers of rows to remove. */
  readonly rows: Set<string>;
  /** By the column's physical name: rows whose cell is emptied. */
  readonly cells: Map<string, Set<string>>;
}

/** By the segment's name: only those in which there is anything. */
export type Found = ReadonlyMap<string, PersonInSegment>;

export async function versionsOf(pool: Pick<Pool, 'query'>, datasetId: string): Promise<readonly VersionTables[]> {
  const { rows } = await pool.query<{ id: string; tables: readonly TableDefinition[]; segments: Readonly<Record<string, readonly string[]>> | null }>(
    `select v.id, v.tables, (select json_object_agg(t.table_name, t.physical) from (
       select table_name, json_agg(physical order by ordinal) as physical from dure.version_segment where version_id = v.id group by table_name) t) as segments
     from dure.version v where v.dataset_id = $1 order by v.major desc, v.minor desc`, [datasetId],
  );
  return rows.map(({ id, tables, segments }) => ({ id, tables, segments: new Map(Object.entries(segments ?? {})) }));
}

export async function findPerson(pool: Pick<Pool, 'query'>, versions: readonly VersionTables[], domain: string, key: string): Promise<Found> {
  const search = new Search(pool, domain, key);
  for (const version of versions) await search.version(version);
  return search.found();
}

class Search {
  private readonly segments = new Map<string, PersonInSegment>();
  /** `segment column`: compared already for another version. */
  private readonly compared = new Set<string>();

  constructor(private readonly pool: Pick<Pool, 'query'>, private readonly domain: string, private readonly key: string) {}

  found(): Found {
    for (const { rows, cells } of this.segments.values()) {
      for (const [column, emptied] of cells) {
        for (const row of rows) emptied.delete(row);
        if (emptied.size === 0) cells.delete(column);
      }
    }
    return new Map([...this.segments].filter(([, { rows, cells }]) => rows.size > 0 || cells.size > 0));
  }

  async version(version: VersionTables): Promise<void> {
    for (const table of version.tables) {
      const { owners, mentions } = personColumns(table, this.domain);
      for (const physical of version.segments.get(table.name) ?? []) {
        for (const column of owners) this.erase(physical, table, await this.withKey(physical, column));
        for (const column of mentions) this.empty(physical, table, [column], await this.withKey(physical, column));
      }
    }
    // Another round finds rows that hang on what the last one found; each round only follows rows that are new.
    const followed = new Map<string, number>();
    for (let grown = true; grown;) {
      grown = false;
      for (const parent of version.tables) {
        for (const physical of version.segments.get(parent.name) ?? []) {
          const rows = this.segments.get(physical)?.rows ?? new Set<string>();
          const fresh = [...rows].slice(followed.get(physical) ?? 0);
          if (fresh.length === 0) continue;
          followed.set(physical, rows.size);
          grown = true;
          for (const child of version.tables) await this.children(version, { table: parent, physical, rows: fresh }, child);
        }
      }
    }
  }

  private async children(version: VersionTables, parent: { readonly table: TableDefinition; readonly physical: string; readonly rows: readonly string[] }, child: TableDefinition): Promise<void> {
    const { owners } = personColumns(child, this.domain);
    for (const foreign of child.foreignKeys) {
      if ((foreign.table === '' ? child.name : foreign.table) !== parent.table.name) continue;
      const here = physicalNames(child, foreign.columns);
      const there = physicalNames(parent.table, foreign.referenced);
      const columns = child.columns.filter(({ name }) => foreign.columns.includes(name));
      for (const physical of version.segments.get(child.name) ?? []) {
        const { rows } = await this.pool.query<{ row: string; others: boolean }>(
          `select c._rid::text as row, ${others(owners)} as others from ${dataSchema}.${physical} c
           where exists (select 1 from ${dataSchema}.${parent.physical} p where p._rid = any($1::bigint[]) and $2::text is not null and ${here.map((name, index) => `p.${there[index]!} = c.${name}`).join(' and ')}) order by c._rid`, [parent.rows, this.key],
        );
        this.erase(physical, child, rows.filter((row) => !row.others).map(({ row }) => row));
        this.empty(physical, child, columns, rows.filter((row) => row.others).map(({ row }) => row));
      }
    }
  }

  private async withKey(physical: string, column: Column): Promise<readonly string[]> {
    const name = `${physical} ${column.physical}`;
    if (this.compared.has(name)) return [];
    this.compared.add(name);
    const { rows } = await this.pool.query<{ row: string }>(`select c._rid::text as row from ${dataSchema}.${physical} c where ${hasKey(column, '$1')} order by c._rid`, [this.key]);
    return rows.map(({ row }) => row);
  }

  private erase(physical: string, table: TableDefinition, rows: readonly string[]): void {
    if (rows.length === 0) return;
    const segment = this.at(physical, table);
    for (const row of rows) segment.rows.add(row);
  }

  private empty(physical: string, table: TableDefinition, columns: readonly Column[], rows: readonly string[]): void {
    if (rows.length === 0) return;
    const emptied = columns.filter((column) => mayBeEmpty(table, column));
    if (emptied.length === 0) return this.erase(physical, table, rows);
    const { cells } = this.at(physical, table);
    for (const { physical: column } of emptied) {
      const held = cells.get(column) ?? new Set<string>();
      cells.set(column, held);
      for (const row of rows) held.add(row);
    }
  }

  private at(physical: string, table: TableDefinition): PersonInSegment {
    let segment = this.segments.get(physical);
    if (!segment) this.segments.set(physical, (segment = { table, rows: new Set(), cells: new Map() }));
    return segment;
  }
}

/** Compared by text, as keys of persons are in commitments too. */
function hasKey({ physical, kind }: Column, key: string): string {
  return kind === 'list' ? `${key}::text = any (c.${physical}::text[])` : `c.${physical}::text = ${key}::text`;
}

function others(owners: PersonColumns['owners']): string {
  return owners.length === 0 ? 'false' : `(${owners.map((column) => `(c.${column.physical} is not null and not (${hasKey(column, '$2')}))`).join(' and ')})`;
}
