/** Decimals of any length as whole numbers with a scale, for what must be exact. */

export interface Decimal {
  readonly digits: bigint;
  /** The value is digits × 10 ** -scale; never below 0. */
  readonly scale: number;
}

/** Undefined where the text is no number or one beyond 400 digits. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = match as unknown as [string, string, string, string?, string?];
  const shift = Number(exponent);
  if (Math.abs(shift) > 400) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const scale = fraction.length - shift;
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

export function compareDecimals(a: Decimal, b: Decimal): number {
  const [left, right] = alike(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Without zeros that mean nothing: equal numbers have equal texts. */
export function decimalText({ digits, scale }: Decimal): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, '0');
  const fraction = scale === 0 ? '' : text.slice(-scale).replace(/0+$/, '');
  return `${negative ? '-' : ''}${scale === 0 ? text : text.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The multiple of `width` that is nearest (halves away from zero), the one below, or the middle between that and the next. */
export function step(how: 'round' | 'bin' | 'middle', value: Decimal, width: Decimal): Decimal {
  const [amount, unit] = alike(value, width);
  const scale = Math.max(value.scale, width.scale);
  if (how === 'round') {
    const size = amount < 0n ? -amount : amount;
    const nearest = ((2n * size + unit) / (2n * unit)) * unit;
    return { digits: amount < 0n ? -nearest : nearest, scale };
  }
  const rest = ((amount % unit) + unit) % unit;
  const below = amount - rest;
  return how === 'bin' ? { digits: below, scale } : { digits: below * 10n + unit * 5n, scale: scale + 1 };
}

function alike(a: Decimal, b: Decimal): readonly [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale)];
}
