/**
 * The readable relation: a table at a version as one caller may read it. Select, filter, order, cursor, relation and count are built
 * only on it. It is made from a decision, and holds nothing of rules: sources need not know them.
 */
import type { Column, Table } from '../catalog/model.js';
import { attribute } from '../identity/identity.js';
import type { TableAt } from '../plan/link.js';
import { all, everything, nothing, type Operand, type Predicate } from '../plan/predicate.js';
import type { DatasetDecision, TableDecision } from './decide.js';
import type { RowCondition, RuleValue } from './rule.js';

export type ColumnAccess =
  | { readonly kind: 'plain' }
  | { readonly kind: 'withheld' }
  | { readonly kind: 'null' }
  | { readonly kind: 'mask'; readonly keepStart: number; readonly keepEnd: number; readonly with: string };

export interface ReadableRelation {
  readonly at: TableAt;
  /** Holds for every row that the caller may see. */
  readonly rows: Predicate;
  readonly access: (column: Column) => ColumnAccess;
  /** Nothing is read before this instant by the database's clock. */
  readonly embargoUntil?: Date;
}

const plain: ColumnAccess = Object.freeze({ kind: 'plain' });

export function readableRelation(at: TableAt, dataset: DatasetDecision, decision: TableDecision): ReadableRelation {
  const accesses = new Map<string, ColumnAccess>();
  for (const [column, { transform }] of decision.columns) accesses.set(column, accessOf(transform));
  const rows = decision.noRows ? nothing : all(decision.rows.map((rule) => rowPredicate(rule.where, at.table)));
  return Object.freeze({ at, rows, embargoUntil: dataset.embargoUntil, access: (column: Column) => accesses.get(column.name) ?? plain });
}

function accessOf(transform: { readonly kind: string; readonly keepStart?: number; readonly keepEnd?: number; readonly with?: string }): ColumnAccess {
  switch (transform.kind) {
    case 'null': return { kind: 'null' };
    case 'mask': return { kind: 'mask', keepStart: transform.keepStart ?? 0, keepEnd: transform.keepEnd ?? 0, with: transform.with ?? '***' };
    default: return { kind: 'withheld' };
  }
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
  return { op: 'compare', column, comparison: where.op, value };
}

function operand(value: RuleValue): Operand {
  if (typeof value === 'object' && 'attribute' in value) {
    const name = value.attribute;
    return { read: (bindings) => attribute(bindings.identity, name) };
  }
  return { read: () => value };
}

/** Whether a predicate lets everything through, so that the relation is the table itself. */
export function isWhole(relation: ReadableRelation): boolean {
  return relation.rows === everything && relation.at.table.columns.every((column) => relation.access(column).kind === 'plain');
}
