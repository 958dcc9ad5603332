import { DureError } from '../../errors.js';
import { defaultClaimNames, readClaims } from '../../identity/claims.js';
import { anonymous, type Identity } from '../../identity/identity.js';
import { makeIdentity } from '../../identity/makeIdentity.js';
import { countryCode } from '../../identity/countries.js';
import { asking, type Asking } from '../../policy/asking.js';
import { parsePurpose } from '../../policy/purpose.js';
import type { RequestContext } from '../context.js';
import type { IdentityInput } from './inputs.js';

/** The identity that a token with these claims would give; a claim that a real token would only be warned of is refused here. */
export function imaginedIdentity(input: IdentityInput, issuer = input.issuer ?? undefined): Identity {
  if (input.subject === undefined || input.subject === null) {
    const asserted = input.organizations.length > 0 || input.affiliations.length > 0 || input.country || input.claims || input.visas.length > 0;
    if (asserted) throw new DureError('BAD_USER_INPUT', '`as` needs a subject: without one it is an anonymous caller, of whom nothing is asserted.', { argument: 'as.subject' });
    return anonymous;
  }
  const payload = {
    ...asObject(input.claims),
    [defaultClaimNames.subject]: input.subject,
    [defaultClaimNames.organizations]: input.organizations,
    [defaultClaimNames.affiliation]: input.affiliations,
    ...(input.country && { [defaultClaimNames.country]: input.country }),
  };
  const { visaTokens: _, incomplete: _known, ...parts } = readClaims(payload, defaultClaimNames, (message) => {
    throw new DureError('BAD_USER_INPUT', `\`as\`: ${message}`, { argument: 'as' });
  });
  return makeIdentity({ ...parts, kind: 'person', ...(issuer === undefined ? {} : { issuer }), visas: input.visas.map(({ type, value, source, by }) => ({ type, value, source, ...(by ? { by } : {}), asserted: 0, expiresAt: Number.MAX_SAFE_INTEGER })), scopes: ['read'] });
}

/** How they would ask. @param grants those that they have, where these are to count. @throws DureError BAD_USER_INPUT */
export function imaginedAsking(input: IdentityInput, { grants }: Pick<RequestContext['services'], 'grants'> = {}, issuers: readonly string[] = []): Asking {
  const { destination, purpose } = input;
  if (destination && !countryCode(destination)) throw new DureError('BAD_USER_INPUT', '`as.destination` must be a country code of ISO 3166-1 alpha-2 such as KR.', { argument: 'as.destination' });
  const who = imaginedIdentity(input, input.issuer ?? (issuers.length === 1 ? issuers[0] : undefined));
  return asking(who, { grants: grants?.of(who), purpose: purpose ? parsePurpose(purpose) : undefined, channel: input.channel, destination: destination ?? undefined });
}

function asObject(claims: unknown): Readonly<Record<string, unknown>> {
  if (claims === undefined || claims === null) return {};
  if (typeof claims === 'object' && !Array.isArray(claims)) return claims as Record<string, unknown>;
  throw new DureError('BAD_USER_INPUT', '`as.claims` must be an object of claims by name.', { argument: 'as.claims' });
}
