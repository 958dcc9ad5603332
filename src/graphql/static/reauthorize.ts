import type { RequestContext } from '../context.js';
import { stream } from '../../jobs/stream.js';
import { isExpired } from './authority.js';

/** What a subscription's `subscribe` gets. */
export interface Subscribing {
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

/**
 * The values of `source` that the caller may see at the moment each is given. `tell` answers undefined for one to leave out, and 'end'
 * where nothing more may be seen. The end of the token ends the stream.
 */
export function reauthorized<T, U extends object>(
  context: RequestContext,
  source: (signal: AbortSignal) => AsyncIterable<T>,
  tell: (value: T) => U | undefined | 'end',
): AsyncIterableIterator<U> {
  return stream(context.signal, async function* (signal) {
    for await (const value of source(signal)) {
      if (isExpired(context.identity) || (await isRevoked(context))) return;
      const told = tell(value);
      if (told === 'end') return;
      if (told !== undefined) yield told;
    }
  });
}

async function isRevoked({ identity, services }: RequestContext): Promise<boolean> {
  return identity.tokenId !== undefined && services.tokens.isRevoked(identity.tokenId);
}
