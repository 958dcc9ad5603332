/**
 * Changes as their own transaction wrote them down (`dure_audit.pending`), until they are in a chain: durable with the change, signed, and
 * never taken away by the server. The statements, and how one is signed.
 */
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { canonicalJson } from '../canonicalJson.js';
import type { Transaction } from '../transaction.js';
import { digest } from './chain.js';
import type { ChangeEvent } from './event.js';
import type { PublicKeys, SignatureFault, SigningKey } from './signingKey.js';

export interface PendingChange {
  readonly id: string;
  /** Of the writer that sees to it that it is chained. */
  readonly writer: string;
  /** A ChangeEvent in canonical JSON, with its `change`. */
  readonly body: string;
  /** `KEYID.SIGNATURE`: what the server's database role alone writes here is taken into no chain. */
  readonly signature: string;
}

export type Change = ChangeEvent & { readonly change: NonNullable<ChangeEvent['change']> };

export function signedChange(event: Change, writer: string, key: SigningKey): PendingChange {
  const { id } = event.change;
  const body = canonicalJson(event);
  return { id, writer, body, signature: key.sign(message(id, body)) };
}

export function faultOf({ id, body, signature }: Pick<PendingChange, 'id' | 'body' | 'signature'>, keys: PublicKeys): SignatureFault | undefined {
  return keys.fault(message(id, body), signature);
}

function message(id: string, body: string): string {
  return `dure audit change\n${id}\n${digest(body)}`;
}

export function changeOf({ body }: PendingChange): Change {
  return JSON.parse(body) as Change;
}

export async function insertPending(transaction: Transaction, { id, writer, body, signature }: PendingChange): Promise<void> {
  await transaction.query('insert into dure_audit.pending (id, writer, body, signature) values ($1, $2, $3, $4)', [id, writer, body, signature]);
}

/** Oldest first. */
export async function openChanges(pool: Pool | PoolClient, but: readonly string[], writer?: string): Promise<PendingChange[]> {
  const { rows } = await pool.query<PendingChange>(
    'select id, writer, body, signature from dure_audit.pending where chained_at is null and id <> all($1::uuid[]) and ($2::uuid is null or writer = $2) order by created_at limit 500', [but, writer ?? null],
  );
  return rows;
}

/** A hint that spares looking for its entry: verification does not believe it. */
export async function markChained(pool: Pool | PoolClient, ids: readonly string[]): Promise<void> {
  await pool.query('update dure_audit.pending set chained_at = clock_timestamp() where id = any($1::uuid[]) and chained_at is null', [ids]);
}

export async function handOver(client: PoolClient, ids: readonly string[], writer: string): Promise<void> {
  await client.query('update dure_audit.pending set writer = $2 where id = any($1::uuid[])', [ids, writer]);
}

/**
 * For the pool of a writer: each connection holds the writer's lock while it lives, also while it still runs a statement for a process that
 * is dead. It must be a direct connection: a lock of a session means nothing behind a transaction pooler.
 */
export function holdingWriterLock(writer: string): PoolConfig {
  // The pool waits for it, and gives no connection out that does not hold it. A machine that lost its power says no goodbye: its connections end within a minute.
  const text = `select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false), pg_advisory_lock_shared(hashtextextended($1, 0))`;
  return { onConnect: (client): Promise<unknown> => client.query(text, [lockName(writer)]) };
}

/** Until the transaction ends: the writer has no connection, and gets none meanwhile. */
export async function tryWriterLock(client: PoolClient, writer: string): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as free', [lockName(writer)]);
  return rows[0]!.free;
}

function lockName(writer: string): string {
  return `dure audit writer ${writer}`;
}

/** For the owner of the tables alone, once everything verifies: what is in a chain need not lie here too. @returns how many */
export async function forgetChained(pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('dure.audit_destroy', 'on', true)`);
    const { rowCount } = await client.query(`delete from dure_audit.pending where chained_at is not null and created_at < now() - interval '1 day'`);
    await client.query('commit');
    return rowCount ?? 0;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
