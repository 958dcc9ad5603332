/** Figures over the rows of a level, all in one statement, a row for each parent that has rows. */
import type { Column } from '../../../catalog/model.js';
import { figureKind, type AggregateItem } from '../../../plan/aggregate.js';
import type { ConnectionLevel } from '../../../plan/plan.js';
import { figureSql, hasFigures } from '../aggregate.js';
import type { StatementWriter } from '../statement.js';
import type { Row } from './batch.js';
import { objectText, valueText } from './jsonText.js';
import { Selection, type Batch } from './levelStatement.js';
import { rowsByParent, type LevelScope, type Question } from './question.js';

export type RenderFigures = (row: Row | undefined) => string;

/** @returns what becomes of a statement's row; of none, where there are no rows to reckon with, counts are 0 and figures null */
export function aggregateFigures(items: readonly AggregateItem[], selection: Selection, column: (column: Column) => string, writer: StatementWriter): RenderFigures {
  const parts = items.map((item): readonly [string, RenderFigures] => {
    switch (item.kind) {
      case 'typename': return [item.key, () => JSON.stringify(item.name)];
      case 'count': return [item.key, countFigure(selection, writer)];
      case 'column': {
        const figures = item.figures.map((figure): readonly [string, RenderFigures] => {
          if (figure.kind === 'typename') return [figure.key, () => JSON.stringify(figure.name)];
          const kind = figureKind(item.column.kind, figure.figure);
          const at = selection.add(writer.dialect.wire({ kind }, figureSql({ column: item.column, figure: figure.figure, p: figure.p }, column, writer)));
          const nothing = figure.figure === 'count' || figure.figure === 'countDistinct' ? '0' : 'null';
          return [figure.key, (row) => (row ? valueText({ kind }, row[at] as string | null) : nothing)];
        });
        return [item.key, (row) => objectText(figures.map(([key, render]) => [key, render(row)]))];
      }
    }
  });
  return (row) => objectText(parts.map(([key, render]) => [key, render(row)]));
}

function countFigure(selection: Selection, writer: StatementWriter): RenderFigures {
  const at = selection.add(writer.dialect.text('int8', 'count(*)'));
  return (row) => (row ? (row[at] as string) : '0');
}

type Counted = Extract<ConnectionLevel['items'][number], { kind: 'totalCount' | 'aggregate' }>;

/** `totalCount` and `aggregate` of a connection, by the item. */
export function compileFigures(scope: LevelScope, level: ConnectionLevel, batch: Batch | undefined): Question<(item: Counted) => string> {
  const items = level.items.filter((item) => item.kind === 'totalCount' || item.kind === 'aggregate');
  const statement = scope.statement(level, batch);
  const selection = new Selection();
  selection.add('');
  const renders = new Map<Counted, RenderFigures>(items.map((item) => [item, item.kind === 'totalCount' ? countFigure(selection, statement.writer) : aggregateFigures(item.items, selection, statement.column, statement.writer)]));
  if (!items.some((item) => item.kind === 'totalCount' || hasFigures(item.items))) return () => Promise.resolve(() => (item) => renders.get(item)!(undefined));
  const { from, where, parent } = statement.rows();
  const ask = scope.ask(`select ${[parent, ...selection.columns.slice(1)].join(', ')} from ${from} where ${where}${batch ? ` group by ${parent}` : ''}`, statement);
  return async (parents, run) => {
    const rows = rowsByParent(await ask(parents, run));
    return (number) => (item) => renders.get(item)!(number === undefined ? undefined : rows.get(number)?.[0]);
  };
}
