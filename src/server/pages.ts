/** The built pages, read once and served from memory. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import { reply } from './reply.js';

interface Page {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  zipped?: Promise<Buffer>;
}

export type Pages = ReadonlyMap<string, Page>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf', '.woff2': 'font/woff2', '.woff': 'font/woff', '.png': 'image/png', '.json': 'application/json; charset=utf-8',
};

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Monaco sets inline styles and works in workers; GraphiQL's style sheet holds its fonts as data. */
const graphiqlPolicy = policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace("font-src 'self'", "font-src 'self' data:").concat("; worker-src 'self'");
const compress = promisify(gzip);

export function loadPages(directory: string): Pages {
  const pages = new Map<string, Page>();
  if (!existsSync(directory)) return pages;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length).replaceAll('\\', '/').replace(/^\/*/, '/');
    const body = readFileSync(file);
    const page: Page = { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, headers: headersOf(path) };
    pages.set(path === '/index.html' ? '/' : path.replace(/\.html$/, ''), page);
  }
  return pages;
}

function headersOf(path: string): Readonly<Record<string, string>> {
  if (path.endsWith('.html')) return { 'cache-control': 'no-cache', 'content-security-policy': path === '/graphiql.html' ? graphiqlPolicy : policy };
  // The names of assets carry a hash of their content. A worker is judged by the policy of its own script.
  return { 'cache-control': 'public, max-age=31536000, immutable', 'content-security-policy': policy };
}

export async function servePage(request: IncomingMessage, response: ServerResponse, page: Page): Promise<void> {
  const headers = { ...page.headers, etag: page.etag, vary: 'accept-encoding', 'content-type': page.type };
  if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === page.etag)) return reply(response, 304, headers);
  const zip = page.body.length > 1_024 && !/^(font|image\/png)/.test(page.type) && new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip';
  const body = zip ? await (page.zipped ??= compress(page.body)) : page.body;
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'content-length': body.length });
    response.end();
    return;
  }
  reply(response, 200, { ...headers, ...(zip ? { 'content-encoding': 'gzip' } : {}) }, body);
}
