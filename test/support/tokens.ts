/** Tokens of persons of a test's own making, as the embedded default signs its demo tokens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { demoAudience, demoIssuer } from '../../src/identity/jwt.js';

export interface TestPerson {
  readonly subject: string;
  readonly name?: string;
  readonly organizations?: readonly string[];
  readonly roles?: readonly string[];
  readonly country?: string;
  /** Seconds; an hour where absent. */
  readonly lasts?: number;
}

export function signPerson(dataDirectory: string, { subject, name, organizations = [], roles = [], country, lasts = 3_600 }: TestPerson): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ organizations, roles, ...(name ? { name } : {}), ...(country ? { country } : {}) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuer(demoIssuer).setAudience(demoAudience).setSubject(subject).setIssuedAt(now).setExpirationTime(now + lasts)
    .sign(new TextEncoder().encode(readFileSync(join(dataDirectory, 'jwt-secret'), 'utf8').trim()));
}
