/** GA4GH Passport visas (AAI profile 1.2): each is a signed token of its own, worth what its issuer's key proves. */
import { decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import type { Visa } from './identity.js';
import { RemoteKeys } from './remoteKeys.js';

/** A visa issuer and the key set that it was agreed to sign with. A visa's own `jku` is never followed. */
export interface VisaIssuer {
  readonly issuer: string;
  readonly keySet: string;
}

export interface VisaVerifierOptions {
  readonly issuers: readonly VisaIssuer[];
  readonly algorithms: readonly string[];
  readonly warn?: (message: string) => void;
  readonly now?: () => number;
}

/** More than this in one passport is somebody trying to keep us busy. */
const mostVisas = 50;

export class VisaVerifier {
  readonly #keys: ReadonlyMap<string, RemoteKeys>;
  readonly #options: VisaVerifierOptions;
  readonly #now: () => number;

  constructor(options: VisaVerifierOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#keys = new Map(options.issuers.map(({ issuer, keySet }) => [
      issuer, new RemoteKeys({ owner: `the visa issuer ${issuer}`, locate: async () => new URL(keySet), now: options.now }),
    ]));
  }

  /** The visas that hold; every other one is dropped with a warning, for a visa can only add to what somebody may see. */
  async verify(tokens: readonly string[], subject: string): Promise<Visa[]> {
    if (tokens.length > mostVisas) this.#warn(`it is beyond the ${mostVisas} visas that are read of one passport`);
    const verified = await Promise.all(tokens.slice(0, mostVisas).map((token) => this.#verifyOne(token, subject)));
    return verified.filter((visa) => visa !== undefined);
  }

  async #verifyOne(token: string, subject: string): Promise<Visa | undefined> {
    try {
      const keys = this.#keys.get(String(decodeJwt(token).iss));
      if (!keys) return this.#warn('its issuer is not trusted here (DURE_VISA_ISSUERS)');
      const { payload } = await jwtVerify(token, (header, input) => keys.find(header, input), {
        algorithms: [...this.#options.algorithms],
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: 30,
        currentDate: new Date(this.#now()),
      });
      return this.#read(payload, subject);
    } catch (error) {
      return this.#warn(error instanceof Error ? error.message : 'it cannot be read');
    }
  }

  #read(payload: JWTPayload, subject: string): Visa | undefined {
    const expiresAt = payload.exp! * 1000;
    if (expiresAt <= this.#now()) return this.#warn('it has expired');
    // Visas of another subject need LinkedIdentities to be combined (Passport 1.2, "LinkedIdentities"), which are not evaluated.
    if (payload.sub !== subject) return this.#warn('it is about another subject');
    const visa = payload.ga4gh_visa_v1 as Readonly<Record<string, unknown>> | null | undefined;
    if (typeof visa !== 'object' || visa === null) return this.#warn('it has no claim ga4gh_visa_v1');
    const { type, value, source, by, asserted, conditions } = visa;
    // "conditions" that are not understood must lead to rejection (Passport 1.2, "conditions").
    if (conditions !== undefined) return this.#warn('it has conditions, which are not evaluated');
    if (typeof type !== 'string' || typeof value !== 'string' || typeof source !== 'string' || typeof asserted !== 'number' || (by !== undefined && typeof by !== 'string')) {
      return this.#warn('its type, value, source, by or asserted is missing or malformed');
    }
    if (asserted * 1000 > this.#now() + 30_000) return this.#warn('it was asserted in the future');
    return { type, value, source, ...(by === undefined ? {} : { by }), asserted: asserted * 1000, expiresAt };
  }

  #warn(reason: string): undefined {
    this.#options.warn?.(`A visa was dropped: ${reason}.`);
  }
}
