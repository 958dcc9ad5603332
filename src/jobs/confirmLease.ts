import type { Pool } from 'pg';
import type { HeldJob } from './heldJob.js';
import { beat } from './lease.js';

/** Asks the database whether the lease is held, extends it, and stops the job where it is lost or was asked to cancel. */
export async function confirmLease(pool: Pool, held: HeldJob, leaseMs: number): Promise<void> {
  const askedAt = performance.now();
  const [row] = await beat(pool, [held], leaseMs);
  if (row?.fence !== held.fence) return held.stop('lost');
  held.extended(askedAt);
  if (row.state === 'CANCELING') held.stop('cancel');
}
