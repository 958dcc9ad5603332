/** What a check of a source found. */

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface Check {
  /** Absent where it is about the source as a whole. */
  readonly table?: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** What was seen, or why it was left out. */
  readonly detail: string;
}

export interface Report {
  readonly source: string;
  readonly url: string;
  readonly checks: readonly Check[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Requests that went to the source, or to what stood in for it. */
  readonly requests: number;
}

export function reportOf(source: string, url: string, checks: readonly Check[], requests: number): Report {
  const count = (outcome: Outcome): number => checks.filter((check) => check.outcome === outcome).length;
  return { source, url, checks, passed: count('passed'), failed: count('failed'), skipped: count('skipped'), requests };
}

const signs: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', skipped: '–' };

export function reportText({ source, url, checks, passed, failed, skipped, requests }: Report): string {
  const lines = [`${source} at ${url}`];
  let table: string | undefined;
  for (const check of checks) {
    if (check.table !== table) {
      table = check.table;
      if (table !== undefined) lines.push(`  ${table}`);
    }
    lines.push(`  ${table === undefined ? '' : '  '}${signs[check.outcome]} ${check.name}${check.detail === '' ? '' : `: ${check.detail}`}`);
  }
  lines.push(`${passed} passed, ${failed} failed, ${skipped} left out; ${requests} requests.`);
  return lines.join('\n');
}

/** Thrown by a check that does not hold. */
export class Deviation extends Error {}

/** Thrown by a check that cannot be made. */
export class NotChecked extends Error {}

export function hold(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Deviation(otherwise);
}

export async function runCheck(table: string | undefined, name: string, work: () => Promise<string> | string): Promise<Check> {
  try {
    return { table, name, outcome: 'passed', detail: await work() };
  } catch (error) {
    if (error instanceof NotChecked) return { table, name, outcome: 'skipped', detail: error.message };
    return { table, name, outcome: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}
