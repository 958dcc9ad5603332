/** `dure rules audit` on a dataset of a real server. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { run } from '../../src/cli/main.js';
import { startRunning, type Running } from '../support/running.js';

let dure: Running;
beforeAll(async () => { dure = await startRunning(); }, 60_000);
afterAll(() => dure.close(), 30_000);

async function audit(...args: string[]): Promise<{ code: number; out: string; note: string }> {
  let [out, note] = ['', ''];
  const code = await run(['rules', 'audit', ...args], { out: (text: string) => { out += text; }, note: (text: string) => { note += text; }, environment: { DURE_DATA_DIR: dure.folder }, interactive: false, columns: 80, input: Readable.from([]) });
  return { code, out, note };
}

test('a dataset under rules: many pairs, nothing differs', async () => {
  const { code, out } = await audit('seoram/lung-cancer', '--rows', '40', '--seconds', '6', '--seed', '1', '--json');
  const told = JSON.parse(out) as { pairs: number; callers: number; bound: number; leaks: unknown[]; faults: number };
  expect(told).toMatchObject({ dataset: 'seoram/lung-cancer', leaks: [], faults: 0, seed: 1 });
  expect(code).toBe(0);
  expect(told.bound).toBeGreaterThan(0);
  expect(told.pairs).toBeGreaterThan(told.callers);
}, 60_000);

test('in words; and what cannot be audited is told', async () => {
  const { code, out } = await audit('seoram/lung-cancer', '--rows', '10', '--seconds', '1');
  expect(out).toMatch(/^seoram\/lung-cancer: \d+ pairs of answers as \d+ callers, \d+ of whom are bound \(seed \d+\): nothing differs\n$/);
  expect(code).toBe(0);
  expect((await audit('seoram/nowhere')).code).toBe(1);
}, 60_000);
