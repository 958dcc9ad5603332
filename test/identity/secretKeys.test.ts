import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadSecretKeys, parseSecretKeys, SecretKeys } from '../../src/identity/secretKeys.js';
import { refusal } from './refusal.js';

const directory = mkdtempSync(join(tmpdir(), 'dure-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));

const old = { id: 'old', key: 'o'.repeat(40) };
const fresh = { id: 'new', key: 'n'.repeat(40) };

describe('signatures', () => {
  test('are made by the newest key and verified by every key in the ring', () => {
    const before = new SecretKeys([old]);
    const during = new SecretKeys([fresh, old]);
    const after = new SecretKeys([fresh]);
    const signature = before.sign('cursor', 'data');
    expect(signature).toMatch(/^old\.[\w-]{43}$/);
    expect(during.sign('cursor', 'data')).toMatch(/^new\./);
    expect(during.verify('cursor', 'data', signature)).toBe(true);
    expect(after.verify('cursor', 'data', signature)).toBe(false);
  });

  test('hold for one purpose, one text and one key only', () => {
    const keys = new SecretKeys([fresh, old]);
    const signature = keys.sign('cursor', 'data');
    expect(keys.verify('api-token', 'data', signature)).toBe(false);
    expect(keys.verify('cursor', 'datA', signature)).toBe(false);
    expect(keys.verify('cursor', 'data', signature.replace('new.', 'old.'))).toBe(false);
    for (const forged of ['', '.', 'new', 'new.', '.x', `${signature}x`, signature.slice(0, -1), `x.${signature}`]) expect(keys.verify('cursor', 'data', forged)).toBe(false);
  });
});

test('keys for a purpose are found by id, and differ between purposes and from the ring\'s own', () => {
  const cursors = new SecretKeys([fresh, old]).forPurpose('cursor');
  expect(cursors.newest.id).toBe('new');
  expect(cursors.find('new')).toEqual(cursors.newest.key);
  expect(cursors.find('old')).toEqual(new SecretKeys([old]).forPurpose('cursor').newest.key);
  expect(cursors.find('other')).toBeUndefined();
  expect(new SecretKeys([fresh]).forPurpose('hash').newest.key).not.toEqual(cursors.newest.key);
  expect(Buffer.from(cursors.newest.key).toString()).not.toContain('nnnn');
});

describe('the ring', () => {
  test('of the configuration goes before the file', () => {
    expect(loadSecretKeys([fresh], join(directory, 'unused')).ids).toEqual(['new']);
    expect(() => statSync(join(directory, 'unused'))).toThrow('ENOENT');
  });

  test('is generated once, for this user alone', () => {
    const first = loadSecretKeys([], join(directory, 'fresh'));
    const second = loadSecretKeys([], join(directory, 'fresh'));
    expect(second.verify('x', 'data', first.sign('x', 'data'))).toBe(true);
    expect(statSync(join(directory, 'fresh', 'secret-keys')).mode & 0o777).toBe(0o600);
    expect(loadSecretKeys([], join(directory, 'other')).verify('x', 'data', first.sign('x', 'data'))).toBe(false);
  });

  test('in a damaged file is told, not replaced', async () => {
    const path = join(directory, 'secret-keys');
    writeFileSync(path, 'local:short');
    const refused = await refusal(() => loadSecretKeys([], directory));
    expect(refused).toContain(path);
    expect(refused).not.toContain('short,');
    expect(readFileSync(path, 'utf8')).toBe('local:short');
  });

  test.each([
    ['', /entry 1 has no id/], ['key-without-id-that-is-long-enough-but-has-none', /entry 1 has no id/], ['a:short', /entry 1 \(a\) has a key of 5 bytes/],
    [`a:${'x'.repeat(32)},b`, /entry 2 has no id/], [`a:${'x'.repeat(32)},a:${'y'.repeat(32)}`, /the id a stands twice/], [`a b:${'x'.repeat(32)}`, /entry 1 has no id/],
  ])('written as %j has a problem', (text, problem) => {
    const parsed = parseSecretKeys(text);
    expect(parsed.keys).toEqual([]);
    expect(parsed.problem).toMatch(problem);
  });

  test('may have keys with colons and equals signs in them', () => {
    const key = `${'ab:c='.repeat(8)}==`;
    expect(parseSecretKeys(` k2:${key} , k1:${'y'.repeat(32)}`).keys).toEqual([{ id: 'k2', key }, { id: 'k1', key: 'y'.repeat(32) }]);
  });
});
