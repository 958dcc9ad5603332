/**
 * Bounds how much of one answer is taken in. Rows come as one JSON text, which the driver collects whole before anybody sees it; here
 * its bytes are counted as they arrive, and a connection whose answer grows too long is cut, so that no more than the limit is ever held.
 */
import type { Socket } from 'node:net';
import type { PoolClient } from 'pg';

interface Guard {
  left: number;
  exceeded: boolean;
}

const guards = new WeakMap<PoolClient, Guard>();

/** Counts anew for the statement that comes next on this connection. */
export function guardAnswer(client: PoolClient, limit: number): { readonly exceeded: boolean } {
  let guard = guards.get(client);
  if (!guard) guards.set(client, (guard = watch(client)));
  guard.left = limit;
  return guard;
}

function watch(client: PoolClient): Guard {
  const guard: Guard = { left: Infinity, exceeded: false };
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.prependListener('data', (chunk: Buffer) => {
    guard.left -= chunk.length;
    if (guard.left >= 0 || guard.exceeded) return;
    guard.exceeded = true;
    stream.destroy();
  });
  // The statement in hand is told by its own error; without a listener the client's would end the process.
  client.on('error', () => undefined);
  return guard;
}
