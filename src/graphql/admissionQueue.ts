/** Lines of callers, in shares of organizations: the next one is the first of the line that was served least, by what it was charged. */
import { Lru } from '../lru.js';

export interface Waiting {
  readonly line: Line;
  readonly expectedMs: number;
  readonly signal: AbortSignal;
  /** `performance.now()`. */
  readonly since: number;
  readonly begin: () => void;
  readonly fail: (error: Error) => void;
}

/** An organization, or a caller that belongs to none. */
export interface Share {
  /** Virtual time: what was charged so far, never behind the clock when somebody begins to wait. */
  virtual: number;
  clock: number;
  longRunning: number;
  waiting: number;
  /** What all who wait here are expected to take, apart for the long and the short. */
  readonly expectedMs: { long: number; short: number };
  readonly lines: Map<string, Line>;
}

/** One caller's questions of one kind, in the order in which they came. */
export interface Line {
  readonly share: Share;
  readonly key: string;
  readonly long: boolean;
  readonly entries: Set<Waiting>;
  virtual: number;
}

/** Shares remembered while nobody of them waits, so that leaving and coming back does not clear what was charged. */
const sharesKept = 10_000;

export class AdmissionQueue {
  length = 0;
  private clock = 0;
  private readonly shares = new Lru<string, Share>(sharesKept);
  private readonly active = new Set<Share>();

  share(key: string): Share {
    let share = this.shares.get(key);
    if (!share) this.shares.set(key, (share = { virtual: this.clock, clock: 0, longRunning: 0, waiting: 0, expectedMs: { long: 0, short: 0 }, lines: new Map() }));
    return share;
  }

  line(share: Share, key: string, long: boolean): Line {
    return share.lines.get(key) ?? { share, key, long, entries: new Set(), virtual: share.clock };
  }

  add(waiting: Waiting): void {
    const { line } = waiting;
    const { share } = line;
    if (share.waiting === 0) {
      share.virtual = Math.max(share.virtual, this.clock);
      this.active.add(share);
    }
    if (line.entries.size === 0) {
      line.virtual = Math.max(line.virtual, share.clock);
      share.lines.set(line.key, line);
    }
    line.entries.add(waiting);
    this.count(waiting, 1);
  }

  remove(waiting: Waiting): void {
    const { line } = waiting;
    if (!line.entries.delete(waiting)) return;
    this.count(waiting, -1);
    if (line.entries.size === 0) line.share.lines.delete(line.key);
    if (line.share.waiting === 0) this.active.delete(line.share);
  }

  all(): readonly Waiting[] {
    return [...this.active].flatMap((share) => [...share.lines.values()].flatMap((line) => [...line.entries]));
  }

  /** The next of those lines that may be served; undefined where there is none. */
  take(may: (line: Line) => boolean): Waiting | undefined {
    let best: Line | undefined;
    for (const share of this.active) {
      if (best && best.share.virtual <= share.virtual) continue;
      for (const line of share.lines.values()) {
        if (may(line) && (best?.share !== share || line.virtual < best.virtual)) best = line;
      }
    }
    if (!best) return undefined;
    const [first] = best.entries;
    const { share } = best;
    this.clock = Math.max(this.clock, share.virtual);
    share.clock = Math.max(share.clock, best.virtual);
    share.virtual += first!.expectedMs;
    best.virtual += first!.expectedMs;
    this.remove(first!);
    return first;
  }

  /** Who gives way to one more of this share where the queue is full: the youngest of the share with most waiting; undefined where that is this one. */
  youngestOfLongest(newcomer: Share): Waiting | undefined {
    let longest = newcomer;
    for (const share of this.active) if (share.waiting > longest.waiting) longest = share;
    if (longest.waiting <= newcomer.waiting + 1) return undefined;
    const line = [...longest.lines.values()].reduce((a, b) => (b.entries.size > a.entries.size ? b : a));
    return [...line.entries].at(-1);
  }

  private count(waiting: Waiting, by: 1 | -1): void {
    this.length += by;
    waiting.line.share.waiting += by;
    waiting.line.share.expectedMs[waiting.line.long ? 'long' : 'short'] += by * waiting.expectedMs;
  }
}
