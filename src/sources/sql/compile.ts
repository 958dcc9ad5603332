/** One statement for all roots of a plan: each root is a scalar sub-select that returns JSON, levels nest by correlation. */
import type { Column } from '../../catalog/model.js';
import type { TableAt } from '../../plan/link.js';
import type { Level } from '../../plan/plan.js';
import { levelsBelow } from '../../plan/levels.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { columnSqlType, sqlType } from './codec.js';
import { relationSql } from './relation.js';
import type { PlanParts } from '../source.js';
import type { Dialect } from './dialect.js';
import { postgresDialect } from './postgresDialect.js';
import { firstClosed, openSql, type OpenAt } from './opens.js';
import { StatementWriter, type ReadParameter } from './statement.js';
import { gated, tallyColumn } from './tally.js';
import { Compiler, type CursorOwner, type LinkedOpens, type Row } from './compiler.js';

export type { CursorOwner, LinkedOpens } from './compiler.js';

export interface CompiledRoot {
  /** Index in the plan's roots. */
  readonly index: number;
  /** Where not empty, the statement also returns the place of the first that does not hold, in a column of its own; null where all do. */
  readonly opens: readonly OpenAt[];
}

export interface CompiledStatement {
  readonly text: string;
  readonly parameters: readonly ReadParameter[];
  /** Whether it is better planned each time it runs (StatementWriter). */
  readonly plannedForValues: boolean;
  readonly roots: readonly CompiledRoot[];
  /** Connections whose cursors are in the answer as marks, by the number in the mark. */
  readonly cursors: readonly CursorOwner[];
  /** Tables whose row numbers are in the answer as marks, by the number in the mark. */
  readonly numbered: readonly TableAt[];
  /** Bounds of tables that links lead to. For each level the place of the first that does not hold stands in a column of its own, after those of the roots. */
  readonly linkedOpens: readonly LinkedOpens[];
  /** Numbers of tables in the plan's reads; how many of their rows are in the answer stands in columns after all others. */
  readonly tallies: readonly number[];
}

/** Undefined where no root is to be run. */
export function compileStatement(plan: AuthorizedPlan, cursorMark: string, parts?: PlanParts, dialect: Dialect = postgresDialect): CompiledStatement | undefined {
  const beside = dialect.talliesBeside && parts === undefined && plan.countsRows && plan.roots.some((root) => root.kind === 'level' && levelsBelow(root.level).length > 0);
  const compiler = new Compiler(plan, cursorMark, parts, dialect, beside);
  const roots: CompiledRoot[] = [];
  const columns: string[] = [];
  const from: string[] = [];
  const tallied = new Map<number, string[]>();
  plan.roots.forEach((root, index) => {
    if (root.kind !== 'level' || parts?.roots.has(index) === false) return;
    const { text, tables } = compiler.level(root.level, undefined);
    const opens = compiler.opens(root.level.at, undefined);
    const tests = compiler.tests(opens);
    roots.push({ index, opens });
    if (beside) {
      from.push(`left join lateral (${gated(text, tests)}) r${index} on true`);
      for (const table of tables) tallied.set(table, [...(tallied.get(table) ?? []), `coalesce(r${index}.${tallyColumn(table)}, 0)`]);
      columns.push(`r${index}.j::text as "r${index}"`);
    } else if (opens.length > 0) columns.push(`case when ${tests.join(' and ')} then (${text})::text end as "r${index}"`);
    else columns.push(`(${text})::text as "r${index}"`);
    if (opens.length > 0) columns.push(`${firstClosed(tests)} as "e${index}"`);
  });
  if (roots.length === 0) return undefined;
  for (const { opens } of compiler.linkedOpens) columns.push(firstClosed(compiler.tests(opens)));
  for (const counts of tallied.values()) columns.push(counts.join(' + '));
  return {
    text: `select ${columns.join(', ')}${beside ? ` from (select 1) one ${from.join(' ')}` : ''}`,
    parameters: compiler.writer.parameters, plannedForValues: compiler.writer.plannedForValues, roots, cursors: compiler.cursors, numbered: compiler.numbered, linkedOpens: compiler.linkedOpens, tallies: [...tallied.keys()],
  };
}

/** One level for many parents: a row for each key, with the key's number and the level's JSON. The first parameter takes the keys as a text[]. */
export function compileLevelStatement(plan: AuthorizedPlan, level: Level, cursorMark: string, parts: PlanParts, dialect: Dialect = postgresDialect): Omit<CompiledStatement, 'roots' | 'tallies'> {
  const compiler = new Compiler(plan, cursorMark, parts, dialect, false);
  const here = level.link!.on[0]!.here;
  const keys = compiler.writer.parameter((bindings) => bindings.keys ?? [], 'text[]');
  const parent: Row = { alias: 'k', at: level.at, only: dialect.cast('k.v', columnSqlType(here)) };
  const json = compiler.linked(level, parent);
  const closed = compiler.linkedOpens.map(({ opens }) => `, ${firstClosed(compiler.tests(opens))}`);
  return {
    text: `select k.n::int, (${json})::text${closed.join('')} from ${dialect.numbered(keys, 'k')}`,
    parameters: compiler.writer.parameters, plannedForValues: compiler.writer.plannedForValues, cursors: compiler.cursors, numbered: compiler.numbered, linkedOpens: compiler.linkedOpens,
  };
}

/** The distinct values of a column of a readable relation, as text. */
export function compileKeysStatement(plan: AuthorizedPlan, at: TableAt, column: Column, limit: number, dialect: Dialect = postgresDialect): Pick<CompiledStatement, 'text' | 'parameters' | 'plannedForValues'> {
  const writer = new StatementWriter(dialect);
  const relation = plan.relation(at);
  const from = relationSql(relation, 't', writer);
  const released = relation.opens.map((test) => ` and ${openSql(test, writer)}`).join('');
  const value = column.kind === 'list' ? 'unnest(t.' + column.physical + ')' : `t.${column.physical}`;
  return { text: `select distinct ${dialect.text(sqlType(column.kind === 'list' ? column.item! : column.kind), value)} from ${from} where t.${column.physical} is not null${released} limit ${limit}`, parameters: writer.parameters, plannedForValues: writer.plannedForValues };
}
