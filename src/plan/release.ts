/** `release` and `noisy` of a connection: figures where exact ones of one's own choice are kept back. */
import type { Column } from '../catalog/model.js';

export type ReleaseCellItem =
  | { readonly kind: 'key' | 'count' | 'suppressed'; readonly key: string }
  | { readonly kind: 'sum' | 'mean'; readonly key: string; readonly column: Column }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };

export type ReleaseItem =
  | { readonly kind: 'id' | 'state' | 'dimensions' | 'minimumCell'; readonly key: string }
  /** Columns of the margin, in no order; those of all dimensions where absent. */
  | { readonly kind: 'cells'; readonly key: string; readonly by?: readonly Column[]; readonly items: readonly ReleaseCellItem[] }
  | { readonly kind: 'typename'; readonly key: string; readonly name: string };

export interface ReleasePlan {
  readonly id: string;
  readonly items: readonly ReleaseItem[];
}

/** What is asked of a release, by the columns' names in the package. */
export interface ReleaseUse {
  readonly id: string;
  readonly columns: readonly string[];
  readonly margins: readonly (readonly string[])[];
  readonly figures: boolean;
}

export function useOf({ id, items }: ReleasePlan): ReleaseUse {
  const cells = items.filter((item) => item.kind === 'cells');
  const columns = [...new Set(cells.flatMap((item) => item.items.flatMap((cell) => (cell.kind === 'sum' || cell.kind === 'mean' ? [cell.column.name] : []))))];
  // Figures by groups are more than the number of rows.
  return { id, columns, margins: cells.flatMap((item) => (item.by ? [item.by.map(({ name }) => name)] : [])), figures: columns.length > 0 || cells.some((item) => item.by?.length !== 0) };
}

/** A figure with noise: of all rows that the connection's `where` chooses. */
export type NoisyFigure =
  | { readonly kind: 'count'; readonly key: string }
  | { readonly kind: 'sum'; readonly key: string; readonly column: Column };
export type NoisyItem = NoisyFigure | { readonly kind: 'typename'; readonly key: string; readonly name: string };
