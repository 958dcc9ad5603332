import { DureError } from '../../errors.js';

/** A text that a person wrote, fit to be kept: not empty, not endless, and of characters that PostgreSQL keeps. */
export function checkText(argument: string, text: string, longest: number): string {
  const trimmed = text.trim().normalize('NFC');
  if (trimmed === '') throw new DureError('BAD_USER_INPUT', `\`${argument}\` is empty.`, { argument });
  if (trimmed.length > longest) throw new DureError('BAD_USER_INPUT', `\`${argument}\` has ${trimmed.length} characters; ${longest} are allowed.`, { argument });
  if (trimmed.includes('\0') || !trimmed.isWellFormed()) throw new DureError('BAD_USER_INPUT', `\`${argument}\` holds the character NUL or half a surrogate pair: remove it.`, { argument });
  return trimmed;
}

/** Why somebody does what others must be able to understand later. */
export function checkReason(argument: string, text: string): string {
  const reason = checkText(argument, text, 2_000);
  if (reason.length < 10) throw new DureError('BAD_USER_INPUT', `\`${argument}\` must say why, in at least ten characters.`, { argument });
  return reason;
}

export function checkOptionalText(argument: string, text: string | null | undefined, longest: number): string | undefined {
  return text === null || text === undefined ? undefined : checkText(argument, text, longest);
}

/** Pages show it as a link, so nothing but the web is let through. */
export function checkHomepage(argument: string, text: string | null | undefined): string | undefined {
  const address = checkOptionalText(argument, text, 500);
  if (address === undefined) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new DureError('BAD_USER_INPUT', `\`${argument}\` must be a web address that begins with https:// or http://.`, { argument });
  return url.href;
}
