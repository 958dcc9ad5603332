import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { DureError } from '../errors.js';
import { silent, type JobLog } from './log.js';
import { pause } from './pause.js';
import { SingleFlight } from '../singleFlight.js';

export type ProcessRole = 'all' | 'api' | 'worker';

export interface ProcessOptions {
  readonly pool: Pool;
  readonly role: ProcessRole;
  readonly log?: JobLog;
  readonly beatMs?: number;
  /** For how long a process that fell silent is still waited for. */
  readonly aliveMs?: number;
}

/** Tells the others that this process lives and how far its catalog is, and waits for theirs. */
export class ProcessRegistry {
  readonly id = randomUUID();
  private revision = 0n;
  private timer: NodeJS.Timeout | undefined;
  private readonly flight = new SingleFlight(() => this.beat());

  constructor(private readonly options: ProcessOptions) {}

  async start(): Promise<void> {
    await this.flight.run();
    this.timer = setInterval(() => {
      this.flight.run().catch((error: unknown) => (this.options.log ?? silent)('This process could not tell the others that it lives.', { error }));
    }, this.options.beatMs ?? 2_000);
  }

  /** This process now answers from the given catalog. */
  async reached(revision: bigint): Promise<void> {
    if (revision > this.revision) this.revision = revision;
    if (this.timer) await this.flight.run();
  }

  /**
   * Resolves when every live server answers from the revision or a later one; a server that died is given up when its time runs out.
   * @throws DureError TIMEOUT; the signal's reason when that aborts.
   */
  async waitUntilReached(revision: bigint, signal: AbortSignal, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      const behind = await countBehind(this.options.pool, revision);
      if (behind === 0) return;
      if (performance.now() > deadline) {
        throw new DureError('TIMEOUT', `${behind} server(s) did not reach catalog revision ${revision} within ${timeoutMs} ms.`, { behind });
      }
      await pause(25, signal);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.flight.idle();
    await removeProcess(this.options.pool, this.id);
  }

  private async beat(): Promise<void> {
    await upsertProcess(this.options.pool, this.id, this.options.role, this.options.aliveMs ?? 6_000, this.revision);
  }
}

/** Rows of processes that died long ago go at the same time. */
async function upsertProcess(pool: Pool, id: string, role: ProcessRole, aliveMs: number, revision: bigint): Promise<void> {
  await pool.query(
    `with gone as (delete from dure.process where alive_until < now() - interval '1 hour' and id <> $1)
     insert into dure.process (id, role, host, pid, alive_until, catalog_revision)
     values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 ms', $6)
     on conflict (id) do update set alive_until = excluded.alive_until, catalog_revision = greatest(process.catalog_revision, excluded.catalog_revision)`,
    [id, role, hostname(), process.pid, aliveMs, revision.toString()],
  );
}

async function removeProcess(pool: Pool, id: string): Promise<void> {
  await pool.query('delete from dure.process where id = $1', [id]);
}

async function countBehind(pool: Pool, revision: bigint): Promise<number> {
  const { rows } = await pool.query<{ behind: number }>(
    `select count(*)::int as behind from dure.process where role in ('all', 'api') and alive_until > now() and catalog_revision < $1`,
    [revision.toString()],
  );
  return rows[0]!.behind;
}
