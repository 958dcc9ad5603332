/** How deep values may nest, in a document or in a variable: what reads them calls itself, and must not run out of stack. */
import { DureError } from '../errors.js';

export const deepestValue = 200;

export function tooDeep(place: string): DureError {
  return new DureError('LIMIT_EXCEEDED', `The values in ${place} are nested more than ${deepestValue} deep. Put what stands side by side into one list.`, { limit: deepestValue, place });
}

/** @throws DureError LIMIT_EXCEEDED */
export function checkNesting(variables: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(variables)) if (nestsDeeper(value, deepestValue)) throw tooDeep(`$${name.slice(0, 100)}`);
}

function nestsDeeper(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  for (const inner of Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)) if (typeof inner === 'object' && inner !== null && nestsDeeper(inner, left - 1)) return true;
  return false;
}

export const stackExhausted = 'Maximum call stack size exceeded';

/** What the parser or a rule of validation says where a document nests deeper than the stack reaches. */
export function isStackExhausted(error: unknown): boolean {
  return error instanceof Error && error.message === stackExhausted;
}

export const documentTooDeep = new DureError('LIMIT_EXCEEDED', 'The document is nested too deep to be read. Ask in several steps, and put what stands side by side into one list.');
