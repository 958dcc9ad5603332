/** One value for who asks, for what, how, and where the answer goes: what every decision is made from. */
import type { Identity } from '../identity/identity.js';
import type { Grant } from './grant.js';
import type { Purpose } from './purpose.js';
import { purposeText } from './purpose.js';
import type { Channel } from './rule.js';

export interface Asking {
  readonly identity: Identity;
  readonly purpose?: Purpose;
  readonly channel: Channel;
  /** ISO 3166-1 alpha-2. Who looks at data from abroad takes it there, so it is the country that the issuer asserts unless the answer goes elsewhere; undefined where nobody asserts it. */
  readonly destination?: string;
  readonly grants: readonly Grant[];
}

const none: readonly Grant[] = Object.freeze([]);

interface Parts {
  readonly purpose?: Purpose;
  readonly channel?: Channel;
  readonly destination?: string;
  readonly grants?: readonly Grant[];
}

/** Kept by identity, so that equal questions are one value and decisions can be kept by it. */
const known = new WeakMap<Identity, Map<string, Asking>>();
const keptPerIdentity = 32;

export function asking(identity: Identity, { purpose, channel = 'query', destination, grants = none }: Parts = {}): Asking {
  let kept = known.get(identity);
  if (!kept) known.set(identity, (kept = new Map()));
  const name = purpose === undefined && destination === undefined ? channel : `${channel} ${purpose ? purposeText(purpose) : ''} ${destination ?? ''}`;
  const found = kept.get(name);
  if (found?.grants === grants) return found;
  if (kept.size >= keptPerIdentity) kept.clear();
  const made: Asking = Object.freeze({ identity, purpose, channel, destination: destination ?? identity.country, grants });
  kept.set(name, made);
  return made;
}
