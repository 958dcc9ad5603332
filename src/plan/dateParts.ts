/** Parts of days, instants (in UTC) and times of day that filters compare as integers. Weeks and days of the week as in ISO 8601: Monday is 1. */
import type { ColumnKind } from '../catalog/model.js';

const ofDays = ['year', 'quarter', 'month', 'week', 'day', 'dayOfWeek', 'dayOfYear'] as const;
const ofTimes = ['hour', 'minute', 'second'] as const;
export type DatePart = (typeof ofDays)[number] | (typeof ofTimes)[number];

export const datePartMeanings: Readonly<Record<DatePart, string>> = {
  year: 'The year.', quarter: 'The quarter, 1 to 4.', month: 'The month, 1 to 12.', week: 'The week of ISO 8601, 1 to 53.', day: 'The day of the month, 1 to 31.',
  dayOfWeek: 'The day of the week, 1 (Monday) to 7 (Sunday).', dayOfYear: 'The day of the year, 1 to 366.', hour: 'The hour, 0 to 23.', minute: 'The minute, 0 to 59.', second: 'The whole second, 0 to 59.',
};

export function datePartsOf(kind: ColumnKind): readonly DatePart[] {
  switch (kind) {
    case 'date': return ofDays;
    case 'datetime': return [...ofDays, ...ofTimes];
    case 'time': return ofTimes;
    default: return [];
  }
}
