/** Whether what was decided when an operation was authorized is still what would be decided now: asked when its rows are there and are about to be given. */
import type { TableAt } from '../plan/link.js';
import { tableAt, type DatasetDecision } from './decide.js';

/** For one table. Rules are compared by what they say, not by their revision: a new version or a note changes nothing. */
export function stillHolds(then: DatasetDecision, now: DatasetDecision, at: Pick<TableAt, 'version' | 'table'>): boolean {
  if (then === now) return true;
  // What has ended by the clock since is undecided on both sides.
  if (!tableAt(now, at)?.readable) return false;
  return then.override?.id === now.override?.id && then.embargoUntil?.getTime() === now.embargoUntil?.getTime() && textOf(then, at) === textOf(now, at);
}

/** Undefined where there is no such table any more. */
function textOf(decision: DatasetDecision, at: Pick<TableAt, 'version' | 'table'>): string | undefined {
  return JSON.stringify(tableAt(decision, at), (_name, value: unknown) => (value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value));
}
