/**
 * A stand-in of an external source: a real HTTP server on a free port of this machine that answers as the source does, keeps what it was
 * asked, and can be made to fail. Free of any test framework, so that demonstrations start the same servers.
 */
import { startFaultyServer, type Fault, type FaultOptions, type FaultyServer, type StandInReply, type StandInRequest } from './faults.js';

/** An answer that is a list of records, in a form that faults can take apart: the rows, where the next page is, and how both are written. */
export interface RecordList {
  readonly rows: readonly unknown[];
  /** The same record under another id. */
  readonly renamed: (row: unknown) => unknown;
  readonly next?: string;
  readonly write: (rows: readonly unknown[], next: string | undefined) => StandInReply;
}

interface ListReply extends StandInReply { readonly list: RecordList }

/** The reply that says this list. */
export function listReply(list: RecordList): StandInReply {
  const reply: ListReply = { ...list.write(list.rows, list.next), list };
  return reply;
}

const listOf = (reply: StandInReply): RecordList | undefined => (reply as Partial<ListReply>).list;

/** Records of other ids than those that were asked for. */
export const wrongIds = (): Fault => async ({ answer }) => {
  const given = await answer();
  const list = listOf(given);
  return list ? list.write(list.rows.map(list.renamed), list.next) : given;
};

/** The records twice, each beside one of another id. */
export const strangersAdded = (): Fault => async ({ answer }) => {
  const given = await answer();
  const list = listOf(given);
  return list ? list.write(list.rows.flatMap((row) => [list.renamed(row), row]), list.next) : given;
};

/** A page that names itself as the next one. */
export const repeatedNext = (): Fault => async ({ answer, request }) => {
  const given = await answer();
  const list = listOf(given);
  return list ? list.write(list.rows, addressOf(request)) : given;
};

/** The records in another order. */
export const shuffled = (): Fault => async ({ answer }) => {
  const given = await answer();
  const list = listOf(given);
  return list ? list.write([...list.rows].toReversed(), list.next) : given;
};

/** The whole address that was asked. */
export function addressOf(request: StandInRequest): string {
  return `http://${request.headers.host ?? '127.0.0.1'}${request.target}`;
}

export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Matched against the decoded path below the base. */
  readonly path: RegExp;
  readonly answer: (request: StandInRequest, groups: readonly string[]) => StandInReply | Promise<StandInReply>;
}

export interface Limits { readonly perSecond?: number; readonly concurrent?: number }

export interface StandInOptions {
  readonly name: string;
  /** Path of the base, e.g. `/uniprotkb`. */
  readonly base: string;
  readonly routes: readonly Route[];
  readonly notFound?: () => StandInReply;
  /** On every answer that the source itself gives. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How a request above the limits is refused. */
  readonly refuse?: () => StandInReply;
}

export class StandIn {
  /** Requests above these are refused. None unless a test sets them. */
  limits: Limits = {};
  /** How long an answer takes, ms. */
  delayMs = 0;
  private active = 0;
  private recent: number[] = [];
  private server!: FaultyServer;

  private constructor(private readonly setup: StandInOptions) {}

  static async start(setup: StandInOptions): Promise<StandIn> {
    const standIn = new StandIn(setup);
    standIn.server = await startFaultyServer((request) => standIn.answer(request));
    return standIn;
  }

  get name(): string { return this.setup.name; }
  get origin(): string { return this.server.url; }
  /** The address that takes the place of the source's own base address. */
  get url(): string { return `${this.server.url}${this.setup.base}`; }
  get requests(): readonly StandInRequest[] { return this.server.requests; }
  get mostOpen(): number { return this.server.mostOpen; }

  /** Requests of one route, or all, whatever became of them. */
  asked(route?: string): readonly StandInRequest[] {
    return route === undefined ? this.requests : this.requests.filter((request) => this.find(request)?.route.name === route);
  }

  /** Lays a fault over the next requests: of one route, or of any. */
  inject(fault: Fault, options: Omit<FaultOptions, 'match'> & { readonly route?: string } = {}): void {
    const { route, ...others } = options;
    this.server.inject(fault, route === undefined ? others : { ...others, match: (request) => this.find(request)?.route.name === route });
  }

  /** Takes faults, limits and delays back, and forgets what was asked. */
  reset(): void {
    this.server.clear();
    this.limits = {};
    this.delayMs = 0;
    this.recent = [];
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async answer(request: StandInRequest): Promise<StandInReply> {
    if (this.overLimit()) return this.setup.refuse?.() ?? { status: 429, headers: { 'retry-after': '1' }, body: { message: 'Too Many Requests' } };
    this.active += 1;
    try {
      if (this.delayMs > 0) await new Promise((resolve) => { setTimeout(resolve, this.delayMs); });
      const found = this.find(request);
      const reply = found ? await found.route.answer(request, found.groups) : (this.setup.notFound?.() ?? { status: 404, body: { message: 'Not Found' } });
      const headers = this.setup.headers ?? {};
      const list = listOf(reply);
      const withHeaders = (plain: StandInReply): StandInReply => ({ ...plain, headers: { ...headers, ...plain.headers } });
      return list ? listReply({ ...list, write: (rows, next) => withHeaders(list.write(rows, next)) }) : withHeaders(reply);
    } finally {
      this.active -= 1;
    }
  }

  private find(request: StandInRequest): { route: Route; groups: readonly string[] } | undefined {
    if (!request.path.startsWith(this.setup.base)) return undefined;
    const below = request.path.slice(this.setup.base.length);
    for (const route of this.setup.routes) {
      const match = route.method === request.method ? route.path.exec(below) : null;
      if (match) return { route, groups: match.slice(1) };
    }
    return undefined;
  }

  private overLimit(): boolean {
    const now = performance.now();
    this.recent = this.recent.filter((at) => now - at < 1000);
    const over = this.recent.length >= (this.limits.perSecond ?? Infinity) || this.active >= (this.limits.concurrent ?? Infinity);
    if (!over) this.recent.push(now);
    return over;
  }
}
