/** What an answer means by the source's @error rules; what they leave open its status decides. */
import { parseBoundedJson } from '../remote/client/boundedJson.js';
import type { RawAnswer, Verdict } from '../remote/client/options.js';
import { retryAfterMs } from '../remote/client/retryDelay.js';
import type { ErrorRule, HttpSourceSpec } from './spec.js';

const codes = { DOWN: 'SOURCE_DOWN', LIMITED: 'SOURCE_LIMITED', INVALID: 'SOURCE_INVALID', TIMEOUT: 'SOURCE_TIMEOUT' } as const;
const reasons = { DOWN: 'has an error of its own', LIMITED: 'asks for fewer requests', INVALID: 'did not understand the request', TIMEOUT: 'took too long' } as const;

export function judgeOf({ errors, hook }: Pick<HttpSourceSpec, 'errors' | 'hook'>, maxDepth: number): ((answer: RawAnswer) => Verdict | undefined) | undefined {
  if (errors.length === 0 && !hook) return undefined;
  return (answer) => {
    const hooked = hook?.errorCode?.(answer);
    let parsed: { readonly body: unknown } | undefined;
    const code = (rule: ErrorRule): string | undefined => {
      if (hooked !== undefined || !rule.field) return hooked;
      parsed ??= { body: bodyOf(answer.text, maxDepth) };
      const value = rule.field.first(parsed.body);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    };
    for (const rule of errors) {
      if (rule.status !== undefined && !rule.status.includes(answer.status)) continue;
      const found = rule.field ? code(rule) : undefined;
      if (rule.field && (found === undefined || (rule.values !== undefined && !rule.values.includes(found)))) continue;
      if (rule.is === 'OK') return { kind: 'ok' };
      if (rule.is === 'EMPTY') return { kind: 'empty' };
      const wait = (found === undefined ? undefined : hook?.retryAfterMs?.(found, new Date())) ?? retryAfterMs(answer.headers['retry-after'], Date.now());
      return { kind: 'failed', code: codes[rule.is], retry: rule.retry, reason: rule.reason ?? reasons[rule.is], retryAfterMs: wait };
    }
    return hooked === undefined ? undefined : { kind: 'failed', code: 'SOURCE_INVALID', retry: false, reason: 'answered with an error that is not known here' };
  };
}

function bodyOf(text: string, maxDepth: number): unknown {
  try {
    return parseBoundedJson(text, maxDepth);
  } catch {
    return undefined;
  }
}
