/** A server between a connector and its source that counts what goes by and can change what comes back: real answers, real faults. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { request } from 'undici';

export interface Passed {
  readonly method: string;
  /** Path and query below the proxy. */
  readonly target: string;
  readonly body: string;
}

export interface ProxyAnswer { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/** `forward` asks the source. What is returned is sent; `held` answers nothing, `dropped` ends the connection, `half` ends it in the middle. */
export type Tamper = (exchange: { readonly passed: Passed; readonly forward: () => Promise<ProxyAnswer> }) => Promise<ProxyAnswer | 'held' | 'dropped' | { readonly half: ProxyAnswer }>;

export interface Proxy {
  /** In the place of the source's address. */
  readonly url: string;
  readonly passed: readonly Passed[];
  tamper(how: Tamper | undefined): void;
  forget(): void;
  close(): Promise<void>;
}

const notForwarded = new Set(['host', 'connection', 'accept-encoding', 'content-length', 'transfer-encoding']);
const notReturned = new Set(['connection', 'content-length', 'transfer-encoding', 'content-encoding', 'keep-alive']);

/** @param target the source's own address */
export async function startProxy(target: string): Promise<Proxy> {
  const base = new URL(target);
  const passed: Passed[] = [];
  let how: Tamper | undefined;
  let own = '';

  const forward = async ({ method, target: below, body }: Passed, headers: Record<string, string>): Promise<ProxyAnswer> => {
    const answer = await request(new URL(below, base.origin), { method: method as 'GET', headers: { ...headers, 'accept-encoding': 'identity' }, body: body === '' ? undefined : body });
    // Links in the answer lead here again.
    const here = (text: string): string => text.replaceAll(base.origin, own);
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined && !notReturned.has(name)) kept[name] = here(Array.isArray(value) ? value.join(', ') : value);
    return { status: answer.statusCode, headers: kept, body: here(await answer.body.text()) };
  };

  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const one: Passed = { method: incoming.method ?? 'GET', target: incoming.url ?? '/', body: Buffer.concat(chunks).toString('utf8') };
      passed.push(one);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(incoming.headers)) if (typeof value === 'string' && !notForwarded.has(name)) headers[name] = value;
      const ask = (): Promise<ProxyAnswer> => forward(one, headers);
      await send(how ? await how({ passed: one, forward: ask }) : await ask(), response, incoming.socket);
    })().catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${own}${base.pathname.replace(/\/$/, '')}`,
    passed,
    tamper: (next) => { how = next; },
    forget: () => { passed.length = 0; },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function send(answer: Awaited<ReturnType<Tamper>>, response: ServerResponse, socket: Socket): Promise<void> {
  if (answer === 'held') return;
  if (answer === 'dropped') {
    socket.destroy();
    return;
  }
  const whole = 'half' in answer ? answer.half : answer;
  const bytes = Buffer.from(whole.body);
  response.writeHead(whole.status, { ...whole.headers, 'content-length': String(bytes.length) });
  if (!('half' in answer)) {
    response.end(bytes);
    return;
  }
  await new Promise<void>((resolve) => { response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => resolve()); });
  setTimeout(() => socket.destroy(), 5);
}

export const answered = (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Tamper => async () => ({ status, headers: { 'content-type': 'application/json', ...headers }, body });

/** The rows in another order: every outermost list of objects is turned round. */
export const turned: Tamper = async ({ forward }) => {
  const answer = await forward();
  try {
    return { ...answer, body: JSON.stringify(turnedLists(JSON.parse(answer.body))) };
  } catch {
    return answer;
  }
};

function turnedLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'object' && item !== null) ? value.toReversed() : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, turnedLists(member)]));
}

/** The same rows under other identifiers. */
export const renamed = (ids: readonly string[]): Tamper => async ({ forward }) => {
  const answer = await forward();
  return { ...answer, body: ids.reduce((body, id) => body.replaceAll(id, `${id}9`), answer.body) };
};
