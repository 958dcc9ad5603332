import type { Pool } from 'pg';
import { silent, type JobLog } from './log.js';
import { pause } from './pause.js';

export interface NotifierOptions {
  readonly pool: Pool;
  /** Least time between two sendings; hints that repeat within it are merged. */
  readonly intervalMs?: number;
  readonly log?: JobLog;
}

const maxPending = 10_000;

/**
 * Sends hints in short transactions of their own. NOTIFY takes a lock of the whole PostgreSQL instance at commit, so it never rides
 * in a transaction that does work. A hint may be lost (a failure, a full queue): whoever listens polls as well.
 */
export class Notifier {
  private readonly pending = new Map<string, readonly [channel: string, payload: string]>();
  private readonly closing = new AbortController();
  private sending: Promise<void> | undefined;

  constructor(private readonly options: NotifierOptions) {}

  hint(channel: string, payload: string): void {
    if (this.pending.size >= maxPending || this.closing.signal.aborted) return;
    this.pending.set(`${channel}\n${payload}`, [channel, payload]);
    this.sending ??= this.send();
  }

  /** Sends what is pending; hints given afterwards are dropped. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.sending;
  }

  private async send(): Promise<void> {
    await undefined; // hints of one turn go together
    while (this.pending.size > 0) {
      const hints = [...this.pending.values()];
      this.pending.clear();
      try {
        await sendHints(this.options.pool, hints);
      } catch (error) {
        (this.options.log ?? silent)('Hints could not be sent; their readers find the rows by polling.', { count: hints.length, error });
      }
      await pause(this.options.intervalMs ?? 25, this.closing.signal);
    }
    this.sending = undefined;
  }
}

async function sendHints(pool: Pool, hints: readonly (readonly [string, string])[]): Promise<void> {
  await pool.query('select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as hint (channel, payload)', [
    hints.map(([channel]) => channel), hints.map(([, payload]) => payload),
  ]);
}
