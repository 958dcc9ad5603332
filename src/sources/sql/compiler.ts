/** The levels of a plan as SQL: each a sub-select that returns JSON, those below a row nested in it by correlation. */
import { isOrderedBy } from '../../catalog/indexes.js';
import type { Column } from '../../catalog/model.js';
import type { AggregateItem, GroupsPlan } from '../../plan/aggregate.js';
import type { TableAt } from '../../plan/link.js';
import { recordSeparator, type ConnectionLevel, type EdgeItem, type Level, type PageInfoItem, type RowItem, type RowKeys, type RowLevel } from '../../plan/plan.js';
import type { Predicate } from '../../plan/predicate.js';
import { rowCountMember, tableNumber } from '../../plan/rowCount.js';
import { rowIdPrefix } from '../../plan/rowId.js';
import type { AuthorizedPlan } from '../../policy/authorize.js';
import { isOrderedByCell } from '../../policy/cellIndexes.js';
import { mayBeNull } from '../../policy/columnAccess.js';
import type { NoisyUse } from '../../policy/noise.js';
import { aggregateSql, groupsSql, hasFigures } from './aggregate.js';
import { encodeList, sqlType } from './codec.js';
import { ConnectionPage } from './connectionPage.js';
import { anyOf, keysetLegs, orderExpressions, orderSql, type OrderExpression } from './keyset.js';
import { linkSql, predicateSql, type PredicateContext } from './predicate.js';
import { noisySql, releaseSql } from './release.js';
import { relationSql, rowNumberColumn } from './relation.js';
import type { PlanParts } from '../source.js';
import type { Dialect } from './dialect.js';
import { openSql, opensBetween, type OpenAt } from './opens.js';
import { literal, StatementWriter } from './statement.js';
import { Tally, tallyColumn, type LevelSql } from './tally.js';

/** What a cursor belongs to. */
export type CursorOwner = Pick<ConnectionLevel, 'at' | 'cursorContext'>;

export interface LinkedOpens {
  readonly path: readonly string[];
  readonly opens: readonly OpenAt[];
}

/** A row at hand: how its columns are named. */
export interface Row {
  readonly alias: string;
  readonly at: TableAt;
  /** Of a key that came from elsewhere: its expression, whatever column is asked for. */
  readonly only?: string;
  /** Where rows are counted beside the JSON: the levels below the row. */
  readonly tally?: Tally;
}

export class Compiler {
  readonly writer: StatementWriter;
  readonly cursors: CursorOwner[] = [];
  readonly numbered: TableAt[] = [];
  readonly linkedOpens: LinkedOpens[] = [];

  constructor(private readonly plan: AuthorizedPlan, private readonly cursorMark: string, private readonly parts: PlanParts | undefined, private readonly dialect: Dialect, private readonly beside: boolean) {
    this.writer = new StatementWriter(dialect);
  }

  opens(there: TableAt, here: TableAt | undefined): readonly OpenAt[] {
    return opensBetween(this.plan, there, here);
  }

  tests(opens: readonly OpenAt[]): readonly string[] {
    return opens.map(({ test }) => openSql(test, this.writer));
  }

  level(level: Level, parent: Row | undefined): LevelSql {
    return level.shape === 'row' ? this.rowLevel(level, parent) : this.connection(level, parent);
  }

  /** A row whose JSON is made here. */
  private row(at: TableAt): Row {
    return { alias: this.writer.alias(), at, ...(this.beside && { tally: new Tally() }) };
  }

  private rowLevel(level: RowLevel, parent: Row | undefined): LevelSql {
    const row = this.row(level.at);
    const { tally } = row;
    const object = this.dialect.json.object([...level.row.map((item) => [item.key, this.rowItem(item, row)] as const), ...(tally ? [] : this.counted(level.at, '1'))]);
    tally?.add(tableNumber(this.plan, level.at), '1');
    const from = relationSql(this.plan.relation(level.at), row.alias, this.writer);
    if (level.keys) return this.byKeys(level.keys, object, from, row);
    const where = this.condition(level, row, parent);
    if (!tally) return { text: `select ${object} from ${from} where ${where} limit 1`, tables: [] };
    return { text: `select ${[`${object} as j`, ...tally.columns()].join(', ')} from ${from}${tally.joins} where ${where} limit 1`, tables: tally.tables };
  }

  /** A JSON text for each key in their order, `null` where no row has it. */
  private byKeys({ parts }: RowKeys, object: string, from: string, row: Row): LevelSql {
    const { dialect } = this;
    const { tally } = row;
    const lists = parts.map(({ column: c, read }) => {
      const alias = this.writer.alias();
      const list = dialect.numbered(this.writer.parameter((b) => encodeList(c?.kind ?? 'int64', read(b)), 'text[]'), alias);
      return { alias, list, tie: `${c ? dialect.equatable?.(c.kind, column(row, c)) ?? column(row, c) : `${row.alias}.${rowNumberColumn}`} = ${dialect.cast(`${alias}.v`, sqlType(c?.kind ?? 'int64'))}` };
    });
    const [first, ...others] = lists;
    const keys = [first!.list, ...others.map(({ alias, list }) => `join ${list} on ${alias}.n = ${first!.alias}.n`)].join(' ');
    const isThere = `${row.alias}.${rowNumberColumn} is not null`;
    const columns = [`${first!.alias}.n as n`, `case when ${isThere} then ${object} end as o`, ...(tally?.columns((sum) => `case when ${isThere} then ${sum} else 0 end`) ?? [])];
    const rows = `select distinct on (${first!.alias}.n) ${columns.join(', ')} from ${keys} left join ${from} on ${lists.map(({ tie }) => tie).join(' and ')}${tally?.joins ?? ''} order by ${first!.alias}.n`;
    const all = `string_agg(coalesce(${dialect.cast('e.o', 'text')}, 'null'), chr(${recordSeparator.charCodeAt(0)}) order by e.n)`;
    if (!tally) return { text: `select ${all} from (${rows}) e`, tables: [] };
    return { text: `select ${[`${all} as j`, ...tally.tables.map((table) => `sum(e.${tallyColumn(table)})::int as ${tallyColumn(table)}`)].join(', ')} from (${rows}) e`, tables: tally.tables };
  }

  private connection(level: ConnectionLevel, parent: Row | undefined): LevelSql {
    const { json } = this.dialect;
    const page = new ConnectionPage(level, this.dialect);
    for (const item of level.items) page.add(item);
    const parts = level.items.map((item): readonly [string, string] => {
      switch (item.kind) {
        case 'typename': return [item.key, json.string(item.name)] as const;
        case 'totalCount': return [item.key, json.plain(this.count(level, parent))] as const;
        case 'aggregate': return [item.key, this.aggregate(item.items, level, parent)] as const;
        case 'groups': return [item.key, `(${this.groups(item.groups, level, parent)})`] as const;
        case 'release': return [item.key, releaseSql(item.release, this.plan.releases.get(item.release)!, level.at, this.writer)] as const;
        case 'noisy': return [item.key, json.object(item.items.map((part) => [part.key, part.kind === 'typename' ? json.string(part.name) : this.noisy(this.plan.noisy.get(part)!, level)]))] as const;
        case 'nodes': return [item.key, page.list(`n${page.column(item)}`)] as const;
        case 'edges': return [item.key, page.list(`n${page.column(item)}`)] as const;
        case 'pageInfo': return [item.key, json.object(item.items.map((info) => [info.key, this.pageInfo(info, level, parent, page)]))] as const;
      }
    });
    const { beside } = this;
    if (!page.needsRows) return { text: `select ${json.object(parts)}${beside ? ' as j' : ''}`, tables: [] };
    const { text: rows, tally } = this.pageSql(level, parent, page);
    if (!tally) {
      if (page.columns.size > 0) parts.push(...this.counted(level.at, page.size));
      return { text: `select ${json.object(parts)} from (${rows}) p`, tables: [] };
    }
    const total = new Tally();
    for (const table of tally.tables) total.add(table, page.total(tallyColumn(table)));
    if (page.columns.size > 0) total.add(tableNumber(this.plan, level.at), page.size);
    return { text: `select ${[`${json.object(parts)} as j`, ...total.columns()].join(', ')} from (${rows}) p`, tables: total.tables };
  }

  /**
   * The rows of the page, in order; one more than the page where somebody asks whether there are more. The page is chosen before its JSON is
   * made: below a sort PostgreSQL would make the JSON of every row that is sorted.
   */
  private pageSql(level: ConnectionLevel, parent: Row | undefined, page: ConnectionPage): { readonly text: string; readonly tally?: Tally } {
    const inner: Row = { alias: this.writer.alias(), at: level.at };
    const from = relationSql(this.plan.relation(level.at), inner.alias, this.writer);
    const order = this.order(level, inner);
    const condition = this.condition(level, inner, parent);
    const sorted = orderSql(order, level.page.backward);
    const number = page.numbered ? `, row_number() over (order by ${sorted}) as rn` : '';
    const limit = level.page.limit + (page.extra ? 1 : 0);
    const bounds = this.bounds(level, order);
    const ranges = parent || bounds.length !== 1 || !this.inOrderOfIndex(level) ? undefined : severalOf(bounds[0]!);
    // Each range is read from its own beginning in order; of these few rows the page is chosen.
    const rows = ranges === undefined
      ? `${from} where ${[condition, ...bounds.map(anyOf)].join(' and ')}`
      : `(${ranges.map((range) => `(select ${inner.alias}.* from ${from} where ${condition} and ${range} order by ${sorted} limit ${limit})`).join(' union all ')}) ${inner.alias}`;
    const chosen = `select ${inner.alias}.*${number} from ${rows} order by ${sorted} limit ${limit}`;

    const row = this.row(level.at);
    const shown = this.order(level, row);
    const columns: string[] = [];
    for (const [item, position] of page.columns) {
      const sql = item.kind === 'nodes' ? this.rowObject(item.row, row) : this.dialect.json.object(item.items.map((edge) => [edge.key, this.edge(edge, level, row, shown)]));
      columns.push(`${sql} as n${position}`);
    }
    if (page.needsCursor) columns.push(`${this.cursor(level, shown)} as cur`);
    if (page.numbered) columns.push(`${row.alias}.rn`);
    if (columns.length === 0) columns.push('1 as one');
    columns.push(...(row.tally?.columns() ?? []));
    return { text: `select ${columns.join(', ')} from (${chosen}) ${row.alias}${row.tally?.joins ?? ''}`, tally: row.tally };
  }

  /** Whether an index has the rows of the level in its order, as that of the row numbers always does. */
  private inOrderOfIndex(level: ConnectionLevel): boolean {
    const [first] = level.order;
    if (!this.dialect.comparesRows) return false;
    if (first === undefined) return true;
    const access = this.plan.relation(level.at).access(first.column);
    const descending = first.direction === 'DESC';
    if (access.kind === 'plain') return isOrderedBy(level.at.table, first.column, descending);
    return level.at.table.segments.length > 0 && isOrderedByCell(access, first.column, descending);
  }

  /** For each cursor the ranges on its right side. */
  private bounds(level: ConnectionLevel, order: readonly OrderExpression[]): readonly (readonly string[])[] {
    const { after, before } = level.page;
    return [
      ...(after ? [keysetLegs(order, after, 'after', false, this.writer)] : []),
      ...(before ? [keysetLegs(order, before, 'before', false, this.writer)] : []),
    ];
  }

  private count(level: ConnectionLevel, parent: Row | undefined): string {
    const row: Row = { alias: this.writer.alias(), at: level.at };
    return `(select count(*) from ${relationSql(this.plan.relation(level.at), row.alias, this.writer)} where ${this.condition(level, row, parent)})`;
  }

  private aggregate(items: readonly AggregateItem[], level: ConnectionLevel, parent: Row | undefined): string {
    // Without a figure this would be a row for each row.
    if (!hasFigures(items)) return `(select ${aggregateSql(items, () => 'null', this.writer)})`;
    const row: Row = { alias: this.writer.alias(), at: level.at };
    const figures = aggregateSql(items, (c) => column(row, c), this.writer);
    return `(select ${figures} from ${relationSql(this.plan.relation(level.at), row.alias, this.writer)} where ${this.condition(level, row, parent)})`;
  }

  private noisy(use: NoisyUse, level: ConnectionLevel): string {
    return noisySql(use, {
      writer: this.writer,
      rows: () => {
        const row: Row = { alias: this.writer.alias(), at: level.at };
        return { from: `${relationSql(this.plan.relation(level.at), row.alias, this.writer)} where ${this.condition(level, row, undefined)}`, column: (c) => column(row, c) };
      },
    });
  }

  private groups(groups: GroupsPlan, level: ConnectionLevel, parent: Row | undefined): string {
    return groupsSql(groups, {
      writer: this.writer,
      rows: () => {
        const row: Row = { alias: this.writer.alias(), at: level.at };
        return { from: `${relationSql(this.plan.relation(level.at), row.alias, this.writer)} where ${this.condition(level, row, parent)}`, column: (c) => column(row, c) };
      },
      cursor: (values) => this.marked({ at: level.at, cursorContext: groups.cursorContext }, values),
    });
  }

  private pageInfo(info: PageInfoItem, level: ConnectionLevel, parent: Row | undefined, page: ConnectionPage): string {
    const { backward, after, before, limit } = level.page;
    const { json } = this.dialect;
    switch (info.kind) {
      case 'typename': return json.string('PageInfo');
      case 'startCursor': return json.text(page.edgeCursor('1'));
      case 'endCursor': return json.text(page.edgeCursor(page.size));
      case 'hasNextPage': return json.plain(backward ? this.beyond(level, parent, before, 'after') : `count(*) > ${limit}`);
      case 'hasPreviousPage': return json.plain(backward ? `count(*) > ${limit}` : this.beyond(level, parent, after, 'before'));
    }
  }

  /** Whether rows lie on the far side of the cursor that the page began at. */
  private beyond(level: ConnectionLevel, parent: Row | undefined, cursor: ConnectionLevel['page']['after'], side: 'after' | 'before'): string {
    if (!cursor) return 'false';
    const row: Row = { alias: this.writer.alias(), at: level.at };
    const from = relationSql(this.plan.relation(level.at), row.alias, this.writer);
    const condition = this.condition(level, row, parent);
    const order = this.order(level, row);
    const ranges = keysetLegs(order, cursor, side, true, this.writer);
    if (parent || !this.inOrderOfIndex(level)) return `exists (select 1 from ${from} where ${condition} and ${anyOf(ranges)})`;
    // The row next to the cursor, in order: for the question whether there is any, PostgreSQL would trust that it meets one soon and read the table.
    return `(${ranges.map((range) => `(select true from ${from} where ${condition} and ${range} order by ${orderSql(order, side === 'before')} limit 1) is not null`).join(' or ')})`;
  }

  private condition(level: Level, row: Row, parent: Row | undefined): string {
    const tie = level.link && parent ? [linkSql(level.link, (c) => column(parent, c), (c) => column(row, c), this.dialect)] : [];
    const where = level.where.op === 'constant' && level.where.value ? [] : [this.predicate(level.where, row)];
    return [...tie, ...where].join(' and ') || 'true';
  }

  private predicate(predicate: Predicate, row: Row): string {
    return predicateSql(predicate, this.context(row));
  }

  private context(row: Row): PredicateContext {
    return {
      writer: this.writer,
      column: (c) => column(row, c),
      rowNumber: `${row.alias}.${rowNumberColumn}`,
      foreign: (predicate) => this.parts?.foreign(predicate),
      related: (at) => {
        const far: Row = { alias: this.writer.alias(), at };
        return { from: relationSql(this.plan.relation(at), far.alias, this.writer), released: this.released(at, row.at), context: this.context(far) };
      },
    };
  }

  private order(level: ConnectionLevel, row: Row): readonly OrderExpression[] {
    const relation = this.plan.relation(level.at);
    return orderExpressions(level.order, (term) => ({
      sql: column(row, term.column),
      nullable: mayBeNull(relation.access(term.column), term.column),
    }), `${row.alias}.${rowNumberColumn}`);
  }

  private edge(edge: EdgeItem, level: ConnectionLevel, row: Row, order: readonly OrderExpression[]): string {
    switch (edge.kind) {
      case 'typename': return this.dialect.json.string(edge.name);
      case 'cursor': return this.dialect.json.text(this.cursor(level, order));
      case 'node': return this.rowObject(edge.row, row);
    }
  }

  private cursor(level: ConnectionLevel, order: readonly OrderExpression[]): string {
    return this.marked(level, order.map((term) => this.dialect.text(term.type, term.sql)));
  }

  /** A cursor's values behind a mark; the source puts the authenticated cursor in its place. */
  private marked(owner: CursorOwner, values: readonly string[]): string {
    let number = this.cursors.findIndex((known) => known.cursorContext === owner.cursorContext);
    if (number < 0) number = this.cursors.push(owner) - 1;
    return `${literal(`${this.cursorMark}${number}:`)} || ${this.dialect.hex(this.dialect.textArray(values))}`;
  }

  /** What stands before a row number; the source puts the text that tells nothing in the place of both. */
  private numberMark(at: TableAt): string {
    let number = this.numbered.findIndex((known) => known.table === at.table && known.version === at.version);
    if (number < 0) number = this.numbered.push(at) - 1;
    return `${this.cursorMark}n${number}:`;
  }

  /** The member that tells how many rows of a table an object holds; none where nobody counts. */
  private counted(at: TableAt, rows: string): readonly (readonly [string, string])[] {
    const key = rowCountMember(this.plan, at);
    return key === undefined ? [] : [[key, this.dialect.json.plain(rows)]];
  }

  private rowObject(items: readonly RowItem[], row: Row): string {
    return this.dialect.json.object(items.map((item) => [item.key, this.rowItem(item, row)]));
  }

  private rowItem(item: RowItem, row: Row): string {
    switch (item.kind) {
      case 'absent': return 'null';
      case 'typename': return this.dialect.json.string(item.name);
      case 'id': return this.dialect.json.text(this.rowId(row));
      case 'column': return this.plan.relation(row.at).access(item.column).kind === 'withheld' ? 'null' : this.dialect.json.column(item.column, column(row, item.column));
      case 'object': return this.rowObject(item.items, row);
      case 'level': return this.plan.refusedLevels.has(item.level) ? 'null' : this.below(item.level, row);
    }
  }

  /** A level whose parent is a row of another source: its own bounds are all judged here. */
  linked(level: Level, parent: Row): string {
    return this.whileOpen(level, this.opens(level.at, undefined), parent);
  }

  /** A level under its row. What closes it and not the row (an embargo of another dataset, a window of another table) is judged beside it. */
  private below(level: Level, row: Row): string {
    const cut = this.parts?.cuts.get(level);
    if (cut !== undefined) {
      const { here } = level.link!.on[0]!;
      return this.dialect.json.text(`(${literal(`${this.parts!.mark}${cut}:`)} || ${this.dialect.hex(this.dialect.linkText(here, column(row, here)))})`);
    }
    return this.whileOpen(level, this.opens(level.at, row.at), row);
  }

  private whileOpen(level: Level, opens: readonly OpenAt[], parent: Row): string {
    if (opens.length > 0) this.linkedOpens.push({ path: level.path, opens });
    const tests = this.tests(opens);
    const made = this.level(level, parent);
    if (parent.tally) return parent.tally.join(made, tests, this.writer);
    return opens.length === 0 ? `(${made.text})` : `case when ${tests.join(' and ')} then (${made.text}) end`;
  }

  /** The condition under which a table is open to rows of another; undefined where nothing further closes it. */
  private released(there: TableAt, here: TableAt): string | undefined {
    const opens = this.opens(there, here);
    return opens.length === 0 ? undefined : this.tests(opens).join(' and ');
  }

  /** By the primary key where all of it may be read as it is; else by row number. */
  private rowId(row: Row): string {
    const relation = this.plan.relation(row.at);
    const key = row.at.table.primaryKey.map((name) => row.at.table.columns.find((c) => c.name === name)!);
    const prefix = rowIdPrefix(row.at);
    if (key.length === 0 || key.some((c) => relation.access(c).kind !== 'plain')) return `${literal(`${prefix}~${this.numberMark(row.at)}`)} || ${row.alias}.${rowNumberColumn}::text`;
    const texts = key.map((c) => this.dialect.keyText(c, column(row, c)));
    return `${literal(`${prefix}=`)} || ${texts.length === 1 ? texts[0]! : this.dialect.textArray(texts)}`;
  }
}

function column(row: Row, { physical }: Column): string {
  return row.only ?? `${row.alias}.${physical}`;
}

/** The ranges where they are more than one, and not so many that asking for each costs more than it saves. */
function severalOf(ranges: readonly string[]): readonly string[] | undefined {
  return ranges.length > 1 && ranges.length <= 4 ? ranges : undefined;
}
