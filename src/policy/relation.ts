/**
 * The readable relation: a table at a version as one caller may read it. Select, filter, order, cursor, relation and count are built
 * only on it. It is made from a decision, and holds nothing of rules: sources need not know them.
 */
import type { Column, Table } from '../catalog/model.js';
import { attribute } from '../identity/identity.js';
import type { TableAt } from '../plan/link.js';
import { all, everything, nothing, type Bindings, type Operand, type Predicate } from '../plan/predicate.js';
import { columnAccess, plain, type ColumnAccess } from './columnAccess.js';
import type { DatasetDecision, TableDecision } from './decide.js';
import type { RowCondition, RuleValue } from './rule.js';

export type { ColumnAccess } from './columnAccess.js';

/** Rows are read only from `from` on and before `until`, by the database's clock at the statement. A bound that reads as null is never met. */
export interface OpenTest {
  readonly kind: 'embargo' | 'window' | 'grant' | 'override';
  readonly rule?: string;
  readonly reason?: string;
  readonly from?: (bindings: Bindings) => Date | null;
  readonly until?: (bindings: Bindings) => Date | null;
}

export interface ReadableRelation {
  readonly at: TableAt;
  /** Holds for every row that the caller may see. */
  readonly rows: Predicate;
  readonly access: (column: Column) => ColumnAccess;
  /** Nothing is read before this instant by the database's clock; it stands among `opens` too. */
  readonly embargoUntil?: Date;
  /** All must hold for anything of this relation to be read. */
  readonly opens: readonly OpenTest[];
}

export function readableRelation(at: TableAt, dataset: DatasetDecision, decision: TableDecision): ReadableRelation {
  const accesses = new Map<string, ColumnAccess>();
  for (const [name, { transform }] of decision.columns) {
    const column = at.table.columns.find((c) => c.name === name);
    if (column) accesses.set(name, columnAccess(transform, column, at));
  }
  const rows = decision.noRows ? nothing : all(decision.rows.map((rule) => rowPredicate(rule.where, at.table)));
  return Object.freeze({ at, rows, embargoUntil: dataset.embargoUntil, opens: opensOf(at, dataset, decision), access: (column: Column) => accesses.get(column.name) ?? plain });
}

function opensOf(at: TableAt, dataset: DatasetDecision, decision: TableDecision): readonly OpenTest[] {
  const { embargoUntil, override } = dataset;
  const constant = (date: Date | undefined): (() => Date) | undefined => date && (() => date);
  const opens: OpenTest[] = [];
  if (embargoUntil) opens.push({ kind: 'embargo', from: () => embargoUntil });
  for (const { rule, reason, from, until } of decision.windows) opens.push({ kind: 'window', rule, reason, from: constant(from), until: constant(until) });
  if (override) opens.push({ kind: 'override', from: constant(override.from), until: constant(override.until) });
  // Whose grant it is differs from run to run of one statement, so its bounds come with the bindings.
  const { grant } = decision;
  const bound = (side: 'from' | 'until') => (bindings: Bindings): Date | null => bindings.granted?.(at)?.[side] ?? null;
  if (grant?.from ?? grant?.until) opens.push({ kind: 'grant', ...(grant?.from ? { from: bound('from') } : {}), ...(grant?.until ? { until: bound('until') } : {}) });
  return opens;
}

/** A rule's row condition over this version's columns. A column that the version lacks hides every row: what cannot be judged is refused. */
function rowPredicate(where: RowCondition, table: Table): Predicate {
  if (namesMissingColumn(where, table)) return nothing;
  return convert(where, table);
}

function namesMissingColumn(where: RowCondition, table: Table): boolean {
  if ('and' in where) return where.and.some((w) => namesMissingColumn(w, table));
  if ('or' in where) return where.or.some((w) => namesMissingColumn(w, table));
  if ('not' in where) return namesMissingColumn(where.not, table);
  return !table.columns.some((column) => column.name === where.column);
}

function convert(where: RowCondition, table: Table): Predicate {
  if ('and' in where) return all(where.and.map((w) => convert(w, table)));
  if ('or' in where) return { op: 'or', of: where.or.map((w) => convert(w, table)) };
  if ('not' in where) return { op: 'not', of: convert(where.not, table) };
  const column = table.columns.find((c) => c.name === where.column)!;
  if ('isNull' in where) return { op: 'isNull', column, value: where.isNull };
  const value = operand(where.value);
  if (where.op === 'in') return { op: 'in', column, values: value };
  if (where.op === 'notIn') return { op: 'not', of: { op: 'in', column, values: value } };
  if (where.op === 'startsWith' || where.op === 'contains' || where.op === 'like') return { op: 'match', column, match: where.op, value: typeof where.value === 'object' ? sayingSomething(value) : value };
  return { op: 'compare', column, comparison: where.op, value };
}

function operand(value: RuleValue): Operand {
  if (typeof value === 'object' && 'attribute' in value) {
    const name = value.attribute;
    return { read: (bindings) => attribute(bindings.identity, name) };
  }
  return { read: () => value };
}

/** Every text begins with an empty one: an attribute that is empty chooses no rows. */
function sayingSomething(value: Operand): Operand {
  return { read: (bindings) => value.read(bindings) || undefined };
}

/** Whether a predicate lets everything through, so that the relation is the table itself. */
export function isWhole(relation: ReadableRelation): boolean {
  return relation.rows === everything && relation.at.table.columns.every((column) => relation.access(column).kind === 'plain');
}
