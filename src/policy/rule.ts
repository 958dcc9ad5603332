/**
 * The rule document of a dataset, as a lab writes it (`dure:rules`, `setDatasetRules`, `dure rules set`).
 *
 * Composition, in one sentence: a table is readable if an `allow` rule (or the dataset's visibility) admits the caller and no `deny`
 * rule names them; every `rows` and `columns` rule then narrows further unless the caller is exempt by `unless`. Rules only ever
 * narrow what an allow opened, so their order does not matter and no two rules can combine into more than either gives.
 */

/** A test of the caller's attributes (`person.id`, `claim.NAME`…). Three-valued (policy/condition.ts): what is not known neither admits nor exempts, and it denies. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly everyone: true }
  | { readonly authenticated: true }
  | { readonly attribute: string; readonly eq?: string | number | boolean; readonly in?: readonly (string | number)[]; readonly contains?: string };

/** A value in a row predicate: a constant or an attribute of the caller. */
export type RuleValue = string | number | boolean | readonly (string | number)[] | { readonly attribute: string };

/** A row predicate in a rule: the same operators as a user's filter; columns by their package names. */
export type RowCondition =
  | { readonly and: readonly RowCondition[] }
  | { readonly or: readonly RowCondition[] }
  | { readonly not: RowCondition }
  | { readonly column: string; readonly isNull: boolean }
  | { readonly column: string; readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'notIn'; readonly value: RuleValue };

/** What is read instead of a column's value. `deny` withholds the column: null, and it cannot be filtered or ordered by. */
export type Transform =
  | { readonly kind: 'deny' }
  | { readonly kind: 'null' }
  | { readonly kind: 'mask'; readonly keepStart?: number; readonly keepEnd?: number; readonly with?: string };

interface RuleBase {
  /** Unique in the document; named in explanations. */
  readonly id: string;
  /** Table names; all tables where absent. */
  readonly tables?: readonly string[];
  /** Shown to callers whom the rule narrows: must not itself reveal what is hidden. */
  readonly reason?: string;
}
export type Rule =
  | (RuleBase & { readonly effect: 'allow'; readonly to: Condition })
  | (RuleBase & { readonly effect: 'deny'; readonly to: Condition })
  | (RuleBase & { readonly effect: 'rows'; readonly where: RowCondition; readonly unless?: Condition })
  | (RuleBase & { readonly effect: 'columns'; readonly columns: readonly string[]; readonly transform: Transform; readonly unless?: Condition });

export interface RuleDocument {
  readonly rules: readonly Rule[];
  /** How to ask for access: shown with every refusal. */
  readonly contact?: string;
}

export const emptyRules: RuleDocument = Object.freeze({ rules: [] });
