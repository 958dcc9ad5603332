import { createHmac, createSecretKey, hkdfSync, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { DureError } from '../errors.js';
import { keepPrivateFile } from './privateFile.js';

export interface SecretKey {
  readonly id: string;
  readonly key: string;
}

export interface PurposeKeys {
  readonly newest: { readonly id: string; readonly key: Uint8Array };
  /** Undefined where no key of the ring has this id. */
  find(id: string): Uint8Array | undefined;
}

/** Bytes that a key must have at least: those of the SHA-256 it drives. */
export const leastKeyBytes = 32;

/**
 * The key ring, newest key first. The newest signs, every one verifies: a key is retired by putting a new one before it and taking it
 * away when nothing that it signed is needed any more. Each purpose has a key of its own derived from the ring's (HKDF, RFC 5869), so
 * that a signature made for one purpose is worth nothing in another.
 */
export class SecretKeys {
  readonly #keys: readonly SecretKey[];
  readonly #derived = new Map<string, Buffer>();
  readonly #macKeys = new Map<string, KeyObject>();

  constructor(keys: readonly SecretKey[]) {
    if (keys.length === 0) throw new DureError('BAD_USER_INPUT', 'The key ring is empty: at least one secret key is needed.');
    this.#keys = keys;
  }

  get newestId(): string {
    return this.#keys[0]!.id;
  }

  get ids(): readonly string[] {
    return this.#keys.map((key) => key.id);
  }

  /** `KEYID.MAC` by the newest key. */
  sign(purpose: string, data: string | Uint8Array): string {
    return `${this.newestId}.${this.mac(purpose, data, this.newestId)}`;
  }

  /** True if `signature` was made for this purpose and data by a key that is still in the ring. */
  verify(purpose: string, data: string | Uint8Array, signature: string): boolean {
    const dot = signature.indexOf('.');
    const id = signature.slice(0, dot);
    if (dot < 1 || !this.#keys.some((key) => key.id === id)) return false;
    const expected = Buffer.from(this.mac(purpose, data, id));
    const given = Buffer.from(signature.slice(dot + 1));
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** The bare HMAC-SHA-256 (base64url) by the key of this id. */
  mac(purpose: string, data: string | Uint8Array, id: string): string {
    const name = `${id}\n${purpose}`;
    let key = this.#macKeys.get(name);
    // From bytes, a key object would be made each time, which takes longer than the rest.
    if (!key) this.#macKeys.set(name, (key = createSecretKey(this.derive(purpose, id))));
    return createHmac('sha256', key).update(data).digest('base64url');
  }

  /** The ring's keys for one purpose, for who signs in a form of their own (plan/cursor.ts). */
  forPurpose(purpose: string): PurposeKeys {
    return {
      newest: { id: this.newestId, key: this.derive(purpose) },
      find: (id) => (this.ids.includes(id) ? this.derive(purpose, id) : undefined),
    };
  }

  /** 32 bytes for one purpose from the key of this id. */
  derive(purpose: string, id: string = this.newestId): Buffer {
    const name = `${id}\n${purpose}`;
    const known = this.#derived.get(name);
    if (known) return known;
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (!key) throw new DureError('INTERNAL', `The secret key ${id} is not in the key ring.`);
    const derived = Buffer.from(hkdfSync('sha256', key.key, 'dure', purpose, 32));
    this.#derived.set(name, derived);
    return derived;
  }
}

/** The ring of the configuration, else one kept in the data directory (good for one machine). */
export function loadSecretKeys(configured: readonly SecretKey[], dataDirectory: string): SecretKeys {
  if (configured.length > 0) return new SecretKeys(configured);
  const path = join(dataDirectory, 'secret-keys');
  const text = keepPrivateFile(path, () => `local:${randomBytes(leastKeyBytes).toString('base64url')}\n`);
  const parsed = parseSecretKeys(text);
  if (parsed.problem !== undefined) throw new DureError('BAD_USER_INPUT', `The file ${path} is not a key ring: ${parsed.problem}.`);
  return new SecretKeys(parsed.keys);
}

/** Reads `id:key,id:key`, newest first. The problem never repeats a key. */
export function parseSecretKeys(text: string): { readonly keys: readonly SecretKey[]; readonly problem?: string } {
  const keys: SecretKey[] = [];
  for (const [index, entry] of text.trim().split(',').entries()) {
    const colon = entry.indexOf(':');
    const id = entry.slice(0, colon).trim();
    const key = entry.slice(colon + 1).trim();
    const which = `entry ${index + 1}`;
    if (colon < 1 || !/^[A-Za-z0-9_-]{1,32}$/.test(id)) return { keys: [], problem: `${which} has no id of 1 to 32 letters, digits, _ or - before a colon` };
    if (Buffer.byteLength(key) < leastKeyBytes) return { keys: [], problem: `${which} (${id}) has a key of ${Buffer.byteLength(key)} bytes, at least ${leastKeyBytes} are needed` };
    if (keys.some((other) => other.id === id)) return { keys: [], problem: `the id ${id} stands twice` };
    keys.push(Object.freeze({ id, key }));
  }
  return { keys: Object.freeze(keys) };
}
