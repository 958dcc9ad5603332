/**
 * Tokens of the OPTIMADE filter language, and its literals in both directions.
 * https://github.com/Materials-Consortia/OPTIMADE, specification 1.2, appendix "The Filter Language EBNF Grammar".
 */
export interface FilterToken {
  readonly kind: 'keyword' | 'identifier' | 'string' | 'number' | 'operator' | 'mark' | 'end';
  readonly text: string;
  /** Offset of the first character. */
  readonly at: number;
}

/** Text that is no filter of the OPTIMADE language, or one that Dure has no form for. */
export class FilterTextError extends Error {
  /** @param at offset of the character where it goes wrong, counted from 0 */
  constructor(message: string, readonly at: number) {
    super(`Character ${at + 1} of the filter: ${message}`);
    this.name = 'FilterTextError';
  }
}

const keywords = new Set(['AND', 'OR', 'NOT', 'IS', 'KNOWN', 'UNKNOWN', 'CONTAINS', 'STARTS', 'ENDS', 'WITH', 'HAS', 'ALL', 'ANY', 'ONLY', 'LENGTH', 'TRUE', 'FALSE']);
const patterns: readonly (readonly [FilterToken['kind'], RegExp])[] = [
  ['keyword', /[A-Z]+/y],
  ['identifier', /[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*/y],
  ['number', /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['string', /"(?:[^"\\]|\\["\\])*"/y],
  ['operator', /<=|>=|!=|<|>|=/y],
  ['mark', /[(),:]/y],
];

/** @throws FilterTextError */
export function tokensOf(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  for (;;) {
    while (/[ \t\r\n\v\f]/.test(text.charAt(at))) at += 1;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): FilterToken {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    if (kind === 'keyword' && !keywords.has(found)) throw new FilterTextError(`${found} is no word of the language; names of properties are in small letters.`, at);
    return { kind, text: found, at };
  }
  throw new FilterTextError(text.charAt(at) === '"' ? 'a text begins here that does not end, or that has a backslash before something else than " and \\.' : `${JSON.stringify(text.charAt(at))} means nothing here.`, at);
}

export function textOf(token: FilterToken): string {
  return token.text.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

/** A text as a literal; undefined where it has characters that the grammar has no place for (control characters, halves of pairs). */
export function textLiteral(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000e-\u001f\u007f]/.test(text) || !text.isWellFormed()) return undefined;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** A property's name: small letters, digits and underscores, parts joined by dots. */
export function isPropertyName(name: string): boolean {
  return /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/.test(name);
}
