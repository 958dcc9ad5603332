/** What a change of rules means for one caller, in words. */
import { granularities, type Granularity } from '../../policy/rule.js';
import type { TriedAccess } from './simulate.js';

export interface Difference { readonly gains: readonly string[]; readonly loses: readonly string[] }

export function difference(table: string, before: TriedAccess, after: TriedAccess): Difference {
  if (before.readable !== after.readable) {
    const words = [`${table} (${after.readable ? after.code : before.code})`];
    return after.readable ? { gains: words, loses: [] } : { gains: [], loses: [`${table} (${after.code})`] };
  }
  if (!after.readable) return { gains: [], loses: [] };
  const gains: string[] = [];
  const loses: string[] = [];
  const finer = granularities.indexOf(after.granularity as Granularity) - granularities.indexOf(before.granularity as Granularity);
  if (finer !== 0) (finer > 0 ? gains : loses).push(`${table}: ${after.granularity} instead of ${before.granularity}`);
  if (before.rows !== undefined && after.rows !== undefined && before.rows !== after.rows) (after.rows > before.rows ? gains : loses).push(`${table}: ${after.rows} rows instead of ${before.rows}`);
  const treatments = (access: TriedAccess): ReadonlyMap<string, string> => new Map(access.columns.map(({ column, treatment }) => [column, treatment]));
  const [old, now] = [treatments(before), treatments(after)];
  for (const column of new Set([...old.keys(), ...now.keys()])) {
    const [from, to] = [old.get(column) ?? 'plain', now.get(column) ?? 'plain'];
    if (from === to) continue;
    (shown(to) >= shown(from) ? gains : loses).push(`${table}.${column}: ${to} instead of ${from}`);
  }
  return { gains, loses };
}

/** How much a treatment shows, coarsely. */
function shown(treatment: string): number {
  return treatment === 'deny' ? 0 : treatment === 'null' ? 1 : treatment === 'plain' ? 3 : 2;
}
