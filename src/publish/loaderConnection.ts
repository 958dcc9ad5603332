import type { Pool, PoolClient } from 'pg';

/** The loader's connections call themselves by the job, so that whoever cleans up after a lost worker can end them. */
export function loaderName(jobId: string): string {
  return `dure load ${jobId}`;
}

/**
 * One transaction that the signal ends at once: the backend is told to stop whatever statement it runs, since closing the socket alone would be
 * noticed only after it.
 */
export async function loaderTransaction<T>(pool: Pool, jobId: string, signal: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return loaderSession(pool, signal, async (client) => {
    await client.query('begin');
    await client.query(`select set_config('application_name', $1, true), set_config('maintenance_work_mem', '256MB', true)`, [loaderName(jobId)]);
    const result = await work(client);
    signal.throwIfAborted();
    await client.query('commit');
    return result;
  });
}

export async function loaderSession<T>(pool: Pool, signal: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const client = await pool.connect();
  const ignore = (): void => {}; // a connection that is ended from outside reports it here as well as in the statement
  client.on('error', ignore);
  let broken: Error | boolean = true;
  let stop: (() => void) | undefined;
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = rows[0]!.pid;
    stop = () => void pool.query('select pg_terminate_backend($1)', [pid]).catch(ignore);
    signal.addEventListener('abort', stop, { once: true });
    signal.throwIfAborted();
    const result = await work(client);
    broken = signal.aborted; // a stop that is still on its way must not meet the next user of the connection
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
    client.off('error', ignore);
    client.release(broken);
  }
}

/** Ends what a lost worker left running for the job. */
export async function endLoaders(pool: Pool, jobId: string): Promise<void> {
  await pool.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and usename = current_user and pid <> pg_backend_pid()', [loaderName(jobId)]);
}
