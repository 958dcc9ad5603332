/**
 * A GET that another site's page may have made a browser send is refused: from inside a private network such a page could make the
 * browser ask what it cannot ask itself. Bodies need no such care, since application/json across origins is asked for first (preflight).
 *
 * What lets a GET pass is something that no page can bring about elsewhere without being asked first, or that the request comes from no
 * browser at all. Browsers say what they are: by Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) on secure origins, by Origin,
 * Referer or Cookie where they send them, and always by a User-Agent that begins with "Mozilla/", which a page may change only with a
 * preflight. The header accept proves nothing: a page may set it freely (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { mayConnect } from './cors.js';
import { HttpRefusal } from './reply.js';

/** Headers of which a browser asks first. A Bearer token is such a one, and nothing a browser adds by itself. */
const askedFirst = ['apollo-require-preflight', 'x-apollo-operation-name', 'dure-purpose', 'x-request-id'] as const;
const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

/**
 * @param stream whether an event stream is asked for: no element of a page does that, and the pages' own EventSource can set no header
 * @throws HttpRefusal 400
 */
export function refuseForgedGet(request: IncomingMessage, allowedOrigins: readonly string[], stream: boolean): void {
  const { headers } = request;
  if (stream && headers['sec-fetch-site'] === undefined && headers.origin === undefined) return;
  if (wasAskedFirst(headers) || headers['sec-fetch-site'] === 'same-origin') return;
  if (headers.origin !== undefined && headers['sec-fetch-mode'] !== 'no-cors' && mayConnect(request, allowedOrigins)) return;
  if (!isBrowser(headers)) return;
  throw new HttpRefusal(400, 'BAD_USER_INPUT', `This GET has been blocked as a potential Cross-Site Request Forgery (CSRF). Send the header ${askedFirst[0]} with any value, or use POST.`);
}

function wasAskedFirst(headers: IncomingHttpHeaders): boolean {
  if (askedFirst.some((name) => headers[name] !== undefined && headers[name] !== '')) return true;
  if (/^bearer /i.test(headers.authorization ?? '')) return true;
  const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  return type !== undefined && type.includes('/') && !simpleTypes.includes(type);
}

function isBrowser(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] !== undefined || headers['sec-fetch-dest'] !== undefined || headers.origin !== undefined || headers.referer !== undefined
    || headers.cookie !== undefined || headers['upgrade-insecure-requests'] !== undefined || /^mozilla\//i.test(headers['user-agent'] ?? '')
    || (headers['sec-fetch-mode'] !== undefined && headers['sec-fetch-mode'] !== 'cors');
}
