import { describe, expect, test } from '@jest/globals';
import { jsonb, plainText } from '../../src/jobs/jsonb.js';
import { ProgressQueue } from '../../src/jobs/progressQueue.js';
import { SingleFlight } from '../../src/singleFlight.js';
import { stream } from '../../src/jobs/stream.js';

describe('jsonb', () => {
  test.each<[unknown, string | null]>([
    [undefined, null], [() => 1, null], [null, 'null'], [{ a: undefined, b: Number.NaN }, '{"b":null}'], [2n ** 64n, '"18446744073709551616"'],
    ['\0', '"\ufffd"'], ['\\u0000', '"\\\\u0000"'], ['\udc00a\ud800', '"\ufffda\ufffd"'], [{ 'k\0': '한글 😀 "\n' }, '{"k\ufffd":"한글 😀 \\"\\n"}'],
  ])('%p', (value, text) => expect(jsonb(value)).toBe(text));

  test('plain text', () => {
    expect(plainText(undefined)).toBeNull();
    expect(plainText('a\0\ud800')).toBe('a\ufffd\ufffd');
  });
});

test('progress of a phase is merged, the last of each phase kept', () => {
  const queue = new ProgressQueue();
  queue.report({ phase: 'a', done: 1, total: 9 });
  queue.report({ done: 2 });
  queue.report({ phase: 'b', done: 0 });
  queue.report({ phase: 'b', done: 1 });
  expect(queue.drain()).toEqual([{ phase: 'a', done: 2, total: 9 }, { phase: 'b', done: 1 }]);
  queue.report({ done: 2 });
  queue.passed({ phase: 'c' });
  queue.report({ message: 'm' });
  expect(queue.take()).toEqual({ phase: 'c', message: 'm' });
  expect(queue.empty).toBe(true);
});

test('a single flight runs one at a time, and whoever asks gets a run that began later', async () => {
  let [running, most, runs] = [0, 0, 0];
  const flight = new SingleFlight(async () => {
    const run = (runs += 1);
    most = Math.max(most, running += 1);
    await new Promise((done) => setTimeout(done, 1));
    running -= 1;
    if (run === 2) throw new Error('second');
    return run;
  });
  const first = flight.run();
  const [second, third] = [flight.run(), flight.run()];
  await Promise.all([expect(first).resolves.toBe(1), expect(second).rejects.toThrow('second'), expect(third).rejects.toThrow('second')]);
  await Promise.all(Array.from({ length: 200 }, async () => {
    await new Promise((done) => setTimeout(done, Math.random() * 20));
    await flight.run();
  }));
  await flight.idle();
  expect([most, running]).toEqual([1, 0]);
});

test('a stream can be left while it waits', async () => {
  const outer = new AbortController();
  let ended = 0;
  const open = () => stream(outer.signal, async function* (signal) {
    try {
      yield 1;
      await new Promise((done) => signal.addEventListener('abort', done));
    } finally {
      ended += 1;
    }
  });
  const [left, failed, cut] = [open(), open(), open()];
  for (const each of [left, failed, cut]) expect(await each.next()).toEqual({ done: false, value: 1 });
  const waiting = [left, failed, cut].map((each) => each.next());
  await left.return!();
  await expect(failed.throw!(new Error('thrown'))).rejects.toThrow('thrown');
  outer.abort();
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 3 }, () => ({ done: true, value: undefined })));
  expect(ended).toBe(3);
});
