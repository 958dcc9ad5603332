/** A filter as the `where` of another Dure site: the two mean the same by construction. */
import type { ColumnKind } from '../../catalog/model.js';
import type { RemoteFilter } from '../remote/remoteSource.js';

export type WhereInput = Readonly<Record<string, unknown>>;

export function whereInput(filter: RemoteFilter): WhereInput {
  switch (filter.op) {
    case 'and': case 'or': return { [filter.op]: filter.of.map(whereInput) };
    case 'not': return { not: whereInput(filter.of) };
    case 'compare': return { [filter.column.field]: { [filter.comparison]: plain(filter.value) } };
    case 'in': return { [filter.column.field]: { in: filter.values.map(plain) } };
    case 'isNull': return { [filter.column.field]: { isNull: filter.value } };
    case 'match': return { [filter.column.field]: { [filter.match]: filter.value } };
    case 'list': return { [filter.column.field]: { [filter.test]: filter.values.map(plain) } };
  }
}

/** Whether it can be asked: an input of null would leave the condition out there, where here it holds for nothing. */
export function isSayable(filter: RemoteFilter): boolean {
  switch (filter.op) {
    case 'and': case 'or': return filter.of.length > 0 && filter.of.every(isSayable);
    case 'not': return isSayable(filter.of);
    case 'compare': return given(filter.value) && (filter.comparison === 'eq' || filter.comparison === 'ne' ? comparable : ordered).has(filter.column.kind);
    case 'in': return filter.values.every(given) && comparable.has(filter.column.kind);
    case 'list': return filter.values.every(given);
    case 'match': return filter.column.kind === 'text';
    case 'isNull': return true;
  }
}

/** As the comparison types of the dynamic schema have it. */
const ordered: ReadonlySet<ColumnKind> = new Set(['text', 'int32', 'int64', 'float', 'decimal', 'date', 'datetime', 'time', 'duration']);
const comparable: ReadonlySet<ColumnKind> = new Set([...ordered, 'boolean', 'enum']);

function given(value: unknown): boolean {
  return value !== null && value !== undefined && (typeof value !== 'object' || value instanceof Date);
}

function plain(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : typeof value === 'bigint' ? String(value) : value;
}
