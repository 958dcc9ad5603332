/** Groups of a level's rows, per parent: one statement for the page, one for how many there are, one for whether some stand before it. */
import { versionName } from '../../../catalog/model.js';
import type { GroupItem, GroupsPlan } from '../../../plan/aggregate.js';
import { termKind } from '../../../plan/planAggregate.js';
import type { ConnectionLevel, PageInfoItem } from '../../../plan/plan.js';
import { havingSql, measureSql, orderOf, termSql } from '../aggregate.js';
import { keysetSql, orderSql } from '../keyset.js';
import { aggregateFigures, type RenderFigures } from './figures.js';
import type { Row } from './batch.js';
import { listText, objectText, valueText } from './jsonText.js';
import { Selection, type Batch, type LevelStatement } from './levelStatement.js';
import { rowsByParent, type LevelScope, type Question } from './question.js';

type Item = GroupsPlan['items'][number];

export function compileGroups(scope: LevelScope, level: ConnectionLevel, groups: GroupsPlan, batch: Batch | undefined): Question<string> {
  const infos = groups.items.flatMap((item) => (item.kind === 'pageInfo' ? item.items.map((info) => info.kind) : []));
  const page = groups.items.some((item) => item.kind === 'nodes') || infos.some((info) => info !== 'typename' && info !== 'hasPreviousPage') ? compilePage(scope, level, groups, batch) : undefined;
  const total = groups.items.some((item) => item.kind === 'totalCount') ? compileTotal(scope, level, groups, batch) : undefined;
  const before = infos.includes('hasPreviousPage') && groups.page.after ? compileBefore(scope, level, groups, batch) : undefined;
  return async (parents, run) => {
    const [paged, counted, preceded] = await Promise.all([page?.(parents, run), total?.(parents, run), before?.(parents, run)]);
    const { limit } = groups.page;
    return (parent) => {
      const rows = paged?.rows(parent) ?? [];
      const shown = rows.slice(0, limit);
      const info = (item: PageInfoItem): string => {
        switch (item.kind) {
          case 'typename': return '"PageInfo"';
          case 'hasNextPage': return String(rows.length > limit);
          case 'hasPreviousPage': return String(preceded?.(parent) ?? false);
          case 'startCursor': return shown.length > 0 ? paged!.cursor(shown[0]!) : 'null';
          case 'endCursor': return shown.length > 0 ? paged!.cursor(shown.at(-1)!) : 'null';
        }
      };
      return objectText(groups.items.map((item) => {
        switch (item.kind) {
          case 'typename': return [item.key, JSON.stringify(item.name)];
          case 'totalCount': return [item.key, counted!(parent)];
          case 'nodes': return [item.key, listText(shown.map((row) => paged!.node(item, row)))];
          case 'pageInfo': return [item.key, objectText(item.items.map((one) => [one.key, info(one)]))];
        }
      }));
    };
  };
}

/** One row a group: the parent's number `pn`, its keys `k…`, the measures that order it `o…`, its figures `f…`. */
function grouped(statement: LevelStatement, groups: GroupsPlan, batch: Batch | undefined, figures: readonly string[] = []): string {
  const { writer, column } = statement;
  const columns = [
    ...groups.by.map((term, index) => `${termSql(term, column, writer)} as k${index}`),
    ...groups.order.flatMap(({ measure }, index) => (measure.kind === 'key' ? [] : [`${measureSql(measure, column, writer)} as o${index}`])),
    ...figures.map((figure, index) => `${figure} as f${index}`),
  ];
  const having = groups.having ? ` having ${havingSql(groups.having, column, writer)}` : '';
  const { from, where, parent } = statement.rows();
  const by = [...(batch ? [1] : []), ...groups.by.map((_, index) => index + 2)].join(', ');
  return `select ${parent} as pn, ${columns.join(', ')} from ${from} where ${where} group by ${by}${having}`;
}

interface PageOfGroups {
  readonly rows: (parent: number | undefined) => readonly Row[];
  readonly node: (item: Item, row: Row) => string;
  readonly cursor: (row: Row) => string;
}

function compilePage(scope: LevelScope, level: ConnectionLevel, groups: GroupsPlan, batch: Batch | undefined): (...run: Parameters<Question<string>>) => Promise<PageOfGroups> {
  const { dialect } = scope;
  const statement = scope.statement(level, batch);
  const { writer } = statement;
  const figures = new Selection();
  const selection = new Selection();
  selection.add('r.pn');
  const keys = groups.by.map((term, index) => selection.add(dialect.wire({ kind: termKind(term) }, `r.k${index}`)));
  const order = orderOf(groups, 'g', dialect);
  const cursors = orderOf(groups, 'r', dialect).map((term) => selection.add(dialect.text(term.type, term.sql)));
  const renders = new Map<GroupItem, RenderFigures>();
  for (const item of groups.items) {
    if (item.kind !== 'nodes') continue;
    for (const part of item.items) if (part.kind === 'aggregate') renders.set(part, aggregateFigures(part.items, figures, statement.column, writer));
  }
  const first = selection.columns.length;
  const inner = grouped(statement, groups, batch, figures.columns);
  const bound = groups.page.after ? ` where ${keysetSql(order, groups.page.after, 'after', false, writer)}` : '';
  const numbered = `select g.*, row_number() over (partition by g.pn order by ${orderSql(order, false)}) as rn from (${inner}) g${bound}`;
  const columns = [...selection.columns, ...figures.columns.map((_, index) => `r.f${index}`)];
  const ask = scope.ask(`select ${columns.join(', ')} from (${numbered}) r where r.rn <= ${groups.page.limit + 1} order by r.pn, r.rn`, statement);
  const version = versionName(level.at.version);
  const keyObject = (part: Extract<GroupItem, { kind: 'key' }>, row: Row): string => objectText(part.items.map((key) => {
    if (key.kind === 'term') return [key.key, valueText({ kind: termKind(groups.by[key.index]!) }, row[keys[key.index]!] as string | null)];
    return [key.key, key.kind === 'typename' ? JSON.stringify(key.name) : 'null'];
  }));
  return async (parents, run) => {
    const rows = rowsByParent(await ask(parents, run));
    return {
      rows: (parent) => (parent === undefined ? [] : rows.get(parent) ?? []),
      cursor: (row) => JSON.stringify(scope.codec.encode(version, groups.cursorContext(run.bindings), cursors.map((at) => row[at] as string | null))),
      node: (item, row) => objectText((item as Extract<Item, { kind: 'nodes' }>).items.map((part) => {
        switch (part.kind) {
          case 'typename': return [part.key, JSON.stringify(part.name)];
          case 'key': return [part.key, keyObject(part, row)];
          case 'aggregate': return [part.key, renders.get(part)!(row.slice(first))];
        }
      })),
    };
  };
}

function compileTotal(scope: LevelScope, level: ConnectionLevel, groups: GroupsPlan, batch: Batch | undefined): Question<string> {
  const statement = scope.statement(level, batch);
  const ask = scope.ask(`select c.pn, ${scope.dialect.text('int8', 'count(*)')} from (${grouped(statement, groups, batch)}) c group by c.pn`, statement);
  return async (parents, run) => {
    const rows = rowsByParent(await ask(parents, run));
    return (parent) => (parent === undefined ? undefined : rows.get(parent)?.[0]?.[1] as string | undefined) ?? '0';
  };
}

/** Whether groups stand before the place where the page begins. */
function compileBefore(scope: LevelScope, level: ConnectionLevel, groups: GroupsPlan, batch: Batch | undefined): Question<boolean> {
  const statement = scope.statement(level, batch);
  const inner = grouped(statement, groups, batch);
  const ask = scope.ask(`select distinct b.pn from (${inner}) b where ${keysetSql(orderOf(groups, 'b', scope.dialect), groups.page.after!, 'before', true, statement.writer)}`, statement);
  return async (parents, run) => {
    const rows = rowsByParent(await ask(parents, run));
    return (parent) => parent !== undefined && rows.has(parent);
  };
}
