/** Names of columns that a source has, not we. */
import { createHash } from 'node:crypto';
import type { ColumnKind } from '../../catalog/model.js';
import { columnField, declaredNamePattern, giveNames } from '../../catalog/naming.js';

/** The GraphQL names of columns that a source names; what is wrong is added to the mistakes. */
export function columnFields(columns: readonly string[], declared: Readonly<Record<string, { readonly field?: string }>>, mistakes: string[]): ReadonlyMap<string, string> {
  const requests = columns.flatMap((name) => {
    const field = declared[name]?.field;
    if (field !== undefined && !declaredNamePattern.test(field)) mistakes.push(`the field ${JSON.stringify(field)} of column ${JSON.stringify(name)} is no name: a letter, then letters and digits`);
    try {
      return [{ key: name, wanted: columnField(name), ...(field === undefined ? {} : { declared: field }) }];
    } catch {
      if (field !== undefined) return [{ key: name, wanted: field, declared: field }];
      mistakes.push(`no GraphQL name can be made of column ${JSON.stringify(name)}: give it a field`);
      return [];
    }
  });
  try {
    return giveNames(requests, new Map());
  } catch (error) {
    mistakes.push((error as Error).message);
    return new Map();
  }
}

/** A name that says what the column is: a source whose columns were moved, renamed or retyped since gives an error, never another column's values. */
export function physicalName(name: string, kind: ColumnKind, item: string | undefined): string {
  return `c${createHash('sha256').update(JSON.stringify([name, kind, item ?? null])).digest('hex').slice(0, 20)}`;
}
