/** The form of API tokens: `dure_`, 43 random characters (256 bits), 6 of checksum. Found by secret scanners, refused without a look in the database when mistyped. */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const apiTokenPrefix = 'dure_';
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^dure_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

export function newApiToken(): string {
  const secret = Array.from({ length: 43 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${apiTokenPrefix}${secret}${checksum(secret)}`;
}

/** False for what was cut off, mistyped or invented; says nothing about whether the token exists. */
export function isWellFormedApiToken(text: string): boolean {
  const match = shape.exec(text);
  return match !== null && checksum(match[1]!) === match[2];
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let place = 0; place < 6; place += 1) {
    text = alphabet[rest % alphabet.length]! + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
