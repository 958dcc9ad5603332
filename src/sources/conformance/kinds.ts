/** Whether a row is as an answer may be: only the columns asked for, each value of its column's kind. */
import type { Column } from '../../catalog/model.js';
import type { RemoteRow } from '../remote/remoteSource.js';
import { hold } from './report.js';

/** @throws Deviation */
export function holdRow(row: RemoteRow, columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  const strange = Object.keys(row).filter((name) => !names.includes(name));
  hold(strange.length === 0, `a row has ${strange.join(', ')}, which was not asked for`);
  for (const column of columns) {
    const value = row[column.name];
    hold(value !== undefined, `a row lacks ${column.name}: what is missing is null`);
    hold(value !== null || !column.required, `${column.name} is declared as always there, and a row has none`);
    hold(value === null || isOf(column.kind, column, value), `${column.name} is ${column.kind}, and a row has ${JSON.stringify(value).slice(0, 80)}`);
  }
}

function isOf(kind: Column['kind'], column: Column, value: unknown): boolean {
  switch (kind) {
    case 'int32': return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31;
    case 'float': return typeof value === 'number' && Number.isFinite(value);
    case 'boolean': return typeof value === 'boolean';
    case 'int64': return typeof value === 'string' && /^-?\d{1,19}$/.test(value);
    case 'decimal': return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value);
    case 'date': return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
    case 'datetime': return typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value);
    case 'enum': return typeof value === 'string' && (column.values ?? []).includes(value);
    case 'list': return Array.isArray(value) && value.every((item) => item === null || isOf(column.item!, column, item));
    case 'json': case 'geopoint': return true;
    default: return typeof value === 'string';
  }
}
