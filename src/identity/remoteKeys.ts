import { createLocalJWKSet, errors, type CryptoKey, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { DureError } from '../errors.js';

type KeyLookup = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface RemoteKeysOptions {
  /** Named in errors: whose keys these are. */
  readonly owner: string;
  /** Finds the address of the key set (RFC 7517); asked again at each refresh. */
  readonly locate: () => Promise<URL>;
  readonly now?: () => number;
}

/** A key set is taken as new for so long; then it is fetched again, so that a withdrawn key stops working. */
const freshFor = 10 * 60_000;
/** While its owner cannot be reached the last set goes on working for so long. */
const usableFor = 60 * 60_000;
/** An unknown key id makes us look again, but not more often than this: anybody can invent key ids. */
const lookAgainAfter = 30_000;
/** After a failure the owner is left alone for this long. */
const restAfterFailure = 5_000;

/** The public keys of a token issuer, fetched when needed, kept, and fetched again when the issuer rotates them. */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #now: () => number;
  #keys: { readonly find: KeyLookup; readonly at: number } | undefined;
  #failure: { readonly error: DureError; readonly at: number } | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The key that a token's header names.
   * @throws DureError SOURCE_DOWN when the issuer cannot be reached: the token may well be good, so this is not UNAUTHENTICATED.
   */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const age = this.#age();
    if (age > freshFor) {
      try {
        await this.#refresh();
      } catch (error) {
        if (age > usableFor) throw error;
      }
    }
    try {
      return await this.#keys!.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#age() < lookAgainAfter) throw error;
      await this.#refresh();
      return this.#keys!.find(header, token);
    }
  }

  #age(): number {
    return this.#keys ? this.#now() - this.#keys.at : Infinity;
  }

  async #refresh(): Promise<void> {
    if (this.#failure && this.#now() - this.#failure.at < restAfterFailure) throw this.#failure.error;
    this.#pending ??= this.#fetch().finally(() => { this.#pending = undefined; });
    await this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      const set = await fetchJson(await this.#options.locate());
      this.#keys = { find: createLocalJWKSet(set as unknown as JSONWebKeySet), at: this.#now() };
      this.#failure = undefined;
    } catch (cause) {
      const error = new DureError('SOURCE_DOWN', `The token cannot be checked now: the keys of ${this.#options.owner} cannot be fetched. Try again in a moment; if it lasts, tell whoever runs this server.`, {}, { cause });
      this.#failure = { error, at: this.#now() };
      throw error;
    }
  }
}

const largest = 1024 * 1024;

/** A JSON object from an issuer. Redirects are refused: the address was configured or asserted exactly. */
export async function fetchJson(url: URL): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000), headers: { accept: 'application/json' } });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`${url.href} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > largest) throw new Error(`${url.href} answered more than ${largest} bytes`);
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${url.href} did not answer a JSON object`);
  return value as Record<string, unknown>;
}
