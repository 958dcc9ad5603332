/** A server on a free port over a given engine, for tests of the transports. */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { DureError } from '../../src/errors.js';
import { anonymous, type Identity } from '../../src/identity/identity.js';
import type { Engine } from '../../src/graphql/engine.js';
import type { Services } from '../../src/graphql/context.js';
import { createMetrics } from '../../src/server/metrics.js';
import type { ServerOptions } from '../../src/server/options.js';
import { startServer } from '../../src/server/server.js';

export interface TestServer {
  readonly url: string;
  readonly socketUrl: string;
  /** What the server logged. */
  readonly logged: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export const person: Identity = { ...anonymous, kind: 'person', key: 'person', subject: 'ada', scopes: ['read', 'publish'] };

/** `Bearer ada` may do everything, `Bearer reader` only read, `Bearer brief` expires in 300 ms; any other token is refused. */
export async function identify(authorization: string | undefined): Promise<Identity> {
  switch (authorization) {
    case undefined: return anonymous;
    case 'Bearer ada': return person;
    case 'Bearer reader': return { ...person, key: 'reader', scopes: ['read'] };
    case 'Bearer brief': return { ...person, key: 'brief', expiresAt: Date.now() + 300 };
    default: throw new DureError('UNAUTHENTICATED', 'This token is unknown.');
  }
}

export async function startTestServer(engine: Engine, options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const logged: Record<string, unknown>[] = [];
  const server = await startServer({
    engine,
    services: {} as Services,
    identify,
    readiness: async () => ({ ready: true, dependencies: {} }),
    metrics: createMetrics(),
    log: pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) }),
    limits: { requestBytes: 20_000, bodyTimeoutMs: 10_000, documentBytes: 2_000, uploadBytes: 10_000, subscriptionsPerConnection: 3, apolloServers: 10 },
    pages: fileURLToPath(new URL('../../web', import.meta.url)),
    allowedOrigins: ['https://front.example'],
    trustedProxies: 0,
    ...options,
  }, '127.0.0.1', 0);
  return { url: `http://127.0.0.1:${server.port}`, socketUrl: `ws://127.0.0.1:${server.port}/graphql`, logged, close: () => server.close() };
}
