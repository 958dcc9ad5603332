/** Marks in a source's text where another source's answer belongs. */
import { randomBytes } from 'node:crypto';

/** Random, so that no data can look like it. */
export const cutMark = `~${randomBytes(12).toString('hex')}!`;
const marked = new RegExp(`"${cutMark}(\\d+):([0-9a-f]+)"`, 'g');

/** A mark as a source writes it: a JSON string. */
export function markText(number: number, key: string): string {
  return `"${cutMark}${number}:${Buffer.from(key, 'utf8').toString('hex')}"`;
}

/** The distinct keys by number of cut. */
export function keysIn(texts: Iterable<string>): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, Map<string, string>>();
  for (const text of texts) {
    for (const [, number, hex] of text.matchAll(marked)) {
      let keys = found.get(Number(number));
      if (!keys) found.set(Number(number), (keys = new Map()));
      if (!keys.has(hex!)) keys.set(hex!, Buffer.from(hex!, 'hex').toString('utf8'));
    }
  }
  return new Map([...found].map(([number, keys]) => [number, [...keys.values()]]));
}

export function fill(text: string, answers: ReadonlyMap<number, ReadonlyMap<string, string>>, missing: (number: number) => string): string {
  return text.replace(marked, (_match, number: string, hex: string) => answers.get(Number(number))?.get(Buffer.from(hex, 'hex').toString('utf8')) ?? missing(Number(number)));
}
