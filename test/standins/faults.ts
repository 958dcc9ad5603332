/**
 * A real HTTP server that answers as a handler says, and fails on command: the ground of every stand-in of an external source.
 * A fault is laid over the next matching requests; what is left of it can be taken back. All requests are recorded.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface StandInRequest {
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they came over the wire. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface StandInReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export type StandInHandler = (request: StandInRequest) => StandInReply | Promise<StandInReply>;

/** What becomes of a request. `answer` asks the handler. */
export type Fault = (exchange: { readonly request: StandInRequest; readonly answer: () => Promise<StandInReply>; readonly response: ServerResponse; readonly socket: Socket }) => Promise<StandInReply | 'sent'>;

export interface FaultOptions {
  /** How many requests it strikes; all until `clear` where absent. */
  readonly times?: number;
  /** How many matching requests pass before it begins. */
  readonly after?: number;
  readonly match?: (request: StandInRequest) => boolean;
}

export interface FaultyServer {
  readonly url: string;
  readonly port: number;
  /** All that arrived, faults included. */
  readonly requests: readonly StandInRequest[];
  /** The most requests that were open at one time. */
  readonly mostOpen: number;
  /** Connections that were opened. */
  readonly connections: number;
  /** Lays a fault over what comes; the fault laid first is met first. */
  inject(fault: Fault, options?: FaultOptions): void;
  /** Takes all faults back and forgets what was recorded. */
  clear(): void;
  close(): Promise<void>;
}

interface Laid { readonly fault: Fault; times: number; after: number; readonly match: (request: StandInRequest) => boolean }

export async function startFaultyServer(handler: StandInHandler, host = '127.0.0.1', port = 0): Promise<FaultyServer> {
  const requests: StandInRequest[] = [];
  let laid: Laid[] = [];
  let open = 0;
  let mostOpen = 0;
  let connections = 0;

  const next = (request: StandInRequest): Fault | undefined => {
    for (const one of laid) {
      if (one.times <= 0 || !one.match(request)) continue;
      if (one.after > 0) {
        one.after -= 1;
        continue;
      }
      one.times -= 1;
      return one.fault;
    }
    return undefined;
  };

  const server = createServer((incoming, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.once('close', () => { open -= 1; });
    void readRequest(incoming).then(async (request) => {
      requests.push(request);
      const answer = async (): Promise<StandInReply> => handler(request);
      const fault = next(request);
      const reply = fault ? await fault({ request, answer, response, socket: incoming.socket }) : await answer();
      if (reply !== 'sent') send(response, reply);
    }).catch((error: unknown) => {
      if (!response.headersSent) send(response, { status: 500, body: String(error) });
      else response.destroy();
    });
  });
  server.on('connection', () => { connections += 1; });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    get mostOpen() { return mostOpen; },
    get connections() { return connections; },
    inject(fault, { times = Infinity, after = 0, match = () => true } = {}) { laid.push({ fault, times, after, match }); },
    clear() {
      laid = [];
      requests.length = 0;
      mostOpen = open;
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<StandInRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://stand.in');
  return { method: incoming.method ?? 'GET', path: decodeURIComponent(url.pathname), query: url.searchParams, target: incoming.url ?? '/', headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') };
}

function send(response: ServerResponse, reply: StandInReply): void {
  const text = textOf(reply.body);
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...reply.headers });
  response.end(text);
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms).unref(); });

/** The right answer, late. */
export const latency = (ms: number): Fault => async ({ answer }) => {
  await wait(ms);
  return answer();
};

/** Nothing comes, and the connection stays open. */
export const silence = (): Fault => async () => new Promise(() => undefined);

/** Answers once `release` is called; `arrived` resolves when a request waits. */
export function hold(): { readonly fault: Fault; readonly arrived: Promise<void>; readonly release: () => void } {
  let release!: () => void;
  let arrive!: () => void;
  const released = new Promise<void>((resolve) => { release = resolve; });
  const arrived = new Promise<void>((resolve) => { arrive = resolve; });
  return { arrived, release, fault: async ({ answer }) => { arrive(); await released; return answer(); } };
}

export const reply = (given: StandInReply): Fault => async () => given;

/** 429, with `Retry-After` in seconds or as a date where given. */
export const tooMany = (retryAfter?: number | string): Fault => reply({ status: 429, headers: retryAfterHeader(retryAfter), body: { error: 'slow down, upstream secret text' } });

/** 503, with `Retry-After` where given. */
export const unavailable = (retryAfter?: number | string): Fault => reply({ status: 503, headers: retryAfterHeader(retryAfter), body: { error: 'maintenance, upstream secret text' } });

/** HTTP 200 with XML, as gateways do that have never heard of the format that was asked for. */
export const xml = (text: string, status = 200): Fault => reply({ status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body: text });

/** A login page where JSON was asked for. */
export const webPage = (status = 200): Fault => reply({ status, headers: { 'content-type': 'text/html' }, body: '<html><body>Please log in</body></html>' });

/** JSON that is none. */
export const wrongJson = (): Fault => reply({ body: '{"results": [{"a": 1},' });

/** JSON that is nested `depth` times. */
export const deepJson = (depth: number): Fault => reply({ body: `${'['.repeat(depth)}1${']'.repeat(depth)}` });

export const redirect = (location: string, status = 302): Fault => reply({ status, headers: { location }, body: '' });

/** The connection ends before a byte of the answer. */
export const dropped = (): Fault => async ({ socket }) => {
  socket.destroy();
  return 'sent';
};

/** The length of the whole body is promised, half of it comes, then the connection ends. */
export const halfBody = (): Fault => async ({ answer, response, socket }) => {
  const given = await answer();
  const text = Buffer.from(textOf(given.body));
  response.writeHead(given.status ?? 200, { 'content-type': 'application/json', 'content-length': String(text.length), ...given.headers });
  response.write(text.subarray(0, Math.floor(text.length / 2)), () => setTimeout(() => socket.destroy(), 5));
  return 'sent';
};

/** A JSON text that never ends, as fast as it is read. */
export const endlessBody = (): Fault => async ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('["');
  const chunk = 'x'.repeat(65_536);
  const pump = (): void => {
    while (!response.destroyed) {
      if (!response.write(chunk)) {
        response.once('drain', pump);
        return;
      }
    }
  };
  pump();
  return 'sent';
};

/** A byte of the head every `ms`: alive, and never done. */
export const slowHeaders = (ms = 50): Fault => async ({ response, socket }) => {
  socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : void socket.write('x')), ms);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
  socket.once('close', () => response.destroy());
  return 'sent';
};

/** The head at once, then a space of the body every `ms`. */
export const slowBody = (ms = 50): Fault => async ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('[');
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : void response.write(' ')), ms);
  timer.unref();
  response.once('close', () => clearInterval(timer));
  return 'sent';
};

/** The first answer again and again, whatever is asked: a page whose `next` leads to itself. */
export function repeated(): Fault {
  let first: Promise<StandInReply> | undefined;
  return async ({ answer }) => (first ??= answer());
}

/** The right answer with its body changed, e.g. other ids. */
export const edited = (edit: (body: unknown) => unknown): Fault => async ({ answer }) => {
  const given = await answer();
  return { ...given, body: edit(structuredClone(given.body)) };
};

/** The right answer with every list of objects reversed. */
export const reordered = (): Fault => edited(reverseLists);

function reverseLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const members = value.map(reverseLists);
    return members.every((member) => typeof member === 'object' && member !== null) ? members.reverse() : members;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, reverseLists(member)]));
}

function retryAfterHeader(value: number | string | undefined): Record<string, string> {
  return value === undefined ? {} : { 'retry-after': String(value) };
}
