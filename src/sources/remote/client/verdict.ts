/** What a status says of a request, where the source's own rules do not say more. */
import { retryAfterMs } from './retryDelay.js';
import type { RawAnswer, Verdict } from './options.js';

export function verdictOfStatus(answer: RawAnswer): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'ok' };
  const wait = retryAfterMs(answer.headers['retry-after'], Date.now());
  if (status === 429) return { kind: 'failed', code: 'SOURCE_LIMITED', retry: true, reason: 'asks for fewer requests', retryAfterMs: wait };
  if (status === 503 && wait !== undefined) return { kind: 'failed', code: 'SOURCE_LIMITED', retry: true, reason: 'is busy and asks to come later', retryAfterMs: wait };
  if (status === 408 || status === 504) return { kind: 'failed', code: 'SOURCE_TIMEOUT', retry: true, reason: `answered ${status}` };
  if (status >= 500) return { kind: 'failed', code: 'SOURCE_DOWN', retry: status !== 501 && status !== 505, reason: `answered ${status}` };
  if (status === 401 || status === 403) return { kind: 'failed', code: 'SOURCE_DOWN', retry: false, reason: `does not let this server in (${status}): its credentials are missing, wrong or not approved` };
  return { kind: 'failed', code: 'SOURCE_INVALID', retry: false, reason: `did not understand the request (${status})` };
}
