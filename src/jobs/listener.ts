import pg from 'pg';
import { silent, type JobLog } from './log.js';
import { pause, settledWithin } from './pause.js';

/** Called with the payload of a hint, or with undefined after a gap: hints may have been missed, so read again. */
export type HintHandler = (payload: string | undefined) => void;

export interface ListenerOptions {
  /** A direct connection: a transaction pooler would swallow LISTEN. */
  readonly url: string;
  readonly log?: JobLog;
  /** Longest wait between two attempts to connect. */
  readonly maxBackoffMs?: number;
  /** How often a silent connection is asked whether it is still there. */
  readonly pingMs?: number;
}

/** One LISTEN connection for the whole process. It reconnects by itself; each (re)connection is a gap to every handler. */
export class Listener {
  private readonly handlers = new Map<string, Set<HintHandler>>();
  private readonly closing = new AbortController();
  private readonly log: JobLog;
  private client: pg.Client | undefined;
  /** Commands go one after the other, as the client demands. */
  private commands: Promise<unknown> = Promise.resolve();
  private life: Promise<void> | undefined;

  constructor(private readonly options: ListenerOptions) {
    this.log = options.log ?? silent;
  }

  /** Hears the hints of a channel until the returned function is called. A gap is told once the channel is really listened to. */
  on(channel: string, handler: HintHandler): () => void {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) throw new Error(`"${channel}" is no channel name.`);
    const handlers = this.handlers.get(channel) ?? new Set();
    const first = handlers.size === 0;
    handlers.add(handler);
    this.handlers.set(channel, handlers);
    if (this.life === undefined && !this.closing.signal.aborted) this.life = this.live();
    else if (first && this.client) void this.listen(this.client, [channel]).catch(() => undefined); // a failure ends the connection
    return () => this.off(channel, handler);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.life;
  }

  private off(channel: string, handler: HintHandler): void {
    const handlers = this.handlers.get(channel);
    if (!handlers?.delete(handler) || handlers.size > 0) return;
    this.handlers.delete(channel);
    const { client } = this;
    // By the time it is its turn somebody may listen again.
    if (client) void this.command(client, () => (this.handlers.has(channel) ? '' : `unlisten ${channel}`)).catch(() => undefined);
  }

  private command(client: pg.Client, text: () => string): Promise<unknown> {
    const done = this.commands.then(() => client.query(text()));
    this.commands = done.catch(() => undefined);
    return done;
  }

  private async live(): Promise<void> {
    const { signal } = this.closing;
    let backoff = 50;
    while (!signal.aborted) {
      try {
        await this.connection(() => { backoff = 50; });
      } catch (error) {
        if (!signal.aborted) this.log('The LISTEN connection was lost; it is made again.', { error });
      }
      await pause(backoff * (0.5 + Math.random() / 2), signal);
      backoff = Math.min(backoff * 2, this.options.maxBackoffMs ?? 5_000);
    }
  }

  /** One connection from its beginning to its end. */
  private async connection(up: () => void): Promise<void> {
    const { signal } = this.closing;
    const client = new pg.Client({
      connectionString: this.options.url, application_name: 'dure listener', keepAlive: true, connectionTimeoutMillis: 10_000,
    });
    let closed = (): void => undefined;
    const ended = new Promise<void>((done, fail) => {
      client.on('error', fail);
      client.on('end', () => done());
      closed = () => done();
      signal.addEventListener('abort', closed);
    });
    ended.catch(() => undefined); // also awaited below, but it may fail while connecting
    client.on('notification', ({ channel, payload }) => this.tell(channel, payload ?? ''));
    let ping: NodeJS.Timeout | undefined;
    try {
      await client.connect();
      this.client = client;
      this.commands = Promise.resolve();
      await this.listen(client, [...this.handlers.keys()]);
      up();
      ping = setInterval(() => void this.ping(client), this.options.pingMs ?? 15_000);
      await ended;
    } finally {
      this.client = undefined;
      clearInterval(ping);
      signal.removeEventListener('abort', closed);
      await settledWithin(client.end(), 1_000);
    }
  }

  private async listen(client: pg.Client, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    await this.command(client, () => channels.map((channel) => `listen ${channel}`).join(';'));
    for (const channel of channels) this.tell(channel, undefined);
  }

  /** A connection whose other end vanished without a word would otherwise look healthy for hours. */
  private async ping(client: pg.Client): Promise<void> {
    const late = setTimeout(() => client.connection.stream.destroy(new Error('no answer to a ping')), 5_000);
    await this.command(client, () => 'select 1').catch(() => undefined);
    clearTimeout(late);
  }

  private tell(channel: string, payload: string | undefined): void {
    for (const handler of this.handlers.get(channel) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        this.log('A handler of hints threw.', { channel, error });
      }
    }
  }
}
