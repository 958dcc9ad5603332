/**
 * The rule document of a dataset, as a lab writes it (`dure:rules`, `setDatasetRules`, `dure rules set`).
 *
 * Composition, in one sentence: a table is readable if an `allow` rule (or the dataset's visibility) admits the caller and no `deny`
 * rule names them; every other rule then narrows further unless the caller is exempt by `unless`. Rules only ever narrow what an allow
 * opened, so their order does not matter and no two rules can combine into more than either gives. docs/access.md has the table.
 */

/** How an answer is taken away: a question, a stream of events, a job, the run of a model, a file. */
export const channels = ['query', 'subscription', 'job', 'modelRun', 'export'] as const;
export type Channel = (typeof channels)[number];

/** What a caller may get at most, from least to most: that there is data; how many rows; figures and groups; rows; files of rows. */
export const granularities = ['existence', 'count', 'aggregate', 'row', 'export'] as const;
export type Granularity = (typeof granularities)[number];

/** Why data may leave its home country (Personal Information Protection Act of Korea, article 28-8). */
export const transferBases = ['consent', 'law', 'contract', 'certification', 'recognisedCountry'] as const;
export type TransferBasis = (typeof transferBases)[number];

export const budgetPeriods = ['hour', 'day', 'week', 'month'] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

export const obligationKinds = ['cite', 'publishBack', 'collaborate', 'other'] as const;
export type ObligationKind = (typeof obligationKinds)[number];

/** A GA4GH visa that the caller must hold; what is absent may be anything. Only visas that were verified and have not expired count. */
export interface VisaTest {
  readonly type: string;
  readonly value?: string;
  readonly source?: string;
  readonly by?: string;
}

/** A test of who asks, for what, and how. Three-valued (policy/condition.ts): what is not known neither admits nor exempts, and it denies. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly everyone: true }
  | { readonly authenticated: true }
  | { readonly attribute: string; readonly eq?: string | number | boolean; readonly in?: readonly (string | number)[]; readonly contains?: string }
  | { readonly visa: VisaTest }
  /** The declared purpose is one of these DUO codes, or narrower than one. */
  | { readonly purpose: readonly string[] }
  | { readonly channel: readonly Channel[] }
  /** The country that the answer goes to (ISO 3166-1 alpha-2). */
  | { readonly destination: readonly string[] }
  /** The caller holds a grant (policy/grant.ts) that covers the table, and the column where the rule is about columns. */
  | { readonly grant: true };

/** A value in a row predicate: a constant or an attribute of the caller. */
export type RuleValue = string | number | boolean | readonly (string | number)[] | { readonly attribute: string };

export const rowOperators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn', 'startsWith', 'contains', 'like'] as const;
export type RowOperator = (typeof rowOperators)[number];

/** A row predicate in a rule: the same operators as a user's filter; columns by their package names. */
export type RowCondition =
  | { readonly and: readonly RowCondition[] }
  | { readonly or: readonly RowCondition[] }
  | { readonly not: RowCondition }
  | { readonly column: string; readonly isNull: boolean }
  | { readonly column: string; readonly op: RowOperator; readonly value: RuleValue };

export const datePeriods = ['month', 'quarter', 'year'] as const;
export type DatePeriod = (typeof datePeriods)[number];

/** What is read instead of a column's value. `deny` withholds the column: null, and it cannot be filtered or ordered by. */
export type Transform =
  | { readonly kind: 'deny' }
  | { readonly kind: 'null' }
  | { readonly kind: 'mask'; readonly keepStart?: number; readonly keepEnd?: number; readonly with?: string }
  /** A keyed hash: equal values stay equal within the scope, and never across. `key`: an id of DURE_SECRET_KEYS, the newest where absent. */
  | { readonly kind: 'hash'; readonly scope: 'dataset' | 'organization'; readonly key?: string }
  /** The nearest multiple of `to`. */
  | { readonly kind: 'round'; readonly to: number }
  /** The lower end of the bin of this width that the value lies in; bins begin at 0. */
  | { readonly kind: 'bin'; readonly width: number }
  /** The first day of the period. */
  | { readonly kind: 'generalise'; readonly to: DatePeriod }
  /** The middle of the grid cell, `degrees` wide and high. */
  | { readonly kind: 'place'; readonly degrees: number };
export type TransformKind = Transform['kind'];

interface RuleBase {
  /** Unique in the document; named in explanations. */
  readonly id: string;
  /** Table names; all tables where absent. */
  readonly tables?: readonly string[];
  /** Major versions that the rule is for, also ones that are not published yet; all where absent. */
  readonly majors?: readonly number[];
  /** Shown to callers whom the rule narrows: must not itself reveal what is hidden. */
  readonly reason?: string;
}
interface Narrowing extends RuleBase {
  /** Whom the rule does not bind. */
  readonly unless?: Condition;
}
export type Rule =
  | (RuleBase & { readonly effect: 'allow'; readonly to: Condition })
  | (RuleBase & { readonly effect: 'deny'; readonly to: Condition })
  | (Narrowing & { readonly effect: 'rows'; readonly where: RowCondition })
  | (Narrowing & { readonly effect: 'columns'; readonly columns: readonly string[]; readonly transform: Transform })
  /** What callers may get at most. A figure over fewer rows than `minimumCell`, or fewer different values of `minimumContributors.column`, is not told. */
  | (Narrowing & { readonly effect: 'granularity'; readonly atMost: Granularity; readonly minimumCell?: number; readonly minimumContributors?: MinimumContributors; readonly noise?: Noise })
  /** A purpose must be declared that one of `allowed` covers; and each modifier of `honour` must be declared as honoured. */
  | (Narrowing & { readonly effect: 'purpose'; readonly allowed: readonly string[]; readonly honour?: readonly string[] })
  | (Narrowing & { readonly effect: 'channel'; readonly allowed: readonly Channel[] })
  /** Answers stay in `home`, or go where a transfer has a basis; `stopped` is the kill switch for every transfer. */
  | (Narrowing & { readonly effect: 'destination'; readonly home: readonly string[]; readonly transfers?: readonly Transfer[]; readonly stopped?: boolean })
  /** Read from `from` on and before `until` (ISO 8601 with zone), by the database's clock. */
  | (Narrowing & { readonly effect: 'window'; readonly from?: string; readonly until?: string })
  /** Operations that one caller may run against the tables in a period (UTC, by the database's clock). */
  | (Narrowing & { readonly effect: 'budget'; readonly queries: number; readonly per: BudgetPeriod })
  /** Told with every answer. */
  | (Narrowing & { readonly effect: 'obligation'; readonly kind: ObligationKind; readonly text?: string });
export type RuleEffect = Rule['effect'];

/** Figures with calibrated noise, where exact ones are kept back (policy/noise.ts). Epsilons are multiples of 0.001. */
export interface Noise {
  /** What one figure costs. */
  readonly epsilon: number;
  /** What one caller may spend in a period. */
  readonly budget: number;
  /** What all callers together may spend in a period. */
  readonly budgetOfAll?: number;
  readonly per: BudgetPeriod;
  /** Columns that may be summed. A contribution is brought within `from` and `to`, and counted in units of `step` (1 where absent). */
  readonly sums?: readonly NoisySum[];
}
export interface NoisySum { readonly column: string; readonly from: number; readonly to: number; readonly step?: number }

/** How rows are told apart in a release: by values, by the bins between edges, by periods. */
export type ReleaseDimension = {
  readonly column: string;
  /** Whether rows that are none of the values are counted, under `null`; else they are left out of the release. */
  readonly others?: boolean;
} & (
  | { readonly values: readonly (string | number | boolean)[] }
  | { readonly bins: readonly number[] }
  /** Days: the periods that begin from `from` on and before `until`. */
  | { readonly period: DatePeriod; readonly from: string; readonly until: string });

/** A table of figures that is made once for each version, with all its margins; its cells are told to whom the table is open for figures. */
export interface Release {
  readonly id: string;
  readonly table: string;
  readonly majors?: readonly number[];
  readonly dimensions: readonly ReleaseDimension[];
  /** Columns whose sum and mean are told beside the count. */
  readonly sums?: readonly string[];
  readonly minimumCell: number;
  readonly minimumContributors?: MinimumContributors;
  /** Whether a cell without rows is told; else it is kept back as a small one is. */
  readonly zeros?: boolean;
}

export interface MinimumContributors { readonly column: string; readonly count: number }
export interface Transfer { readonly country: string; readonly basis: TransferBasis; readonly reference?: string }

/** How requests for access are decided. What is absent is as access/settings.ts says. */
export interface RequestRules {
  /** Who decides: `ORGANIZATION:ROLE` (and above), `person:SUBJECT`, or `person:ISSUER|SUBJECT`. */
  readonly committee?: readonly string[];
  /** Members of the committee who must approve. */
  readonly approvals?: number;
  /** Days that a grant lasts at most. */
  readonly maxDays?: number;
  /** An ethics approval (IRB) must be named. */
  readonly irb?: boolean;
  /** Requesters are told who of the committee decided. */
  readonly tellVotes?: boolean;
}

export interface RuleDocument {
  readonly rules: readonly Rule[];
  /** At most one a table: two could be subtracted from each other. */
  readonly releases?: readonly Release[];
  /** How to ask for access: shown with every refusal. */
  readonly contact?: string;
  readonly access?: RequestRules;
}

export const emptyRules: RuleDocument = Object.freeze({ rules: [] });
