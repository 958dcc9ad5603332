/** One request and its answer over the wire: credentials put in, redirects followed and checked, the body read within its bound. */
import type { Dispatcher } from 'undici';
import { AttemptFailure } from './failure.js';
import type { RawAnswer, SourceRequest } from './options.js';
import { readBody } from './readBody.js';
import { queryForm, type SecretStore } from './secrets.js';

export interface ExchangeSettings {
  readonly dispatcher: Dispatcher;
  readonly secrets: SecretStore;
  readonly userAgent: string;
  readonly maxRedirects: number;
  readonly maxResponseBytes: number;
  /** Told before each request goes out. */
  readonly onSend: () => void;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** @throws AttemptFailure, BodyRefused, or the network's error */
export async function exchange(request: SourceRequest, signal: AbortSignal, settings: ExchangeSettings): Promise<RawAnswer & { readonly url: string }> {
  const method = request.method ?? 'GET';
  const headers = headersOf(request, settings);
  let url = checkedUrl(request.url, undefined);
  for (let hops = 0; ; hops += 1) {
    settings.onSend();
    const response = await settings.dispatcher.request({
      origin: url.origin, path: pathOf(url, request, settings.secrets), method, headers, body: request.body, signal, headersTimeout: 0, bodyTimeout: 0,
    });
    const answered = flatHeaders(response.headers);
    const location = answered['location'];
    if (!redirects.has(response.statusCode) || location === undefined) {
      return { status: response.statusCode, headers: answered, text: await readBody(response.body, answered, settings.maxResponseBytes), url: url.href };
    }
    await response.body.dump({ limit: 16_384, signal });
    if (hops >= settings.maxRedirects) throw invalid('redirects too often');
    if (method !== 'GET' && response.statusCode < 307) throw invalid('redirects a request that cannot be redirected');
    const next = checkedUrl(location, url);
    if (next.origin !== url.origin && ((request.credentials?.length ?? 0) > 0 || headers['authorization'] !== undefined)) throw invalid('redirects a request that carries credentials to another host');
    url = next;
  }
}

function checkedUrl(text: string, base: URL | undefined): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  const from = base === undefined ? 'has an address' : 'redirects to an address';
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw invalid(`${from} that is neither http nor https`);
  if (url.username !== '' || url.password !== '') throw invalid(`${from} with a user or password in it`);
  if (base?.protocol === 'https:' && url.protocol === 'http:') throw invalid('redirects from https to http');
  return url;
}

function headersOf(request: SourceRequest, { secrets, userAgent }: ExchangeSettings): Record<string, string> {
  const headers: Record<string, string> = {
    accept: request.expect === 'text' ? '*/*' : 'application/json', 'accept-encoding': 'gzip, deflate, br', 'user-agent': userAgent, ...request.headers,
  };
  for (const credential of request.credentials ?? []) {
    if (credential.in === 'header') headers[credential.name.toLowerCase()] = `${credential.prefix ?? ''}${secretValue(secrets, credential.secret)}`;
  }
  return headers;
}

function pathOf(url: URL, request: SourceRequest, secrets: SecretStore): string {
  let search = url.search;
  for (const credential of request.credentials ?? []) {
    if (credential.in !== 'query' || url.searchParams.has(credential.name)) continue;
    search += `${search === '' ? '?' : '&'}${encodeURIComponent(credential.name)}=${queryForm(`${credential.prefix ?? ''}${secretValue(secrets, credential.secret)}`)}`;
  }
  return `${url.pathname}${search}`;
}

function secretValue(secrets: SecretStore, name: string): string {
  const value = secrets.get(name);
  if (value === undefined) throw new AttemptFailure('SOURCE_DOWN', `needs the secret “${name}”, which is not set on this server`, { retry: false, counts: false });
  return value;
}

function flatHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

function invalid(reason: string): AttemptFailure {
  return new AttemptFailure('SOURCE_INVALID', reason, { retry: false, counts: false });
}
