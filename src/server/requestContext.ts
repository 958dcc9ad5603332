import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Channel, RequestContext, Services } from '../graphql/context.js';
import type { Identity } from '../identity/identity.js';
import { DureError } from '../errors.js';
import { parsePurpose, purposeText } from '../policy/purpose.js';
import { preferredLanguage } from './mediaType.js';
import type { ServerOptions } from './options.js';

interface Asked {
  readonly identity: Identity;
  readonly requestId: string;
  readonly channel: Channel;
  readonly purpose: unknown;
  readonly language: string | undefined;
  readonly address: string | undefined;
  readonly controller: AbortController;
}

export function createContext(asked: Asked, services: Services): RequestContext {
  return {
    identity: asked.identity,
    purpose: purposeFor(asked.identity, asked.purpose),
    channel: asked.channel,
    address: asked.address,
    requestId: asked.requestId,
    language: preferredLanguage(asked.language),
    signal: asked.controller.signal,
    controller: asked.controller,
    services,
  };
}

/** Another site signs the purpose with the person: nothing beside its token can make it another one. */
function purposeFor({ site, purpose }: Identity, declared: unknown): string | undefined {
  const header = purposeOf(declared);
  if (site === undefined) return header;
  const signed = purposeOf(purpose);
  if (header !== undefined && header !== signed) throw new DureError('FORBIDDEN', 'The request declares another purpose (dure-purpose) than the one that its site has signed.', { argument: 'dure-purpose' });
  return signed;
}

function purposeOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new DureError('BAD_USER_INPUT', 'dure-purpose must be one text, for example "DUO_0000042".', { argument: 'dure-purpose' });
  return purposeText(parsePurpose(value));
}

/** The path that is asked, without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!;
}

/** The client's address as the last trusted proxy saw it. */
export function addressOf(request: IncomingMessage, trustedProxies: number): string | undefined {
  const own = request.socket.remoteAddress;
  const forwarded = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || typeof forwarded !== 'string') return own;
  const hops = forwarded.split(',').map((hop) => hop.trim());
  return hops[Math.max(0, hops.length - trustedProxies)] ?? own;
}

/** Aborts when the client goes away before its answer was written. */
export function clientController(response: ServerResponse): AbortController {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller;
}

export async function httpContext(request: IncomingMessage, response: ServerResponse, requestId: string, channel: Channel, options: ServerOptions): Promise<RequestContext> {
  const identity = await options.identify(request.headers.authorization);
  return createContext({
    identity,
    requestId,
    channel,
    purpose: request.headers['dure-purpose'],
    language: request.headers['accept-language'],
    address: addressOf(request, options.trustedProxies),
    controller: clientController(response),
  }, options.services);
}
