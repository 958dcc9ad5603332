/**
 * What a source says of itself, however it was declared (an SDL file, a mutation, introspection): plain values that the catalog makes a
 * dataset of, so that external tables have types, rules and provenance like any other.
 */
import type { License } from '../../catalog/model.js';
import type { Column, ForeignKey } from '../../catalog/model.js';

export const sourceKinds = ['http', 'graphql', 'optimade', 'postgres', 'file', 'dure'] as const;
export type SourceKind = (typeof sourceKinds)[number];

export interface SourceTableDefinition {
  readonly name: string;
  /** GraphQL field of the table on its dataset, e.g. `proteins`. */
  readonly field: string;
  /** Field on a row of another table that leads to the record, e.g. `protein`: the authority chooses it. */
  readonly linkField?: string;
  /** True if this table is the authority of its key's namespace: `entity(id: "uniprot:…")` is a row of it. */
  readonly authority: boolean;
  /** The column that rows are looked up by; its `namespace` is the one answered. */
  readonly key?: string;
  /** `physical` is the column's own name; columns in a namespace link on. */
  readonly columns: readonly Column[];
  /** Of databases, whose keys may have several columns; elsewhere it is `key`. */
  readonly primaryKey?: readonly string[];
  readonly foreignKeys?: readonly ForeignKey[];
  readonly title?: string;
  readonly description?: string;
}

export interface SourceDefinition {
  /** Organization slug and source id, e.g. `uniprot`. */
  readonly id: string;
  readonly kind: SourceKind;
  readonly title: string;
  readonly titleKo?: string;
  readonly description?: string;
  /** Name of the dataset that holds the tables, e.g. `knowledgebase`. */
  readonly dataset: string;
  readonly homepage?: string;
  readonly licenses: readonly License[];
  readonly citation?: string;
  /** ISO 3166-1 alpha-2 code of where it stands: keys that are sent there leave for that country. */
  readonly country?: string;
  /** How long its answers are kept, in seconds; absent: not at all. */
  readonly cache?: CacheTimes;
  readonly tables: readonly SourceTableDefinition[];
}

export interface CacheTimes {
  /** In which a kept answer is used as it is. */
  readonly seconds: number;
  /** After that: in which it is used while a new one is fetched. */
  readonly staleWhileRevalidate: number;
  /** After that: in which it stands in where the source fails. */
  readonly staleIfError: number;
}
