/** Where rows live. A source runs nothing but an AuthorizedPlan. */
import type { AuthorizedPlan } from '../policy/authorize.js';
import type { Bindings } from '../plan/predicate.js';

/** The answer of one root: its JSON text, or null where nothing may be read yet. */
export interface RootAnswer {
  /** JSON text; absent where the embargo still holds. */
  readonly json?: string;
  /** Set where the database's clock says that an embargo holds. */
  readonly embargoUntil?: Date;
}

/** What came back; roots that failed before have no answer. */
export interface Answers extends ReadonlyMap<number, RootAnswer> {
  /** What could not be read below the roots: null in the answer, told by an error. Response keys from the root. */
  readonly errors?: readonly { readonly path: readonly string[]; readonly error: unknown }[];
}

/** A plan made ready to run again and again with other bindings. */
export interface CompiledPlan {
  /** By index of the plan's roots. */
  run(bindings: Bindings, signal: AbortSignal): Promise<Answers>;
  /** For explainQuery and tests. */
  readonly text: string;
}

export interface Source {
  compile(plan: AuthorizedPlan): CompiledPlan;
}
