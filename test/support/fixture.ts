/** Datasets made directly, for tests of what reads them: a catalog snapshot as values, and rows in real tables. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { CatalogSnapshot, Column, ColumnKind, Dataset, DerivedColumn, ForeignKey, Organization, Table, Version } from '../../src/catalog/model.js';
import { graphqlName } from '../../src/catalog/naming.js';
import type { RuleDocument } from '../../src/policy/rule.js';
import { columnSqlType } from '../../src/sources/sql/codec.js';

export interface FixtureColumn extends Partial<Omit<Column, 'name' | 'kind'>> { readonly kind: ColumnKind }
export interface FixtureTable {
  readonly columns: Readonly<Record<string, ColumnKind | FixtureColumn>>;
  readonly primaryKey?: readonly string[];
  readonly foreignKeys?: readonly ForeignKey[];
  /** Values as PostgreSQL reads them; several lists are several segments. */
  readonly rows: readonly (readonly unknown[])[];
  readonly segments?: readonly (readonly (readonly unknown[])[])[];
  /** Of a table whose rows a source gives. */
  readonly remote?: Table['remote'];
  /** Hashes of columns, a value for each row. */
  readonly derived?: Readonly<Record<string, Pick<DerivedColumn, 'scope' | 'key'> & { readonly values: readonly (string | null)[] }>>;
}
export interface FixtureDataset {
  readonly organization: string;
  readonly name: string;
  readonly visibility?: Dataset['visibility'];
  readonly listed?: boolean;
  readonly embargoUntil?: Date;
  readonly rules?: RuleDocument;
  readonly source?: Dataset['source'];
  readonly tables: Readonly<Record<string, FixtureTable>>;
  /** Older versions, newest first, as MAJOR.MINOR with tables of their own. */
  readonly older?: readonly { readonly version: string; readonly createdAt: Date; readonly tables: Readonly<Record<string, FixtureTable>> }[];
  readonly version?: string;
}

let next = 1_000_000;

export async function makeSnapshot(pool: Pool, datasets: readonly FixtureDataset[], revision = 1n): Promise<CatalogSnapshot> {
  const organizations = new Map<string, Organization>();
  const made: Dataset[] = [];
  for (const fixture of datasets) {
    let organization = organizations.get(fixture.organization);
    if (!organization) {
      organization = { id: randomUUID(), slug: fixture.organization, field: graphqlName(fixture.organization), title: `Lab ${fixture.organization}` };
      organizations.set(fixture.organization, organization);
    }
    made.push(await makeDataset(pool, fixture, organization));
  }
  return { revision, organizations, datasets: new Map(made.map((d) => [d.id, d])), byPath: new Map(made.map((d) => [`${d.organization.slug}/${d.name}`, d])), collections: new Map() };
}

async function makeDataset(pool: Pool, fixture: FixtureDataset, organization: Organization): Promise<Dataset> {
  const versions = [await makeVersion(pool, fixture.version ?? '1.0', new Date('2026-06-01T00:00:00Z'), fixture.tables, fixture.name)];
  for (const older of fixture.older ?? []) versions.push(await makeVersion(pool, older.version, older.createdAt, older.tables, fixture.name));
  return {
    id: randomUUID(), organization, name: fixture.name, field: graphqlName(fixture.name), visibility: fixture.visibility ?? 'PUBLIC', listed: fixture.listed ?? true,
    embargoUntil: fixture.embargoUntil, rules: fixture.rules ?? { rules: [] }, rulesRevision: 1, versions, createdAt: new Date('2026-01-01T00:00:00Z'), ...(fixture.source ? { source: fixture.source } : {}),
  };
}

async function makeVersion(pool: Pool, name: string, createdAt: Date, tables: Readonly<Record<string, FixtureTable>>, title: string): Promise<Version> {
  const [major, minor] = name.split('.').map(Number) as [number, number];
  const made: Table[] = [];
  for (const [tableName, table] of Object.entries(tables)) made.push(await makeTable(pool, tableName, table));
  return { id: randomUUID(), major, minor, createdAt, metadata: { title, keywords: [], licenses: [{ name: 'CC0-1.0' }], contributors: [], sources: [] }, tables: made };
}

async function makeTable(pool: Pool, name: string, fixture: FixtureTable): Promise<Table> {
  const columns = Object.entries(fixture.columns).map(([columnName, given], index): Column => {
    const column = typeof given === 'string' ? { kind: given } : given;
    return { name: columnName, field: columnName === 'id' ? 'id_' : graphqlName(columnName), physical: `c${index + 1}`, facet: false, personKey: false, required: false, unique: false, ...column };
  });
  if (fixture.remote) return { name, field: graphqlName(name), columns, primaryKey: fixture.primaryKey ?? [], uniqueKeys: [], foreignKeys: [], segments: [], rows: 0, remote: fixture.remote };
  const parts = fixture.segments ?? [fixture.rows];
  const segments = [];
  let rid = 0;
  for (const rows of parts) {
    next += 1;
    const physical = `s${next}`;
    const types = columns.map((column) => `${column.physical} ${columnSqlType(column)}${columnSqlType(column) === 'text' ? ' collate "C"' : ''}`);
    await pool.query(`create table dure_data.${physical} (_rid bigint primary key, ${types.join(', ')})`);
    for (const row of rows) {
      rid += 1;
      await pool.query(`insert into dure_data.${physical} values (${[rid, ...row].map((_, i) => `$${i + 1}`).join(', ')})`, [rid, ...row]);
    }
    const derived: DerivedColumn[] = [];
    for (const [column, { scope, key, values }] of Object.entries(fixture.derived ?? {})) {
      next += 1;
      const table = `s${next}`;
      await pool.query(`create table dure_data.${table} (_rid bigint primary key, h text collate "C")`);
      for (const [index, value] of values.slice(rid - rows.length, rid).entries()) await pool.query(`insert into dure_data.${table} values ($1, $2)`, [rid - rows.length + index + 1, value]);
      derived.push({ column, scope, key, physical: table });
    }
    segments.push({ physical, rows: rows.length, ...(derived.length > 0 ? { derived } : {}) });
  }
  return {
    name, field: graphqlName(name), columns, primaryKey: fixture.primaryKey ?? [], uniqueKeys: [], foreignKeys: fixture.foreignKeys ?? [], segments, rows: rid,
  };
}
