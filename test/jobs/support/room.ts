import pg from 'pg';
import { JobEvents } from '../../../src/jobs/jobEvents.js';
import { JobStore } from '../../../src/jobs/jobStore.js';
import { Listener } from '../../../src/jobs/listener.js';
import { Notifier } from '../../../src/jobs/notifier.js';
import type { Identity } from '../../../src/identity/identity.js';
import { Worker, type WorkerOptions } from '../../../src/jobs/worker.js';
import type { JobKind } from '../../../src/jobs/job.js';

/** What one process holds of the jobs room: a pool, a listener and a notifier of its own. */
export class Room {
  readonly pool: pg.Pool;
  readonly listener: Listener;
  readonly notifier: Notifier;
  readonly store: JobStore;
  readonly events: JobEvents;
  readonly logged: { message: string; error?: unknown }[] = [];
  private readonly workers: Worker[] = [];

  constructor(url: string, options: { readonly eventsPollMs?: number } = {}) {
    const log = (message: string, facts?: Readonly<Record<string, unknown>>): void => void this.logged.push({ message, error: facts?.error });
    this.pool = new pg.Pool({ connectionString: url, max: 10 });
    this.pool.on('error', () => undefined); // a test ends backends on purpose
    this.listener = new Listener({ url, log });
    this.notifier = new Notifier({ pool: this.pool, intervalMs: 10, log });
    this.store = new JobStore(this.pool, this.notifier);
    this.events = new JobEvents({ store: this.store, listener: this.listener, pollMs: options.eventsPollMs ?? 300, log });
  }

  work(kind: JobKind, options: Partial<WorkerOptions> = {}): Worker {
    const worker = new Worker({
      pool: this.pool, listener: this.listener, notifier: this.notifier, kinds: [kind], log: (message, facts) => void this.logged.push({ message, error: facts?.error }),
      leaseMs: 1_500, beatMs: 300, reapMs: 200, pollMs: 200, progressMs: 50, backoffMs: 50, ...options,
    });
    worker.start();
    this.workers.push(worker);
    return worker;
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.splice(0).map((worker) => worker.stop({ abortMs: 1_000 })));
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await this.events.close();
    await this.listener.close();
    await this.notifier.close();
    await this.pool.end();
  }
}

export function person(subject: string): Identity {
  return {
    kind: 'person', key: subject, subject, memberships: [{ organization: 'kist', role: 'publisher' }], roles: [], affiliations: [], visas: [],
    claims: {}, scopes: ['read', 'publish'],
  };
}

/** Resolves when the test holds; fails after a time that only a fault needs. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not come true that ${what}.`);
    await new Promise((done) => setTimeout(done, 15));
  }
}
