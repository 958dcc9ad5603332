/** How long to wait before a request is sent again. */

/** Exponential with full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015), at most ten seconds. */
export function backoffMs(attempt: number, baseMs: number, random: () => number = Math.random): number {
  return random() * Math.min(baseMs * 2 ** attempt, 10_000);
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); undefined where absent or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
