/** The list of enforcement points follows the code: what `npm run mutate:access` takes away is there, once. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { points } from '../mutations/points.js';
import { verdictOf, type JestReport } from '../mutations/verdict.js';

test.each(points.map((point) => ({ name: point.point, point })))('$name', ({ point: { file, from, to } }) => {
  const text = readFileSync(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)), 'utf8');
  expect(text.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});

test('each has a name of its own', () => {
  expect(new Set(points.map(({ point }) => point)).size).toBe(points.length);
});

/** What a mutant's tests say. */
const report = (...failureMessages: string[]): JestReport => ({ numTotalTests: 1, testResults: [{ name: '/x/dist/test/leaks/01.test.js', message: '', assertionResults: failureMessages.map((message) => ({ status: 'failed', title: 'a leak', failureMessages: [message] })) }] });
test('a leak that was seen counts, a crash does not', () => {
  expect(verdictOf(report())).toEqual({ kind: 'passed' });
  expect(verdictOf(report('Error: \u001b[2mexpect(\u001b[22mreceived).toEqual(expected)\n+ "canary"'))).toEqual({ kind: 'caught', file: 'leaks/01', test: 'a leak' });
  for (const crash of ['ReferenceError: level is not defined', 'Error: expect(received).toEqual(expected)\n-   "FORBIDDEN",\n+   "INTERNAL",', 'error: column r1.c2 does not exist']) expect(verdictOf(report(crash)).kind).toBe('crashed');
  expect(verdictOf({ numTotalTests: 0, testResults: [{ name: 'x', message: 'SyntaxError: Unexpected token', assertionResults: [] }] }).kind).toBe('crashed');
});
