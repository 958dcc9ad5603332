/** What a level asks for a batch of parents, and what it makes of the answers. */
import type { Level } from '../../../plan/plan.js';
import type { Bindings } from '../../../plan/predicate.js';
import type { AuthorizedPlan } from '../../../policy/authorize.js';
import type { CursorCodec } from '../../../plan/cursor.js';
import type { Dialect } from '../dialect.js';
import type { Row } from './batch.js';
import type { Batch, LevelBindings, LevelStatement } from './levelStatement.js';

export interface LevelRun {
  readonly bindings: Bindings;
  readonly signal: AbortSignal;
  /** Levels that a bound in time closes. */
  readonly closed: ReadonlySet<Level>;
}

/** By the number of a parent in the batch; undefined for a parent whose key is null, on which nothing hangs. */
export type ByParent<T> = (parent: number | undefined) => T;

/** @param parents the parents' keys; undefined where the level is a root */
export type Question<T> = (parents: LevelBindings['parents'], run: LevelRun) => Promise<ByParent<T>>;

/** What compiling a level needs. */
export interface LevelScope {
  readonly plan: AuthorizedPlan;
  readonly dialect: Dialect;
  readonly codec: CursorCodec;
  statement(level: Level, batch: Batch | undefined): LevelStatement;
  /** Makes a statement ready to run. Rows by position, the parent's number first. */
  ask(text: string, statement: LevelStatement): (parents: LevelBindings['parents'], run: LevelRun) => Promise<readonly Row[]>;
  /** A level below another. */
  below(level: Level, here: Level['at']): Question<string>;
  /** The number of a cut, where another source answers the level, and the mark before it. */
  cut(level: Level): string | undefined;
}

export function rowsByParent(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    const parent = Number(row[0]);
    const held = found.get(parent);
    if (held) held.push(row);
    else found.set(parent, [row]);
  }
  return found;
}
