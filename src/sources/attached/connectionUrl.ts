/**
 * Where an attached database is. The URL is read here and not by the driver, whose parameters can name files of this machine, sockets
 * and other hosts than the one that was looked at.
 */
import type { PoolConfig } from 'pg';
import { DureError } from '../../errors.js';

export type Endpoint = Required<Pick<PoolConfig, 'host' | 'port' | 'user' | 'database'>> & Pick<PoolConfig, 'password' | 'ssl'>;

const modes = ['disable', 'require', 'verify-full'] as const;

/**
 * @param ca PEM of the authority that signed the server's certificate
 * @throws DureError BAD_USER_INPUT with every mistake; never any part of the URL
 */
export function readConnectionUrl(text: string | undefined, ca: string | undefined): Endpoint {
  const wrong = (mistakes: readonly string[]): DureError => new DureError('BAD_USER_INPUT', `The secret url of the attached database: ${mistakes.join('; ')}.`, { mistakes });
  if (text === undefined || text === '') throw wrong(['there is none: give postgres://USER:PASSWORD@HOST:PORT/DATABASE as the secret "url"']);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(['it is no address: write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded']);
  }
  const mistakes: string[] = [];
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') mistakes.push('it does not begin with postgres://');
  if (url.hostname === '') mistakes.push('it names no host');
  const [user, password, database] = [url.username, url.password, url.pathname.replace(/^\//, '')].map((part) => decoded(part, mistakes)) as [string, string, string];
  if (user === '') mistakes.push('it names no user');
  if (database === '') mistakes.push('it names no database');
  for (const name of url.searchParams.keys()) if (name !== 'sslmode') mistakes.push(`it has the parameter ${JSON.stringify(name.slice(0, 40))}; only sslmode is known`);
  const mode = url.searchParams.get('sslmode') ?? 'verify-full';
  if (!(modes as readonly string[]).includes(mode)) mistakes.push(`its sslmode is none of ${modes.join(', ')}`);
  if (mode !== 'verify-full' && ca !== undefined) mistakes.push('the secret ca is only used with sslmode=verify-full');
  if (mistakes.length > 0) throw wrong(mistakes);
  const host = decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '');
  return {
    host, port: url.port === '' ? 5432 : Number(url.port), user, database, ...(password === '' ? {} : { password }),
    ssl: mode === 'disable' ? false : mode === 'require' ? { rejectUnauthorized: false } : { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
  };
}

function decoded(part: string, mistakes: string[]): string {
  try {
    return decodeURIComponent(part);
  } catch {
    mistakes.push('a % in it begins no percent-encoded character: write %25');
    return '';
  }
}
