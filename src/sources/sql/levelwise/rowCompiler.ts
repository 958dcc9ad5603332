/** What is selected of rows: the columns of a statement, the levels below, and the JSON that becomes of them. */
import { versionName, type Column } from '../../../catalog/model.js';
import type { TableAt } from '../../../plan/link.js';
import type { ConnectionLevel, RowItem } from '../../../plan/plan.js';
import type { Bindings } from '../../../plan/predicate.js';
import { numberedTable, rowIdPrefix } from '../../../plan/rowId.js';
import type { OrderExpression } from '../keyset.js';
import { rowNumberColumn } from '../relation.js';
import { distinctKeys, readKey, type ReadKey, type Row } from './batch.js';
import { listText, objectText, valueText } from './jsonText.js';
import { Selection } from './levelStatement.js';
import type { LevelScope, LevelRun, Question } from './question.js';

/** The JSON of each level below, by the row that it hangs on. */
export type Below = readonly ((row: Row) => string)[];
export type RenderRow = (row: Row, below: Below) => string;

export class RowCompiler {
  readonly selection = new Selection();
  private readonly children: { readonly key: ReadKey; readonly ask: Question<string> }[] = [];

  /** @param alias what the rows' columns are read from; `pn` is the parent's number */
  constructor(private readonly scope: LevelScope, private readonly at: TableAt, readonly alias: string) {
    this.selection.add(`${alias}.pn`);
  }

  readonly column = (column: Column): string => `${this.alias}.${column.physical}`;

  object(items: readonly RowItem[], further: readonly (readonly [string, string])[] = []): RenderRow {
    const parts = items.map((item) => [item.key, this.item(item)] as const);
    return (row, below) => objectText([...parts.map(([key, render]) => [key, render(row, below)] as const), ...further]);
  }

  /** The values of a row that a cursor holds, encoded. */
  cursor(level: Pick<ConnectionLevel, 'at' | 'cursorContext'>, order: readonly OrderExpression[]): (row: Row, bindings: Bindings) => string {
    const positions = order.map((term) => this.selection.add(this.scope.dialect.text(term.type, term.sql)));
    const version = versionName(level.at.version);
    return (row, bindings) => JSON.stringify(this.scope.codec.encode(version, level.cursorContext(bindings), positions.map((at) => row[at] as string | null)));
  }

  /** Asks the levels below, each once for all the rows. */
  async below(rows: readonly Row[], run: LevelRun): Promise<Below> {
    return Promise.all(this.children.map(async ({ key, ask }) => {
      const { parents, numberOf, size } = distinctKeys(rows, key);
      const result = size === 0 ? await ask([], run) : await ask(parents, run);
      return (row: Row) => result(numberOf(row));
    }));
  }

  private item(item: RowItem): RenderRow {
    switch (item.kind) {
      case 'absent': return () => 'null';
      case 'typename': return constant(JSON.stringify(item.name));
      case 'id': return this.rowId();
      case 'object': return this.object(item.items);
      case 'column': {
        const { column } = item;
        if (this.scope.plan.relation(this.at).access(column).kind === 'withheld') return () => 'null';
        const at = this.selection.add(this.scope.dialect.wire(column, this.column(column)));
        return (row) => valueText(column, row[at] as string | null);
      }
      case 'level': {
        const { level } = item;
        if (this.scope.plan.refusedLevels.has(level)) return () => 'null';
        const cut = this.scope.cut(level);
        if (cut !== undefined) return this.mark(cut, level.link!.on[0]!.here);
        const child = this.children.push({ key: readKey(level.link!, this.column, this.selection, this.scope.dialect), ask: this.scope.below(level, this.at) }) - 1;
        return (row, below) => below[child]!(row);
      }
    }
  }

  /** Where another source answers: its key behind a mark. */
  private mark(cut: string, here: Column): RenderRow {
    const at = this.selection.add(this.scope.dialect.linkText(here, this.column(here)));
    return (row) => (row[at] === null ? 'null' : JSON.stringify(cut + Buffer.from(row[at] as string, 'utf8').toString('hex')));
  }

  /** By the primary key where all of it may be read as it is; else by row number. */
  private rowId(): RenderRow {
    const { dialect, plan } = this.scope;
    const relation = plan.relation(this.at);
    const prefix = rowIdPrefix(this.at);
    const key = this.at.table.primaryKey.map((name) => this.at.table.columns.find((column) => column.name === name)!);
    if (key.length === 0 || key.some((column) => relation.access(column).kind !== 'plain')) {
      const at = this.selection.add(dialect.text('int8', `${this.alias}.${rowNumberColumn}`));
      const table = numberedTable(this.at);
      return (row) => JSON.stringify(`${prefix}~${this.scope.codec.rowNumbers.encode(table, row[at] as string)}`);
    }
    const positions = key.map((column) => this.selection.add(dialect.keyText(column, this.column(column))));
    return (row) => {
      const texts = positions.map((at) => row[at] as string | null);
      if (texts.length > 1) return JSON.stringify(`${prefix}=${listText(texts.map((text) => JSON.stringify(text)))}`);
      return texts[0] === null ? 'null' : JSON.stringify(`${prefix}=${texts[0]!}`);
    };
  }
}

function constant(json: string): RenderRow {
  return () => json;
}
