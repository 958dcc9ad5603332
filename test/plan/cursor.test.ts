import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { CursorCodec } from '../../src/plan/cursor.js';

const ring = new Map([['old', randomBytes(32)], ['new', randomBytes(32)]]);
const codec = (newest: string, ids = [...ring.keys()]): CursorCodec => new CursorCodec({ newest: { id: newest, key: ring.get(newest)! }, find: (id) => (ids.includes(id) ? ring.get(id) : undefined) });

test('a cursor is read again by its version and question, also after the key was rotated', () => {
  const text = codec('old').encode('1.0', 'q', ['a', null, '7']);
  expect(codec('new').decode(text, '1.0', 'q')).toEqual({ ok: true, values: ['a', null, '7'] });
  expect(codec('new').decode(text, '1.1', 'q')).toEqual({ ok: false, reason: 'otherVersion', version: '1.0' });
  expect(codec('new').decode(text, '1.0', 'r')).toEqual({ ok: false, reason: 'otherQuestion' });
  expect(codec('new', ['new']).decode(text, '1.0', 'q')).toEqual({ ok: false, reason: 'malformed' });
});

test('it tells nothing of what it holds, and is the same for the same place', () => {
  const text = codec('new').encode('1.0', 'q', ['Kim', '41']);
  expect(Buffer.from(text, 'base64url').toString('latin1')).not.toMatch(/Kim|41|1\.0/);
  expect(codec('new').encode('1.0', 'q', ['Kim', '41'])).toBe(text);
});

test('no change of a bit passes', () => {
  const bytes = Buffer.from(codec('new').encode('1.0', 'q', ['a', '7']), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3]! ^= 1 << (bit & 7);
    expect(codec('new').decode(forged.toString('base64url'), '1.0', 'q').ok).toBe(false);
  }
  for (const text of ['', 'x', '!!!', 'A'.repeat(20_000)]) expect(codec('new').decode(text, '1.0', 'q').ok).toBe(false);
});
