import { hash } from 'node:crypto';
import type { Identity } from './identity.js';

interface Entry {
  readonly identity: Identity;
  /** Milliseconds since the epoch; afterwards the credential is checked anew. */
  readonly until: number;
}

/** Verified credentials by their digest (the credentials themselves are not kept), least recently used first out. */
export class IdentityCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
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
    this.#entries.delete(digest);
    if (entry.until <= now) return undefined;
    this.#entries.set(digest, entry);
    return entry.identity;
  }

  set(digest: string, identity: Identity, until: number): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, { identity, until });
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Drops what was made of one API token. */
  forget(tokenId: string): void {
    for (const [digest, entry] of this.#entries) if (entry.identity.tokenId === tokenId) this.#entries.delete(digest);
  }
}
