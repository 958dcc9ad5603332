/**
 * Row numbers as texts that tell nothing: their gaps would tell how many rows are hidden. A number and eight bytes of zero are one block of
 * AES-256 under a key of the table's version: equal rows have equal texts, and what was not made here does not end in zeros
 * (Bellare and Rogaway, Encode-Then-Encipher Encryption, 2000).
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { CursorKeys } from './cursor.js';

const blockBytes = 16;
const keptKeys = 1_000;

interface TableCipher {
  readonly encrypt: (block: Buffer) => Buffer;
  readonly decrypt: (block: Buffer) => Buffer;
}

export class RowNumberCodec {
  /** Oldest use first. */
  private readonly ciphers = new Map<string, TableCipher>();

  constructor(private readonly keys: CursorKeys) {}

  /** @param table the table at its version, as `numberedTable` (plan/rowId.ts) names it */
  encode(table: string, rowNumber: string): string {
    const { id, key } = this.keys.newest;
    const block = Buffer.alloc(blockBytes);
    block.writeBigUInt64BE(BigInt(rowNumber));
    const name = Buffer.from(id, 'utf8');
    return Buffer.concat([Buffer.of(name.length), name, this.cipher(id, key, table).encrypt(block)]).toString('base64url');
  }

  /** The row number; undefined where the text was not made for this table and version. */
  decode(table: string, text: string): string | undefined {
    const bytes = Buffer.from(text, 'base64url');
    const start = 1 + (bytes[0] ?? 0);
    if (bytes.length !== start + blockBytes || bytes.toString('base64url') !== text) return undefined;
    const id = bytes.subarray(1, start).toString('utf8');
    const key = this.keys.find(id);
    if (!key) return undefined;
    const block = this.cipher(id, key, table).decrypt(bytes.subarray(start));
    return block.readBigUInt64BE(8) === 0n ? String(block.readBigUInt64BE()) : undefined;
  }

  /** Blocks of this mode do not depend on each other, so one cipher serves a table. */
  private cipher(id: string, key: Uint8Array, table: string): TableCipher {
    const name = `${id} ${table}`;
    let found = this.ciphers.get(name);
    if (found) this.ciphers.delete(name);
    else found = tableCipher(createHmac('sha256', key).update(`row numbers ${table}`).digest());
    this.ciphers.set(name, found);
    if (this.ciphers.size > keptKeys) this.ciphers.delete(this.ciphers.keys().next().value!);
    return found;
  }
}

function tableCipher(key: Buffer): TableCipher {
  const [encrypting, decrypting] = [createCipheriv('aes-256-ecb', key, null).setAutoPadding(false), createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false)];
  return { encrypt: (block) => encrypting.update(block), decrypt: (block) => decrypting.update(block) };
}
