/** Short secrets at rest: AES-256-GCM under a key of the ring, named, so that keys can be replaced one after the other. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { PurposeKeys } from './secretKeys.js';

export interface SealedText {
  readonly keyId: string;
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
}

/** @param owner what the secret belongs to: a sealed text that is moved to another owner cannot be opened */
export function seal(text: string, owner: string, keys: PurposeKeys): SealedText {
  const { id, key } = keys.newest;
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner, 'utf8'));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { keyId: id, iv: iv.toString('base64url'), tag: cipher.getAuthTag().toString('base64url'), data: data.toString('base64url') };
}

/** Undefined where the key is no longer in the ring, or the text is not what was sealed for this owner. */
export function unseal({ keyId, iv, tag, data }: SealedText, owner: string, keys: PurposeKeys): string | undefined {
  const key = keys.find(keyId);
  if (!key) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url')).setAAD(Buffer.from(owner, 'utf8')).setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
