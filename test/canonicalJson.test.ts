import { expect, test } from '@jest/globals';
import { canonicalJson } from '../src/canonicalJson.js';

test('the order of names does not matter, at any depth, in lists too; that of lists does', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: undefined })).toBe('{"b":[{"c":null,"d":1}]}');
  expect(canonicalJson({ a: [{ x: 1, y: 2 }] })).toBe(canonicalJson({ a: [{ y: 2, x: 1 }] }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  expect(canonicalJson(undefined)).toBe('null');
});
