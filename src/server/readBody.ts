import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './reply.js';

/** The whole body as text. @throws HttpRefusal 413 as soon as it is known to be too large, 400 where it ends early or is not UTF-8. */
export async function readBody(request: IncomingMessage, limit: number): Promise<string> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HttpRefusal) throw error;
    throw new HttpRefusal(400, 'BAD_USER_INPUT', 'The request body ended early.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
  } catch {
    throw new HttpRefusal(400, 'BAD_USER_INPUT', 'The request body is not UTF-8.');
  }
}

function tooLarge(limit: number): HttpRefusal {
  return new HttpRefusal(413, 'LIMIT_EXCEEDED', `The request body is larger than ${limit} bytes. Datasets go to POST /uploads.`, { connection: 'close' });
}
