import { DureError } from '../errors.js';
import { apiTokenPrefix, isWellFormedApiToken } from './apiToken.js';
import { anonymous, type Identity } from './identity.js';
import { IdentityCache } from './identityCache.js';
import type { JwtVerifier } from './jwt.js';
import { SiteVerifier } from './sites.js';

/** Where API tokens are looked up (storage/tokenStore.ts). */
export interface TokenFinder {
  /** @throws DureError UNAUTHENTICATED when the token is unknown, expired or revoked. */
  find(token: string): Promise<Identity>;
}

export interface IdentifierOptions {
  /** Absent where neither a provider nor a secret is configured: then JSON Web Tokens are refused. */
  readonly jwt?: JwtVerifier;
  readonly tokens?: TokenFinder;
  /** Absent where no other site is known. */
  readonly sites?: SiteVerifier;
  readonly cacheSize?: number;
  readonly now?: () => number;
}

/** An API token is looked up again after this time, so that a revocation is felt within it on every process. */
const tokenTrustedFor = 1_000;
/** A signed token is verified again after this time, so that a key its issuer withdrew stops working. */
const jwtTrustedFor = 5 * 60_000;
const longestCredential = 64 * 1024;

/**
 * Says who is asking. No header is anonymous; a header that is wrong in any way is refused and never taken for anonymous, because
 * the caller believes to be somebody and would read an answer as if it were theirs.
 */
export class Identifier {
  readonly #options: IdentifierOptions;
  readonly #cache: IdentityCache;
  readonly #now: () => number;
  readonly #pending = new Map<string, Promise<Identity>>();

  constructor(options: IdentifierOptions) {
    this.#options = options;
    this.#cache = new IdentityCache(options.cacheSize ?? 10_000);
    this.#now = options.now ?? Date.now;
  }

  /** @throws DureError UNAUTHENTICATED with a reason for people; SOURCE_DOWN or DATABASE_UNAVAILABLE when the credential cannot be checked now. */
  async identify(authorization: string | undefined): Promise<Identity> {
    if (authorization === undefined) return anonymous;
    const token = bearer(authorization);
    const digest = IdentityCache.digest(token);
    const known = this.#cache.get(digest, this.#now());
    if (known) return known;
    const pending = this.#pending.get(digest);
    if (pending) return pending;
    const checking = this.#check(token, digest).finally(() => this.#pending.delete(digest));
    this.#pending.set(digest, checking);
    return checking;
  }

  /** A hint that an API token was revoked: this process looks it up anew at once. */
  forget(tokenId: string): void {
    this.#cache.forget(tokenId);
  }

  async #check(token: string, digest: string): Promise<Identity> {
    // Counted from before the look-up: a revocation during it is found one period after it, not later.
    const asked = this.#now();
    const isApiToken = token.startsWith(apiTokenPrefix);
    const identity = isApiToken ? await this.#apiToken(token) : await this.#jwt(token);
    this.#cache.set(digest, identity, Math.min(asked + (isApiToken ? tokenTrustedFor : jwtTrustedFor), identity.expiresAt ?? Infinity));
    return identity;
  }

  async #apiToken(token: string): Promise<Identity> {
    if (!isWellFormedApiToken(token)) throw new DureError('UNAUTHENTICATED', 'The API token is mistyped or cut off: its checksum is wrong.');
    if (!this.#options.tokens) throw new DureError('UNAUTHENTICATED', 'API tokens are not accepted here.');
    return this.#options.tokens.find(token);
  }

  async #jwt(token: string): Promise<Identity> {
    if (SiteVerifier.claims(token)) {
      if (!this.#options.sites) throw new DureError('UNAUTHENTICATED', 'Tokens of other sites are not accepted here.');
      return this.#options.sites.verify(token);
    }
    if (!this.#options.jwt) throw new DureError('UNAUTHENTICATED', 'This server has no identity provider (DURE_OIDC_ISSUER): only API tokens (dure_…) are accepted.');
    return this.#options.jwt.verify(token);
  }
}

function bearer(authorization: string): string {
  if (authorization.length > longestCredential) throw new DureError('UNAUTHENTICATED', `The authorization header is longer than ${longestCredential} characters.`);
  const [, scheme, credential] = /^\s*([^\s]+)(?:\s+([^\s]+))?\s*$/.exec(authorization) ?? [];
  if (scheme !== undefined && scheme.toLowerCase() === 'bearer' && credential !== undefined) return credential;
  const form = 'Send "authorization: Bearer TOKEN", or no authorization header to ask anonymously.';
  if (scheme === undefined || scheme.toLowerCase() === 'bearer') throw new DureError('UNAUTHENTICATED', `The authorization header holds no token. ${form}`);
  if (/^[A-Za-z][A-Za-z0-9-]{0,20}$/.test(scheme)) throw new DureError('UNAUTHENTICATED', `The authorization scheme ${scheme} is not supported. ${form}`);
  throw new DureError('UNAUTHENTICATED', `The authorization header has no scheme. ${form}`);
}
