/** What the tests of connectors share: a client that may speak to this machine, a call, and what an error must not tell. */
import type { ClientLimits } from '../../src/sources/remote/client/options.js';
import { addressPolicy } from '../../src/sources/remote/client/addressPolicy.js';
import { SourceClient } from '../../src/sources/remote/client/sourceClient.js';
import { SourceError, type RemoteCall } from '../../src/sources/remote/remoteSource.js';

export function localClient(source: string, limits: Partial<ClientLimits> = {}): SourceClient {
  return new SourceClient({ source, addresses: addressPolicy(['127.0.0.1']), limits: { retryBaseMs: 1, ...limits } });
}

export function callWithin(ms = 10_000, more: Partial<RemoteCall> = {}): RemoteCall {
  return { signal: new AbortController().signal, deadline: performance.now() + ms, requestId: 'test', ...more };
}

/** The SourceError that the work ends with; an upstream's own words are not in it. */
export async function sourceFailure(work: Promise<unknown>): Promise<SourceError> {
  const reason: unknown = await work.then(() => new Error('it did not fail'), (error: unknown) => error);
  if (!(reason instanceof SourceError)) throw reason;
  if (reason.message.includes('upstream secret text')) throw new Error(`an upstream's text was passed on: ${reason.message}`);
  return reason;
}
