/**
 * Requests a second, as a bucket of tokens kept as one time (the generic cell rate algorithm): a caller is told at once when its turn
 * is, and refused at once where that is after its deadline.
 */
export class RateLimit {
  /** When the bucket would be full again, by `now`'s clock. */
  private full = -Infinity;
  private notBefore = -Infinity;
  private readonly interval: number;
  private readonly allowance: number;

  constructor(perSecond: number | undefined, burst = Math.max(1, Math.ceil((perSecond ?? 1) / 4)), private readonly now: () => number = () => performance.now()) {
    this.interval = perSecond === undefined ? 0 : 1000 / perSecond;
    this.allowance = this.interval * (burst - 1);
  }

  /** Milliseconds until this caller's turn, which is then taken; or how long it would be where that is past the deadline. */
  take(deadline: number): { readonly waitMs: number } | { readonly refusedMs: number } {
    const now = this.now();
    const turn = Math.max(now, this.notBefore, this.full - this.allowance);
    if (turn > deadline) return { refusedMs: turn - now };
    this.full = Math.max(this.full, turn) + this.interval;
    return { waitMs: turn - now };
  }

  /** Nobody's turn comes within this time: the source has asked for a pause. */
  pause(ms: number): void {
    this.notBefore = Math.max(this.notBefore, this.now() + ms);
  }

  /** How long the pause still is; 0 where there is none. */
  pausedMs(): number {
    return Math.max(0, this.notBefore - this.now());
  }
}
