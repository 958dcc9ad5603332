/** Marks in a source's text where another source's answer belongs. */
import { randomBytes } from 'node:crypto';

/** Random, so that no data can look like it. */
export const cutMark = `~${randomBytes(12).toString('hex')}!`;
const opening = `"${cutMark}`;

/** A mark as a source writes it: a JSON string. */
export function markText(number: number, key: string): string {
  return `${opening}${number}:${Buffer.from(key, 'utf8').toString('hex')}"`;
}

export interface Mark {
  readonly number: number;
  /** JSON text. */
  readonly key: string;
}

/** A text taken apart at its marks: one piece more than there are marks. */
export interface Marked {
  readonly pieces: readonly string[];
  readonly marks: readonly Mark[];
}

export function takeApart(text: string): Marked {
  const pieces: string[] = [];
  const numbers: number[] = [];
  const hexes: string[] = [];
  let done = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, done)) {
    const colon = text.indexOf(':', at + opening.length);
    const end = text.indexOf('"', colon);
    pieces.push(text.slice(done, at));
    numbers.push(Number(text.slice(at + opening.length, colon)));
    hexes.push(text.slice(colon + 1, end));
    done = end + 1;
  }
  pieces.push(done === 0 ? text : text.slice(done));
  const keys = decode(hexes);
  return { pieces, marks: numbers.map((number, index) => ({ number, key: keys[index]! })) };
}

/** All in one go, since each costs more by itself. No JSON text has a bare line feed in it that its writer did not put there for its looks. */
function decode(hexes: readonly string[]): readonly string[] {
  if (hexes.length === 0) return [];
  const texts = Buffer.from(hexes.join('0a'), 'hex').toString('utf8').split('\n');
  return texts.length === hexes.length ? texts : hexes.map((hex) => Buffer.from(hex, 'hex').toString('utf8'));
}

/** The distinct keys by number of cut. */
export function keysOf(texts: readonly Marked[]): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>();
  for (const { marks } of texts) {
    for (const { number, key } of marks) {
      const keys = found.get(number);
      if (keys) keys.add(key);
      else found.set(number, new Set([key]));
    }
  }
  return found;
}

/** The text again. @param answer of a mark */
export function fill({ pieces, marks }: Marked, answer: (mark: Mark) => string): string {
  let text = pieces[0]!;
  for (const [index, mark] of marks.entries()) text += answer(mark) + pieces[index + 1]!;
  return text;
}
