/** The HTTP and WebSocket server: one port for everything. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApolloLane } from './apolloLane.js';
import { mayConnect } from './cors.js';
import { endpointAt } from './endpoint.js';
import { eventStreamType } from './mediaType.js';
import type { ServerOptions } from './options.js';
import { loadPages } from './pages.js';
import { pathOf } from './requestContext.js';
import { createHandler } from './routes.js';
import { createSocketEndpoint } from './webSocket.js';

export interface DureServer {
  readonly port: number;
  /** Takes no new request, lets running ones end, closes sockets with 1001, then cuts what is left. */
  close(): Promise<void>;
}

/** How long running requests have to end when the server stops. */
const drainMilliseconds = 5_000;

export async function startServer(options: ServerOptions, host: string, port: number): Promise<DureServer> {
  const apollo = new ApolloLane(options.engine, options.log, options.limits.apolloServers, options.trusted);
  const handle = createHandler(options, apollo, loadPages(options.pages));
  const sockets = createSocketEndpoint(options);
  const connections = new Map<Socket, ServerResponse[]>();
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 0, maxHeaderSize: 32_768 }, (request, response) => {
    const { socket } = request;
    answering(socket).push(response);
    response.once('close', () => {
      const responses = answering(socket);
      const at = responses.indexOf(response);
      if (at < 0) return;
      responses[at] = responses.at(-1)!;
      responses.pop();
    });
    void handle(request, response);
  });
  // By connection, which lives long: a set of all answers would be made anew every few of them, and outlive them by its old tables (src/lru.ts).
  const answering = (socket: Socket): ServerResponse[] => connections.get(socket) ?? [];
  server.on('connection', (connection) => {
    connections.set(connection, []);
    connection.once('close', () => connections.delete(connection));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const endpoint = endpointAt(pathOf(request));
    if (!endpoint || endpoint.sdl) return refuseUpgrade(socket, 404);
    if (!mayConnect(request, options.allowedOrigins)) return refuseUpgrade(socket, 403);
    sockets.upgrade(request, socket, head);
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      await sockets.close();
      // Node counts a connection that was opened ahead of need as busy, so idle ones are found here.
      const idle = setInterval(() => {
        for (const [connection, responses] of connections) if (responses.length === 0) connection.destroy();
      }, 50);
      // A stream is cut, not completed: its client then knows that it may go on with another server.
      for (const response of [...connections.values()].flat()) if (String(response.getHeader('content-type')).startsWith(eventStreamType)) response.destroy();
      const late = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
      await closed;
      clearTimeout(late);
      clearInterval(idle);
    },
  };
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      done();
    });
  });
}
