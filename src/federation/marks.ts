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
  /** The key as it is written in the mark. */
  readonly hex: string;
}

/** A text taken apart at its marks: one piece more than there are marks. */
export interface Marked {
  readonly pieces: readonly string[];
  readonly marks: readonly Mark[];
}

export function takeApart(text: string): Marked {
  const pieces: string[] = [];
  const marks: Mark[] = [];
  let done = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, done)) {
    const colon = text.indexOf(':', at + opening.length);
    const end = text.indexOf('"', colon);
    pieces.push(text.slice(done, at));
    marks.push({ number: Number(text.slice(at + opening.length, colon)), hex: text.slice(colon + 1, end) });
    done = end + 1;
  }
  pieces.push(done === 0 ? text : text.slice(done));
  return { pieces, marks };
}

/** The distinct keys by number of cut, each by its form in the marks. */
export function keysOf(texts: readonly Marked[]): ReadonlyMap<number, ReadonlyMap<string, string>> {
  const found = new Map<number, Map<string, string>>();
  for (const { marks } of texts) {
    for (const { number, hex } of marks) {
      let keys = found.get(number);
      if (!keys) found.set(number, (keys = new Map()));
      if (!keys.has(hex)) keys.set(hex, Buffer.from(hex, 'hex').toString('utf8'));
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
