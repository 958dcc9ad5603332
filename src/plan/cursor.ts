/**
 * Cursors: opaque, authenticated, bound to the question they belong to. They hold the order values of one row, as the caller may
 * read them, and its row number; never a hidden value.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

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

const macBytes = 12;

export class CursorCodec {
  constructor(private readonly keys: CursorKeys) {}

  /** @param context what the cursor is bound to: table, order and filter with its values */
  encode(version: string, context: string, values: CursorValues): string {
    const { id, key } = this.keys.newest;
    const body = JSON.stringify([id, version, ...values]);
    return Buffer.concat([mac(key, body, context), Buffer.from(body, 'utf8')]).toString('base64url');
  }

  decode(text: string, version: string, context: string): DecodedCursor {
    const malformed = { ok: false, reason: 'malformed' } as const;
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length <= macBytes || bytes.length > 8192) return malformed;
    const body = bytes.subarray(macBytes).toString('utf8');
    const parts = parse(body);
    if (!parts) return malformed;
    const [id, made, ...values] = parts;
    const key = id ? this.keys.find(id) : undefined;
    if (!key || !made) return malformed;
    if (!timingSafeEqual(mac(key, body, context), bytes.subarray(0, macBytes))) {
      // Which of the two it is cannot be told without the mark of the question, so both are said.
      return { ok: false, reason: 'otherQuestion' };
    }
    return made === version ? { ok: true, values } : { ok: false, reason: 'otherVersion', version: made };
  }
}

function mac(key: Uint8Array, body: string, context: string): Buffer {
  return createHmac('sha256', key).update(String(body.length)).update('|').update(body).update(context).digest().subarray(0, macBytes);
}

function parse(body: string): (string | null)[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) && value.every((v) => v === null || typeof v === 'string') ? (value as (string | null)[]) : undefined;
  } catch {
    return undefined;
  }
}
