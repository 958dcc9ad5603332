/** `dure rules test`: examples of callers, and what a lab expects that they read. Exit code 1 where one reads anything else. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from '../failure.js';
import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';
import { readRules, told } from './rules.js';

const expectation = z.strictObject({
  readable: z.boolean().optional(), rows: z.int().min(0).optional(), granularity: z.string().optional(), code: z.string().optional(),
  /** `PLAIN`, or a treatment such as `WITHHELD`, `MASKED`. */
  columns: z.record(z.string(), z.string()).optional(),
});
const testFile = z.strictObject({
  document: z.string().optional(),
  cases: z.array(z.strictObject({ name: z.string(), as: z.record(z.string(), z.unknown()), expect: z.record(z.string(), expectation) })).min(1),
});
type Expectation = z.infer<typeof expectation>;

interface Tried {
  readonly readable: boolean;
  readonly code: string;
  readonly granularity: string;
  readonly rows: number | null;
  readonly columns: readonly { readonly column: string; readonly treatment: string }[];
}

const trial = 'query TestRules($id: ID!, $document: JSON, $as: [IdentityInput!]!) { simulateRules(dataset: $id, document: $document, as: $as) { callers { tables { table after { readable code granularity rows columns { column treatment } } } } } }';

/** @returns whether every expectation held */
export async function testRules(remote: Remote, terminal: Terminal, dataset: string, file: string, options: { readonly document?: string; readonly json?: boolean }): Promise<boolean> {
  const written = await readRules(file, terminal);
  const parsed = testFile.safeParse(written.document);
  if (!parsed.success) throw new CommandFailure(parsed.error.issues.map((issue) => `${file}: ${issue.path.join('.')}: ${issue.message}`).join('\n'), 2);
  const { cases, document } = parsed.data;
  const named = options.document ?? (document === undefined ? undefined : join(dirname(file), document));
  const rules = named === undefined ? undefined : await readRules(named, terminal);
  const { simulateRules } = await told<{ simulateRules: { callers: readonly { tables: readonly { table: string; after: Tried }[] }[] } }>(remote, trial, { id: dataset, document: rules?.document, as: cases.map((entry) => entry.as) }, rules ?? written);
  const results = cases.map(({ name, expect }, index) => {
    const tables = new Map(simulateRules.callers[index]!.tables.map(({ table, after }) => [table, after]));
    return { name, misses: Object.entries(expect).flatMap(([table, wanted]) => misses(table, wanted, tables.get(table))) };
  });
  const held = results.filter(({ misses: missed }) => missed.length === 0).length;
  if (options.json) terminal.out(`${JSON.stringify(results, null, 2)}\n`);
  else terminal.out(`${results.map(({ name, misses: missed }) => [`${missed.length === 0 ? 'ok' : 'MISS'}  ${name}`, ...missed.map((miss) => `      ${miss}`)].join('\n')).join('\n')}\n${held} of ${results.length} hold\n`);
  return held === results.length;
}

function misses(table: string, wanted: Expectation, found: Tried | undefined): string[] {
  if (!found) return [`${table}: there is no such table`];
  const told: string[] = [];
  for (const part of ['readable', 'granularity', 'code', 'rows'] as const) {
    if (wanted[part] !== undefined && wanted[part] !== found[part]) told.push(`${table}: ${part} is ${found[part] === null ? 'not told to you' : String(found[part])}, expected ${String(wanted[part])}`);
  }
  const treatments = new Map(found.columns.map(({ column, treatment }) => [column, treatment]));
  for (const [column, treatment] of Object.entries(wanted.columns ?? {})) {
    const is = found.readable ? treatments.get(column) ?? 'PLAIN' : 'WITHHELD';
    if (is !== treatment) told.push(`${table}.${column} is ${is}, expected ${treatment}`);
  }
  return told;
}
