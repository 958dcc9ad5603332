/** What the server is made of. Wired in build.ts. */
import type { Logger } from 'pino';
import type { Engine } from '../graphql/engine.js';
import type { Services } from '../graphql/context.js';
import type { Identity } from '../identity/identity.js';
import type { Metrics } from './metrics.js';
import type { TrustedDocuments } from './trustedDocuments.js';

export interface ServerLimits {
  /** Bytes of a GraphQL request. */
  readonly requestBytes: number;
  /** Milliseconds that the body of a GraphQL request may take to arrive. */
  readonly bodyTimeoutMs: number;
  /** Bytes of a GraphQL document. */
  readonly documentBytes: number;
  readonly uploadBytes: number;
  readonly subscriptionsPerConnection: number;
  /** Schemas (visible sets) whose Apollo Server is kept. */
  readonly apolloServers: number;
}

export interface Readiness {
  readonly ready: boolean;
  readonly dependencies: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>;
}

export interface ServerOptions {
  readonly engine: Engine;
  readonly services: Services;
  /** @throws DureError UNAUTHENTICATED */
  readonly identify: (authorization: string | undefined) => Promise<Identity>;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: ServerLimits;
  /** Operations known beforehand; absent where none were configured. */
  readonly trusted?: TrustedDocuments;
  /** Directory of the built pages. */
  readonly pages: string;
  /** Further origins whose pages may call this server (CORS and WebSocket). */
  readonly allowedOrigins: readonly string[];
  /** Public keys by which other Dure sites check this one's tokens (RFC 7517); absent where this site has no name. */
  readonly siteKeys?: () => Promise<unknown>;
  /** Proxies in front, whose `x-forwarded-for` entries are believed. */
  readonly trustedProxies: number;
}
