import { createPrivateKey, type KeyObject } from 'node:crypto';

/** An Ed25519 private key (RFC 8032) in PKCS #8: PEM, or the base64 of its body. @throws Error where the text is none */
export function parseEd25519Key(text: string): KeyObject {
  const pem = text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : `-----BEGIN PRIVATE KEY-----\n${text.replace(/\s/g, '')}\n-----END PRIVATE KEY-----\n`;
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  return key;
}

export function isEd25519Key(text: string): boolean {
  try {
    parseEd25519Key(text);
    return true;
  } catch {
    return false;
  }
}
