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

/** A plan made ready to run again and again with other bindings. */
export interface CompiledPlan {
  /** By index of the plan's roots; roots that failed have no answer. */
  run(bindings: Bindings, signal: AbortSignal): Promise<ReadonlyMap<number, RootAnswer>>;
  /** For explainQuery and tests. */
  readonly text: string;
}

export interface Source {
  compile(plan: AuthorizedPlan): CompiledPlan;
}
