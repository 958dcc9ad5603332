/** Credentials of sources. A definition names a secret; its value goes into the request and nowhere else. */
import { readFileSync } from 'node:fs';
import { DureError } from '../../../errors.js';

export interface SecretStore {
  /** The value, or undefined where no secret has this name. */
  get(name: string): string | undefined;
  names(): readonly string[];
}

export const noSecrets: SecretStore = Object.freeze({ get: () => undefined, names: () => [] });

export function secretsOf(values: Readonly<Record<string, string>>): SecretStore {
  const held = new Map(Object.entries(values));
  return { get: (name) => held.get(name), names: () => [...held.keys()] };
}

/**
 * `NAME=VALUE`, one a line; blank lines and those that begin with # are left out. A value is taken as it stands.
 * @throws DureError BAD_USER_INPUT that names the lines that are wrong, never their text
 */
export function secretsFromFile(path: string): SecretStore {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new DureError('BAD_USER_INPUT', `The file of the sources' secrets, ${path}, cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const values: Record<string, string> = {};
  const wrong: number[] = [];
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const match = /^([A-Za-z][A-Za-z0-9_.-]*)\s*=\s*(\S.*)$/.exec(trimmed);
    if (match) values[match[1]!] = match[2]!.trim();
    else wrong.push(index + 1);
  });
  if (wrong.length > 0) throw new DureError('BAD_USER_INPUT', `${path}: line${wrong.length > 1 ? 's' : ''} ${wrong.join(', ')}: write NAME=VALUE.`);
  return secretsOf(values);
}

/** The text with every secret's value, as it is and as it stands in an address, replaced by its name. */
export function redact(text: string, store: SecretStore): string {
  let clean = text;
  for (const name of store.names()) {
    const value = store.get(name);
    if (value === undefined || value === '') continue;
    for (const form of new Set([value, encodeURIComponent(value), decoded(value)])) {
      if (form !== '') clean = clean.replaceAll(form, `[secret ${name}]`);
    }
  }
  return clean;
}

/** Some providers hand their keys out already encoded for an address; such a key must not be encoded again. */
export function queryForm(value: string): string {
  return /%[0-9A-Fa-f]{2}/.test(value) ? value : encodeURIComponent(value);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
