/** Streams by themselves: each value is judged when it is given, and whatever ends the right to it ends the stream. */
import { expect, test } from '@jest/globals';
import { DureError } from '../../../src/errors.js';
import type { RequestContext } from '../../../src/graphql/context.js';
import { reauthorized } from '../../../src/graphql/static/reauthorize.js';
import type { Identity } from '../../../src/identity/identity.js';
import { person } from '../../support/engine.js';

/** A world whose catalog and standing change when told. */
function world(identity: Identity): { readonly context: RequestContext; readonly catalog: () => void; readonly end: (error: DureError) => void; readonly following: () => number } {
  const listeners = new Set<() => void>();
  const watchers = new Set<(error: DureError) => void>();
  const follow = <T>(all: Set<T>, one: T): (() => void) => {
    all.add(one);
    return () => all.delete(one);
  };
  const services = {
    catalog: { onChange: (listener: () => void) => follow(listeners, listener) },
    standing: { ended: () => undefined, watch: (_identity: Identity, ended: (error: DureError) => void) => follow(watchers, ended), onChange: (listener: () => void) => follow(listeners, listener) },
  };
  return {
    context: { identity, signal: new AbortController().signal, services } as unknown as RequestContext,
    catalog: () => { for (const listener of listeners) listener(); },
    end: (error) => { for (const watcher of watchers) watcher(error); },
    following: () => listeners.size + watchers.size,
  };
}
/** Gives one value a turn until it is stopped, then waits. */
async function* numbers(signal: AbortSignal, most = Number.POSITIVE_INFINITY): AsyncGenerator<{ readonly n: number }, void> {
  for (let n = 1; n <= most && !signal.aborted; n += 1) {
    await new Promise((done) => { setImmediate(done); });
    yield { n };
  }
  if (!signal.aborted) await new Promise<void>((done) => { signal.addEventListener('abort', () => done(), { once: true }); });
}

test('a value that may not be seen when it is given ends the stream before it, though nothing told of a change', async () => {
  const { context } = world(person({}));
  let open = true;
  const seen: number[] = [];
  const stream = reauthorized(context, (signal) => numbers(signal), (value) => value, () => open);
  const follow = (async () => {
    for await (const { n } of stream) {
      seen.push(n);
      if (n === 3) open = false;
    }
  })();
  await expect(follow).rejects.toMatchObject({ code: 'FORBIDDEN', details: { reason: 'NO_LONGER' } });
  expect(seen).toEqual([1, 2, 3]);
});

test('a token that expires between two values', async () => {
  const identity = person({ expiresAt: Date.now() + 60_000 });
  const { context } = world(identity);
  const stream = reauthorized(context, (signal) => numbers(signal), (value) => value);
  expect((await stream.next()).value).toEqual({ n: 1 });
  (identity as { expiresAt?: number }).expiresAt = Date.now() - 1;
  await expect(stream.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', details: { reason: 'TOKEN_EXPIRED' } });
});

test('a change of the catalog ends a silent stream of what may be seen no longer, with the reason that is given', async () => {
  for (const [answer, code] of [[false, 'FORBIDDEN'], [new DureError('NOT_FOUND', 'It is gone.'), 'NOT_FOUND']] as const) {
    const { context, catalog, following } = world(person({}));
    let open: boolean | DureError = true;
    const stream = reauthorized(context, (signal) => numbers(signal, 1), (value) => value, () => open);
    expect((await stream.next()).value).toEqual({ n: 1 });
    const waiting = stream.next();
    catalog();
    open = answer;
    catalog();
    await expect(waiting).rejects.toMatchObject({ code });
    expect(following()).toBe(0);
  }
});

test('a person who is suspended, while nothing happens', async () => {
  const { context, end, following } = world(person({}));
  const stream = reauthorized(context, (signal) => numbers(signal, 1), (value) => value);
  await stream.next();
  const waiting = stream.next();
  end(new DureError('FORBIDDEN', 'Suspended.', { reason: 'SUSPENDED' }));
  await expect(Promise.race([waiting, new Promise((done) => { setTimeout(() => done('still open'), 5_000).unref(); })])).rejects.toMatchObject({ details: { reason: 'SUSPENDED' } });
  expect(following()).toBe(0);
});

test('values to leave out are left out, and the end that is told ends it', async () => {
  const { context } = world(person({}));
  const seen: unknown[] = [];
  for await (const value of reauthorized(context, (signal) => numbers(signal), (one) => (one.n === 4 ? 'end' : one.n === 2 ? undefined : one))) seen.push(value);
  expect(seen).toEqual([{ n: 1 }, { n: 3 }]);
});
