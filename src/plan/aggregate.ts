/** Aggregates of a table's rows, and groups of them: what an operation asks beside the rows themselves. */
import type { Column, ColumnKind } from '../catalog/model.js';
import type { Page, PageInfoItem } from './plan.js';
import type { Bindings, Comparison, Operand } from './predicate.js';

export const aggregateFunctions = ['count', 'countDistinct', 'min', 'max', 'sum', 'avg', 'stddev', 'percentile'] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

/** One figure over a column's present values. */
export interface ColumnFigure {
  readonly column: Column;
  readonly figure: AggregateFunction;
  /** For percentile: between 0 and 1. */
  readonly p?: Operand;
}

/** What is selected of an aggregate, in the order of the answer. */
export type AggregateItem =
  | { readonly kind: 'count'; readonly key: string }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'column'; readonly key: string; readonly column: Column; readonly figures: readonly FigureItem[] };
export type FigureItem =
  | { readonly kind: 'figure'; readonly key: string; readonly figure: AggregateFunction; readonly p?: Operand }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };

export const dateUnits = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR'] as const;
export type DateUnit = (typeof dateUnits)[number];

/** A key of the groups: a column's value, the beginning of its period, or the lower end of its bin. */
export interface GroupTerm {
  readonly column: Column;
  readonly unit?: DateUnit;
  /** Width of the bins; greater than 0. */
  readonly bin?: Operand;
}

export type GroupMeasure = { readonly kind: 'count' } | { readonly kind: 'figure'; readonly figure: ColumnFigure } | { readonly kind: 'key'; readonly index: number };

export interface GroupOrder {
  readonly measure: GroupMeasure;
  readonly descending: boolean;
}

export type GroupPredicate =
  | { readonly op: 'and' | 'or'; readonly of: readonly GroupPredicate[] }
  | { readonly op: 'not'; readonly of: GroupPredicate }
  | { readonly op: 'compare'; readonly measure: GroupMeasure; readonly comparison: Comparison; readonly value: Operand };

export type GroupItem =
  | { readonly kind: 'key'; readonly key: string; readonly items: readonly ({ readonly kind: 'term'; readonly key: string; readonly index: number } | { readonly kind: 'absent' | 'typename'; readonly key: string; readonly name: string })[] }
  | { readonly kind: 'aggregate'; readonly key: string; readonly items: readonly AggregateItem[] }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };

export interface GroupsPlan {
  readonly by: readonly GroupTerm[];
  readonly having?: GroupPredicate;
  readonly order: readonly GroupOrder[];
  readonly page: Page;
  readonly items: readonly (
    | { readonly kind: 'nodes'; readonly key: string; readonly items: readonly GroupItem[] }
    | { readonly kind: 'pageInfo'; readonly key: string; readonly items: readonly PageInfoItem[] }
    | { readonly kind: 'totalCount'; readonly key: string }
    | { readonly kind: 'typename'; readonly key: string; readonly name: string })[];
  readonly cursorContext: (bindings: Bindings) => string;
}

/** The kind of a figure's value. Sums and averages of exact numbers stay exact. */
export function figureKind(kind: ColumnKind, figure: AggregateFunction): ColumnKind {
  switch (figure) {
    case 'count': case 'countDistinct': return 'int32';
    case 'min': case 'max': return kind;
    case 'sum': return kind === 'int32' ? 'int64' : kind === 'int64' ? 'decimal' : kind;
    case 'avg': case 'stddev': return kind === 'decimal' ? 'decimal' : 'float';
    case 'percentile': return kind === 'int32' || kind === 'int64' ? 'float' : kind;
  }
}

/** Which figures make sense for a kind of column. */
export function figuresOf(kind: ColumnKind): readonly AggregateFunction[] {
  switch (kind) {
    case 'int32': case 'int64': case 'float': case 'decimal': return aggregateFunctions;
    case 'date': case 'datetime': return ['count', 'countDistinct', 'min', 'max', 'percentile'];
    case 'text': case 'enum': case 'yearmonth': case 'time': case 'duration': return ['count', 'countDistinct', 'min', 'max'];
    case 'boolean': return ['count', 'countDistinct'];
    case 'json': case 'geopoint': case 'list': return [];
  }
}

/** Every column that groups name. */
export function columnsOfGroups(groups: GroupsPlan): readonly { readonly column: Column; readonly where: string }[] {
  const measured = (measure: GroupMeasure): readonly Column[] => (measure.kind === 'figure' ? [measure.figure.column] : []);
  const inPredicate = (predicate: GroupPredicate): readonly Column[] =>
    (predicate.op === 'compare' ? measured(predicate.measure) : predicate.op === 'not' ? inPredicate(predicate.of) : predicate.of.flatMap(inPredicate));
  const inNodes = groups.items.flatMap((item) => (item.kind === 'nodes' ? item.items.flatMap((node) => (node.kind === 'aggregate' ? columnsOfAggregate(node.items) : [])) : []));
  return [
    ...groups.by.map(({ column }) => ({ column, where: 'groups(by:)' })),
    ...(groups.having ? inPredicate(groups.having).map((column) => ({ column, where: 'having' })) : []),
    ...groups.order.flatMap(({ measure }) => measured(measure)).map((column) => ({ column, where: 'groups(orderBy:)' })),
    ...inNodes.map((column) => ({ column, where: 'aggregate' })),
  ];
}

export function columnsOfAggregate(items: readonly AggregateItem[]): readonly Column[] {
  return items.flatMap((item) => (item.kind === 'column' ? [item.column] : []));
}
