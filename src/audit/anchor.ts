/** An anchor: the heads of the chains in a small signed file, to be kept where nobody of the site reaches it (a notary, a mail to the auditor, a public log). */
import { z } from 'zod';
import { DureError } from '../errors.js';
import { canonicalJson } from '../canonicalJson.js';
import type { PublicKeyRecord } from './archive.js';
import type { Head } from './chain.js';
import { PublicKeys, type SigningKey } from './signingKey.js';
import type { Verification } from './verify.js';

const head = z.object({ chain: z.string(), seq: z.number().int(), hash: z.string() });
const content = z.object({ format: z.literal('dure-audit-anchor-1'), at: z.string(), heads: z.array(head), root: z.object({ number: z.number().int(), hash: z.string() }).optional() });
const file = content.extend({ publicKey: z.string(), keyId: z.string(), signature: z.string() });

export interface Anchor {
  readonly at: string;
  readonly heads: readonly Head[];
  readonly root?: { readonly number: number; readonly hash: string };
}

export function writeAnchor({ heads, root }: Pick<Verification, 'heads' | 'root'>, key: SigningKey, now: Date): string {
  const said = { format: 'dure-audit-anchor-1', at: now.toISOString(), heads, ...(root && { root }) };
  return `${JSON.stringify({ ...said, keyId: key.id, publicKey: key.publicKey, signature: key.sign(canonicalJson(said)) }, null, 2)}\n`;
}

/** @throws DureError BAD_USER_INPUT where the text is no anchor, or is not signed by a trusted key */
export function readAnchor(text: string, trusted: ReadonlySet<string>): Anchor {
  let parsed;
  try {
    parsed = file.parse(JSON.parse(text));
  } catch (cause) {
    throw new DureError('BAD_USER_INPUT', 'The file is no anchor of an audit: make one by "dure audit anchor".', {}, { cause });
  }
  const { keyId, publicKey, signature, ...said } = parsed;
  const key: PublicKeyRecord = { id: keyId, publicKey };
  if (!trusted.has(keyId)) throw new DureError('BAD_USER_INPUT', `The anchor is signed by the key ${keyId}, which is not trusted. Name it by --key if you know it to be yours.`);
  if (new PublicKeys([key]).fault(canonicalJson(said), signature)) throw new DureError('BAD_USER_INPUT', 'The anchor was changed: its signature does not hold.');
  return said;
}
