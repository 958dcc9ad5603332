import { expect, test } from '@jest/globals';
import { discreteLaplace, KeyedRandom, within95 } from '../../src/policy/discreteLaplace.js';

const key = Buffer.alloc(32, 7);
const draw = (question: string, numerator: bigint, denominator: bigint): number => Number(discreteLaplace({ numerator, denominator }, new KeyedRandom(key, question)));

test('the same question draws the same noise, another question or key another', () => {
  const draws = (of: Uint8Array, prefix: string): string => Array.from({ length: 50 }, (_, i) => discreteLaplace({ numerator: 4n, denominator: 1n }, new KeyedRandom(of, `${prefix} ${i}`))).join();
  expect(draws(key, 'q')).toBe(draws(key, 'q'));
  expect(draws(key, 'q')).not.toBe(draws(key, 'r'));
  expect(draws(key, 'q')).not.toBe(draws(Buffer.alloc(32, 8), 'q'));
});

test.each([[2n, 1n], [1n, 2n], [7n, 3n]])('frequencies are those of exp(-|x|/scale) for the scale %d/%d', (numerator, denominator) => {
  const scale = Number(numerator) / Number(denominator);
  const n = 20_000;
  const seen = new Map<number, number>();
  for (let i = 0; i < n; i += 1) {
    const x = draw(`${i}`, numerator, denominator);
    seen.set(x, (seen.get(x) ?? 0) + 1);
  }
  const ratio = Math.exp(-1 / scale);
  for (const x of [-2, -1, 0, 1, 2]) {
    const expected = ((1 - ratio) / (1 + ratio)) * ratio ** Math.abs(x);
    // Five standard deviations; the draws are fixed, so the test cannot fail by chance.
    expect(Math.abs((seen.get(x) ?? 0) / n - expected)).toBeLessThan(5 * Math.sqrt(expected / n) + 1e-4);
  }
});

test('95 of 100 draws lie within the bound that is told', () => {
  const scale = { numerator: 2000n, denominator: 500n };
  const draws = Array.from({ length: 5_000 }, (_, i) => Math.abs(draw(`b ${i}`, scale.numerator, scale.denominator)));
  expect(draws.filter((x) => x <= within95(scale)).length).toBeGreaterThan(4_700);
});
