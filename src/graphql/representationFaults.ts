/** What is told of representations that are none: their places in the answer are null, the others are answered. */
import { DureError } from '../errors.js';
import type { Skeleton } from '../plan/plan.js';
import type { Bindings } from '../plan/predicate.js';

export interface RepresentationFault {
  readonly path: readonly (string | number)[];
  readonly error: DureError;
}

const mostTold = 10;

export function representationFaults(skeleton: Skeleton, bindings: Bindings): readonly RepresentationFault[] {
  if (skeleton.kind !== 'object') return [];
  return skeleton.fields.flatMap(({ value }) => (value.kind === 'entities' ? faultsOf(value, bindings) : []));
}

function faultsOf({ path, read }: Extract<Skeleton, { kind: 'entities' }>, bindings: Bindings): readonly RepresentationFault[] {
  const { faults } = read(bindings);
  const told = faults.slice(0, mostTold).map(({ place, reason }): RepresentationFault => (
    { path: [...path, place], error: new DureError('BAD_USER_INPUT', `Representation ${place} cannot be read: ${reason}.`) }));
  if (faults.length <= mostTold) return told;
  return [...told, { path, error: new DureError('BAD_USER_INPUT', `${faults.length - mostTold} more representations cannot be read.`) }];
}
