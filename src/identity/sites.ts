/**
 * Dure sites that know each other. A site signs who asks and for what, for one other site and a moment (`SiteSigner`); the other site
 * believes it about its own persons and nobody else's (`SiteVerifier`), and decides by its own rules.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT, type JSONWebKeySet } from 'jose';
import { Lru } from '../lru.js';
import { DureError } from '../errors.js';
import { countryCode } from './countries.js';
import { parseEd25519Key } from './ed25519.js';
import type { Identity } from './identity.js';
import { makeIdentity } from './makeIdentity.js';
import { keepPrivateFile } from './privateFile.js';
import { RemoteKeys } from './remoteKeys.js';

/** Another site, as both agreed. */
export interface TrustedSite {
  /** Its address, exactly as in its tokens' claim iss. */
  readonly issuer: string;
  /** Where its key set lies (RFC 7517). What a token itself says of keys is not followed. */
  readonly keySet: string;
  /** ISO 3166-1 alpha-2: what is answered to it goes there. */
  readonly country?: string;
  /** Domains whose affiliations it may assert: `lab-a.example` for `staff@lab-a.example`. */
  readonly domains: readonly string[];
}

/** A type of its own: such a token is good for nothing else, and no other token is good for this (RFC 8725, section 3.11). */
const tokenType = 'dure-site+jwt';
/** Seconds. */
const lifetime = 60;
const longestLifetime = 300;
const clockTolerance = 30;
/** A token is used again for as long as it has this much left. */
const leastLeft = 30;

export interface SiteSignerOptions {
  /** This site's address as others know it. */
  readonly issuer: string;
  /** PKCS #8, PEM or base64; without it a key is kept in the data directory. */
  readonly key?: string;
  readonly dataDirectory: string;
  readonly now?: () => number;
}

export class SiteSigner {
  readonly issuer: string;
  private readonly key: KeyObject;
  private readonly now: () => number;
  private readonly signed = new Lru<string, { readonly token: string; readonly until: number }>(1_000);
  private published: Promise<{ readonly id: string; readonly set: JSONWebKeySet }> | undefined;

  constructor({ issuer, key, dataDirectory, now = Date.now }: SiteSignerOptions) {
    this.issuer = issuer;
    this.key = key === undefined ? createPrivateKey(keepPrivateFile(join(dataDirectory, 'site-key'), () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)) : parseEd25519Key(key);
    this.now = now;
  }

  /** A site speaks for its own persons only: not for nobody, not for itself, and not for those that another site vouched for. */
  static speaksFor(identity: Identity): boolean {
    return identity.subject !== undefined && (identity.kind === 'person' || identity.kind === 'token') && identity.site === undefined;
  }

  /** The public half, for other sites. */
  async keySet(): Promise<JSONWebKeySet> {
    return (await this.publish()).set;
  }

  /**
   * Tells the site `audience` who asks and for what purpose.
   * @throws DureError FORBIDDEN for callers who are no person: a site speaks for its persons only
   */
  async sign(identity: Identity, purpose: string | undefined, audience: string): Promise<string> {
    if (!SiteSigner.speaksFor(identity)) throw new DureError('FORBIDDEN', 'This site speaks to other sites for its own persons only.');
    const at = Math.floor(this.now() / 1000);
    const name = JSON.stringify([identity.key, purpose, audience]);
    const before = this.signed.get(name);
    if (before && before.until - at > leastLeft) return before.token;
    const { id } = await this.publish();
    const until = Math.min(at + lifetime, Math.floor((identity.expiresAt ?? Infinity) / 1000));
    if (until <= at) throw new DureError('UNAUTHENTICATED', 'The token has expired. Sign in again.');
    const token = await new SignJWT({
      ...(purpose === undefined ? {} : { purpose }), ...(identity.name === undefined ? {} : { name: identity.name }), ...(identity.country === undefined ? {} : { country: identity.country }),
      ...(identity.affiliations.length === 0 ? {} : { affiliations: identity.affiliations }), ...(identity.issuer === undefined ? {} : { idp: identity.issuer }),
    }).setProtectedHeader({ alg: 'EdDSA', kid: id, typ: tokenType }).setIssuer(this.issuer).setSubject(identity.subject!).setAudience(audience).setIssuedAt(at).setExpirationTime(until).setJti(randomUUID()).sign(this.key);
    this.signed.set(name, { token, until });
    return token;
  }

  private publish(): Promise<{ readonly id: string; readonly set: JSONWebKeySet }> {
    this.published ??= (async () => {
      const jwk = await exportJWK(createPublicKey(this.key));
      const id = await calculateJwkThumbprint(jwk);
      return { id, set: { keys: [{ ...jwk, kid: id, alg: 'EdDSA', use: 'sig' }] } };
    })();
    return this.published;
  }
}

export interface SiteVerifierOptions {
  /** This site: the audience that tokens must be for. */
  readonly site: string;
  readonly sites: readonly TrustedSite[];
  readonly now?: () => number;
}

export class SiteVerifier {
  private readonly sites: ReadonlyMap<string, { readonly site: TrustedSite; readonly keys: RemoteKeys }>;
  private readonly now: () => number;

  constructor(private readonly options: SiteVerifierOptions) {
    this.now = options.now ?? Date.now;
    this.sites = new Map(options.sites.map((site) => [site.issuer, { site, keys: new RemoteKeys({ owner: `the site ${site.issuer}`, locate: async () => new URL(site.keySet), now: options.now }) }]));
  }

  /** Whether a token says that it is one of a site's. Nothing is verified here. */
  static claims(token: string): boolean {
    try {
      return String(decodeProtectedHeader(token).typ).toLowerCase() === tokenType;
    } catch {
      return false;
    }
  }

  /** @throws DureError UNAUTHENTICATED with the reason; SOURCE_DOWN where the site's keys cannot be had */
  async verify(token: string): Promise<Identity> {
    const known = this.sites.get(issuerOf(token));
    if (!known) throw refuse('is of a site that this one does not know (DURE_SITES)');
    let payload;
    try {
      ({ payload } = await jwtVerify(token, (header, input) => known.keys.find(header, input), {
        algorithms: ['EdDSA'], typ: tokenType, issuer: known.site.issuer, audience: this.options.site, requiredClaims: ['exp', 'iat', 'sub'], clockTolerance, currentDate: new Date(this.now()),
      }));
    } catch (error) {
      if (error instanceof DureError) throw error;
      throw refuse('does not hold: it is not signed by its site, not meant for this one, or has expired', error);
    }
    const { exp, iat, sub, purpose, name, country, affiliations, idp } = payload as typeof payload & Readonly<Record<string, unknown>>;
    // A token's end is never stretched, whatever the tolerance.
    if (exp! * 1000 <= this.now()) throw refuse('has expired');
    if (exp! - iat! > longestLifetime) throw refuse(`is valid for longer than ${longestLifetime} seconds`);
    if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw refuse('names nobody');
    if (purpose !== undefined && (typeof purpose !== 'string' || purpose.length > 500)) throw refuse('has a purpose that is no text');
    return makeIdentity({
      kind: 'person', issuer: known.site.issuer, site: known.site.issuer, ...(purpose === undefined ? {} : { purpose }),
      // A site knows its own persons only: whatever it calls somebody, it is somebody of that site.
      subject: `${known.site.issuer}#${sub}`,
      ...(typeof name === 'string' && name !== '' ? { name: name.slice(0, 200) } : {}),
      ...countryOf(known.site, country),
      // It has no say in who belongs to organizations here, nor in who runs this server.
      memberships: [], roles: [], visas: [], incomplete: ['person.affiliation', 'person.organizations', 'person.roles', 'person.visas'],
      affiliations: texts(affiliations).filter((one) => known.site.domains.some((domain) => one.toLowerCase().endsWith(`@${domain}`))),
      claims: { site: known.site.issuer, ...(typeof idp === 'string' ? { idp } : {}) },
      scopes: ['read'], expiresAt: exp! * 1000,
    });
  }
}

/** What is answered goes to the site's country and to the person's. Only where both are the same is it known where. */
function countryOf({ country }: TrustedSite, claimed: unknown): { readonly country?: string } {
  const code = typeof claimed === 'string' ? countryCode(claimed) : undefined;
  return code !== undefined && code === country ? { country: code } : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && /^[^@\s]+@[^@\s]+$/.test(one)) : [];
}

function issuerOf(token: string): string {
  try {
    return String(decodeJwt(token).iss);
  } catch {
    throw refuse('is not well formed');
  }
}

function refuse(problem: string, cause?: unknown): DureError {
  return new DureError('UNAUTHENTICATED', `The token of another site ${problem}.`, {}, cause === undefined ? undefined : { cause });
}
