/** Reading dates and times by a pattern of the directives of C's strptime, as Table Schema's `format` names them. */

export interface Moment {
  readonly year: number; readonly month: number; readonly day: number;
  readonly hour: number; readonly minute: number; readonly second: number;
  readonly fraction: string;
  /** As PostgreSQL reads it: `Z`, `+09:00`. */
  readonly zone?: string;
}

const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const alternatives = (names: readonly string[]): string => names.join('|');
const short = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 3));

/** The expression of each directive; each matches a bounded text, so a pattern of them cannot backtrack far. */
const directives: Readonly<Record<string, string>> = {
  Y: '\\d{4}', y: '\\d\\d', m: '1[0-2]|0?[1-9]', d: '3[01]|[12]\\d|0?[1-9]', H: '2[0-3]|[01]?\\d', I: '1[0-2]|0?[1-9]', M: '[0-5]?\\d', S: '[0-5]?\\d', f: '\\d{1,9}',
  p: '[AaPp]\\.?[Mm]\\.?|오전|오후', z: 'Z|[+-]\\d\\d:?\\d\\d', Z: 'UTC|GMT|Z|KST', j: '\\d{1,3}',
  b: alternatives(short(months)), B: alternatives(months), h: alternatives(short(months)), a: alternatives(short(days)), A: alternatives(days),
};
const compound: Readonly<Record<string, string>> = { D: '%m/%d/%y', F: '%Y-%m-%d', T: '%H:%M:%S', R: '%H:%M' };

/** @throws Error that says what is wrong with the pattern. */
export function strptime(pattern: string): (text: string) => Moment | undefined {
  const names: string[] = [];
  const expanded = pattern.replace(/%([DFTR])/g, (_, name: string) => compound[name]!);
  const source = expanded.replace(/%(.)?|[.*+?^${}()|[\]\\/]/g, (found, name: string | undefined) => {
    if (!found.startsWith('%')) return `\\${found}`;
    if (name === '%') return '%';
    const expression = name === undefined ? undefined : directives[name];
    if (expression === undefined) throw new Error(`the directive ${found} is not known; known are %${Object.keys(directives).join(' %')} %${Object.keys(compound).join(' %')} %%`);
    names.push(name!);
    return `(${expression})`;
  });
  if (names.length === 0) throw new Error('it names no part of a date or time: use default, any, or directives such as %Y-%m-%d');
  const expression = new RegExp(`^${source}$`, 'iu');
  return (text) => {
    const match = expression.exec(text);
    return match ? assemble(names, match) : undefined;
  };
}

function assemble(names: readonly string[], match: RegExpExecArray): Moment {
  const part: Record<string, string> = {};
  names.forEach((name, index) => { part[name] = match[index + 1]!; });
  const year = part.Y !== undefined ? Number(part.Y) : part.y !== undefined ? century(Number(part.y)) : 1900;
  const named = part.b ?? part.B ?? part.h;
  const [month, day] = part.j !== undefined ? dayOfYear(year, Number(part.j)) : [named === undefined ? Number(part.m ?? 1) : monthNumber(named), Number(part.d ?? 1)];
  return {
    year, month, day, hour: hourOf(part), minute: Number(part.M ?? 0), second: Number(part.S ?? 0), fraction: part.f ?? '',
    ...(part.z !== undefined ? { zone: part.z.toUpperCase() === 'Z' ? 'Z' : part.z } : part.Z !== undefined && { zone: part.Z.toUpperCase() === 'KST' ? '+09:00' : 'Z' }),
  };
}

/** POSIX: 69–99 are of the twentieth century. */
function century(year: number): number {
  return year < 69 ? 2000 + year : 1900 + year;
}

function monthNumber(name: string): number {
  return months.findIndex((month) => month.startsWith(name.toLowerCase().slice(0, 3))) + 1;
}

function hourOf(part: Readonly<Record<string, string>>): number {
  if (part.I === undefined) return Number(part.H ?? 0);
  const after = /^(p|오후)/i.test(part.p ?? '');
  return (Number(part.I) % 12) + (after ? 12 : 0);
}

/** Day 366 of a common year, and day 0, come out as no day of the calendar. */
function dayOfYear(year: number, ordinal: number): readonly [month: number, day: number] {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, 0, ordinal);
  return date.getUTCFullYear() === year ? [date.getUTCMonth() + 1, date.getUTCDate()] : [0, 0];
}
