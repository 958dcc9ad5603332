/** The cells of a release: all that its dimensions can make. They follow from the definition alone, so that which cells there are tells nothing of the rows. */
import type { DatePeriod, Release, ReleaseDimension } from './rule.js';

/** Cells of a release, margins among them. */
export const greatestRelease = 1_000;

/** What a cell is about in one dimension, as it is told; null for rows that are none of the others, where these are counted. */
export type CellKey = string | number | boolean | { readonly from: number; readonly to: number } | null;

/** The keys of a dimension in order; null is the last. */
export function keysOf(dimension: ReleaseDimension): readonly CellKey[] {
  return dimension.others ? [...namedKeys(dimension), null] : namedKeys(dimension);
}

/** The keys but for that of the others. */
export function namedKeys(dimension: ReleaseDimension): readonly CellKey[] {
  if ('values' in dimension) return dimension.values;
  if ('bins' in dimension) return dimension.bins.slice(1).map((to, i) => ({ from: dimension.bins[i]!, to }));
  return periodEdges(dimension).slice(0, -1);
}

/** The beginnings of the periods, and the end of the last one. */
export function periodEdges({ period, from, until }: Extract<ReleaseDimension, { readonly period: DatePeriod }>): readonly string[] {
  const months = { month: 1, quarter: 3, year: 12 }[period];
  const number = (day: string): number => Math.floor((Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) / months);
  const edges: string[] = [];
  // The period that holds `from` is the first, and the one that holds the day before `until` the last.
  const last = number(new Date(Date.parse(until) - 86_400_000).toISOString().slice(0, 10)) + 1;
  for (let n = number(from); n <= last && edges.length <= greatestRelease + 1; n += 1) {
    const month = n * months;
    edges.push(`${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}-01`);
  }
  return edges;
}

export function cellCount({ dimensions }: Pick<Release, 'dimensions'>): number {
  return dimensions.reduce((cells, dimension) => cells * (keysOf(dimension).length + 1), 1);
}
