import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { buildIdentifier } from '../../src/identity/buildIdentifier.js';
import { defaultClaimNames } from '../../src/identity/claims.js';
import { demoSecret, writeDemoTokens } from '../../src/identity/demoTokens.js';
import type { Identifier } from '../../src/identity/identifier.js';
import { hasRole, isAdministrator } from '../../src/identity/identity.js';
import { refusal } from './refusal.js';

const directory = mkdtempSync(join(tmpdir(), 'dure-demo-'));
afterAll(() => rmSync(directory, { recursive: true }));

function identifier(secret?: string): Identifier {
  return buildIdentifier({ trust: { kind: 'demo', secret }, jwtAlgorithms: ['RS256'], visaIssuers: [], claimNames: defaultClaimNames, dataDirectory: directory }, {});
}

describe('demo tokens', () => {
  test('are written for this user alone and stand for four people', async () => {
    const { path, tokens } = await writeDemoTokens(directory, demoSecret(directory));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(tokens);
    const who = async (name: keyof typeof tokens) => identifier().identify(`Bearer ${tokens[name]}`);
    const researcher = await who('researcher');
    expect(researcher).toMatchObject({ kind: 'person', subject: 'demo-researcher', issuer: 'dure-demo', memberships: [], country: 'KR', affiliations: ['researcher@example.ac.kr'] });
    expect(researcher.expiresAt! - Date.now()).toBeGreaterThan(29 * 24 * 3600 * 1000);
    const publisher = await who('publisher');
    expect(hasRole(publisher, 'hanbit', 'publisher') && hasRole(publisher, 'dasan', 'publisher')).toBe(true);
    expect(hasRole(publisher, 'seoram', 'member')).toBe(false);
    expect(hasRole(await who('steward'), 'seoram', 'steward')).toBe(true);
    expect(isAdministrator(await who('steward'))).toBe(false);
    expect(isAdministrator(await who('administrator'))).toBe(true);
  });

  test('of an earlier start still hold after the next', async () => {
    const first = await writeDemoTokens(directory, demoSecret(directory), Date.now() - 60_000);
    const second = await writeDemoTokens(directory, demoSecret(directory));
    expect(second.tokens.researcher).not.toBe(first.tokens.researcher);
    await expect(identifier().identify(`Bearer ${first.tokens.researcher}`)).resolves.toMatchObject({ subject: 'demo-researcher' });
  });

  test('of another installation, or of another secret, are refused', async () => {
    const { tokens } = await writeDemoTokens(join(directory, 'other'), 'another secret that has 32 bytes or more');
    expect(await refusal(() => identifier().identify(`Bearer ${tokens.administrator}`))).toMatch(/^UNAUTHENTICATED: .*signature/);
    await expect(identifier('another secret that has 32 bytes or more').identify(`Bearer ${tokens.administrator}`)).resolves.toMatchObject({ roles: ['administrator'] });
  });

  test.each([['HS384', 'dure-demo', 'dure'], ['HS256', 'someone', 'dure'], ['HS256', 'dure-demo', 'other']])('signed with %s, issuer %s, audience %s are refused', async (alg, issuer, audience) => {
    const token = await new SignJWT({}).setProtectedHeader({ alg }).setIssuer(issuer).setAudience(audience).setSubject('x').setExpirationTime('1h').sign(new TextEncoder().encode(`${demoSecret(directory)}${alg === 'HS384' ? '.........' : ''}`));
    expect(await refusal(() => identifier().identify(`Bearer ${token}`))).toMatch(/^UNAUTHENTICATED/);
  });
});
