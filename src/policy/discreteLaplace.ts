/**
 * The discrete Laplace (two-sided geometric) distribution, sampled exactly: P(x) is proportional to exp(-|x| / scale) over the whole
 * numbers. Only whole numbers are reckoned with, so no rounding of floats can tell the answer apart from its noise (Mironov, "On
 * significance of the least significant bits for differential privacy", CCS 2012). The method is algorithm 2 of Canonne, Kamath and
 * Steinke, "The discrete Gaussian for differential privacy", NeurIPS 2020.
 */
import { createHmac } from 'node:crypto';

/** A scale as a fraction of whole numbers greater than 0. */
export interface Scale {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Uniform numbers that only who has the key can tell, the same for the same question: HMAC-SHA-256 in counter mode. */
export class KeyedRandom {
  private block = Buffer.alloc(0);
  private used = 0;
  private counter = 0;

  constructor(private readonly key: Uint8Array, private readonly question: string) {}

  /** A whole number from 0 on, less than `bound`; by rejection, so without bias. */
  below(bound: bigint): bigint {
    const bits = bound.toString(2).length;
    const bytes = Math.ceil(bits / 8);
    const mask = (1n << BigInt(bits)) - 1n;
    for (;;) {
      let value = 0n;
      for (let i = 0; i < bytes; i += 1) value = (value << 8n) | BigInt(this.byte());
      value &= mask;
      if (value < bound) return value;
    }
  }

  private byte(): number {
    if (this.used === this.block.length) {
      this.block = createHmac('sha256', this.key).update(`${this.counter}\n${this.question}`).digest();
      this.counter += 1;
      this.used = 0;
    }
    this.used += 1;
    return this.block[this.used - 1]!;
  }
}

export function discreteLaplace({ numerator: s, denominator: t }: Scale, random: KeyedRandom): bigint {
  // Magnitudes are geometric with the ratio exp(-t/s): a uniform part below s, kept with exp(-u/s), and whole steps of exp(-1).
  for (;;) {
    const u = random.below(s);
    if (!happens(u, s, random)) continue;
    let steps = 0n;
    while (happens(1n, 1n, random)) steps += 1n;
    const magnitude = (u + s * steps) / t;
    const negative = random.below(2n) === 1n;
    // Else nought would come up twice as often as it should.
    if (negative && magnitude === 0n) continue;
    return negative ? -magnitude : magnitude;
  }
}

/** True with the probability exp(-a/b), for 0 ≤ a ≤ b. */
function happens(a: bigint, b: bigint, random: KeyedRandom): boolean {
  let k = 1n;
  while (random.below(b * k) < a) k += 1n;
  return k % 2n === 1n;
}

/** So far from nought is the noise in 95 of 100 cases at most. */
export function within95({ numerator, denominator }: Scale): number {
  return Math.ceil((Math.log(20) * Number(numerator)) / Number(denominator));
}
