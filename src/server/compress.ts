/**
 * Answers in fewer bytes, for clients that ask for it. Whoever does not pays one comparison.
 *
 * BREACH (Gluck, Harris, Prado 2013) reads a secret from the lengths of compressed answers, where an attacker's page makes the browser ask
 * again and again with guesses beside that secret. Here a browser adds no credentials by itself (tokens travel in a header that only a
 * page of an allowed origin can set), and answers hold no token: what such a page could make be asked is what anybody may read.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { Lru } from '../lru.js';

export type Encoding = 'zstd' | 'br' | 'gzip';

/** Below this a body fits into two packets however it is sent. */
export const smallestCompressed = 2_048;

/** The best first, where a client likes several alike: by time and size of JSON rows. */
const offered: readonly Encoding[] = ['zstd', 'br', 'gzip'];
const known = new Lru<string, Encoding | 'identity'>(200);

/** What the header `accept-encoding` likes best (RFC 9110, 12.5.3); undefined for the body as it is. */
export function encodingOf(accept: string | undefined): Encoding | undefined {
  if (accept === undefined) return undefined;
  let encoding = known.get(accept);
  if (encoding === undefined) known.set(accept, (encoding = choose(accept) ?? 'identity'));
  return encoding === 'identity' ? undefined : encoding;
}

function choose(accept: string): Encoding | undefined {
  const weights = new Map<string, number>();
  for (const entry of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = entry.split(';').map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (name) weights.set(name, Number.isFinite(weight) ? Math.min(Math.max(weight, 0), 1) : 0);
  }
  const others = weights.get('*') ?? 0;
  // The body as it is is liked least, unless it is named.
  let best: Encoding | undefined;
  let most = weights.get('identity') ?? 0;
  for (const encoding of offered) {
    const weight = weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined) ?? others;
    if (weight > most || (weight === most && weight > 0 && best === undefined)) [best, most] = [encoding, weight];
  }
  return best;
}

const zip = promisify(gzip);
const brotli = promisify(brotliCompress);
const zstandard = promisify(zstdCompress);

/** Off the main thread. Fast levels: an answer is compressed once for one reader. */
export function compress(encoding: Encoding, text: string): Promise<Buffer> {
  switch (encoding) {
    case 'gzip': return zip(text, { level: 4 });
    case 'br': return brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
    case 'zstd': return zstandard(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  }
}
