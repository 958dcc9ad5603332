import type { Standing } from '../../access/standing.js';
import { DureError } from '../../errors.js';
import { stream } from '../../jobs/stream.js';
import type { RequestContext } from '../context.js';
import { isExpired } from './authority.js';

/** What a subscription's `subscribe` gets. */
export interface Subscribing {
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

/**
 * The values of `source` that the caller may see at the moment each is given. `tell` answers undefined for one to leave out, and 'end'
 * where nothing more may be seen. The stream ends with an error as soon as the caller's token ends, is revoked or the person is suspended;
 * and, where `open` is given, as soon as that no longer holds, or answers an error: it is asked again whenever the catalog or anybody's standing changes.
 */
export function reauthorized<T, U extends object>(
  context: RequestContext,
  source: (signal: AbortSignal) => AsyncIterable<T>,
  tell: (value: T) => U | undefined | 'end',
  open: () => boolean | DureError = () => true,
): AsyncIterableIterator<U> {
  return stream(context.signal, async function* (signal) {
    const ending = new Ending(context, open);
    try {
      for await (const value of source(AbortSignal.any([signal, ending.signal]))) {
        ending.judge();
        if (ending.signal.aborted) break;
        const told = tell(value);
        if (told === 'end') return;
        if (told !== undefined) yield told;
      }
      if (ending.cause && !signal.aborted) throw ending.cause;
    } finally {
      ending.stop();
    }
  });
}

/** When a stream must end, and why. */
class Ending {
  cause: DureError | undefined;
  private readonly controller = new AbortController();
  private readonly stops: (() => void)[] = [];

  constructor(private readonly context: RequestContext, private readonly open: () => boolean | DureError) {
    const { catalog, identity, standing } = { ...context.services, identity: context.identity } as { catalog: RequestContext['services']['catalog']; identity: RequestContext['identity']; standing?: Standing };
    const judge = (): void => this.judge();
    if (standing) this.stops.push(standing.watch(identity, (error) => this.end(error)), standing.onChange(judge));
    this.stops.push(catalog.onChange(judge));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  judge(): void {
    if (this.controller.signal.aborted) return;
    const { identity, services: { standing } } = this.context;
    const ended = (standing as Standing | undefined)?.ended(identity);
    if (ended) this.end(ended.error());
    else if (isExpired(identity)) this.end(new DureError('UNAUTHENTICATED', 'The token has expired. Get a new one and ask again.', { reason: 'TOKEN_EXPIRED' }));
    else this.judgeOpen(this.open());
  }

  private judgeOpen(open: boolean | DureError): void {
    if (open instanceof DureError) this.end(open);
    else if (!open) this.end(new DureError('FORBIDDEN', 'You may no longer see this: the rules, or what was granted to you, have changed.', { reason: 'NO_LONGER' }));
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  private end(cause: DureError): void {
    this.cause ??= cause;
    this.controller.abort();
  }
}
