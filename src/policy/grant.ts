import type { Granularity } from './rule.js';

/**
 * A grant: access that was asked for and given to one person, for a time. It opens nothing by itself: the rules of the dataset say what
 * a grant opens, by `allow` rules whose condition holds `{ "grant": true }` and by `unless: { "grant": true }` on rules that narrow.
 */
export interface Grant {
  readonly id: string;
  /** Id of the dataset. */
  readonly dataset: string;
  /** The person's subject as the issuer asserts it. */
  readonly subject: string;
  /** The issuer that must have asserted the subject; absent for who was asserted by none (an API token of the server's own making). */
  readonly issuer?: string;
  /** Table names; all tables where absent. */
  readonly tables?: readonly string[];
  /** Column names by table; of a table that is not named, all columns. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  /** The DUO code that the grant was given for: a request must declare it, or one that it covers. Any purpose where absent. */
  readonly purpose?: string;
  /** In force from this instant on and before that one, by the database's clock. */
  readonly from?: Date;
  readonly until?: Date;
  /** ISO 3166-1 alpha-2: in force for answers that go there, and for no others. Anywhere where absent. */
  readonly country?: string;
  /** What it opens at most. */
  readonly granularity?: Granularity;
  /** What the person promised: told with every answer that rests on the grant. */
  readonly conditions?: readonly string[];
}

/** Where grants come from. The list is the same value until something in it changes: decisions are kept by it. */
export interface GrantSource {
  /** Of this caller, those that are in force by this process' clock or will be. The database's clock has the last word on each statement. */
  of(caller: { readonly subject?: string; readonly issuer?: string }): readonly Grant[];
}

const none: readonly Grant[] = Object.freeze([]);
export const noGrants: GrantSource = Object.freeze({ of: () => none });
