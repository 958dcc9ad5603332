import type { TextMatch } from '../../plan/predicate.js';

/** LIKE raises an error for a pattern that ends in its escape character, so a last lone backslash is doubled. */
export function matchPattern(match: TextMatch, text: string | null): string | null {
  if (text === null || (match !== 'like' && match !== 'ilike')) return text;
  return /(^|[^\\])(\\\\)*\\$/.test(text) ? `${text}\\` : text;
}
