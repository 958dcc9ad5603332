/** The body of an answer as text, never more of it than is allowed: neither on the wire nor after it is unpacked. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Readable } from 'node:stream';

export class BodyRefused extends Error {}

const unpack = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) } as const;

/** @throws BodyRefused where it is too long, badly packed or not UTF-8; the stream's own error where it breaks off */
export async function readBody(body: Readable, headers: Readonly<Record<string, string>>, most: number): Promise<string> {
  const promised = Number(headers['content-length']);
  if (promised > most) throw refuse(body, tooLong(most));
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw refuse(body, tooLong(most));
    chunks.push(chunk);
  }
  const packed = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  return (encoding === 'identity' || packed.length === 0 ? packed : await unpacked(packed, encoding, most)).toString('utf8');
}

async function unpacked(packed: Buffer, encoding: string, most: number): Promise<Buffer> {
  const how = unpack[encoding as keyof typeof unpack];
  if (how === undefined) throw new BodyRefused(`is packed in a way that was not asked for`);
  try {
    return await how(packed, { maxOutputLength: most });
  } catch (error) {
    throw new BodyRefused((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(most) : 'is packed badly');
  }
}

function refuse(body: Readable, reason: string): BodyRefused {
  // Without a listener the error of the destroyed stream would end the process.
  body.on('error', () => undefined);
  body.destroy();
  return new BodyRefused(reason);
}

function tooLong(most: number): string {
  return `is longer than the ${most} bytes that are allowed`;
}
