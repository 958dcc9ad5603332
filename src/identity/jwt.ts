/** JSON Web Tokens as bearer credentials: an OpenID Connect provider's, or (embedded default) ones signed with a secret of this installation. */
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type CryptoKey, type FlattenedJWSInput, type JWSHeaderParameters, type JWTPayload } from 'jose';
import { DureError } from '../errors.js';
import { readClaims, type ClaimNames } from './claims.js';
import { scopes, type Identity } from './identity.js';
import { makeIdentity } from './makeIdentity.js';
import { oidcKeys } from './oidc.js';
import type { VisaVerifier } from './visas.js';

/** Whose tokens are believed, and how. */
export interface JwtTrust {
  readonly issuer: string;
  readonly audience: string;
  /** The only algorithms accepted, whatever a token's header says. */
  readonly algorithms: readonly string[];
  readonly find: (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey | Uint8Array>;
}

export const demoIssuer = 'dure-demo';
export const demoAudience = 'dure';

/** Seconds by which an issuer's clock may be ahead of ours. A token's end is never stretched. */
const clockTolerance = 30;

/** Everything else (logout tokens, security events, proofs) is a JWT for another use (RFC 8725, section 3.11). */
const acceptedTypes = new Set(['jwt', 'at+jwt', 'application/at+jwt', 'application/jwt']);

export function trustSecret(secret: string): JwtTrust {
  const key = new TextEncoder().encode(secret);
  return { issuer: demoIssuer, audience: demoAudience, algorithms: ['HS256'], find: async () => key };
}

export function trustOidc(options: { readonly issuer: string; readonly audience: string; readonly algorithms: readonly string[]; readonly now?: () => number }): JwtTrust {
  const keys = oidcKeys(options.issuer, options.now);
  return { issuer: options.issuer, audience: options.audience, algorithms: options.algorithms, find: (header, token) => keys.find(header, token) };
}

export interface JwtVerifierOptions {
  readonly trust: JwtTrust;
  readonly claimNames: ClaimNames;
  readonly visas?: VisaVerifier;
  readonly warn?: (message: string) => void;
  readonly now?: () => number;
}

export class JwtVerifier {
  readonly #options: JwtVerifierOptions;
  readonly #now: () => number;

  constructor(options: JwtVerifierOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @throws DureError UNAUTHENTICATED with the reason; SOURCE_DOWN when the issuer's keys cannot be had. */
  async verify(token: string): Promise<Identity> {
    const { trust, claimNames, visas, warn = () => {} } = this.#options;
    this.#refuseObvious(token);
    const payload = await this.#verified(token);
    const expiresAt = payload.exp! * 1000;
    if (expiresAt <= this.#now()) throw expired(payload.exp!);
    // RFC 7800: such a token is good only together with a proof of a key, which a bearer does not give.
    if (payload.cnf !== undefined) throw new DureError('UNAUTHENTICATED', 'The token is bound to a key (claim cnf); send a plain bearer token.');
    const { visaTokens, incomplete, ...parts } = readClaims(payload, claimNames, warn);
    const verified = visas ? await visas.verify(visaTokens, parts.subject) : [];
    // A visa that is dropped may be one that a rule is about.
    const unknown = new Set([...incomplete, ...(verified.length < visaTokens.length ? ['person.visas'] : [])]);
    return makeIdentity({
      kind: 'person',
      issuer: trust.issuer,
      ...parts,
      visas: verified,
      ...(unknown.size > 0 ? { incomplete: [...unknown].sort() } : {}),
      scopes,
      // The earliest end counts: when a visa lapses the caller is identified anew, without it.
      expiresAt: Math.min(expiresAt, ...verified.map((visa) => visa.expiresAt)),
    });
  }

  /** Tokens that cannot be ours are refused before any key is fetched for them. */
  #refuseObvious(token: string): void {
    const { trust } = this.#options;
    const { alg, typ, issuer } = decoded(token);
    if (!trust.algorithms.includes(String(alg))) {
      throw new DureError('UNAUTHENTICATED', `The token's algorithm is not accepted here; accepted: ${trust.algorithms.join(', ')}.`);
    }
    if (typ !== undefined && !acceptedTypes.has(String(typ).toLowerCase())) throw new DureError('UNAUTHENTICATED', 'The token is of another type (header typ): send an access token.');
    if (issuer !== trust.issuer) throw new DureError('UNAUTHENTICATED', `The token is from another issuer (claim iss): this server accepts tokens of ${trust.issuer}.`);
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { trust } = this.#options;
    try {
      const { payload } = await jwtVerify(token, trust.find, {
        issuer: trust.issuer,
        audience: trust.audience,
        algorithms: [...trust.algorithms],
        clockTolerance,
        requiredClaims: ['exp'],
        currentDate: new Date(this.#now()),
      });
      return payload;
    } catch (error) {
      throw explained(error, trust);
    }
  }
}

function decoded(token: string): { alg: unknown; typ: unknown; issuer: unknown } {
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return { alg, typ, issuer: decodeJwt(token).iss };
  } catch {
    throw new DureError('UNAUTHENTICATED', 'The bearer token is neither an API token (dure_…) nor a JSON Web Token: it may have been cut off when it was copied.');
  }
}

function expired(exp: number): DureError {
  const at = new Date(exp * 1000);
  const when = Number.isNaN(at.getTime()) ? '' : ` at ${at.toISOString()}`;
  return new DureError('UNAUTHENTICATED', `The token expired${when}. Sign in again.`);
}

function explained(error: unknown, trust: JwtTrust): Error {
  if (error instanceof DureError) return error;
  if (error instanceof errors.JWTExpired) return expired(Number(error.payload.exp));
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return new DureError('UNAUTHENTICATED', `The token is meant for another service (claim aud): ask your identity provider for one with the audience ${trust.audience}.`);
    if (error.claim === 'nbf') return new DureError('UNAUTHENTICATED', 'The token is not valid yet (claim nbf). If it was just issued, a clock is wrong.');
    return new DureError('UNAUTHENTICATED', `The token's claim ${error.claim} is missing or wrong.`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return new DureError('UNAUTHENTICATED', 'The signature of the token is not its issuer\'s: the token was changed or forged, or its key was replaced. Sign in again.');
  if (error instanceof errors.JWKSNoMatchingKey) return new DureError('UNAUTHENTICATED', 'The token is signed with a key that its issuer does not publish (header kid). Sign in again.');
  if (error instanceof errors.JWKSMultipleMatchingKeys) return new DureError('UNAUTHENTICATED', 'The token does not name its key (header kid), and its issuer has several.');
  if (error instanceof errors.JOSEError) return new DureError('UNAUTHENTICATED', 'The token is not a well-formed JSON Web Token.');
  return new DureError('INTERNAL', 'The token could not be checked.', {}, { cause: error });
}
