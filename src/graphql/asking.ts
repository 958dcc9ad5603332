/** Who asks, for what and how, from what the server knows of a request. */
import type { Identity } from '../identity/identity.js';
import { asking, type Asking } from '../policy/asking.js';
import { noGrants, type Grant, type GrantSource } from '../policy/grant.js';
import { parsePurpose } from '../policy/purpose.js';
import type { RequestContext } from './context.js';

interface Last {
  readonly purpose?: string;
  readonly channel: RequestContext['channel'];
  readonly destination?: string;
  readonly grants: readonly Grant[];
  readonly asking: Asking;
}

/** A caller asks again as they asked before, mostly. */
const lasts = new WeakMap<Identity, Last>();

/** @throws DureError BAD_USER_INPUT where the purpose cannot be read */
export function askingOf(context: Pick<RequestContext, 'identity' | 'purpose' | 'channel' | 'destination'>, source: GrantSource = noGrants): Asking {
  const { identity, purpose, channel, destination } = context;
  const grants = source.of(identity);
  const last = lasts.get(identity);
  if (last !== undefined && last.channel === channel && last.purpose === purpose && last.grants === grants && last.destination === destination) return last.asking;
  const made = asking(identity, { purpose: purpose === undefined ? undefined : parsePurpose(purpose), channel, destination, grants });
  lasts.set(identity, { purpose, channel, destination, grants, asking: made });
  return made;
}
