/** Where rows live. A source runs nothing but an AuthorizedPlan. */
import type { AuthorizedPlan } from '../policy/authorize.js';
import type { Column } from '../catalog/model.js';
import type { TableAt } from '../plan/link.js';
import type { Level } from '../plan/plan.js';
import type { Bindings, RelatedPredicate } from '../plan/predicate.js';

/** The answer of one root: its JSON text, or null where nothing may be read yet. */
export interface RootAnswer {
  /** JSON text; absent where a bound in time closes the root. */
  readonly json?: string;
  /** The error that stands in the root's place: a bound in time closes it, by the database's clock. */
  readonly closed?: unknown;
}

/** What came back; roots that failed before have no answer. */
export interface Answers extends ReadonlyMap<number, RootAnswer> {
  /** What could not be read below the roots: null in the answer, told by an error. Response keys from the root. */
  readonly errors?: readonly { readonly path: readonly string[]; readonly error: unknown }[];
  /** Rows in the answer by the table's number in the plan's reads, where the source tells them beside the JSON; else they are marked in it (plan/rowCount.ts). */
  readonly tallies?: ReadonlyMap<number, number>;
  /** What sources that are not our own database say of their part. */
  readonly provenance?: readonly unknown[];
}

/** Who works in Dure's own database has a place before it while the work lasts. */
export interface DatabaseTurn {
  within<T>(work: () => Promise<T>): Promise<T>;
}

/** A plan made ready to run again and again with other bindings. */
export interface CompiledPlan {
  /** True where rows of other sources take part: then `run` takes places before the database for its statements only. Else its caller holds one. */
  readonly elsewhere?: true;
  /** By index of the plan's roots. */
  run(bindings: Bindings, signal: AbortSignal, turn?: DatabaseTurn): Promise<Answers>;
  /** For tests. */
  readonly text: string;
  /** For explainQuery; absent where there is no one statement to explain. */
  explanation?(): Explanation;
}

/** A step of the database's plan. */
export interface PlanNode {
  readonly depth: number;
  readonly node: string;
  readonly table?: string;
  readonly index?: string;
  /** Estimated, as is the cost. */
  readonly rows: number;
  readonly cost: number;
}

export interface Explanation {
  /** The statement as it may be shown. */
  readonly text: string;
  readonly parameters: readonly ((bindings: Bindings) => unknown)[];
  /** Estimates of the database; nothing is run. */
  plan(bindings: Bindings, signal: AbortSignal): Promise<readonly PlanNode[]>;
}

export interface Source {
  compile(plan: AuthorizedPlan): CompiledPlan;
}

/**
 * Where a plan is cut because rows of several sources take part. In a cut level's place the source writes a mark: the JSON string
 * `"MARK NUMBER:HEX"`, HEX being the UTF-8 bytes of the JSON value of the link's column here (null where that is null: no mark).
 */
export interface PlanParts {
  /** Which roots this source answers. */
  readonly roots: ReadonlySet<number>;
  readonly mark: string;
  /** Levels that another source answers, with their numbers. */
  readonly cuts: ReadonlyMap<Level, number>;
  /** For a condition on rows of another source: reads the values of the link's column here that satisfy it. */
  readonly foreign: (predicate: RelatedPredicate) => ((bindings: Bindings) => readonly unknown[]) | undefined;
}

export interface LevelAnswers {
  readonly answers: ReadonlyMap<string, string>;
  readonly errors: readonly { readonly path: readonly string[]; readonly error: unknown }[];
}

/** One level asked for many parents at once. */
export interface CompiledLevel {
  /**
   * By the JSON text of the link's value here (as the mark holds it): the JSON text of the level's answer. A value without an answer has none.
   */
  run(keys: readonly string[], bindings: Bindings, signal: AbortSignal): Promise<LevelAnswers>;
}

/** A source that nests levels in statements of its own, and can be one of several in a plan. */
export interface SqlHome extends Source {
  compile(plan: AuthorizedPlan, parts?: PlanParts): CompiledPlan;
  /** A level under a link from another source; the link is by one column. Its own cuts are marked like those of roots. */
  compileLevel(plan: AuthorizedPlan, level: Level, parts: PlanParts): CompiledLevel;
  /** The distinct values of a column among the rows that the plan's caller may read, at most `limit`; for conditions on another source's rows. */
  compileKeys(plan: AuthorizedPlan, at: TableAt, column: Column, limit: number): CompiledKeys;
}

export interface CompiledKeys {
  run(bindings: Bindings, signal: AbortSignal): Promise<readonly string[]>;
}
