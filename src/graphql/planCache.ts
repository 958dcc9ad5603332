/** Plans and compiled statements of one prepared operation: by the shape of its variables, and by the decisions that bind the caller. */
import type { Dataset } from '../catalog/model.js';
import { Lru } from '../lru.js';
import { costOf } from '../plan/cost.js';
import { datasetsOf } from '../plan/datasets.js';
import { variableShape } from '../plan/inputs.js';
import type { PlannedOperation } from '../plan/planOperation.js';
import type { Bindings } from '../plan/predicate.js';

type Read = (bindings: Bindings) => string;

/**
 * Planning is deterministic, so with variables of one shape the first thing it asks of their values is always the same, and each
 * next thing follows from the answers so far: the plans of a shape are the leaves of a tree of questions.
 */
type Tree<T> = { readonly kind: 'leaf'; readonly variant: Variant<T> } | { readonly kind: 'ask'; readonly read: Read; readonly answers: Map<string, Tree<T>> };

interface Shape<T> {
  root: Tree<T> | undefined;
  leaves: number;
}

export interface Variant<T> {
  readonly planned: PlannedOperation;
  /** See plan/cost.ts. */
  readonly cost: number;
  /** Whose decisions bind it. */
  readonly datasets: readonly Dataset[];
  /** By the key of the decisions. */
  readonly compiled: Lru<string, T>;
}

const shapesKept = 32;
const leavesKept = 128;
const compiledKept = 16;

export class PlanCache<T> {
  private readonly shapes = new Lru<string, Shape<T>>(shapesKept);
  /** How many plans were made so far. */
  made = 0;

  /** How many plans are kept. */
  get size(): number {
    let sum = 0;
    for (const [, { leaves }] of this.shapes.all()) sum += leaves;
    return sum;
  }

  find(bindings: Bindings, plan: () => PlannedOperation): Variant<T> {
    const key = variableShape(bindings.variables);
    let shape = this.shapes.get(key);
    let tree = shape?.root;
    while (tree?.kind === 'ask') tree = tree.answers.get(tree.read(bindings));
    if (tree) return tree.variant;
    const planned = plan();
    const variant: Variant<T> = { planned, cost: costOf(planned.plan), datasets: datasetsOf(planned.plan), compiled: new Lru(compiledKept) };
    if (!shape || shape.leaves >= leavesKept) this.shapes.set(key, (shape = { root: undefined, leaves: 0 }));
    shape.root = insert(shape.root, planned.plan.structure, bindings, variant);
    shape.leaves += 1;
    this.made += 1;
    return variant;
  }
}

function insert<T>(tree: Tree<T> | undefined, questions: readonly Read[], bindings: Bindings, variant: Variant<T>): Tree<T> {
  const [read, ...rest] = questions;
  if (!read) return { kind: 'leaf', variant };
  const node: Tree<T> = tree?.kind === 'ask' ? tree : { kind: 'ask', read, answers: new Map() };
  const answer = read(bindings);
  node.answers.set(answer, insert(node.answers.get(answer), rest, bindings, variant));
  return node;
}
