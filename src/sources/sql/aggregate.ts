/** Figures and groups as SQL. They stand over the readable relation like everything else. */
import type { Column, ColumnKind } from '../../catalog/model.js';
import { figureKind, type AggregateItem, type ColumnFigure, type GroupMeasure, type GroupPredicate, type GroupsPlan, type GroupTerm } from '../../plan/aggregate.js';
import type { CursorUse } from '../../plan/plan.js';
import { measureKind, termKind } from '../../plan/planAggregate.js';
import type { Operand } from '../../plan/predicate.js';
import { encode, sqlType } from './codec.js';
import { keysetSql, orderSql, type OrderExpression } from './keyset.js';
import { comparisonOperators } from './operators.js';
import type { Dialect } from './dialect.js';
import type { StatementWriter } from './statement.js';

type ColumnSql = (column: Column) => string;

export function aggregateSql(items: readonly AggregateItem[], column: ColumnSql, writer: StatementWriter): string {
  const { json } = writer.dialect;
  return json.object(items.map((item) => {
    if (item.kind === 'typename') return [item.key, json.string(item.name)] as const;
    if (item.kind === 'count') return [item.key, json.plain('count(*)')] as const;
    const figures = item.figures.map((figure) => {
      if (figure.kind === 'typename') return [figure.key, json.string(figure.name)] as const;
      const kind = figureKind(item.column.kind, figure.figure);
      return [figure.key, json.column({ kind }, figureSql({ column: item.column, figure: figure.figure, p: figure.p }, column, writer))] as const;
    });
    return [item.key, json.object(figures)] as const;
  }));
}

/** Whether anything in it is reckoned from rows. */
export function hasFigures(items: readonly AggregateItem[]): boolean {
  return items.some((item) => item.kind === 'count' || (item.kind === 'column' && item.figures.some((figure) => figure.kind === 'figure')));
}

export function figureSql({ column, figure, p }: ColumnFigure, columnSql: ColumnSql, writer: StatementWriter): string {
  const sql = columnSql(column);
  switch (figure) {
    case 'count': return `count(${sql})`;
    case 'countDistinct': return `count(distinct ${sql})`;
    case 'min': case 'max': return column.kind === 'boolean' ? 'null' : `${figure}(${sql})`;
    case 'sum': return writer.dialect.sum(column, sql);
    case 'avg': return writer.dialect.mean(column, 'avg', sql);
    case 'stddev': return writer.dialect.mean(column, 'stddev_samp', sql);
    case 'percentile': return percentileSql(column.kind, sql, p!, writer);
  }
}

function percentileSql(kind: ColumnKind, sql: string, p: Operand, writer: StatementWriter): string {
  const place = writer.parameter((bindings) => encode('float', p.read(bindings)), 'float8');
  const continuous = kind === 'int32' || kind === 'int64' || kind === 'float';
  return writer.dialect.percentile(continuous, place, sql);
}

/** The key of a group. Bins have a width greater than 0, which was checked before. */
export function termSql(term: GroupTerm, columnSql: ColumnSql, writer: StatementWriter): string {
  const sql = columnSql(term.column);
  if (term.unit) return writer.dialect.truncate(term.unit, term.column, sql);
  if (term.bin) {
    const { bin } = term;
    const width = (): string => writer.parameter((bindings) => encode('float', bin.read(bindings)), 'float8');
    return `floor(${sql}::float8 / ${width()}) * ${width()}`;
  }
  return sql;
}

export interface GroupsContext {
  readonly writer: StatementWriter;
  /** `from … where …` of the rows that are grouped, and how their columns are named. */
  readonly rows: () => { readonly from: string; readonly column: ColumnSql };
  /** A cursor's values behind a mark. */
  readonly cursor: (values: readonly string[]) => string;
}

/** A groups field as a scalar sub-select of JSON. */
export function groupsSql(groups: GroupsPlan, context: GroupsContext): string {
  const { dialect } = context.writer;
  const { json } = dialect;
  const nodes = groups.items.filter((item) => item.kind === 'nodes');
  const infos = groups.items.flatMap((item) => (item.kind === 'pageInfo' ? item.items.map((info) => info.kind) : []));
  const extra = infos.includes('hasNextPage');
  const numbered = extra || !dialect.keepsOrder;
  const needsCursor = infos.includes('startCursor') || infos.includes('endCursor');
  const { limit, after } = groups.page;
  // Names and a count need no page, and without an aggregate over it there would be a row for each group.
  const paged = nodes.length > 0 || extra || needsCursor;
  const inner = paged ? groupedSql(groups, context) : '';
  const order = orderOf(groups, 'g', dialect);
  const columns = [
    ...nodes.map((item, index) => `${json.object(item.items.map((part) => {
      switch (part.kind) {
        case 'typename': return [part.key, json.string(part.name)] as const;
        case 'aggregate': return [part.key, `g.a${index}_${item.items.indexOf(part)}`] as const;
        case 'key': return [part.key, json.object(part.items.map((key) => [key.key, key.kind === 'term' ? json.column({ kind: termKind(groups.by[key.index]!) }, `g.k${key.index}`) : key.kind === 'typename' ? json.string(key.name) : 'null']))] as const;
      }
    }))} as n${index}`),
    ...(needsCursor ? [`${context.cursor(order.map((term) => dialect.text(term.type, term.sql)))} as cur`] : []),
    ...(numbered ? [`row_number() over (order by ${orderSql(order, false)}) as rn`] : []),
  ];
  const bound = after && paged ? ` where ${keysetSql(order, after, 'after', false, context.writer)}` : '';
  const page = `select ${columns.length > 0 ? columns.join(', ') : '1 as one'} from (${inner}) g${bound} order by ${orderSql(order, false)} limit ${limit + (extra ? 1 : 0)}`;
  const turned = dialect.keepsOrder ? '' : ' order by p.rn';
  const filter = extra ? ` filter (where p.rn <= ${limit})` : '';
  const cursorAt = (position: string): string => `(array_agg(p.cur${turned})${filter})[${position}]`;
  return `select ${json.object(groups.items.map((item) => {
    switch (item.kind) {
      case 'typename': return [item.key, json.string(item.name)] as const;
      case 'totalCount': return [item.key, json.plain(`(select count(*) from (${groupedSql({ ...groups, items: [] }, context)}) c)`)] as const;
      case 'nodes': return [item.key, json.list(`p.n${nodes.indexOf(item)}`, { order: turned, filter })] as const;
      case 'pageInfo': return [item.key, json.object(item.items.map((info) => {
        switch (info.kind) {
          case 'typename': return [info.key, json.string('PageInfo')];
          case 'hasNextPage': return [info.key, json.plain(`count(*) > ${limit}`)];
          case 'hasPreviousPage': return [info.key, json.plain(after ? previousSql(groups, after, context) : 'false')];
          case 'startCursor': return [info.key, json.text(cursorAt('1'))];
          case 'endCursor': return [info.key, json.text(cursorAt(`(count(*)${filter})::int`))];
        }
      }))] as const;
    }
  }))}${paged ? ` from (${page}) p` : ''}`;
}

/** Whether groups stand before the place where the page begins. */
function previousSql(groups: GroupsPlan, cursor: CursorUse, context: GroupsContext): string {
  return `exists (select 1 from (${groupedSql({ ...groups, items: [] }, context)}) b where ${keysetSql(orderOf(groups, 'b', context.writer.dialect), cursor, 'before', true, context.writer)})`;
}

/** One row a group: its keys `k…`, the measures that order it `o…`, and the JSON of its aggregates `a…`. */
function groupedSql(groups: GroupsPlan, { writer, rows }: GroupsContext): string {
  const { from, column } = rows();
  const columns = [
    ...groups.by.map((term, index) => `${termSql(term, column, writer)} as k${index}`),
    ...groups.order.flatMap(({ measure }, index) => (measure.kind === 'key' ? [] : [`${measureSql(measure, column, writer)} as o${index}`])),
    ...groups.items.flatMap((item) => (item.kind === 'nodes' ? [item] : [])).flatMap((item, index) => item.items.flatMap((part, position) => (part.kind === 'aggregate' ? [`${aggregateSql(part.items, column, writer)} as a${index}_${position}`] : []))),
  ];
  const by = groups.by.map((_, index) => index + 1).join(', ');
  return `select ${columns.join(', ')} from ${from} group by ${by}${groups.having ? ` having ${havingSql(groups.having, column, writer)}` : ''}`;
}

export function measureSql(measure: Exclude<GroupMeasure, { kind: 'key' }>, column: ColumnSql, writer: StatementWriter): string {
  return measure.kind === 'count' ? 'count(*)' : figureSql(measure.figure, column, writer);
}

export function orderOf(groups: GroupsPlan, alias: string, dialect: Dialect): readonly OrderExpression[] {
  const measures = groups.order.map(({ measure, descending }, index): OrderExpression => {
    const sql = measure.kind === 'key' ? `${alias}.k${measure.index}` : `${alias}.o${index}`;
    const type = sqlType(measureKind(measure, groups.by));
    return { sql, type, descending, nullable: measure.kind !== 'count', ...(measure.kind === 'figure' && { compared: dialect.comparable(type, sql) }) };
  });
  return [...measures, ...groups.by.map((term, index): OrderExpression => ({ sql: `${alias}.k${index}`, type: sqlType(termKind(term)), descending: false, nullable: true }))];
}


export function havingSql(predicate: GroupPredicate, column: ColumnSql, writer: StatementWriter): string {
  if (predicate.op === 'not') return `(not ${havingSql(predicate.of, column, writer)})`;
  if (predicate.op !== 'compare') return predicate.of.length === 0 ? String(predicate.op === 'and') : `(${predicate.of.map((p) => havingSql(p, column, writer)).join(` ${predicate.op} `)})`;
  const { measure, value } = predicate;
  if (measure.kind === 'key') throw new Error('having does not test keys');
  const kind = measure.kind === 'count' ? 'int64' : figureKind(measure.figure.column.kind, measure.figure.figure);
  return `(${writer.dialect.comparable(sqlType(kind), measureSql(measure, column, writer))} ${comparisonOperators[predicate.comparison]} ${writer.parameter((bindings) => encode(kind, value.read(bindings)), sqlType(kind))})`;
}
