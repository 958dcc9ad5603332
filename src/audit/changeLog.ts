/**
 * Changes and their entries, durable together: a change's own transaction writes the event down (pending.ts), and this process's writer
 * chains it after the commit. What a process that died has left is taken over by another one, once: only when no connection of that
 * process's writer is left, so that nothing of it can still be written, and only what no entry carries yet.
 */
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { SingleFlight } from '../singleFlight.js';
import type { Within } from '../transaction.js';
import { DatabaseArchive } from './databaseArchive.js';
import type { ChangeAudit, ChangeEvent, Audit } from './event.js';
import { registerKey } from './group.js';
import { changeOf, faultOf, handOver, insertPending, markChained, openChanges, signedChange, tryWriterLock, type PendingChange } from './pending.js';
import { AuditReader } from './reader.js';
import { PublicKeys, type SigningKey } from './signingKey.js';

export interface ChangeLogOptions {
  readonly writer: Audit;
  /** Whose connections hold the lock of this name (holdingWriterLock). */
  readonly id: string;
  /** Not the writer's. */
  readonly pool: Pool;
  readonly key: SigningKey;
  /** Ids of the keys whose changes are taken over. */
  readonly trusted: ReadonlySet<string>;
  readonly everyMs?: number;
  /** For how long a writer must have been away until what it left is taken over. */
  readonly graceMs?: number;
  readonly log?: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Clocks of two machines may differ by so much, and an entry is still found. */
const clockSkewMs = 3_600_000;

export class ChangeLog implements ChangeAudit {
  /** This process is about to chain them, or its writer keeps them until it can. */
  private readonly held = new Map<string, 'working' | 'kept'>();
  private readonly awaySince = new Map<string, number>();
  /** Of no trusted key. */
  private readonly refused = new Set<string>();
  private readonly flight = new SingleFlight(() => this.look());
  private readonly reader: AuditReader;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(private readonly options: ChangeLogOptions) {
    this.reader = new AuditReader(options.pool, 1);
  }

  async start(): Promise<void> {
    await registerKey(this.options.pool, this.options.key);
    this.timer = setInterval(() => void this.adopt().then(() => { this.failing = false; }, (error: Error) => this.failed(error)), this.options.everyMs ?? 5_000);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flight.idle();
  }

  record(event: ChangeEvent): Promise<void> {
    return this.options.writer.record(event);
  }

  async recorded<T, R>(change: (within: Within<T>) => Promise<R>, eventOf: (made: T) => ChangeEvent): Promise<R> {
    const made: PendingChange[] = [];
    let result: R;
    try {
      result = await change(async (transaction, value) => {
        const id = randomUUID();
        const pending = signedChange({ ...eventOf(value), change: { id, at: new Date().toISOString() } }, this.options.id, this.options.key);
        this.held.set(id, 'working');
        made.push(pending);
        await insertPending(transaction, pending);
      });
    } catch (error) {
      // Whether it was committed nobody knows here: if it was, the next look finds it.
      for (const { id } of made) this.held.delete(id);
      throw error;
    }
    await Promise.all(made.map((pending) => this.chain(pending)));
    return result;
  }

  /** Chains what was left, by this process or by dead ones. @returns whether writers are away for too short a time yet */
  adopt(): Promise<boolean> {
    return this.flight.run();
  }

  private failed({ message }: Error): void {
    if (!this.failing) this.options.log?.('changes that wait for the audit could not be looked for; it is tried again', { reason: message });
    this.failing = true;
  }

  private async look(): Promise<boolean> {
    const { pool, id } = this.options;
    const open = await openChanges(pool, [...this.refused]);
    const away = new Set(open.map(({ writer }) => writer).filter((writer) => writer !== id));
    for (const writer of this.awaySince.keys()) if (!away.has(writer)) this.awaySince.delete(writer);
    let waits = false;
    for (const writer of away) if ((await this.takeOver(writer)) === 'waits') waits = true;
    for (const pending of await openChanges(pool, [...this.refused], id)) await this.settle(pending);
    return waits;
  }

  private async settle(pending: PendingChange): Promise<void> {
    const { id } = pending;
    const held = this.held.get(id);
    if (held === 'working' || (!held && !(await this.accepted([pending])).length)) return;
    if (await this.isChained(pending)) {
      await markChained(this.options.pool, [id]);
      this.held.delete(id);
    } else if (!held) {
      this.held.set(id, 'working');
      await this.chain(pending);
    }
  }

  private async chain(pending: PendingChange): Promise<void> {
    const { id } = pending;
    try {
      await this.options.writer.record(changeOf(pending));
    } catch (error) {
      // The writer keeps it. The change stands, and stands in the table: an error would only say that it does not.
      this.held.set(id, 'kept');
      return this.options.log?.('a change is not in the audit\'s chain yet; it is as soon as that can be written', { change: id, reason: (error as Error).message });
    }
    await markChained(this.options.pool, [id]).catch(() => undefined);
    this.held.delete(id);
  }

  private async takeOver(writer: string): Promise<'waits' | undefined> {
    const client = await this.options.pool.connect();
    try {
      await client.query('begin');
      const outcome = await this.takeOverWithin(client, writer);
      await client.query('commit');
      return outcome;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  private async takeOverWithin(client: PoolClient, writer: string): Promise<'waits' | undefined> {
    if (!(await tryWriterLock(client, writer))) {
      this.awaySince.delete(writer);
      return undefined;
    }
    const since = this.awaySince.get(writer) ?? performance.now();
    this.awaySince.set(writer, since);
    // A process that lost its database looks the same until it has connected anew.
    if (performance.now() - since < (this.options.graceMs ?? 10_000)) return 'waits';
    const left = await this.accepted(await openChanges(client, [...this.refused], writer));
    const chained = new Set<string>();
    for (const pending of left) if (await this.isChained(pending)) chained.add(pending.id);
    await markChained(client, [...chained]);
    await handOver(client, left.map(({ id }) => id).filter((id) => !chained.has(id)), this.options.id);
    return undefined;
  }

  private async accepted(changes: readonly PendingChange[]): Promise<readonly PendingChange[]> {
    const { pool, key, trusted, log } = this.options;
    const keys = new PublicKeys([key, ...(await new DatabaseArchive(pool).keys()).filter(({ id }) => trusted.has(id))]);
    return changes.filter((pending) => {
      const fault = faultOf(pending, keys);
      if (!fault) return true;
      this.refused.add(pending.id);
      log?.('a change that waits for the audit is not taken: run "dure audit verify"', { change: pending.id, fault });
      return false;
    });
  }

  private async isChained(pending: PendingChange): Promise<boolean> {
    const { kind, change } = changeOf(pending);
    const from = new Date(Date.parse(change.at) - clockSkewMs);
    for (let after: string | undefined; ;) {
      const { entries, hasNextPage } = await this.reader.entries({ kinds: [kind], from, first: 500, ...(after !== undefined && { after }) });
      if (entries.some(({ event }) => event.kind !== 'ACCESS' && event.change?.id === change.id)) return true;
      if (!hasNextPage) return false;
      after = entries.at(-1)!.cursor;
    }
  }
}
