/** What directives cannot say, by name. A hook is about a habit of many services, not about one source. */
import type { RawAnswer } from '../remote/client/options.js';

export interface Hook {
  /** The source's own error code where the body is not what was asked for; the @error rules judge it like any other. */
  readonly errorCode?: (answer: RawAnswer) => string | undefined;
  /** How long nobody needs to ask again after this code, milliseconds. */
  readonly retryAfterMs?: (code: string, now: Date) => number | undefined;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * The Korean public data portal. Its gateway answers errors as XML with status 200, also where JSON was asked for; a quota (code 22) is
 * full until midnight in Korea.
 */
const dataGoKr: Hook = {
  errorCode({ text }) {
    if (!/^\s*</.test(text)) return undefined;
    return /<returnReasonCode>\s*(\d{1,3})\s*<\/returnReasonCode>/.exec(text)?.[1]?.padStart(2, '0') ?? /<resultCode>\s*(\d{1,3})\s*<\/resultCode>/.exec(text)?.[1]?.padStart(2, '0');
  },
  retryAfterMs(code, now) {
    return code === '22' ? dayMs - ((now.getTime() + 9 * hourMs) % dayMs) : undefined;
  },
};

export const hooks: ReadonlyMap<string, Hook> = new Map([['data.go.kr', dataGoKr]]);
