/** A level as questions that are asked for a batch of parents and put together in Node; the levels below it are asked once for all of its rows. */
import type { CursorCodec } from '../../../plan/cursor.js';
import type { TableAt } from '../../../plan/link.js';
import { recordSeparator, type ConnectionLevel, type Level, type PageInfoItem, type RowLevel } from '../../../plan/plan.js';
import { rowCountMember } from '../../../plan/rowCount.js';
import type { AuthorizedPlan } from '../../../policy/authorize.js';
import { mayBeNull } from '../../../policy/columnAccess.js';
import type { PlanParts } from '../../source.js';
import type { Dialect } from '../dialect.js';
import { keysetSql, orderExpressions, orderSql, type OrderExpression, type Side } from '../keyset.js';
import { opensBetween, type OpenAt } from '../opens.js';
import { rowNumberColumn } from '../relation.js';
import type { SqlDatabase } from '../sqlSource.js';
import { keyTexts, type Row } from './batch.js';
import { compileFigures } from './figures.js';
import { compileGroups } from './groups.js';
import { listText, objectText } from './jsonText.js';
import { LevelStatement, type Batch, type LevelBindings } from './levelStatement.js';
import { rowsByParent, type LevelScope, type Question } from './question.js';
import { RowCompiler, type Below } from './rowCompiler.js';

export interface LevelBound { readonly level: Level; readonly opens: readonly OpenAt[] }

export class LevelCompiler implements LevelScope {
  /** The texts of all statements, for explainQuery and tests. */
  readonly texts: string[] = [];
  /** Levels that a bound in time may close although their parents are open. */
  readonly bounds: LevelBound[] = [];
  readonly dialect: Dialect;

  constructor(readonly plan: AuthorizedPlan, private readonly database: SqlDatabase, readonly codec: CursorCodec, private readonly parts: PlanParts | undefined) {
    this.dialect = database.dialect;
  }

  /** A root, for its one answer; of a root of many keys for the sequence of theirs. */
  root(level: Level): Question<string> {
    if (level.shape !== 'row' || !level.keys) return this.level(level, undefined);
    const { keys } = level;
    const ask = this.level(level, { keys });
    return async (_parents, run) => {
      const parents = keys.parts.map(({ column, read }) => keyTexts(column, read(run.bindings), this.dialect));
      if (parents[0]!.length === 0) return () => '';
      const result = await ask(parents, run);
      return () => parents[0]!.map((_, index) => result(index + 1)).join(recordSeparator);
    };
  }

  below(level: Level, here: TableAt | undefined): Question<string> {
    const opens = opensBetween(this.plan, level.at, here);
    const ask = this.level(level, { link: level.link! });
    if (opens.length === 0) return ask;
    this.bounds.push({ level, opens });
    return (parents, run) => (run.closed.has(level) ? Promise.resolve(() => 'null') : ask(parents, run));
  }

  cut(level: Level): string | undefined {
    const number = this.parts?.cuts.get(level);
    return number === undefined ? undefined : `${this.parts!.mark}${number}:`;
  }

  statement(level: Level, batch: Batch | undefined): LevelStatement {
    return new LevelStatement(this.plan, level, batch, this.parts, this.dialect);
  }

  ask(text: string, statement: LevelStatement): ReturnType<LevelScope['ask']> {
    this.texts.push(text);
    const rows = this.database.prepare(text, statement.writer.plannedForValues);
    return (parents, { bindings, signal }) => {
      // Without parents nothing can be found, so nothing is asked.
      if (parents?.length === 0) return Promise.resolve([]);
      const given: LevelBindings = { ...bindings, parents };
      return rows(statement.writer.parameters.map((read) => read(given)), signal);
    };
  }

  private level(level: Level, batch: Batch | undefined): Question<string> {
    return level.shape === 'row' ? this.row(level, batch) : this.connection(level, batch);
  }

  private row(level: RowLevel, batch: Batch | undefined): Question<string> {
    const statement = this.statement(level, batch);
    const { from, where, parent } = statement.rows();
    const chosen = `select ${statement.alias}.*, ${parent} as pn, row_number() over (partition by ${parent} order by ${statement.rowNumber}) as rn from ${from} where ${where}`;
    const rows = new RowCompiler(this, level.at, 'r');
    const render = rows.object(level.row, this.counted(level.at, 1));
    const ask = this.ask(`select ${rows.selection.columns.join(', ')} from (${chosen}) r where r.rn = 1`, statement);
    return async (parents, run) => {
      const found = await ask(parents, run);
      const below = await rows.below(found, run);
      const ofParent = rowsByParent(found);
      return numbered(batch, (number) => {
        const row = ofParent.get(number)?.[0];
        return row ? render(row, below) : 'null';
      }, 'null');
    };
  }

  private connection(level: ConnectionLevel, batch: Batch | undefined): Question<string> {
    const infos = level.items.flatMap((item) => (item.kind === 'pageInfo' ? item.items.map((info) => info.kind) : []));
    const { backward, after, before, limit } = level.page;
    const ahead = backward ? 'hasPreviousPage' : 'hasNextPage';
    const listed = level.items.some((item) => item.kind === 'nodes' || item.kind === 'edges');
    const page = listed || infos.some((info) => info === ahead || info === 'startCursor' || info === 'endCursor') ? this.page(level, batch) : undefined;
    const cursor = backward ? before : after;
    const behind = cursor && infos.includes(backward ? 'hasNextPage' : 'hasPreviousPage') ? this.beyond(level, batch, backward ? 'after' : 'before') : undefined;
    const figures = compileFigures(this, level, batch);
    const groups = new Map(level.items.flatMap((item) => (item.kind === 'groups' ? [[item, compileGroups(this, level, item.groups, batch)] as const] : [])));
    return async (parents, run) => {
      const [rows, beyond, reckoned, ...grouped] = await Promise.all([page?.(parents, run), behind?.(parents, run), figures(parents, run), ...[...groups.values()].map((ask) => ask(parents, run))]);
      const groupOf = new Map([...groups.keys()].map((item, index) => [item, grouped[index]!]));
      return numbered(batch, (parent) => {
        const found = rows?.(parent) ?? [];
        const shown = found.slice(0, limit);
        if (backward) shown.reverse();
        const info = (item: PageInfoItem): string => {
          if (item.kind === ahead) return String(found.length > limit);
          switch (item.kind) {
            case 'typename': return '"PageInfo"';
            case 'hasNextPage': case 'hasPreviousPage': return String(beyond?.(parent) ?? false);
            case 'startCursor': return shown[0]?.cursor() ?? 'null';
            case 'endCursor': return shown.at(-1)?.cursor() ?? 'null';
          }
        };
        const entries = level.items.map((item): readonly [string, string] => {
          switch (item.kind) {
            case 'typename': return [item.key, JSON.stringify(item.name)];
            case 'totalCount': case 'aggregate': return [item.key, reckoned(parent)(item)];
            case 'release': case 'noisy': throw new Error('a source elsewhere has no releases and no noise');
            case 'groups': return [item.key, groupOf.get(item)!(parent)];
            case 'nodes': case 'edges': return [item.key, listText(shown.map((row) => row.item(item)))];
            case 'pageInfo': return [item.key, objectText(item.items.map((one) => [one.key, info(one)]))];
          }
        });
        return objectText(listed ? [...entries, ...this.counted(level.at, shown.length)] : entries);
      }, undefined);
    };
  }

  /** The rows of each parent's page in order, and one more. */
  private page(level: ConnectionLevel, batch: Batch | undefined): Question<readonly PageRow[]> {
    const statement = this.statement(level, batch);
    const { backward, limit, after, before } = level.page;
    const order = this.order(level, statement.alias);
    const sorted = orderSql(order, backward);
    const { from, where, parent } = statement.rows(() => [
      ...(after ? [keysetSql(order, after, 'after', false, statement.writer)] : []),
      ...(before ? [keysetSql(order, before, 'before', false, statement.writer)] : []),
    ]);
    const top = batch ? '' : ` order by ${sorted} limit ${limit + 1}`;
    const chosen = `select ${statement.alias}.*, ${parent} as pn, row_number() over (partition by ${parent} order by ${sorted}) as rn from ${from} where ${where}${top}`;

    const rows = new RowCompiler(this, level.at, 'r');
    const cursor = rows.cursor(level, this.order(level, 'r'));
    const renders = new Map<ConnectionLevel['items'][number], (row: Row, below: Below, cursorOf: () => string) => string>();
    for (const item of level.items) {
      if (item.kind === 'nodes') renders.set(item, rows.object(item.row));
      if (item.kind !== 'edges') continue;
      const parts = item.items.map((edge) => [edge, edge.kind === 'node' ? rows.object(edge.row) : undefined] as const);
      renders.set(item, (row, below, cursorOf) => objectText(parts.map(([edge, node]) => [edge.key, node ? node(row, below) : edge.kind === 'cursor' ? cursorOf() : JSON.stringify('name' in edge ? edge.name : '')])));
    }
    const ask = this.ask(`select ${rows.selection.columns.join(', ')} from (${chosen}) r where r.rn <= ${limit + 1} order by r.pn, r.rn`, statement);
    return async (parents, run) => {
      const found = rowsByParent(await ask(parents, run));
      // The row behind the page is not shown, so nothing below it is asked.
      const below = await rows.below([...found.values()].flatMap((list) => list.slice(0, limit)), run);
      return (number) => (number === undefined ? [] : found.get(number) ?? []).map((row): PageRow => {
        const cursorOf = (): string => cursor(row, run.bindings);
        return { cursor: cursorOf, item: (item) => renders.get(item)!(row, below, cursorOf) };
      });
    };
  }

  /** Whether rows lie on the far side of the cursor that the page began at. */
  private beyond(level: ConnectionLevel, batch: Batch | undefined, side: Side): Question<boolean> {
    const statement = this.statement(level, batch);
    const cursor = (side === 'after' ? level.page.before : level.page.after)!;
    const { from, where, parent } = statement.rows(() => [keysetSql(this.order(level, statement.alias), cursor, side, true, statement.writer)]);
    const ask = this.ask(batch ? `select distinct ${parent} from ${from} where ${where}` : `select ${parent} from ${from} where ${where} limit 1`, statement);
    return async (parents, run) => {
      const rows = rowsByParent(await ask(parents, run));
      return (number) => number !== undefined && rows.has(number);
    };
  }

  private order(level: ConnectionLevel, alias: string): readonly OrderExpression[] {
    const relation = this.plan.relation(level.at);
    return orderExpressions(level.order, ({ column }) => ({ sql: `${alias}.${column.physical}`, nullable: mayBeNull(relation.access(column), column) }), `${alias}.${rowNumberColumn}`);
  }

  /** The member that tells how many rows of a table an object holds; none where nobody counts. */
  private counted(at: TableAt, rows: number): readonly (readonly [string, string])[] {
    const key = rowCountMember(this.plan, at);
    return key === undefined ? [] : [[key, String(rows)]];
  }
}

interface PageRow {
  readonly cursor: () => string;
  readonly item: (item: ConnectionLevel['items'][number]) => string;
}

/** A root's only answer has the number 1. `nothing` is the answer for a parent on which nothing hangs, where that is not told by the rows. */
function numbered(batch: Batch | undefined, answer: (number: number) => string, nothing: string | undefined): (number: number | undefined) => string {
  if (!batch) return () => answer(1);
  return (number) => (number === undefined && nothing !== undefined ? nothing : answer(number ?? 0));
}
