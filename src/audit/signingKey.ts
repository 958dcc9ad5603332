/** The Ed25519 key (RFC 8032) that signs heads of chains and seals. Its id is a digest of its public half, so an id cannot be given to another key. */
import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { DureError } from '../errors.js';
import { parseEd25519Key } from '../identity/ed25519.js';
import { keepPrivateFile } from '../identity/privateFile.js';
import { digest } from './chain.js';

export interface SigningKey {
  readonly id: string;
  /** SPKI, base64. */
  readonly publicKey: string;
  /** `KEYID.SIGNATURE`, base64url. */
  sign(message: string): string;
}

/** The configured key (PKCS #8, PEM or its base64 body), else one kept in the data directory. */
export function loadSigningKey(configured: string | undefined, dataDirectory: string): SigningKey {
  if (configured !== undefined) return signingKey(parseEd25519Key(configured));
  const path = join(dataDirectory, 'audit-signing-key');
  const pem = keepPrivateFile(path, () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  try {
    return signingKey(parseEd25519Key(pem));
  } catch (error) {
    throw new DureError('BAD_USER_INPUT', `The file ${path} holds no Ed25519 key. Restore it from a backup; a new key would not be that of the entries so far.`, {}, { cause: error });
  }
}

function signingKey(key: KeyObject): SigningKey {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
  const id = keyIdOf(publicKey);
  return Object.freeze({ id, publicKey, sign: (message: string) => `${id}.${sign(null, Buffer.from(message), key).toString('base64url')}` });
}

export function keyIdOf(publicKey: string): string {
  return digest(publicKey).slice(0, 22);
}

export type SignatureFault = 'UNKNOWN_KEY' | 'BAD_SIGNATURE';

/** Public keys by id. One whose id is not its digest is not taken in. */
export class PublicKeys {
  private readonly keys = new Map<string, KeyObject>();

  constructor(keys: readonly { readonly id: string; readonly publicKey: string }[]) {
    for (const { id, publicKey } of keys) {
      if (keyIdOf(publicKey) === id) this.keys.set(id, createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' }));
    }
  }

  fault(message: string, signature: string): SignatureFault | undefined {
    const dot = signature.indexOf('.');
    const key = this.keys.get(signature.slice(0, dot));
    if (!key) return 'UNKNOWN_KEY';
    return verify(null, Buffer.from(message), key, Buffer.from(signature.slice(dot + 1), 'base64url')) ? undefined : 'BAD_SIGNATURE';
  }
}
