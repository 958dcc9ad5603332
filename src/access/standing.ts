/**
 * Who may still ask, in this process: grants in force or to come, persons who are suspended, API tokens that were revoked, and the
 * database's clock. Follows the database by hints, and by polling where a hint is lost.
 */
import { DureError } from '../errors.js';
import { SingleFlight } from '../singleFlight.js';
import type { Identity } from '../identity/identity.js';
import type { Grant, GrantSource } from '../policy/grant.js';
import { endOf, type Ended, type PersonsEnded } from './ended.js';

/** One live suspension. */
export interface Suspension {
  readonly id: string;
  readonly subject: string;
  readonly issuer?: string;
}

export interface StandingChanges {
  readonly head: bigint;
  /** The database's clock. */
  readonly now: Date;
  readonly requests: readonly { readonly id: string; readonly grant: Grant | undefined }[];
  readonly suspensions: readonly (Suspension & { readonly lifted: boolean })[];
  readonly revokedTokens: readonly string[];
}

export interface StandingReader {
  /** What changed after the revision; everything that holds where there is none. */
  changesSince(revision: bigint | undefined): Promise<StandingChanges>;
}

export interface StandingChange {
  /** Ids of the access requests that changed. */
  readonly requests: readonly string[];
}

export interface StandingOptions {
  readonly reader: StandingReader;
  readonly onHint?: (listener: () => void) => () => void;
  readonly pollMs?: number;
  readonly onError?: (error: unknown) => void;
  readonly onRevoked?: (tokenId: string) => void;
}

const none: readonly Grant[] = Object.freeze([]);
/** A reading of the database's clock that took longer says too little. */
const slowest = 250;
const longestTimer = 2 ** 31 - 1;
const retryTimer = 20;

interface Watcher { readonly identity: Identity; readonly ended: (error: DureError) => void; timer?: NodeJS.Timeout }

export class Standing implements GrantSource {
  /** How often anything has changed, so far as this process knows. */
  changes = 0;
  private revision: bigint | undefined;
  private offset: number | undefined;
  private readonly grants = new Map<string, Grant>();
  /** By subject; a list is replaced, never changed. */
  private readonly bySubject = new Map<string, readonly Grant[]>();
  private readonly suspensions = new Map<string, Suspension>();
  private readonly suspended: PersonsEnded = new Map();
  private readonly revoked = new Set<string>();
  private readonly watchers = new Set<Watcher>();
  private readonly listeners = new Set<(change: StandingChange) => void>();
  private readonly reading = new SingleFlight(() => this.read());
  private timer?: NodeJS.Timeout;
  private unsubscribe?: () => void;
  private closed = false;

  private constructor(private readonly options: StandingOptions) {}

  static async open(options: StandingOptions): Promise<Standing> {
    const standing = new Standing(options);
    standing.unsubscribe = options.onHint?.(() => standing.follow());
    try {
      await standing.refresh();
    } catch (error) {
      await standing.close();
      throw error;
    }
    standing.timer = setInterval(() => standing.follow(), options.pollMs ?? 400);
    standing.timer.unref();
    return standing;
  }

  of({ subject }: { readonly subject?: string }): readonly Grant[] {
    return (subject !== undefined && this.bySubject.get(subject)) || none;
  }

  /** The database's clock as this process last read it, in milliseconds since the epoch. Statements judge by the database itself. */
  now(): number {
    return Date.now() + (this.offset ?? 0);
  }

  /** Why nothing more may be answered under the identity; undefined while something may. */
  ended(identity: Pick<Identity, 'subject' | 'issuer' | 'tokenId' | 'expiresAt'>): Ended | undefined {
    return endOf(identity, this.suspended, this.revoked);
  }

  /** @throws DureError UNAUTHENTICATED or FORBIDDEN */
  require(identity: Identity): void {
    const ended = this.ended(identity);
    if (ended) throw ended.error();
  }

  /** Calls `ended` once, as soon as nothing more may be answered under the identity; at once where that is so already. Returns how to stop. */
  watch(identity: Identity, ended: (error: DureError) => void): () => void {
    const watcher: Watcher = { identity, ended };
    this.watchers.add(watcher);
    this.arm(watcher);
    queueMicrotask(() => this.judge(watcher));
    return () => this.forget(watcher);
  }

  /** Called after anything has changed. */
  onChange(listener: (change: StandingChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What was committed before the call is known after it. */
  refresh(): Promise<void> {
    return this.reading.run();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.unsubscribe?.();
    this.listeners.clear();
    for (const watcher of this.watchers) this.forget(watcher);
    await this.reading.idle();
  }

  private follow(): void {
    // One that runs already is waited for: a slow database is not asked more often than it answers.
    if (this.closed || this.reading.waits) return;
    this.refresh().catch((error: unknown) => this.options.onError?.(error));
  }

  private async read(): Promise<void> {
    if (this.closed) return;
    const asked = Date.now();
    const changes = await this.options.reader.changesSince(this.revision);
    const took = Date.now() - asked;
    if (took <= slowest || this.offset === undefined) this.offset = changes.now.getTime() - (asked + took / 2);
    if (changes.head === this.revision) return;
    this.apply(changes);
    this.changes += 1;
    this.revision = changes.head;
    for (const watcher of this.watchers) this.judge(watcher);
    const change: StandingChange = { requests: changes.requests.map(({ id }) => id) };
    for (const listener of this.listeners) {
      try {
        listener(change);
      } catch (error) {
        this.options.onError?.(error);
      }
    }
  }

  private apply({ requests, suspensions, revokedTokens }: StandingChanges): void {
    const changed = new Map<string, Map<string, Grant>>();
    const listOf = (subject: string): Map<string, Grant> => {
      let list = changed.get(subject);
      if (!list) changed.set(subject, (list = new Map((this.bySubject.get(subject) ?? none).map((grant) => [grant.id, grant]))));
      return list;
    };
    for (const { id, grant } of requests) {
      const former = this.grants.get(id);
      if (former) listOf(former.subject).delete(id);
      if (grant) listOf(grant.subject).set(id, grant);
      if (grant) this.grants.set(id, grant);
      else this.grants.delete(id);
    }
    for (const [subject, list] of changed) {
      if (list.size === 0) this.bySubject.delete(subject);
      else this.bySubject.set(subject, Object.freeze([...list.values()]));
    }
    for (const { lifted, ...suspension } of suspensions) {
      if (lifted) this.suspensions.delete(suspension.id);
      else this.suspensions.set(suspension.id, suspension);
    }
    if (suspensions.length > 0) {
      this.suspended.clear();
      for (const { subject, issuer } of this.suspensions.values()) this.suspended.set(subject, [...(this.suspended.get(subject) ?? []), issuer]);
    }
    for (const id of revokedTokens) {
      if (this.revoked.has(id)) continue;
      this.revoked.add(id);
      this.options.onRevoked?.(id);
    }
  }

  private judge(watcher: Watcher): void {
    if (!this.watchers.has(watcher)) return;
    const ended = this.ended(watcher.identity);
    if (!ended) return;
    this.forget(watcher);
    try {
      watcher.ended(ended.error());
    } catch (error) {
      this.options.onError?.(error);
    }
  }

  /** A timer may be a little early: whose time has not come yet is looked at again. */
  private arm(watcher: Watcher, least = 0): void {
    const { expiresAt } = watcher.identity;
    if (expiresAt === undefined) return;
    watcher.timer = setTimeout(() => {
      this.judge(watcher);
      if (this.watchers.has(watcher)) this.arm(watcher, retryTimer);
    }, Math.min(Math.max(expiresAt - Date.now(), least), longestTimer));
    watcher.timer.unref();
  }

  private forget(watcher: Watcher): void {
    clearTimeout(watcher.timer);
    this.watchers.delete(watcher);
  }
}
