/** Conditions over the caller's attributes, in three-valued logic: an attribute that is not known makes a test neither true nor false. */
import { attribute, type Identity } from '../identity/identity.js';
import type { Condition } from './rule.js';

/** `undefined`: it depends on an attribute that the caller's issuer did not assert. Whoever asks must then refuse. */
export type Truth = true | false | undefined;

export function evaluate(condition: Condition, identity: Identity): Truth {
  if ('everyone' in condition) return true;
  if ('authenticated' in condition) return identity.kind !== 'anonymous';
  if ('all' in condition) return every(condition.all.map((c) => evaluate(c, identity)));
  if ('any' in condition) return negate(every(condition.any.map((c) => negate(evaluate(c, identity)))));
  if ('not' in condition) return negate(evaluate(condition.not, identity));
  const value = attribute(identity, condition.attribute);
  if (value === undefined) return undefined;
  // A value of another type than the rule expects says nothing about it: it must neither admit nor escape a denial.
  const tests: Truth[] = [];
  if (condition.eq !== undefined) tests.push(typeof value === typeof condition.eq ? value === condition.eq : undefined);
  if (condition.in !== undefined) tests.push(condition.in.some((entry) => typeof entry === typeof value) ? condition.in.includes(value as string | number) : undefined);
  if (condition.contains !== undefined) tests.push(Array.isArray(value) ? value.includes(condition.contains) : undefined);
  return tests.length === 0 ? undefined : every(tests);
}

function every(values: readonly Truth[]): Truth {
  if (values.includes(false)) return false;
  return values.includes(undefined) ? undefined : true;
}

function negate(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}
