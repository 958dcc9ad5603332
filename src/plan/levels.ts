/** A walk over the levels of a plan. */
import type { Level, RowItem } from './plan.js';

/** What is selected of the level's rows, wherever in it they are listed. */
export function rowItems(level: Level): readonly RowItem[] {
  if (level.shape === 'row') return level.row;
  return level.items.flatMap((item) => {
    if (item.kind === 'nodes') return item.row;
    return item.kind === 'edges' ? item.items.flatMap((edge) => (edge.kind === 'node' ? edge.row : [])) : [];
  });
}

/** The levels that hang on the level's rows, those inside of frames too, in their order. */
export function levelsBelow(level: Level): readonly Level[] {
  return levelsIn(rowItems(level));
}

function levelsIn(items: readonly RowItem[]): readonly Level[] {
  return items.flatMap((item) => (item.kind === 'level' ? item.level : item.kind === 'object' ? levelsIn(item.items) : []));
}
