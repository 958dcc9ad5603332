import { expect, test } from '@jest/globals';
import { asking } from '../../src/policy/asking.js';
import { evaluate } from '../../src/policy/condition.js';
import type { Condition } from '../../src/policy/rule.js';
import { person } from '../support/engine.js';

const truth = (condition: Condition, claims: Record<string, unknown>): boolean | undefined => evaluate(condition, asking(person({ claims })));
const eq: Condition = { attribute: 'claim.study', eq: 'A' };

test('a claim of another type than the rule expects is not known: it neither admits nor escapes a denial', () => {
  expect(truth(eq, { study: 'A' })).toBe(true);
  expect(truth(eq, { study: 'B' })).toBe(false);
  for (const study of [['A', 'B'], 1, true, { A: 1 }, undefined, null]) {
    expect(truth(eq, { study })).toBeUndefined();
    expect(truth({ not: eq }, { study })).toBeUndefined();
  }
  expect(truth({ attribute: 'claim.study', contains: 'A' }, { study: 'A' })).toBeUndefined();
  expect(truth({ attribute: 'claim.study', contains: 'A' }, { study: ['A'] })).toBe(true);
  expect(truth({ attribute: 'claim.n', in: [1, 2] }, { n: '1' })).toBeUndefined();
  expect(truth({ attribute: 'claim.n', in: [1, 2] }, { n: 3 })).toBe(false);
});

test('three-valued logic', () => {
  const unknown: Condition = { attribute: 'claim.none', eq: 'x' };
  expect(truth({ all: [unknown, { not: { everyone: true } }] }, {})).toBe(false);
  expect(truth({ all: [unknown, { everyone: true }] }, {})).toBeUndefined();
  expect(truth({ any: [unknown, { everyone: true }] }, {})).toBe(true);
  expect(truth({ any: [unknown, { not: { everyone: true } }] }, {})).toBeUndefined();
});
