/** `aggregate` and `groups` of a connection as parts of the plan. */
import { getNamedType, type FieldNode, type GraphQLObjectType } from 'graphql';
import { DureError } from '../errors.js';
import type { Column, ColumnKind } from '../catalog/model.js';
import { aggregateFunctions, dateUnits, figureKind, figuresOf, type AggregateFunction, type AggregateItem, type DateUnit, type FigureItem, type GroupItem, type GroupMeasure, type GroupOrder, type GroupPredicate, type GroupsPlan, type GroupTerm } from './aggregate.js';
import { readArgument, type Input } from './inputs.js';
import type { TableAt } from './link.js';
import type { PageInfoItem } from './plan.js';
import type { LevelScope } from './planLevel.js';
import { planCursor, planPage } from './planPage.js';
import { operandsOf, shapeOf, type Bindings, type Comparison, type Operand, type Predicate } from './predicate.js';
import { subFields, type CollectedFields } from './selection.js';

type Leaf = Extract<Input, { kind: 'leaf' }>;

export function aggregateItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, at: TableAt): readonly AggregateItem[] {
  return [...fields].map(([key, nodes]): AggregateItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    if (name === 'count') return { kind: 'count', key };
    const column = columnNamed(at, name);
    const inner = getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    return { kind: 'column', key, column, figures: figureItems(scope, inner, subFields(scope, inner, nodes)) };
  });
}

function figureItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields): readonly FigureItem[] {
  return [...fields].map(([key, nodes]): FigureItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    const figure = name as AggregateFunction;
    return { kind: 'figure', key, figure, ...(figure === 'percentile' ? { p: fraction(scope, readArgument(type.getFields()[name]!, nodes[0]!, 'p', scope.variables)) } : {}) };
  });
}

/** A percentile's place is judged before anything runs: PostgreSQL would raise an error for one outside 0 to 1. */
function fraction(scope: LevelScope, input: Input | undefined): Operand {
  return checked(scope, input, (value) => value >= 0 && value <= 1, 'p must be between 0 and 1, e.g. percentile(p: 0.9).');
}

function checked(scope: LevelScope, input: Input | undefined, test: (value: number) => boolean, message: string): Operand {
  if (!input || input.kind !== 'leaf') throw new DureError('BAD_USER_INPUT', message);
  const verdict = (value: unknown): string => (typeof value === 'number' && test(value) ? 'good' : 'bad');
  const found = input.constant ? verdict(input.value) : scope.dependOn((bindings) => verdict(input.read(bindings)));
  if (found === 'bad') throw new DureError('BAD_USER_INPUT', message);
  return { read: input.read };
}

export function planGroups(scope: LevelScope, parent: GraphQLObjectType, nodes: readonly FieldNode[], at: TableAt, where: Predicate): GroupsPlan {
  const field = parent.getFields()[nodes[0]!.name.value]!;
  const type = getNamedType(field.type) as GraphQLObjectType;
  const argument = (name: string): Input | undefined => readArgument(field, nodes[0]!, name, scope.variables);
  const by = groupTerms(scope, at, argument('by'));
  const havingInput = argument('having');
  const having = havingInput && havingInput.kind !== 'null' ? groupPredicate(at, havingInput) : undefined;
  const order = groupOrder(scope, at, by, argument('orderBy'));
  const context = groupContext(at, by, order, where, having);
  // The keys settle ties, so a cursor holds the measures of the order and then every key.
  const positions = order.length + by.length - 1;
  const page = planPage({ first: argument('first'), after: argument('after') }, scope.limits, scope.dependOn,
    (input) => planCursor(input, at, { length: positions }, context, scope.cursors, scope.dependOn));
  return Object.freeze({ by, having, order, page, cursorContext: context, items: groupsItems(scope, type, subFields(scope, type, nodes), at, by) });
}

function groupTerms(scope: LevelScope, at: TableAt, input: Input | undefined): readonly GroupTerm[] {
  const entries = input?.kind === 'list' ? input.items : [];
  const terms = entries.map((entry): GroupTerm => {
    if (entry.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'An entry of by is null.');
    const column = columnNamed(at, text(scope, entry.fields.get('column')) ?? '');
    const unit = text(scope, entry.fields.get('unit')) as DateUnit | undefined;
    const bin = entry.fields.get('bin');
    if (unit !== undefined && (!dateUnits.includes(unit) || (column.kind !== 'date' && column.kind !== 'datetime'))) throw new DureError('BAD_USER_INPUT', `by: unit is for dates and instants; ${column.field} is ${column.kind}.`);
    if (unit === 'HOUR' && column.kind === 'date') throw new DureError('BAD_USER_INPUT', `by: ${column.field} is a day and has no hours.`);
    if (!bin || bin.kind === 'null') return { column, unit };
    if (unit !== undefined) throw new DureError('BAD_USER_INPUT', 'by: give unit or bin, not both.');
    if (!['int32', 'int64', 'float', 'decimal'].includes(column.kind)) throw new DureError('BAD_USER_INPUT', `by: bin is for numbers; ${column.field} is ${column.kind}.`);
    return { column, bin: checked(scope, bin, (value) => value >= 1e-12 && value <= 1e15, 'bin must be greater than 0: the width of the bins.') };
  });
  if (terms.length === 0) throw new DureError('BAD_USER_INPUT', 'groups needs at least one entry in by. For one figure over all rows use aggregate.');
  if (terms.length > 8) throw new DureError('LIMIT_EXCEEDED', `by has ${terms.length} entries, groups takes 8 at most: group by fewer columns, or in several requests.`, { argument: 'by', limit: 8, actual: terms.length });
  if (new Set(terms.map((term) => term.column)).size < terms.length) throw new DureError('BAD_USER_INPUT', 'by names a column twice.');
  return terms;
}

function groupOrder(scope: LevelScope, at: TableAt, by: readonly GroupTerm[], input: Input | undefined): readonly GroupOrder[] {
  if (!input || input.kind !== 'list') return [];
  return input.items.flatMap((entry): GroupOrder[] => {
    if (entry.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'An entry of orderBy is null.');
    return [...entry.fields].flatMap(([name, value]): GroupOrder[] => {
      if (name === 'count') return [{ measure: { kind: 'count' }, descending: text(scope, value) === 'DESC' }];
      if (name === 'key') {
        const column = text(scope, field(value, 'column'));
        const index = by.findIndex((term) => term.column.field === column);
        if (index < 0) throw new DureError('BAD_USER_INPUT', `orderBy: ${column ?? 'the key'} is not among the columns in by.`);
        return [{ measure: { kind: 'key', index }, descending: text(scope, field(value, 'direction')) === 'DESC' }];
      }
      if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `orderBy.${name} is null.`);
      return [...value.fields].map(([figure, direction]) => ({ measure: figureOf(at, name, figure), descending: text(scope, direction) === 'DESC' }));
    });
  });
}

function field(input: Input, name: string): Input | undefined {
  return input.kind === 'object' ? input.fields.get(name) : undefined;
}

function groupPredicate(at: TableAt, input: Input): GroupPredicate {
  if (input.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'having must be an object.');
  const parts = [...input.fields].flatMap(([name, value]): GroupPredicate[] => {
    if (name === 'and' || name === 'or') return [{ op: name, of: value.kind === 'list' ? value.items.map((item) => groupPredicate(at, item)) : [] }];
    if (name === 'not') return [{ op: 'not', of: groupPredicate(at, value) }];
    if (name === 'count') return comparisons({ kind: 'count' }, value);
    if (value.kind !== 'object') throw new DureError('BAD_USER_INPUT', `having.${name} is null.`);
    return [...value.fields].flatMap(([figure, comparison]) => comparisons(figureOf(at, name, figure), comparison));
  });
  return { op: 'and', of: parts };
}

const compared: ReadonlySet<string> = new Set<Comparison>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte']);

function comparisons(measure: GroupMeasure, input: Input): GroupPredicate[] {
  if (input.kind !== 'object') throw new DureError('BAD_USER_INPUT', 'A comparison in having is null.');
  return [...input.fields].map(([operator, value]): GroupPredicate => {
    if (!compared.has(operator) || value.kind !== 'leaf') throw new DureError('BAD_USER_INPUT', `having takes eq, ne, lt, lte, gt and gte with a value, not ${operator}.`);
    return { op: 'compare', measure, comparison: operator as Comparison, value: { read: value.read } };
  });
}

function figureOf(at: TableAt, name: string, figure: string): GroupMeasure {
  const column = columnNamed(at, name);
  if (!(aggregateFunctions as readonly string[]).includes(figure) || !figuresOf(column.kind).includes(figure as AggregateFunction)) throw new DureError('BAD_USER_INPUT', `${figure} is not a figure of ${name}.`);
  return { kind: 'figure', figure: { column, figure: figure as AggregateFunction } };
}

function groupsItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, at: TableAt, by: readonly GroupTerm[]): GroupsPlan['items'] {
  return [...fields].map(([key, nodes]) => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name } as const;
    if (name === 'totalCount') return { kind: 'totalCount', key } as const;
    const inner = getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    const below = subFields(scope, inner, nodes);
    if (name === 'pageInfo') return { kind: 'pageInfo', key, items: [...below].map(([k, n]): PageInfoItem => ({ key: k, kind: n[0]!.name.value === '__typename' ? 'typename' : (n[0]!.name.value as 'endCursor') })) } as const;
    return { kind: 'nodes', key, items: groupItems(scope, inner, below, at, by) } as const;
  });
}

function groupItems(scope: LevelScope, type: GraphQLObjectType, fields: CollectedFields, at: TableAt, by: readonly GroupTerm[]): readonly GroupItem[] {
  return [...fields].map(([key, nodes]): GroupItem => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { kind: 'typename', key, name: type.name };
    const inner = getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    const below = subFields(scope, inner, nodes);
    if (name === 'aggregate') return { kind: 'aggregate', key, items: aggregateItems(scope, inner, below, at) };
    return {
      kind: 'key', key,
      items: [...below].map(([k, n]) => {
        const keyName = n[0]!.name.value;
        if (keyName === '__typename') return { kind: 'typename', key: k, name: inner.name } as const;
        const wanted = keyName.endsWith('_bin') ? keyName.slice(0, -'_bin'.length) : keyName;
        const index = by.findIndex((term) => term.column.field === wanted && (term.bin !== undefined) === (wanted !== keyName));
        return index < 0 ? ({ kind: 'absent', key: k, name: keyName } as const) : ({ kind: 'term', key: k, index } as const);
      }),
    };
  });
}

/** What a cursor of groups is bound to. */
function groupContext(at: TableAt, by: readonly GroupTerm[], order: readonly GroupOrder[], where: Predicate, having: GroupPredicate | undefined): (bindings: Bindings) => string {
  const measure = (m: GroupMeasure): unknown => (m.kind === 'figure' ? [m.figure.column.name, m.figure.figure] : m);
  const inHaving = (p: GroupPredicate): readonly Operand[] => (p.op === 'compare' ? [p.value] : p.op === 'not' ? inHaving(p.of) : p.of.flatMap(inHaving));
  const fixed = JSON.stringify(['groups', at.dataset.id, at.table.name, by.map((t) => [t.column.name, t.unit, t.bin !== undefined]), order.map((o) => [measure(o.measure), o.descending]), shapeOf(where), having]);
  const operands = [...operandsOf(where), ...by.flatMap((term) => (term.bin ? [term.bin] : [])), ...(having ? inHaving(having) : [])];
  return (bindings) => fixed + JSON.stringify(operands.map((operand) => operand.read(bindings)));
}

function text(scope: LevelScope, input: Input | undefined): string | undefined {
  if (!input || input.kind !== 'leaf') return undefined;
  const leaf: Leaf = input;
  return leaf.constant ? String(leaf.value) : scope.dependOn((bindings) => String(leaf.read(bindings)));
}

function columnNamed(at: TableAt, name: string): Column {
  const column = at.table.columns.find((c) => c.field === name);
  if (!column) throw new DureError('BAD_USER_INPUT', `This version of ${at.table.name} has no column ${name}.`);
  return column;
}

/** For sources: the kind of a measure's value. */
export function measureKind(measure: GroupMeasure, by: readonly GroupTerm[]): ColumnKind {
  if (measure.kind === 'count') return 'int64';
  if (measure.kind === 'key') return termKind(by[measure.index]!);
  return figureKind(measure.figure.column.kind, measure.figure.figure);
}

export function termKind(term: GroupTerm): ColumnKind {
  return term.bin ? 'float' : term.column.kind;
}
