/** Bounds in time of what is read, by the clock of the database at the statement, which is one for all servers. */
import type { TableAt } from '../../plan/link.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import type { OpenTest } from '../../policy/relation.js';
import type { StatementWriter } from './statement.js';

/** A bound in time of a table that is read. */
export interface OpenAt {
  readonly at: TableAt;
  readonly test: OpenTest;
}

export function openSql({ from, until }: OpenTest, writer: StatementWriter): string {
  const instant = (read: NonNullable<OpenTest['from']>): string => writer.parameter((bindings) => read(bindings)?.toISOString() ?? null, 'timestamptz');
  const parts = [...(from ? [`${writer.dialect.now} >= ${instant(from)}`] : []), ...(until ? [`${writer.dialect.now} < ${instant(until)}`] : [])];
  return parts.join(' and ');
}

/** The place of the first test that does not hold; null where all do. */
export function firstClosed(tests: readonly string[]): string {
  return `case ${tests.map((test, place) => `when (${test}) is not true then ${place}`).join(' ')} end`;
}

/** What must be open for a table to be read under a row of another (or under nothing): what holds for the row already is not asked again. */
export function opensBetween(plan: AuthorizedPlan, there: TableAt, here: TableAt | undefined): readonly OpenAt[] {
  const held = new Set(here === undefined ? [] : plan.relation(here).opens.map((test) => openName(here, test)));
  return plan.relation(there).opens.filter((test) => !held.has(openName(there, test))).map((test) => ({ at: there, test }));
}

/** Equal names, equal tests: those of a dataset hold for all its tables, a grant for one table. */
function openName(at: TableAt, { kind, rule }: OpenTest): string {
  return `${kind} ${at.dataset.id} ${kind === 'grant' ? at.table.name : rule ?? ''}`;
}
