/** Periods as people write them: a month, a day or an instant; the end of a month or day is its last moment. All in UTC. */
import { DureError } from '../errors.js';

export interface Period {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

/** @throws DureError BAD_USER_INPUT */
export function parsePeriod(from: string, to: string): Period {
  const period = { from: parse(from)[0], to: parse(to)[1] };
  if (period.from >= period.to) throw new DureError('BAD_USER_INPUT', `The period from ${from} to ${to} is empty: its end must be after its beginning.`);
  return period;
}

/** The first moment of what is written, and the first moment after it. */
function parse(text: string): readonly [Date, Date] {
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (month) return [new Date(Date.UTC(Number(month[1]), Number(month[2]) - 1, 1)), new Date(Date.UTC(Number(month[1]), Number(month[2]), 1))];
  const instant = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(instant.getTime())) {
    if (text.length > 10) return [instant, instant];
    return instant.toISOString().startsWith(text) ? [instant, new Date(instant.getTime() + 86_400_000)] : unreadable(text);
  }
  return unreadable(text);
}

function unreadable(text: string): never {
  throw new DureError('BAD_USER_INPUT', `"${text.slice(0, 50)}" is no month (2026-11), day (2026-11-24) or instant (2026-11-24T09:00:00Z).`);
}
