/** What a source reads instead of a column's cells. */
import type { Column } from '../catalog/model.js';
import type { TableAt } from '../plan/link.js';
import type { DatePeriod, Transform } from './rule.js';

export type ColumnAccess =
  | { readonly kind: 'plain' }
  /** `reason`: where something else than the rule itself keeps it back. */
  | { readonly kind: 'withheld'; readonly reason?: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'mask'; readonly keepStart: number; readonly keepEnd: number; readonly with: string }
  /** Computed by the loader; `derived` are its tables, one a segment in the segments' order. `same`: equal where equal values have equal hashes. */
  | { readonly kind: 'hash'; readonly derived: readonly string[]; readonly same: string }
  | { readonly kind: 'round' | 'bin'; readonly step: number }
  | { readonly kind: 'generalise'; readonly to: DatePeriod }
  | { readonly kind: 'place'; readonly degrees: number };

export const plain: ColumnAccess = Object.freeze({ kind: 'plain' });

/** Which kinds of columns a transform is made for; the others can be denied or read as null. */
export function transforms(transform: Transform, column: Pick<Column, 'kind' | 'name'>): string | undefined {
  const { kind } = column;
  const needs = (what: string): string => `${transform.kind} needs a column of ${what}; "${column.name}" is ${kind}: use null or deny`;
  switch (transform.kind) {
    case 'deny': case 'null': return undefined;
    case 'mask': return kind === 'text' ? undefined : `a mask needs a text column; "${column.name}" is ${kind}: use null or deny`;
    case 'hash': return kind === 'text' ? undefined : needs('text');
    case 'round': case 'bin': {
      const step = transform.kind === 'round' ? transform.to : transform.width;
      if (kind === 'int32' || kind === 'int64') return Number.isInteger(step) ? undefined : `"${column.name}" holds whole numbers: the step must be one, too`;
      return kind === 'float' || kind === 'decimal' ? undefined : needs('numbers');
    }
    case 'generalise': return kind === 'date' || kind === 'datetime' ? undefined : needs('dates');
    case 'place': return kind === 'geopoint' ? undefined : needs('points');
  }
}

/** A transform that is not made for the column as this version has it withholds it: what cannot be transformed is not shown. */
export function columnAccess(transform: Transform, column: Column, at: TableAt): ColumnAccess {
  if (transforms(transform, column) !== undefined) return { kind: 'withheld' };
  return transform.kind === 'hash' ? hashed(transform, column, at) : reckoned(transform);
}

/** What needs nothing but the cell. */
export function reckoned(transform: Exclude<Transform, { kind: 'hash' }>): ColumnAccess {
  switch (transform.kind) {
    case 'deny': return { kind: 'withheld' };
    case 'null': return { kind: 'null' };
    case 'mask': return { kind: 'mask', keepStart: transform.keepStart ?? 0, keepEnd: transform.keepEnd ?? 0, with: transform.with ?? '***' };
    case 'round': return { kind: 'round', step: transform.to };
    case 'bin': return { kind: 'bin', step: transform.width };
    case 'generalise': return { kind: 'generalise', to: transform.to };
    case 'place': return { kind: 'place', degrees: transform.degrees };
  }
}

/** Whether a cell can be null. Whole numbers and texts have a transformed value each; of others some have none. */
export function mayBeNull(access: ColumnAccess, { kind, required }: Pick<Column, 'kind' | 'required'>): boolean {
  switch (access.kind) {
    case 'plain': case 'mask': return !required;
    case 'round': case 'bin': return !required || (kind !== 'int32' && kind !== 'int64');
    default: return true;
  }
}

/** All segments must be hashed under one key, else equal values would differ. */
function hashed({ scope, key }: Extract<Transform, { kind: 'hash' }>, column: Column, { dataset, table }: TableAt): ColumnAccess {
  const usable = table.segments.map((segment) => (segment.derived ?? []).filter((d) => d.column === column.name && d.scope === scope && (key === undefined || d.key === key)));
  const common = usable[0]?.map((d) => d.key).find((id) => usable.every((list) => list.some((d) => d.key === id)));
  if (common === undefined) return { kind: 'withheld', reason: 'The pseudonyms of this column have not been computed yet: it can be read when the job that computes them has ended.' };
  const owner = scope === 'dataset' ? dataset.id : dataset.organization.id;
  return { kind: 'hash', derived: usable.map((list) => list.find((d) => d.key === common)!.physical), same: `${scope} ${owner} ${common}` };
}
