/** Days and instants as sources write them: by %Y %m %d %H %M %S, or as ISO 8601. */

const parts: Readonly<Record<string, string>> = { Y: '(\\d{4})', m: '(\\d{2})', d: '(\\d{2})', H: '(\\d{2})', M: '(\\d{2})', S: '(\\d{2})' };

/** What is wrong with a format, or undefined. */
export function formatProblem(format: string): string | undefined {
  const names = [...format.matchAll(/%(.?)/g)].map((match) => match[1]!);
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined) return `“%${unknown}” is not known in a format: use %Y %m %d %H %M %S`;
  return ['Y', 'm', 'd'].every((name) => names.includes(name)) ? undefined : 'a format needs %Y, %m and %d';
}

/** The instant that a text means, or undefined. Without a zone it is UTC. */
export function readInstant(text: string, format: string | undefined): Date | undefined {
  if (format === undefined) return isoInstant(text);
  const names: string[] = [];
  const pattern = format.replace(/%([YmdHMS])|[.*+?^${}()|[\]\\/]/g, (found, name: string | undefined) => {
    if (name === undefined) return `\\${found}`;
    names.push(name);
    return parts[name]!;
  });
  const match = new RegExp(`^${pattern}$`).exec(text);
  if (!match) return undefined;
  const at = (name: string): string => (names.includes(name) ? match[names.indexOf(name) + 1]! : name === 'm' || name === 'd' ? '01' : '00');
  return isoInstant(`${at('Y')}-${at('m')}-${at('d')}T${at('H')}:${at('M')}:${at('S')}Z`);
}

/** The same the other way round. */
export function writeInstant(instant: Date, format: string): string {
  const iso = instant.toISOString();
  const values: Readonly<Record<string, string>> = { Y: iso.slice(0, 4), m: iso.slice(5, 7), d: iso.slice(8, 10), H: iso.slice(11, 13), M: iso.slice(14, 16), S: iso.slice(17, 19) };
  return format.replace(/%([YmdHMS])/g, (_, name: string) => values[name]!);
}

const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;

function isoInstant(text: string): Date | undefined {
  const match = iso.exec(text);
  if (!match || match[1] === '0000') return undefined;
  const [, year, month, day, clock = '00:00:00', zone = 'Z'] = match;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined;
  const instant = new Date(`${year}-${month}-${day}T${clock}${zone.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** The day it is somewhere, so many days later; undefined for a zone that is not known. */
export function dayIn(zone: string, days: number, now = new Date()): string | undefined {
  try {
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now);
    return new Date(Date.parse(`${today}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
  } catch {
    return undefined;
  }
}
