/** Another value of a cell that a caller cannot tell from this one. */
import type { Column } from '../catalog/model.js';
import type { Transform } from '../policy/rule.js';
import type { Random } from './random.js';

/** @param others values of this column in other rows @returns the same text where nothing else is known to look alike */
export function otherCell(column: Column, text: string | null, transform: Transform, others: readonly (string | null)[], random: Random): string | null {
  switch (transform.kind) {
    // A hash stands in a table of its own, so whatever is here must not show.
    case 'deny': case 'null': case 'hash': return someValue(column, text, others, random);
    case 'mask': return text === null ? null : masked(text, transform.keepStart ?? 0, transform.keepEnd ?? 0, random);
    case 'bin': return number(column, text, transform.width, random, (value, width) => Math.floor(value / width) * width + (0.05 + random.next() * 0.9) * width);
    case 'round': return number(column, text, transform.to, random, (value, step) => Math.round(value / step) * step + (random.next() - 0.5) * 0.8 * step);
    case 'generalise': return period(column, text, transform.to, random);
    case 'place': return point(text, transform.degrees, random);
  }
}

/** Any value of the column's kind. */
export function someValue(column: Column, text: string | null, others: readonly (string | null)[], random: Random): string | null {
  if (random.chance(0.15) && !column.required) return null;
  if (column.kind === 'text' && random.chance(0.5)) return `${random.one(['zz', 'x', 'secret ', ''])}${random.between(0, 99)}`;
  if (column.kind === 'int32' && random.chance(0.5)) return String(random.between(-20, 60));
  if (column.kind === 'float' && random.chance(0.5)) return String(random.between(-80, 240) / 4);
  return others.length > 0 ? random.one(others) : text;
}

function masked(text: string, keepStart: number, keepEnd: number, random: Random): string {
  const characters = [...text];
  const fill = (length: number): string[] => Array.from({ length }, () => random.one([...'abcxyz019']));
  // So short that nothing of it shows, and not longer afterwards.
  if (characters.length <= keepStart + keepEnd) return fill(random.between(0, keepStart + keepEnd)).join('');
  const start = characters.slice(0, keepStart);
  const end = keepEnd === 0 ? [] : characters.slice(-keepEnd);
  return [...start, ...fill(random.between(1, 12)), ...end].join('');
}

/** Only values whose step is beyond doubt: at the border of a step arithmetic is left out of it. */
function number(column: Column, text: string | null, step: number, random: Random, move: (value: number, step: number) => number): string | null {
  if (text === null) return null;
  const value = Number(text);
  if (!Number.isFinite(value) || Math.abs(value) > 1e6) return text;
  const inStep = value / step;
  if (Math.abs(inStep - Math.round(inStep * 2) / 2) < 0.02 && !Number.isInteger(inStep)) return text;
  const moved = move(value, step);
  if (column.kind === 'int32' || column.kind === 'int64') {
    const whole = Math.round(moved);
    return Math.abs(moved - whole) < step * 0.04 || step > 20 || Number.isInteger(step) ? String(keepStep(whole, moved, step, value, move)) : text;
  }
  return column.kind === 'float' ? String(moved) : moved.toFixed(6);
}

/** A whole number in the same step, or the value itself. */
function keepStep(whole: number, moved: number, step: number, value: number, move: (value: number, step: number) => number): number {
  void move;
  const bin = (n: number): number => Math.floor(n / step);
  const near = (n: number): number => Math.round(n / step);
  return bin(whole) === bin(value) && near(whole) === near(value) && bin(whole) === bin(moved) ? whole : value;
}

function period(column: Column, text: string | null, to: 'month' | 'quarter' | 'year', random: Random): string | null {
  const match = text === null ? null : /^(\d{4})-(\d\d)-\d\d/.exec(text);
  if (!match) return text;
  const month = Number(match[2]);
  const moved = to === 'month' ? month : to === 'quarter' ? Math.floor((month - 1) / 3) * 3 + random.between(1, 3) : random.between(1, 12);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${match[1]}-${two(moved)}-${two(random.between(1, 28))}`;
  return column.kind === 'date' ? day : `${day} ${two(random.between(0, 23))}:${two(random.between(0, 59))}:00+00`;
}

function point(text: string | null, degrees: number, random: Random): string | null {
  const match = text === null ? null : /^\(([-\d.e+]+),([-\d.e+]+)\)$/.exec(text);
  if (!match) return text;
  const moved = [Number(match[1]), Number(match[2])].map((value) => (Math.floor(value / degrees) + 0.1 + random.next() * 0.8) * degrees);
  // Beyond the edge of the world cells end early.
  return Math.abs(moved[0]!) > 180 || Math.abs(moved[1]!) > 90 ? text : `(${moved[0]},${moved[1]})`;
}
