/** How a kind of column is kept in PostgreSQL: one list for segments, parameters and transformed cells. */
import type { Column, ColumnKind } from './model.js';

/** The type of a parameter that is compared with a column of this kind. */
export function sqlType(kind: ColumnKind): string {
  switch (kind) {
    case 'int32': return 'int4';
    case 'int64': return 'int8';
    case 'decimal': return 'numeric';
    case 'float': return 'float8';
    case 'boolean': return 'bool';
    case 'date': return 'date';
    case 'datetime': return 'timestamptz';
    case 'time': return 'time';
    case 'duration': return 'interval';
    case 'json': return 'jsonb';
    case 'geopoint': return 'point';
    default: return 'text';
  }
}

export function columnSqlType(column: Pick<Column, 'kind' | 'item'>): string {
  return column.kind === 'list' ? `${sqlType(column.item ?? 'text')}[]` : sqlType(column.kind);
}
