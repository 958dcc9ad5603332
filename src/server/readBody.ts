import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './reply.js';

const close = { connection: 'close' };

/**
 * The whole body as text.
 * @throws HttpRefusal 413 as soon as it is known to be too large, 408 where it is not through in time, 400 where it ends early or is not UTF-8
 */
export function readBody(request: IncomingMessage, limit: number, timeoutMs: number): Promise<string> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.reject(tooLarge(limit, announced));
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // Nothing is destroyed here: the refusal still has to go out, and the connection ends with it.
    const stop = (error: HttpRefusal): void => {
      clearTimeout(late);
      request.off('data', take).pause();
      fail(error);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) stop(tooLarge(limit, size));
      else chunks.push(chunk);
    };
    // A body that trickles in holds a connection and what it has sent so far; headers have a limit of their own.
    const late = setTimeout(() => stop(new HttpRefusal(408, 'TIMEOUT', `The request body did not arrive within ${timeoutMs} ms.`, close, { limit: timeoutMs })), timeoutMs);
    const endedEarly = (): void => stop(new HttpRefusal(400, 'BAD_USER_INPUT', 'The request body ended early.'));
    request.on('data', take).once('error', endedEarly).once('aborted', endedEarly).once('end', () => {
      clearTimeout(late);
      try {
        done(new TextDecoder('utf-8', { fatal: true }).decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)));
      } catch {
        fail(new HttpRefusal(400, 'BAD_USER_INPUT', 'The request body is not UTF-8.'));
      }
    });
  });
}

function tooLarge(limit: number, actual: number): HttpRefusal {
  return new HttpRefusal(413, 'LIMIT_EXCEEDED', `The request body has ${actual} bytes or more, ${limit} are allowed. Datasets go to POST /uploads.`, close, { limit, actual });
}
