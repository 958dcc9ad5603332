import { hash } from 'node:crypto';
import { Lru } from '../lru.js';
import type { Identity } from './identity.js';

interface Entry {
  readonly identity: Identity;
  /** Milliseconds since the epoch; afterwards the credential is checked anew. */
  readonly until: number;
}

/** Verified credentials by their digest (the credentials themselves are not kept), least recently used first out. */
export class IdentityCache {
  readonly #entries: Lru<string, Entry>;

  constructor(capacity: number) {
    this.#entries = new Lru(capacity);
  }

  static digest(credential: string): string {
    return hash('sha256', credential, 'base64url');
  }

  get size(): number {
    return this.#entries.size;
  }

  get(digest: string, now: number): Identity | undefined {
    const entry = this.#entries.get(digest);
    if (!entry) return undefined;
    if (entry.until > now) return entry.identity;
    this.#entries.delete(digest);
    return undefined;
  }

  set(digest: string, identity: Identity, until: number): void {
    this.#entries.set(digest, { identity, until });
  }

  /** Drops what was made of one API token. */
  forget(tokenId: string): void {
    for (const [digest, entry] of this.#entries.all()) if (entry.identity.tokenId === tokenId) this.#entries.delete(digest);
  }
}
