/** Requests at one time. Whoever finds no free slot waits in line, first come first served, as long as its signal allows. */
export class Slots {
  private free: number;
  private readonly line = new Set<() => void>();

  constructor(count: number) {
    this.free = count;
  }

  get waiting(): number {
    return this.line.size;
  }

  /** @returns whether a slot was had; `release` must be called then */
  take(signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted) return false;
    if (this.free > 0) {
      this.free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const turn = (): void => {
        signal.removeEventListener('abort', give);
        resolve(true);
      };
      const give = (): void => {
        this.line.delete(turn);
        resolve(false);
      };
      this.line.add(turn);
      signal.addEventListener('abort', give, { once: true });
    });
  }

  release(): void {
    const next = this.line.values().next().value;
    if (next === undefined) {
      this.free += 1;
      return;
    }
    this.line.delete(next);
    next();
  }
}
