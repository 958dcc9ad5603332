import { describe, expect, test } from '@jest/globals';
import { Admission, type Load, type Pass } from '../../src/graphql/admission.js';
import { callerOf } from '../../src/graphql/caller.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';

const never = new AbortController().signal;
const from = (address: string, signal = never): { identity: Identity; address: string; signal: AbortSignal } => ({ identity: anonymous, address, signal });
const of = (organization: string, subject: string): { identity: Identity; address: string; signal: AbortSignal } =>
  ({ identity: { ...anonymous, kind: 'person', key: subject, subject, memberships: [{ organization, role: 'member' }] }, address: '10.0.0.1', signal: never });
const short = (): Load => ({ cost: 10, milliseconds: 5 });
const long = (): Load => ({ cost: 10, milliseconds: 2_000 });
const turns = async (): Promise<void> => { for (let n = 0; n < 5; n += 1) await Promise.resolve(); };

/** Enters and notes when it may begin. */
function asking(admission: Admission, order: string[]): (name: string, load: Load, who: ReturnType<typeof from>) => Promise<Pass | string> {
  return async (name, load, who) => {
    try {
      const pass = await admission.enter(load, who);
      order.push(name);
      return pass;
    } catch (error) {
      const { code } = error as { code: string };
      order.push(`${name} ${code}`);
      return code;
    }
  };
}

async function expectSoon(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 5_000; waited += 20) await new Promise((done) => setTimeout(done, 20));
  expect(holds()).toBe(true);
}

const leave = (pass: Pass | string): void => { if (typeof pass !== 'string') pass.leave(); };

test('while there is a place nobody waits, not even for a promise', () => {
  const admission = new Admission({ concurrency: 2, maxWaiting: 5, maxWaitMs: 1_000 });
  const first = admission.enter(short(), from('a'));
  expect(first).not.toBeInstanceOf(Promise);
  expect(admission.state).toEqual({ running: 1, waiting: 0, refused: { full: 0, late: 0 } });
  (first as Pass).leave();
  expect(admission.state.running).toBe(0);
});

test('what is long, or was never measured, leaves places for what is short', async () => {
  const admission = new Admission({ concurrency: 4, maxWaiting: 50, maxWaitMs: 100_000 });
  const controller = new AbortController();
  const started = (load: Load, who: string): boolean => {
    const entered = admission.enter(load, from(who, controller.signal));
    if (entered instanceof Promise) entered.catch(() => undefined);
    return !(entered instanceof Promise);
  };
  expect([1, 2, 3].map(() => started(long(), 'heavy'))).toEqual([true, true, false]);
  expect([1, 2].map(() => started({ cost: 5 }, 'other'))).toEqual([true, false]);
  expect([1, 2].map(() => started(short(), 'heavy'))).toEqual([true, false]);
  expect(admission.state).toMatchObject({ running: 4, waiting: 3 });
  controller.abort();
  await expectSoon(() => admission.state.waiting === 0);
  expect(admission.state.running).toBe(4);
});

test('a first run measures; a moving average follows', async () => {
  const admission = new Admission({ concurrency: 1, maxWaiting: 5, maxWaitMs: 1_000 });
  const load: Load = { cost: 1 };
  (await admission.enter(load, from('a'))).leave();
  expect(load.milliseconds).toBeLessThan(500);
  load.milliseconds = 1_000;
  (await admission.enter(load, from('a'))).leave();
  expect(load.milliseconds).toBeGreaterThan(690);
  expect(load.milliseconds).toBeLessThan(850);
});

describe('who waits', () => {
  test('organizations take turns, and callers within one; each caller in order', async () => {
    const admission = new Admission({ concurrency: 1, maxWaiting: 50, maxWaitMs: 100_000 });
    const order: string[] = [];
    const ask = asking(admission, order);
    const place = await ask('first', short(), from('x'));
    const waiting = [
      ...[1, 2, 3, 4].map((n) => ask(`a1.${n}`, short(), of('a', 'ann'))),
      ...[1, 2].map((n) => ask(`a2.${n}`, short(), of('a', 'abe'))),
      ...[1, 2, 3].map((n) => ask(`b${n}`, short(), of('b', 'bob'))),
    ];
    waiting.forEach((each) => void each.then(leave));
    leave(place);
    await Promise.all(waiting);
    expect(order.filter((name) => name.startsWith('a1'))).toEqual(['a1.1', 'a1.2', 'a1.3', 'a1.4']);
    expect(order.slice(1, 7).filter((name) => name.startsWith('b'))).toHaveLength(3);
    expect(order.indexOf('a2.2')).toBeLessThan(order.indexOf('a1.3'));
  });

  test('is charged what it is expected to take', async () => {
    const admission = new Admission({ concurrency: 2, maxWaiting: 50, maxWaitMs: 1_000_000 });
    const order: string[] = [];
    const ask = asking(admission, order);
    const places = [await ask('1', short(), from('x')), await ask('2', short(), from('x'))];
    const waiting = [
      ...[1, 2, 3].map((n) => ask(`long${n}`, { cost: 1, milliseconds: 600 }, of('a', 'ann'))),
      ...[1, 2, 3, 4, 5].map((n) => ask(`short${n}`, { cost: 1, milliseconds: 50 }, of('b', 'bob'))),
    ];
    waiting.forEach((each) => void each.then(leave));
    places.forEach(leave);
    await Promise.all(waiting);
    expect(order.indexOf('short5')).toBeLessThan(order.indexOf('long2'));
  });

  test('and goes away is forgotten', async () => {
    const admission = new Admission({ concurrency: 1, maxWaiting: 5, maxWaitMs: 100_000 });
    const order: string[] = [];
    const ask = asking(admission, order);
    const place = await ask('first', short(), from('x'));
    const controller = new AbortController();
    const gone = ask('gone', short(), from('y', controller.signal));
    const next = ask('next', short(), from('z'));
    controller.abort();
    expect(await gone).toBe('CANCELLED');
    expect(admission.state.waiting).toBe(1);
    leave(place);
    leave(await next);
    expect(order).toEqual(['first', 'gone CANCELLED', 'next']);
    expect(admission.state).toMatchObject({ running: 0, waiting: 0 });
  });
});

test('who went away makes room in a full queue, and is passed over', async () => {
  const admission = new Admission({ concurrency: 1, maxWaiting: 1, maxWaitMs: 100_000 });
  const order: string[] = [];
  const ask = asking(admission, order);
  const place = await ask('first', short(), from('x'));
  const controllers = [new AbortController(), new AbortController()];
  const gone = ask('gone', short(), from('y', controllers[0]!.signal));
  controllers[0]!.abort();
  const next = ask('next', short(), from('z', controllers[1]!.signal));
  expect(await gone).toBe('CANCELLED');
  controllers[1]!.abort();
  leave(place);
  expect(await next).toBe('CANCELLED');
  expect(admission.state).toEqual({ running: 0, waiting: 0, refused: { full: 0, late: 0 } });
});

describe('who is refused', () => {
  test('the youngest of the longest line where the queue is full', async () => {
    const admission = new Admission({ concurrency: 1, maxWaiting: 4, maxWaitMs: 100_000 });
    const order: string[] = [];
    const ask = asking(admission, order);
    const place = await ask('first', short(), from('x'));
    const waiting = [1, 2, 3, 4].map((n) => ask(`greedy${n}`, short(), from('greedy')));
    expect(await ask('greedy5', short(), from('greedy'))).toBe('OVERLOADED');
    const modest = ask('modest', short(), from('modest'));
    expect(await waiting[3]).toBe('OVERLOADED');
    expect(admission.state).toEqual({ running: 1, waiting: 4, refused: { full: 2, late: 0 } });
    [...waiting, modest].forEach((each) => void each.then(leave));
    leave(place);
    await Promise.all([...waiting, modest]);
    expect(order.indexOf('modest')).toBeLessThan(order.indexOf('greedy3'));
  });

  test('at once, whose turn would come too late, with the time after which to ask again', async () => {
    const admission = new Admission({ concurrency: 2, maxWaiting: 100, maxWaitMs: 5_000 });
    const held = [await admission.enter(long(), from('a'))];
    const waiting = [1, 2, 3].map(() => admission.enter(long(), from('a')));
    expect(() => admission.enter(long(), from('a'))).toThrow(expect.objectContaining({ code: 'OVERLOADED', details: { retryAfterSeconds: 6 }, message: expect.stringContaining('in 6 s') }));
    expect(admission.enter(short(), from('a'))).not.toBeInstanceOf(Promise);
    for (const each of waiting) void Promise.resolve(each).then(leave);
    held.forEach(leave);
    await Promise.all(waiting);
  });

  test('who waited as long as anybody may', async () => {
    const admission = new Admission({ concurrency: 1, maxWaiting: 100, maxWaitMs: 30 });
    const place = await admission.enter(short(), from('a'));
    await expect(admission.enter(short(), from('b'))).rejects.toMatchObject({ code: 'OVERLOADED', details: { retryAfterSeconds: 1 } });
    place.leave();
    await turns();
    expect(admission.state).toEqual({ running: 0, waiting: 0, refused: { full: 0, late: 1 } });
  });
});

test('callers: a token, a person, an address; behind them the organization', () => {
  expect(callerOf({ ...anonymous, kind: 'token', tokenId: 't1', subject: 'ada', memberships: [{ organization: 'kist', role: 'member' }] }, '1.1.1.1')).toEqual({ key: 'token t1', group: 'organization kist' });
  expect(callerOf({ ...anonymous, kind: 'person', subject: 'ada', issuer: 'https://id' }, '1.1.1.1')).toEqual({ key: 'person https://id ada', group: 'person https://id ada' });
  const address = (text: string): string => callerOf(anonymous, text).key;
  expect(address('10.1.2.3')).toBe('address 10.1.2.3');
  expect(address('::ffff:10.1.2.3')).toBe('address ::ffff:10.1.2.3');
  expect(address('2001:db8:0:1::5')).toBe('address 2001:db8:0:1');
  expect(address('2001:db8::1:0:0:0:9')).toBe('address 2001:db8:0:1');
  expect(address('2001:0db8:0000:0001:1:2:3:4')).toBe('address 2001:db8:0:1');
});
