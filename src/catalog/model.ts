/**
 * The catalog's values: plain, frozen, free of storage and GraphQL. Names are defined in ARCHITECTURE.md.
 */
import type { RuleDocument } from '../policy/rule.js';
import type { Override } from '../policy/override.js';

/** How a column's values are kept, compared and named in GraphQL. */
export type ColumnKind =
  | 'text' | 'int32' | 'int64' | 'decimal' | 'float' | 'boolean'
  | 'date' | 'datetime' | 'time' | 'duration' | 'yearmonth'
  | 'enum'                    // text limited to `values`, all of them legal GraphQL names
  | 'json' | 'geopoint'
  | 'list';                   // of `item`

export interface Column {
  /** The name in the package. */
  readonly name: string;
  /** The name in GraphQL: camelCase ASCII, fixed once given. */
  readonly field: string;
  /** The name in a segment's table: `c1`, `c2`… */
  readonly physical: string;
  readonly kind: ColumnKind;
  readonly item?: Exclude<ColumnKind, 'list' | 'json' | 'geopoint' | 'enum'>;
  readonly values?: readonly string[];
  readonly title?: string;
  readonly description?: string;
  /** UCUM code, e.g. `K`, `GPa`. */
  readonly unit?: string;
  /** Bioregistry prefix, e.g. `uniprot`. */
  readonly namespace?: string;
  readonly facet: boolean;
  /** Has an index for `matches`. */
  readonly fullText?: boolean;
  readonly personKey: boolean;
  readonly required: boolean;
  readonly unique: boolean;
}

export interface ForeignKey {
  /** Column names (of the package) in this table. */
  readonly columns: readonly string[];
  /** Table name in the same dataset (may be this table itself). */
  readonly table: string;
  readonly referenced: readonly string[];
  /** GraphQL field on the child's row type that leads to the parent. */
  readonly field: string;
  /** GraphQL field on the parent's row type that leads to the children. */
  readonly backField: string;
}

/** Rows loaded together; immutable. `physical` is a table in schema `dure_data`. */
export interface Segment {
  readonly physical: string;
  readonly rows: number;
  /** Columns computed from this segment's, in a table of their own with the same row numbers. */
  readonly derived?: readonly DerivedColumn[];
}

/** A keyed hash of a column, computed by the loader: the key is never in a statement. */
export interface DerivedColumn {
  /** The column's name in the package. */
  readonly column: string;
  readonly scope: 'dataset' | 'organization';
  /** Id of the key in DURE_SECRET_KEYS. */
  readonly key: string;
  /** Table in schema `dure_data`: `_rid`, `h`. */
  readonly physical: string;
}

/** A table whose rows are asked of a remote source: what can be asked. */
export interface RemoteTableFacts {
  /** Column name that rows are looked up by. */
  readonly key?: string;
  /** Field on rows of other tables that leads here by the key's namespace. */
  readonly linkField?: string;
  /** True if `entity(id:)` of the key's namespace is a row of this table. */
  readonly authority: boolean;
  readonly search: boolean;
  readonly counts: boolean;
  readonly order: boolean;
}

/** Where a dataset's rows live if not in Dure's own database. */
export interface DatasetSource {
  readonly id: string;
  readonly kind: 'http' | 'graphql' | 'optimade' | 'postgres' | 'file' | 'dure';
  /** ISO 3166-1 alpha-2 code of where the source stands. */
  readonly country?: string;
}

export interface Table {
  readonly name: string;
  readonly field: string;
  readonly title?: string;
  readonly description?: string;
  readonly columns: readonly Column[];
  /** Column names; empty where the package declares none. */
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly segments: readonly Segment[];
  readonly rows: number;
  readonly remote?: RemoteTableFacts;
}

/** A table as its version keeps it: the segments stand in their own place. */
export type TableDefinition = Omit<Table, 'segments' | 'rows'>;

export interface License { readonly name?: string; readonly path?: string; readonly title?: string }
export interface Contributor { readonly title: string; readonly role?: string; readonly path?: string; readonly organization?: string; readonly email?: string }
export interface DataSourceReference { readonly title: string; readonly path?: string }

/** What a version says of itself; public for a LISTED dataset. */
export interface VersionMetadata {
  readonly title: string;
  readonly titleKo?: string;
  readonly description?: string;
  readonly descriptionKo?: string;
  readonly keywords: readonly string[];
  readonly domain?: string;
  readonly homepage?: string;
  readonly licenses: readonly License[];
  readonly contributors: readonly Contributor[];
  readonly sources: readonly DataSourceReference[];
  readonly citation?: string;
}

export interface VersionErasure {
  readonly at: Date;
  /** Rows that were removed. */
  readonly rows: number;
  /** Cells of other persons' rows that were emptied. */
  readonly cells: number;
}

export interface Version {
  readonly id: string;
  readonly major: number;
  readonly minor: number;
  readonly createdAt: Date;
  readonly createdBy?: string;
  readonly note?: string;
  readonly metadata: VersionMetadata;
  /** Persons who were erased from it, oldest first; absent where there is none. The one exception to what never changes. */
  readonly erasures?: readonly VersionErasure[];
  readonly tables: readonly Table[];
}

export const visibilities = ['PUBLIC', 'REGISTERED', 'RESTRICTED'] as const;
export type Visibility = (typeof visibilities)[number];

export interface Organization {
  readonly id: string;
  readonly slug: string;
  /** GraphQL field on Query: the slug in camelCase. */
  readonly field: string;
  readonly title: string;
  readonly titleKo?: string;
  readonly homepage?: string;
}

export interface Dataset {
  readonly id: string;
  readonly organization: Organization;
  readonly name: string;
  /** GraphQL field on the organization's type: the name in camelCase. */
  readonly field: string;
  readonly visibility: Visibility;
  readonly listed: boolean;
  /** Until this instant (by the database's clock) only the owner's members read rows. */
  readonly embargoUntil?: Date;
  readonly rules: RuleDocument;
  readonly rulesRevision: number;
  /** What the owner set of its access log; the configuration's where absent. */
  readonly audit?: { readonly mode?: 'wait' | 'async'; readonly retentionYears?: 1 | 2 | 3 };
  /** Emergency overrides that have not ended; absent where there is none. */
  readonly overrides?: readonly Override[];
  /** An incident: while it is there nothing is answered to anybody. */
  readonly freeze?: { readonly incident: string; readonly since: Date };
  /** Newest first. Never empty in a snapshot: a dataset without a version is not in the catalog. */
  readonly versions: readonly Version[];
  readonly createdAt: Date;
  readonly source?: DatasetSource;
}

/** The licences in a few words; empty where none is named. */
export function licenseText({ licenses }: Pick<VersionMetadata, 'licenses'>): string {
  return licenses.map((license) => license.name ?? license.title ?? license.path).filter((text) => text !== undefined).join(', ');
}

export function versionName(version: Pick<Version, 'major' | 'minor'>): string {
  return `${version.major}.${version.minor}`;
}

export function datasetPath(dataset: Pick<Dataset, 'organization' | 'name'>): string {
  return `${dataset.organization.slug}/${dataset.name}`;
}

/** What a collection pins of a dataset: a major whose minors it follows, or one version. */
export interface Pin {
  /** Id of the dataset. */
  readonly dataset: string;
  readonly major: number;
  readonly minor?: number;
}

/** A named choice of datasets, with an endpoint and a schema of its own. It grants nothing: who may not see a dataset does not see it here. */
export interface Collection {
  readonly id: string;
  readonly name: string;
  /** Slug of the organization that keeps it. */
  readonly organization: string;
  readonly title?: string;
  readonly description?: string;
  readonly pins: readonly Pin[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One state of the whole catalog. Never changes; a publication makes the next one. */
export interface CatalogSnapshot {
  readonly revision: bigint;
  readonly organizations: ReadonlyMap<string, Organization>; // by slug
  readonly datasets: ReadonlyMap<string, Dataset>; // by id
  readonly byPath: ReadonlyMap<string, Dataset>; // by `org/name`
  readonly collections: ReadonlyMap<string, Collection>; // by name
}
