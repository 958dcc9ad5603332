/** Who asks, for what and how, from what the server knows of a request. */
import { asking, type Asking } from '../policy/asking.js';
import { noGrants, type GrantSource } from '../policy/grant.js';
import { parsePurpose } from '../policy/purpose.js';
import type { RequestContext } from './context.js';

/** @throws DureError BAD_USER_INPUT where the purpose cannot be read */
export function askingOf({ identity, purpose, channel, destination }: Pick<RequestContext, 'identity' | 'purpose' | 'channel' | 'destination'>, grants: GrantSource = noGrants): Asking {
  return asking(identity, { purpose: purpose === undefined ? undefined : parsePurpose(purpose), channel, destination, grants: grants.of(identity) });
}
