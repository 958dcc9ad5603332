/**
 * Cursors: encrypted, authenticated, bound to the question they belong to. They hold the order values of one row, as the caller may
 * read them, and its row number; a row number that could be read would tell how many rows are hidden between two that are not.
 * Synthetic IV (as in RFC 5297): the mark that authenticates is also the nonce, so equal cursors have equal texts and no nonce repeats.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { RowNumberCodec } from './rowNumber.js';

/** Signs with the newest key and accepts older ones; named so that a key can be retired. */
export interface CursorKeys {
  readonly newest: { readonly id: string; readonly key: Uint8Array };
  find(id: string): Uint8Array | undefined;
}

export type CursorValues = readonly (string | null)[];
export type DecodedCursor =
  | { readonly ok: true; readonly values: CursorValues }
  | { readonly ok: false; readonly reason: 'malformed' | 'otherQuestion' }
  | { readonly ok: false; readonly reason: 'otherVersion'; readonly version: string };

const ivBytes = 16;
const longest = 8192;

export class CursorCodec {
  readonly rowNumbers: RowNumberCodec;

  constructor(private readonly keys: CursorKeys) {
    this.rowNumbers = new RowNumberCodec(keys);
  }

  /** @param context what the cursor is bound to: table, order and filter with its values */
  encode(version: string, context: string, values: CursorValues): string {
    const { id, key } = this.keys.newest;
    const body = padded(JSON.stringify([version, ...values]), values.at(-1));
    const iv = mark(key, body, context);
    const cipher = createCipheriv('aes-256-ctr', encryptionKey(key), iv);
    const name = Buffer.from(id, 'utf8');
    return Buffer.concat([Buffer.of(name.length), name, iv, cipher.update(body, 'utf8'), cipher.final()]).toString('base64url');
  }

  decode(text: string, version: string, context: string): DecodedCursor {
    const malformed = { ok: false, reason: 'malformed' } as const;
    const bytes = Buffer.from(text, 'base64url');
    const start = 1 + (bytes[0] ?? 0);
    if (bytes.length <= start + ivBytes || bytes.length > longest) return malformed;
    const key = this.keys.find(bytes.subarray(1, start).toString('utf8'));
    if (!key) return malformed;
    const iv = bytes.subarray(start, start + ivBytes);
    const decipher = createDecipheriv('aes-256-ctr', encryptionKey(key), iv);
    const body = Buffer.concat([decipher.update(bytes.subarray(start + ivBytes)), decipher.final()]).toString('utf8');
    const [made, ...values] = parse(body) ?? [];
    if (!made) return malformed;
    // What decrypts to a cursor but has another mark was made for another question.
    if (!timingSafeEqual(mark(key, body, context), iv)) return { ok: false, reason: 'otherQuestion' };
    return made === version ? { ok: true, values } : { ok: false, reason: 'otherVersion', version: made };
  }
}

/** The last value is a row number, whose digits would show in the length: all but the greatest are as long as one of twenty digits. */
function padded(body: string, last: string | null | undefined): string {
  return body + ' '.repeat(Math.max(0, 20 - (last?.length ?? 0)));
}

function mark(key: Uint8Array, body: string, context: string): Buffer {
  return createHmac('sha256', keyObject(key)).update(String(body.length)).update('|').update(body).update(context).digest().subarray(0, ivBytes);
}

/** To make them anew from bytes for each cursor would take longer than all else. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();
function keyObject(key: Uint8Array): KeyObject {
  let made = keyObjects.get(key);
  if (!made) keyObjects.set(key, (made = createSecretKey(key)));
  return made;
}

const encryptionKeys = new WeakMap<Uint8Array, KeyObject>();
function encryptionKey(key: Uint8Array): KeyObject {
  let derived = encryptionKeys.get(key);
  if (!derived) encryptionKeys.set(key, (derived = createSecretKey(createHmac('sha256', key).update('cursor encryption').digest())));
  return derived;
}

function parse(body: string): (string | null)[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) && value.every((v) => v === null || typeof v === 'string') ? (value as (string | null)[]) : undefined;
  } catch {
    return undefined;
  }
}
