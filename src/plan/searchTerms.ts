/**
 * What `matches` asks for: words that must all occur, `"phrases"`, `-words` and `-"phrases"` that must not, `begun*` words. The source
 * folds the terms as it folds the texts that they are looked for in.
 */
import { DureError } from '../errors.js';

export interface SearchTerm {
  readonly text: string;
  readonly excluded: boolean;
  /** The last word is only begun. */
  readonly prefix: boolean;
}

const longest = 1_000;
const mostTerms = 50;
const term = /(-?)(?:"([^"]*)"?(\*?)|(\S+?)(\*?)(?=\s|$))/gu;

export function searchTerms(text: string): readonly SearchTerm[] {
  return [...text.matchAll(term)].map(([, minus, phrase, phraseStar, word, wordStar]) => ({
    text: phrase ?? word!, excluded: minus === '-', prefix: (phraseStar ?? wordStar) === '*',
  }));
}

/** Undefined where the text may be asked; else what is wrong with it. */
export function searchMistake(text: string): string | undefined {
  if (text.length > longest) return `has more than ${longest} characters: search with fewer words`;
  return searchTerms(text).length > mostTerms ? `has more than ${mostTerms} terms: search with fewer words` : undefined;
}

/** @throws DureError BAD_USER_INPUT */
export function refuseSearch(field: string, mistake: string): never {
  throw new DureError('BAD_USER_INPUT', `where.${field}.matches ${mistake}.`);
}
