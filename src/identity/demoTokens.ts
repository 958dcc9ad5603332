/** The embedded default's own identities, so that a first start can be tried as each kind of person. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { demoAudience, demoIssuer } from './jwt.js';
import { keepPrivateFile, writePrivateFile } from './privateFile.js';

interface DemoPerson {
  readonly subject: string;
  readonly name: string;
  readonly organizations: readonly string[];
  readonly roles: readonly string[];
  readonly affiliation: string;
}

const people = {
  researcher: { subject: 'demo-researcher', name: '연구자 (demo researcher)', organizations: [], roles: [], affiliation: 'researcher@example.ac.kr' },
  publisher: { subject: 'demo-publisher', name: '발행자 (demo publisher)', organizations: ['hanbit:publisher', 'dasan:publisher'], roles: [], affiliation: 'staff@example.ac.kr' },
  steward: { subject: 'demo-steward', name: '관리 책임자 (demo steward)', organizations: ['seoram:steward', 'bora:steward'], roles: [], affiliation: 'staff@example.ac.kr' },
  administrator: { subject: 'demo-administrator', name: '운영자 (demo administrator)', organizations: [], roles: ['administrator'], affiliation: 'staff@example.ac.kr' },
} as const satisfies Readonly<Record<string, DemoPerson>>;

export type DemoPersonName = keyof typeof people;
export type DemoTokens = Readonly<Record<DemoPersonName, string>>;

const lifetimeSeconds = 30 * 24 * 60 * 60;

/** The secret that signs demo tokens: the configured one, else one made once for this data directory. */
export function demoSecret(dataDirectory: string, configured?: string): string {
  return configured ?? keepPrivateFile(join(dataDirectory, 'jwt-secret'), () => `${randomBytes(32).toString('base64url')}\n`).trim();
}

/** Signs a new token for each demo person and writes them to `demo-tokens.json`; earlier ones hold until they expire. */
export async function writeDemoTokens(dataDirectory: string, secret: string, now: number = Date.now()): Promise<{ readonly path: string; readonly tokens: DemoTokens }> {
  const names = Object.keys(people) as DemoPersonName[];
  const signed = await Promise.all(names.map(async (name) => [name, await sign(people[name], secret, now)] as const));
  const tokens = Object.freeze(Object.fromEntries(signed)) as DemoTokens;
  const path = join(dataDirectory, 'demo-tokens.json');
  writePrivateFile(path, `${JSON.stringify(tokens, null, 2)}\n`);
  return { path, tokens };
}

async function sign(person: DemoPerson, secret: string, now: number): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    name: person.name,
    organizations: [...person.organizations],
    roles: [...person.roles],
    country: 'KR',
    eduperson_scoped_affiliation: [person.affiliation],
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(demoIssuer)
    .setAudience(demoAudience)
    .setSubject(person.subject)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(new TextEncoder().encode(secret));
}
